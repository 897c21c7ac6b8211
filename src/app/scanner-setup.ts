// Handheld scanners as this device knows them: learns one from the calibration codes that the screen shows, remembers
// it, and reads what scanners type. Loaded when the first scan comes or its screen opens.
import { signal } from '@preact/signals-core';
import { readScan } from '../domain/codes/scan.ts';
import {
  baselineCode,
  type CalibrationCode,
  deadKeyCode,
  encodeParts,
  encodeWhole,
  isPart,
  joinParts,
} from '../domain/keyboard/calibration-code.ts';
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
import type { ScannerSetupModel, SetupStep, ShownCode } from './scanner-setup-model.ts';

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
  let isInParts = false;
  /** What has arrived of the code on screen, while that is shown in parts. */
  let parts: readonly KeyedScan[] = [];

  function read(scan: KeyedScan): KeyedReading {
    const isReadable = (text: string) => readScan(text, clock.nowMs()).ok;
    return readKeyed(scan, open, isReadable);
  }

  function take(scan: KeyedScan): void {
    const { value } = step;
    if (value.kind !== 'baseline' && value.kind !== 'dead-key') {
      step.value = { kind: 'tested', reading: read(scan), scan };
      return;
    }
    const whole = value.part ? takePart(value, scan) : scan;
    if (!whole) return;
    if (value.kind === 'baseline') learn({ baseline: whole, deadKeyCodes: [] }, whole);
    else if (scans) {
      const code = { deadKey: value.deadKey, scan: whole };
      learn({ ...scans, deadKeyCodes: [...scans.deadKeyCodes, code] }, whole);
    }
  }

  /** The whole code's scan once its last part is there. */
  function takePart(value: Showing, scan: KeyedScan): KeyedScan | undefined {
    const code = codeOf(value);
    const isRight = isPart(scan.text, parts.length);
    if (isRight) parts = [...parts, scan];
    if (parts.length === code.pieces.length) return joined(code, parts);
    step.value = { ...value, ...shown(code), isWrong: !isRight };
    return undefined;
  }

  function shown(code: CalibrationCode): ShownCode {
    if (!isInParts) return { code: encodeWhole(code), part: undefined, isWrong: false };
    const part = { number: parts.length + 1, of: code.pieces.length };
    return { code: encodeParts(code)[parts.length] ?? '', part, isWrong: false };
  }

  function showParts(): void {
    const { value } = step;
    if (value.kind !== 'baseline' && value.kind !== 'dead-key') return;
    isInParts = true;
    parts = [];
    step.value = { ...value, ...shown(codeOf(value)) };
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
        parts = [];
        step.value = { kind: 'dead-key', deadKey, number, ...shown(deadKeyCode(deadKey)) };
        return;
      }
      case 'learnt':
        step.value = { kind: 'learnt', scanner: lesson.scanner, isPlain: lesson.isPlain, endsByKey };
    }
  }

  function begin(): void {
    scans = undefined;
    parts = [];
    isInParts = false;
    step.value = { kind: 'baseline', ...shown(baselineCode()) };
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

  return { scanners, step, begin, showParts, cancel, keep, forget, take, read };
}

type Showing = Extract<SetupStep, { readonly kind: 'baseline' | 'dead-key' }>;

function codeOf(value: Showing): CalibrationCode {
  return value.kind === 'baseline' ? baselineCode() : deadKeyCode(value.deadKey);
}

/** As if the whole code had been scanned. Parts that do not belong together are kept apart, and no layout reads so. */
function joined(code: CalibrationCode, parts: readonly KeyedScan[]): KeyedScan {
  const usTexts = parts.flatMap(({ usText }) => usText ?? []);
  return {
    text:
      joinParts(
        code,
        parts.map(({ text }) => text),
      ) ?? '',
    usText: usTexts.length === parts.length ? joinParts(code, usTexts) : undefined,
    capsLock: parts.some(({ capsLock }) => capsLock),
    endsByKey: parts.every(({ endsByKey }) => endsByKey),
  };
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
