// The search through the frames of a camera: quick when nothing is there, stubborn when something is. Each frame gets
// the library's look at the likeliest part; what time is left goes to busy places that the library could not read, with
// another way of looking for them each time, because the next frame shows the same symbol again.
import { createAcceptance } from '../codes/acceptance.ts';
import type { EngineTask, FoundSymbol, Search } from './engine-task.ts';
import type { GreyPicture } from './grey-picture.ts';
import { fitGrids, type GridFit } from './grid-fit.ts';
import { blurred, cropped, doubled, evened, sharpened } from './preparations.ts';
import { areaOf, type Box, type Point } from './quad.ts';
import { boxAround, readBlurred, readRegion } from './region-search.ts';
import { findRegions, LOOKS, type Look, type Region } from './regions.ts';
import { sharpnessOf } from './sharpness.ts';

/** `one`: a pack held up to the camera. `many`: a shelf, a tray or a tote. */
export type FrameMode = 'one' | 'many';

export type FrameSearch = (
  frame: GreyPicture,
  nowMs: number,
  hasTime: () => boolean,
) => Search<readonly FoundSymbol[]>;

const SYMBOLS_MAX = { one: 8, many: 64 } as const;
const WHOLE_EVERY_MS = { one: 400, many: 0 } as const;
const REGIONS_MAX = { one: 4, many: 12 } as const;
const CENTRE_EDGE_PX_MAX = 640;
const PREPARED_EDGE_PX_MAX = 480;
/** A symbol that was read is looked for where it was for so long. */
const REMEMBERED_MS = 1_000;
/** A frame this much less sharp than the best of late is shaken: another will be better. */
const SHARPNESS_SHARE_MIN = 0.3;
const SHARPNESS_FADE = 0.93;
/** How many frames in a row the dearest means get at one place. */
const TRIES_MAX = 3;

export function createFrameSearch(mode: FrameMode): FrameSearch {
  const accept = createAcceptance();
  let misses = 0;
  let wholeMs = Number.NEGATIVE_INFINITY;
  let last: { readonly corners: readonly Point[]; readonly seenMs: number } | undefined;
  /** The place worth the dearest means, every other frame. */
  let promising:
    | { readonly fit: GridFit; readonly seenMs: number; readonly tries: number; readonly isDue: boolean }
    | undefined;
  let sharpest = 0;
  let isSpent = false;

  return function* (frame, nowMs, hasTime) {
    const found: FoundSymbol[] = [];
    const isWholeDue = nowMs - wholeMs >= WHOLE_EVERY_MS[mode];
    if (mode === 'one') keepNew(found, yield* readBox(frame, likelyBox(frame, nowMs)));
    // The two looks are as much as a frame may cost; but a slow device is due each time, and must go on too.
    isSpent = mode === 'one' && isWholeDue && !isSpent;
    if (mode === 'many' || (found.length === 0 && isWholeDue)) {
      wholeMs = nowMs;
      keepNew(found, yield* readBox(frame, wholeOf(frame)));
    }
    const sharpness = sharpnessOf(frame);
    sharpest = Math.max(sharpness, sharpest * SHARPNESS_FADE);
    const isShaken = sharpness < sharpest * SHARPNESS_SHARE_MIN;
    if ((mode === 'many' || found.length === 0) && !isShaken && !isSpent) {
      keepNew(found, yield* readStubbornly(frame, found, nowMs, hasTime));
      if (found.length > 0 && mode === 'one') misses = 0;
    }
    const [first] = found;
    if (first) last = { corners: first.corners, seenMs: nowMs };
    return accept(found, nowMs);
  };

  function likelyBox(frame: GreyPicture, nowMs: number): Box {
    if (last && nowMs - last.seenMs < REMEMBERED_MS && last.corners.length > 0)
      return boxAround(last.corners, 2, frame);
    return centreBox(frame, CENTRE_EDGE_PX_MAX);
  }

  function* readBox(frame: GreyPicture, box: Box): Search<readonly FoundSymbol[]> {
    const found = yield { picture: cropped(frame, box), effort: 'usual', symbolsMax: SYMBOLS_MAX[mode] };
    return found.map((symbol) => shifted(symbol, box));
  }

  function* readStubbornly(
    frame: GreyPicture,
    before: readonly FoundSymbol[],
    nowMs: number,
    hasTime: () => boolean,
  ): Search<readonly FoundSymbol[]> {
    const found: FoundSymbol[] = [];
    if (promising?.isDue && promising.tries < TRIES_MAX && nowMs - promising.seenMs < REMEMBERED_MS) {
      const { tries } = promising;
      const [fit] = fitGrids(frame, promising.fit.quad, 1);
      if (fit) {
        promising = { fit, seenMs: nowMs, tries: tries + 1, isDue: false };
        keepNew(found, yield* readBlurred(frame, fit, hasTime, tries));
        if (found.length > 0) promising = undefined;
      }
      return found;
    }
    if (!hasTime()) return found;
    const rung = RUNGS[misses % RUNGS.length];
    misses++;
    if (!rung) return found;
    if (rung.kind !== 'look') {
      if (promising) promising = { ...promising, isDue: true };
      if (rung.kind === 'prepare') return yield* readPrepared(frame, rung);
      return yield { picture: frame, effort: 'bars', symbolsMax: SYMBOLS_MAX[mode] };
    }
    let best: GridFit | undefined;
    for (const region of findRegions(frame, rung.look, REGIONS_MAX[mode] + before.length)) {
      if ([...before, ...found].some((symbol) => isInside(region, symbol))) continue;
      const reading = yield* readRegion(frame, region, hasTime);
      keepNew(found, reading.found);
      const better = reading.promising;
      if (better && better.score > (best?.score ?? 0)) best = better;
      if ((found.length > 0 && mode === 'one') || !hasTime()) break;
    }
    if (best) promising = { fit: best, seenMs: nowMs, tries: 0, isDue: true };
    else if (promising) promising = { ...promising, isDue: true };
    return found;
  }

  function* readPrepared(
    frame: GreyPicture,
    { prepare, effort }: { readonly prepare: Preparation; readonly effort: EngineTask['effort'] },
  ): Search<readonly FoundSymbol[]> {
    const box = centreBox(frame, PREPARED_EDGE_PX_MAX);
    const picture = prepare(cropped(frame, box));
    const found = yield { picture, effort, symbolsMax: SYMBOLS_MAX[mode] };
    return found.map(({ text, corners }) =>
      shifted({ text, corners: corners.map(({ x, y }) => ({ x: x / 2, y: y / 2 })) }, box),
    );
  }
}

