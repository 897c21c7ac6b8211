// Handheld scanners as this device knows them: learns one from the calibration codes that the screen shows, remembers
// it, and reads what scanners type. Loaded when the first scan comes or its screen opens.
import { signal } from '@preact/signals-core';
import { readScan } from '../domain/codes/scan.ts';
import { encodeBaseline, encodeDeadKeyCode } from '../domain/keyboard/calibration-code.ts';
import type { KeyedScan } from '../domain/keyboard/keyed-scan.ts';
import {
  type CalibrationScans,
  type KeyedReading,
  type LearntScanner,
  learnScanner,
  learntScannersShape,
  openLearntScanner,
  readKeyed,
  SCANNER_NAME_LENGTH_MAX,
  SCANNERS_MAX,
} from '../domain/keyboard/learnt-scanner.ts';
import { parseJson } from '../domain/shape.ts';
import { remembered } from './failure.ts';
import type { Ports } from './ports.ts';
import type { ScannerSetupModel, SetupStep } from './scanner-setup-model.ts';

export type ScannerSetup = ScannerSetupModel & {
  read(scan: KeyedScan): KeyedReading;
};

export async function createScannerSetup({
  settings,
  clock,
}: Pick<Ports, 'settings' | 'clock'>): Promise<ScannerSetup> {
  const scanners = signal<readonly LearntScanner[]>(await load(settings));
  const step = signal<SetupStep>({ kind: 'idle' });
  let open = openAll(scanners.value);
  let scans: CalibrationScans | undefined;

  function read(scan: KeyedScan): KeyedReading {
    const isReadable = (text: string) => readScan(text, clock.nowMs()).ok;
    return readKeyed(scan, open, isReadable);
  }

  function take(scan: KeyedScan): void {
    const { value } = step;
    if (value.kind === 'baseline') learn({ baseline: scan, deadKeyCodes: [] }, scan);
    else if (value.kind === 'dead-key' && scans) {
      const code = { deadKey: value.deadKey, scan };
      learn({ ...scans, deadKeyCodes: [...scans.deadKeyCodes, code] }, scan);
    } else step.value = { kind: 'tested', reading: read(scan), scan };
  }

  function learn(next: CalibrationScans, scan: KeyedScan): void {
    const lesson = learnScanner(next);
    const { endsByKey } = scan;
    switch (lesson.kind) {
      case 'refused':
        step.value = lesson;
        return;
      case 'dead-key': {
        scans = next;
        const { deadKey } = lesson;
        const number = next.deadKeyCodes.length + 1;
        step.value = { kind: 'dead-key', deadKey, number, code: encodeDeadKeyCode(deadKey) };
        return;
      }
      case 'learnt':
        step.value = { kind: 'learnt', scanner: lesson.scanner, isPlain: lesson.isPlain, endsByKey };
    }
  }

  function begin(): void {
    scans = undefined;
    step.value = { kind: 'baseline', code: encodeBaseline() };
  }

  async function keep(name: string): Promise<void> {
    const { value } = step;
    const trimmed = name.trim().slice(0, SCANNER_NAME_LENGTH_MAX);
    if (value.kind !== 'learnt' || trimmed === '') return;
    const scanner = { ...value.scanner, name: trimmed, learntMs: clock.nowMs() };
    const others = scanners.value.filter((other) => other.name !== trimmed);
    await save([scanner, ...others].slice(0, SCANNERS_MAX));
    step.value = { kind: 'kept', name: trimmed };
  }

  function forget(name: string): Promise<void> {
    return save(scanners.value.filter((other) => other.name !== name));
  }

  /** A store that fails keeps the scanner for as long as the app is open. */
  async function save(next: readonly LearntScanner[]): Promise<void> {
    scanners.value = next;
    open = openAll(next);
    await remembered(() => settings.set('scanners', JSON.stringify(next)));
  }

  function cancel(): void {
    step.value = { kind: 'idle' };
  }

  return { scanners, step, begin, cancel, keep, forget, take, read };
}

function openAll(scanners: readonly LearntScanner[]) {
  return scanners.flatMap((scanner) => openLearntScanner(scanner) ?? []);
}

/** A list that cannot be read is no list: scanners are calibrated anew in a minute. */
async function load(settings: Ports['settings']): Promise<readonly LearntScanner[]> {
  const stored = await remembered(() => settings.get('scanners'));
  const parsed = stored === undefined ? undefined : parseJson(stored, learntScannersShape);
  return parsed?.ok ? parsed.value : [];
}
