// Many packs before one camera, as on a shelf or in a tote: every code is judged once, however often it is seen, and each
// that is in view is marked in the picture with what is known of its pack.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import type { MalformedDates } from '../domain/codes/expiry.ts';
import { BULK_PACKS_MAX } from '../domain/limits.ts';
import { type CodeReading, readCode } from './code-reading.ts';
import { isSamePack } from './journal.ts';
import type { DecodedSymbol } from './ports-scan.ts';
import type { JudgedScan, ScanFailure, ScanMark } from './scan-model.ts';

/** A code that a frame or two do not read has not left. */
const IN_VIEW_MS = 600;

type ReadPack = Extract<CodeReading, { readonly kind: 'pack' }>;
type Seen = {
  readonly reading: ReadPack;
  readonly corners: DecodedSymbol['corners'];
  readonly seenMs: number;
};

export type ManyScan = {
  readonly marks: ReadonlySignal<readonly ScanMark[]>;
  /** Why the code seen last, which is no pack's, is not on the list; undefined once a pack has come after it. */
  readonly passedOver: ReadonlySignal<ScanFailure | undefined>;
  take(symbols: readonly DecodedSymbol[], nowMs: number): void;
  /** Forgets what has been seen: a new list begins. */
  forget(): void;
};

export function createManyScan(
  judge: (reading: ReadPack) => Promise<void>,
  history: ReadonlySignal<readonly JudgedScan[]>,
  dates: MalformedDates,
): ManyScan {
  const marks = signal<readonly ScanMark[]>([]);
  const passedOver = signal<ScanFailure | undefined>(undefined);
  let passedText: string | undefined;
  const seen = new Map<string, Seen>();
  let turn: Promise<unknown> = Promise.resolve();

  function take(symbols: readonly DecodedSymbol[], nowMs: number): void {
    for (const { text, corners } of symbols) {
      const known = seen.get(text);
      const reading = known?.reading ?? readCode(text, nowMs, dates);
      if (reading.kind === 'failed') passOver(text, reading.failure);
      // The list takes only so many.
      if (reading.kind === 'failed' || (!known && seen.size >= BULK_PACKS_MAX)) continue;
      seen.set(text, { reading, corners, seenMs: nowMs });
      if (known) continue;
      passOver(undefined, undefined);
      turn = turn.then(() => judge(reading)).catch(() => seen.delete(text));
    }
    mark(nowMs);
  }

  function passOver(text: string | undefined, failure: ScanFailure | undefined): void {
    if (text === passedText) return;
    passedText = text;
    passedOver.value = failure;
  }

  function mark(nowMs: number): void {
    const inView = [...seen.values()].filter(({ seenMs }) => Math.abs(nowMs - seenMs) <= IN_VIEW_MS);
    marks.value = inView.map(({ reading, corners }) => ({
      corners,
      scan: history.peek().find(({ pack }) => isSamePack(pack, reading.pack)),
    }));
  }

  function forget(): void {
    seen.clear();
    marks.value = [];
    passOver(undefined, undefined);
  }

  return { marks, passedOver, take, forget };
}
