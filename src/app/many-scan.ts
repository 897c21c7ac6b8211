// Many packs before one camera, as on a shelf or in a tote: every code is judged once, however often it is seen, and each
// that is in view is marked in the picture with what is known of its pack.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import { BULK_PACKS_MAX } from '../domain/limits.ts';
import { type CodeReading, readCode } from './code-reading.ts';
import { isSamePack } from './journal.ts';
import type { DecodedSymbol } from './ports-scan.ts';
import type { JudgedScan, ScanMark } from './scan-model.ts';

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
  take(symbols: readonly DecodedSymbol[], nowMs: number): void;
  /** Forgets what has been seen: a new list begins. */
  forget(): void;
};

export function createManyScan(
  judge: (reading: ReadPack) => Promise<void>,
  history: ReadonlySignal<readonly JudgedScan[]>,
): ManyScan {
  const marks = signal<readonly ScanMark[]>([]);
  const seen = new Map<string, Seen>();
  let turn: Promise<unknown> = Promise.resolve();

  function take(symbols: readonly DecodedSymbol[], nowMs: number): void {
    for (const { text, corners } of symbols) {
      const known = seen.get(text);
      const reading = known?.reading ?? readCode(text, nowMs);
      // What is no pack is left to the screen for one; the list takes only so many.
      if (reading.kind !== 'pack' || (!known && seen.size >= BULK_PACKS_MAX)) continue;
      seen.set(text, { reading, corners, seenMs: nowMs });
      if (!known) turn = turn.then(() => judge(reading)).catch(() => seen.delete(text));
    }
    mark(nowMs);
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
  }

  return { marks, take, forget };
}