/** Gives a picture of twice the size. */
type Preparation = (picture: GreyPicture) => GreyPicture;

/** What a frame is given after the quick look has failed, one of them a frame, in turn. */
const RUNGS: readonly (
  | { readonly kind: 'look'; readonly look: Look }
  | { readonly kind: 'prepare'; readonly prepare: Preparation; readonly effort: EngineTask['effort'] }
  | { readonly kind: 'bars' }
)[] = [
  { kind: 'look', look: LOOKS[0] },
  { kind: 'prepare', prepare: (picture) => sharpened(doubled(picture)), effort: 'usual' },
  { kind: 'look', look: LOOKS[1] },
  { kind: 'prepare', prepare: (picture) => evened(doubled(picture)), effort: 'usual' },
  { kind: 'look', look: LOOKS[4] },
  { kind: 'look', look: LOOKS[2] },
  { kind: 'prepare', prepare: (picture) => blurred(doubled(picture)), effort: 'denoise' },
  { kind: 'look', look: LOOKS[3] },
  // Last, so that a pack whose own code can be read is not called by its price code.
  { kind: 'bars' },
];

function centreBox({ width, height }: GreyPicture, edgeMax: number): Box {
  const shorter = Math.min(width, height);
  const edge = Math.max(1, Math.round(Math.min((shorter * 2) / 3, edgeMax)));
  return { left: (width - edge) >> 1, top: (height - edge) >> 1, width: edge, height: edge };
}

export function wholeOf({ width, height }: GreyPicture): Box {
  return { left: 0, top: 0, width, height };
}

export function shifted({ text, corners }: FoundSymbol, { left, top }: Box): FoundSymbol {
  return { text, corners: corners.map(({ x, y }) => ({ x: x + left, y: y + top })) };
}

/** Whether a busy place is a symbol that has been read. */
export function isInside({ quad }: Pick<Region, 'quad'>, { corners }: FoundSymbol): boolean {
  const [middle, other] = [middleOf(quad), middleOf(corners)];
  return (
    corners.length > 0 && Math.hypot(middle.x - other.x, middle.y - other.y) < Math.sqrt(areaOf(corners)) / 2
  );
}

function middleOf(points: readonly Point[]): Point {
  const n = Math.max(points.length, 1);
  return {
    x: points.reduce((sum, { x }) => sum + x, 0) / n,
    y: points.reduce((sum, { y }) => sum + y, 0) / n,
  };
}

/** The same text at another place is another symbol: two packs of a line without serials, say. */
export function keepNew<T extends FoundSymbol>(found: T[], more: readonly T[]): void {
  for (const symbol of more) {
    const isKnown = found.some(
      ({ text, corners }) =>
        text === symbol.text &&
        (corners.length === 0 || symbol.corners.length === 0 || isNear(corners, symbol.corners)),
    );
    if (!isKnown) found.push(symbol);
  }
}

function isNear(a: readonly Point[], b: readonly Point[]): boolean {
  const [p, q] = [middleOf(a), middleOf(b)];
  return Math.hypot(p.x - q.x, p.y - q.y) < Math.sqrt(Math.max(areaOf(a), areaOf(b))) / 2 + 4;
}
