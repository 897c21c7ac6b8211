// From the keys of a handheld scanner to a code: asks the learnt scanners, whose knowledge is loaded when the first scan
// comes. Keys that do not tell for sure what the code holds are a failure with a reason, never a pack.
import type { MalformedDates } from '../domain/codes/expiry.ts';
import type { ScanNote } from '../domain/codes/scan.ts';
import type { KeyedScan } from '../domain/keyboard/keyed-scan.ts';
import { type CodeReading, readCode } from './code-reading.ts';
import type { Ports } from './ports.ts';
import type { KeyedFailure } from './scan-model.ts';
import type { ScannerSetup } from './scanner-setup.ts';

export type WedgeReading = {
  /** What the scanner screen works on. Rejects where it cannot be loaded. */
  setup(): Promise<ScannerSetup>;
  read(scan: KeyedScan): Promise<CodeReading>;
};

const UNCONFIRMED: ScanNote = { code: 'layout-unconfirmed', ai: undefined };

export function createWedgeReading(
  ports: Pick<Ports, 'settings' | 'clock'>,
  dates: MalformedDates,
): WedgeReading {
  let loading: Promise<ScannerSetup> | undefined;

  function load(): Promise<ScannerSetup> {
    loading ??= import('./scanner-setup.ts').then(({ createScannerSetup }) => createScannerSetup(ports));
    return loading;
  }

  async function read(scan: KeyedScan): Promise<CodeReading> {
    const known = await load().catch(() => undefined);
    // A first visit whose network broke off; the browser has logged what could not be fetched. The next scan tries again.
    if (!known) loading = undefined;
    if (!known) return failed('not-loaded', scan);
    const keyed = known.read(scan);
    if (!keyed.ok) return failed(keyed.error, scan);
    const { text, isUnconfirmed, rival } = keyed.value;
    const nowMs = ports.clock.nowMs();
    const reading = readCode(text, nowMs, dates);
    if (reading.kind !== 'pack' || !isUnconfirmed) return reading;
    const other = rival === undefined ? undefined : readCode(rival, nowMs, dates);
    const isOther = other?.kind === 'pack';
    return { ...reading, notes: [...reading.notes, UNCONFIRMED], ...(isOther && { rival: other.pack }) };
  }

  return { setup: load, read };
}

function failed(problem: KeyedFailure['problem'], { text }: KeyedScan): CodeReading {
  return { kind: 'failed', failure: { kind: 'keyed', problem, text } };
}
