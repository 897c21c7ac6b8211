// Many packs before one camera, as on a shelf or in a tote: every code is judged once, however often it is seen, and each
// that is in view is marked in the picture with what is known of its pack.
import type { ReadonlySignal, Signal } from '@preact/signals-core';
import type { MalformedDates } from '../domain/codes/expiry.ts';
import { BULK_PACKS_MAX } from '../domain/limits.ts';
import type { Pack } from '../domain/pack.ts';
import { motionBetween, NO_MOTION } from '../domain/picture/picture-motion.ts';
import { followSymbols, type Track } from '../domain/picture/symbol-tracks.ts';
import { createTwinWatch } from '../domain/picture/twin-symbols.ts';
import { type ReadPack, readCode } from './code-reading.ts';
import { isSamePack } from './journal.ts';
import type { DecodedSymbol } from './ports-scan.ts';
import type { JudgedScan, MarksMotion, PassedOver, ScanMark } from './scan-model.ts';

type Seen = {
  readonly reading: ReadPack;
  /** As it was last judged; the history forgets sooner than a list does. */
  scan: JudgedScan | undefined;
  readonly askedMs: number;
  seenMs: number;
  /** It could not be looked up: the store failed. */
  isUnjudged: boolean;
  /** A person has taken it off the list. */
  isTakenOff: boolean;
};

/** Past the list's own limit, which says that it is full; what is taken off the list makes room there. */
const SEEN_MAX = 4 * BULK_PACKS_MAX;
const PASSED_MAX = 200;
const RETRY_MS = 2_000;
/** What the open camera has not read for so long has left the picture. */
const AWAY_MS = 2_000;

/** What screens see of it. */
export type ManyShown = {
  readonly marks: Signal<readonly ScanMark[]>;
  readonly marksMotion: Signal<MarksMotion>;
  readonly passedOver: Signal<PassedOver | undefined>;
  readonly twins: Signal<readonly Pack[]>;
};

export type ManyScanContext = ManyShown & {
  readonly history: ReadonlySignal<readonly JudgedScan[]>;
  readonly dates: MalformedDates;
  /** Puts it onto the list. What goes wrong is shown. */
  list(reading: ReadPack, entryMode: 'scanned'): Promise<void>;
  /** All that could not be looked up has been by now. */
  onRecovered(): void;
};

export type ManyScan = {
  take(symbols: readonly DecodedSymbol[], nowMs: number, frameMs: number): void;
  /** The camera has been opened: what it has not shown yet has not left its picture. */
  begin(nowMs: number): void;
  /** A person has taken the pack off the list: it comes back when it is shown again. */
  takeOff(pack: Pack): void;
  /** It has come back in another way. */
  putBack(pack: Pack): void;
  /** Forgets what has been seen: a new list begins. */
  forget(): void;
};

