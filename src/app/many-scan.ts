// Many packs before one camera, as on a shelf or in a tote: every code is judged once, however often it is seen, and each
// that is in view is marked in the picture with what is known of its pack. Loaded with the first list.
import type { ReadonlySignal, Signal } from '@preact/signals-core';
import type { MalformedDates } from '../domain/codes/expiry.ts';
import { BULK_PACKS_MAX } from '../domain/limits.ts';
import { followSymbols, type Track } from '../domain/picture/symbol-tracks.ts';
import { type CodeReading, readCode } from './code-reading.ts';
import { isSamePack } from './journal.ts';
import type { DecodedSymbol } from './ports-scan.ts';
import type { JudgedScan, ScanFailure, ScanMark } from './scan-model.ts';

type ReadPack = Extract<CodeReading, { readonly kind: 'pack' }>;
type Seen = {
  readonly reading: ReadPack;
  /** As it was last judged; the history forgets sooner than a list does. */
  scan: JudgedScan | undefined;
  readonly askedMs: number;
  /** It could not be looked up: the store failed. */
  isUnjudged: boolean;
};

/** Past the list's own limit, which says that it is full; what is taken off the list makes room there. */
const SEEN_MAX = 4 * BULK_PACKS_MAX;
const RETRY_MS = 2_000;

/** What screens see of it. */
export type ManyShown = {
  readonly marks: Signal<readonly ScanMark[]>;
  /** Why the code seen last, which is no pack's, is not on the list; undefined once a pack has come after it. */
  readonly passedOver: Signal<ScanFailure | undefined>;
};

export type ManyScan = {
  take(symbols: readonly DecodedSymbol[], nowMs: number): void;
  /** Forgets what has been seen: a new list begins. */
  forget(): void;
};

export function createManyScan(
  judge: (reading: ReadPack) => Promise<void>,
  history: ReadonlySignal<readonly JudgedScan[]>,
  dates: MalformedDates,
  { marks, passedOver }: ManyShown,
): ManyScan {
  let passedText: string | undefined;
  const seen = new Map<string, Seen>();
  let tracks: readonly Track[] = [];
  let turn: Promise<unknown> = Promise.resolve();

  function take(symbols: readonly DecodedSymbol[], nowMs: number): void {
    for (const { text } of symbols) {
      const known = seen.get(text);
      const reading = known?.reading ?? readCode(text, nowMs, dates);
      if (reading.kind === 'failed') passOver(text, reading.failure);
      if (reading.kind === 'failed' || seen.size >= SEEN_MAX) continue;
      if (known && !(known.isUnjudged && nowMs - known.askedMs >= RETRY_MS)) continue;
      const pack: Seen = { reading, scan: undefined, askedMs: nowMs, isUnjudged: false };
      seen.set(text, pack);
      passOver(undefined, undefined);
      turn = turn.then(() => judgeOnce(pack));
    }
    tracks = followSymbols(tracks, symbols, nowMs);
    mark();
  }

  async function judgeOnce(pack: Seen): Promise<void> {
    // What went wrong is on screen.
    await judge(pack.reading).catch(() => undefined);
    pack.isUnjudged = scanOf(pack) === undefined;
  }

  function scanOf({ reading: { pack } }: Seen): JudgedScan | undefined {
    return history.peek().find((scan) => isSamePack(scan.pack, pack));
  }

  function passOver(text: string | undefined, failure: ScanFailure | undefined): void {
    if (text === passedText) return;
    passedText = text;
    passedOver.value = failure;
  }

  function mark(): void {
    const places = new Map<string, number>();
    marks.value = tracks.flatMap(({ text, corners }) => {
      const pack = seen.get(text);
      if (!pack) return [];
      pack.scan = scanOf(pack) ?? pack.scan;
      const place = (places.get(text) ?? 0) + 1;
      places.set(text, place);
      return [{ id: `${place} ${text}`, corners, scan: pack.scan }];
    });
  }

  function forget(): void {
    seen.clear();
    tracks = [];
    marks.value = [];
    passOver(undefined, undefined);
  }

  return { take, forget };
}