export function createManyScan(context: ManyScanContext): ManyScan {
  const { marks, marksMotion, passedOver, twins, history, dates, list, onRecovered } = context;
  const seen = new Map<string, Seen>();
  /** Codes that were left out, with when they were seen last. */
  const passed = new Map<string, number>();
  let tracks: readonly Track[] = [];
  let lastRead: readonly DecodedSymbol[] = [];
  let watchTwins = createTwinWatch();
  let beganMs = Number.NEGATIVE_INFINITY;
  /** When a pack's code was read last. */
  let packMs = Number.NEGATIVE_INFINITY;
  let turn: Promise<unknown> = Promise.resolve();

  function take(symbols: readonly DecodedSymbol[], nowMs: number, frameMs: number): void {
    // Most frames of a room: nothing to draw, and nothing drawn.
    if (symbols.length === 0 && tracks.length === 0) return;
    for (const { text } of symbols.toSorted(byPriceCode)) see(text, nowMs);
    for (const text of watchTwins(symbols, nowMs)) noteTwins(seen.get(text));
    tracks = followSymbols(tracks, symbols, nowMs);
    const motion = motionBetween(lastRead, symbols, frameMs - marksMotion.peek().frameMs);
    lastRead = symbols;
    marksMotion.value = { ...motion, frameMs };
    mark();
  }

  function see(text: string, nowMs: number): void {
    // Most packs carry one beside their own code.
    if (isPriceCode(text) && Math.abs(nowMs - packMs) < AWAY_MS) return;
    const known = seen.get(text);
    const reading = known?.reading ?? readCode(text, nowMs, dates);
    if (reading.kind === 'pack') packMs = nowMs;
    if (reading.kind === 'failed') passOver(text, reading.failure, nowMs);
    else if (!known) {
      if (seen.size < SEEN_MAX) judgeNext(text, { reading, scan: undefined, isUnjudged: false }, nowMs);
    } else {
      const isBack = isAway(known.seenMs, nowMs);
      known.seenMs = nowMs;
      if (known.isTakenOff && !isBack) passOver(text, { kind: 'taken-off' }, nowMs);
      else if (known.isTakenOff || (known.isUnjudged && nowMs - known.askedMs >= RETRY_MS))
        judgeNext(text, known, nowMs);
    }
  }

  function judgeNext(
    text: string,
    { reading, scan, isUnjudged }: Pick<Seen, 'reading' | 'scan' | 'isUnjudged'>,
    nowMs: number,
  ): void {
    const pack = { ...{ reading, scan, isUnjudged }, askedMs: nowMs, seenMs: nowMs, isTakenOff: false };
    seen.set(text, pack);
    passedOver.value = undefined;
    turn = turn.then(() => judge(pack));
  }

  async function judge(pack: Seen): Promise<void> {
    // What went wrong is on screen.
    await list(pack.reading, 'scanned').catch(() => undefined);
    pack.isUnjudged = scanOf(pack) === undefined;
    if (![...seen.values()].some(({ isUnjudged }) => isUnjudged)) onRecovered();
  }

  function scanOf({ reading: { pack } }: Seen): JudgedScan | undefined {
    return history.peek().find((scan) => isSamePack(scan.pack, pack));
  }

  function isAway(seenMs: number, nowMs: number): boolean {
    return nowMs - Math.max(seenMs, beganMs) >= AWAY_MS;
  }

  /** Said once, for as long as it stays in view. */
  function passOver(text: string, why: PassedOver, nowMs: number): void {
    const lastMs = passed.get(text);
    passed.delete(text);
    passed.set(text, nowMs);
    const [oldest] = passed.keys();
    if (oldest !== undefined && passed.size > PASSED_MAX) passed.delete(oldest);
    if (lastMs === undefined || isAway(lastMs, nowMs)) passedOver.value = why;
  }

  function noteTwins(pack: Seen | undefined): void {
    if (pack && !pack.isTakenOff && !isTwin(pack)) twins.value = [...twins.peek(), pack.reading.pack];
  }

  function isTwin({ reading: { pack } }: Seen): boolean {
    return twins.peek().some((twin) => isSamePack(twin, pack));
  }

  function mark(): void {
    const places = new Map<string, number>();
    marks.value = tracks.flatMap(({ text, corners }) => {
      const pack = seen.get(text);
      if (!pack) return [];
      pack.scan = scanOf(pack) ?? pack.scan;
      const place = (places.get(text) ?? 0) + 1;
      places.set(text, place);
      return [{ id: `${place} ${text}`, corners, scan: pack.scan, isTwin: isTwin(pack) }];
    });
  }

  function changeTakenOff(pack: Pack, isTakenOff: boolean): void {
    for (const known of seen.values())
      if (isSamePack(known.reading.pack, pack)) known.isTakenOff = isTakenOff;
  }

  /** What was in the picture: the next one may be of another camera, or of another place. */
  function leavePicture(): void {
    tracks = [];
    lastRead = [];
    marksMotion.value = { ...NO_MOTION, frameMs: 0 };
    watchTwins = createTwinWatch();
    marks.value = [];
  }

  function forget(): void {
    seen.clear();
    passed.clear();
    leavePicture();
    twins.value = [];
    passedOver.value = undefined;
  }

  return {
    ...{ take, forget },
    begin(nowMs) {
      beganMs = nowMs;
      leavePicture();
    },
    takeOff(pack) {
      changeTakenOff(pack, true);
      // Whoever took it off has dealt with it, or looks at it anew.
      watchTwins = createTwinWatch();
      twins.value = twins.peek().filter((twin) => !isSamePack(twin, pack));
    },
    putBack: (pack) => changeTakenOff(pack, false),
  };
}

function isPriceCode(text: string): boolean {
  return text.startsWith(']E');
}

function byPriceCode(a: DecodedSymbol, b: DecodedSymbol): number {
  return Number(isPriceCode(a.text)) - Number(isPriceCode(b.text));
}
