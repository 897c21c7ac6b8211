// The stubborn part of the search through camera frames: busy places that the library could not read get every means,
// another way of looking for them each round. None of it fits into one frame, so it works on a copy of the frame that a
// round began with, is left off when the frame's time is up, and goes on while the next frame has time to spare.
import { type EngineTask, type FoundSymbol, goOn, type LongSearch, type Search } from './engine-task.ts';
import { shifted } from './found-symbols.ts';
import type { GreyPicture } from './grey-picture.ts';
import type { GridFit } from './grid-fit.ts';
import { blurred, cropped, doubled, evened, inverted, sharpened } from './preparations.ts';
import { areaOf, centreBox, middleOf, type Point } from './quad.ts';
import { readByGrid, readCrop, readGuess, readRegion } from './region-search.ts';
import { findRegions, LOOKS, type Look, type Region } from './regions.ts';
import { type BlurGuess, guessBlurs } from './symbol-repair.ts';

/** A symbol, and when the frame was made in which it was read: it may be an earlier one. */
export type SightedSymbol = FoundSymbol & { readonly atMs: number };

export type StubbornSearch = {
  /** Goes on while there is time. A round is begun on this frame unless it is `shaken`. */
  readOn(
    frame: GreyPicture,
    nowMs: number,
    hasTime: () => boolean,
    isShaken: boolean,
  ): Search<readonly SightedSymbol[]>;
  /** Forgets what it was about: something has been read, or the scene is another. */
  reset(): void;
};

export type StubbornOptions = {
  /** The rounds, in turn. */
  readonly rungs: readonly Rung[];
  readonly regionsMax: number;
  /** Whether there are many to be read: the quick means everywhere before the dear ones anywhere. */
  readonly isBroad: boolean;
  /** After as many rounds in vain as there are. */
  readonly restMs: number;
  /** What is read from an older frame is no longer where it was. */
  readonly sightMsMax: number;
  /** How much likelier than others a place is to hold a symbol not yet read; 0: not at all. */
  worthOf(region: Region): number;
};

const ROUNDS_A_FRAME = 2;
const SYMBOLS_MAX = 8;
/** Guesses at the blur of one place: so many at once, so many in all. */
const GUESSES = { atOnce: 2, max: 6 } as const;

type Sight = { readonly frame: GreyPicture; readonly atMs: number };
/** The place worth the dearest means. */
type Promising = { readonly sight: Sight; readonly fit: GridFit; guesses?: readonly BlurGuess[] };

export function createStubbornSearch(options: StubbornOptions): StubbornSearch {
  const memory = createPlaceMemory();
  const rungAt = (index: number) => options.rungs[index % options.rungs.length];
  let round: { readonly sight: Sight; readonly search: LongSearch<void> } | undefined;
  let turn = 0;
  let vain = 0;
  let promising: Promising | undefined;
  let isBlurDue = false;
  let sinceMs: number | undefined;
  let restUntilMs = Number.NEGATIVE_INFINITY;
  let sighted: SightedSymbol[] = [];

  function keep(found: readonly FoundSymbol[], { atMs }: Sight): void {
    sighted.push(...found.map((symbol) => ({ ...symbol, atMs })));
  }

  /** Undefined while resting. */
  function nextRound(frame: GreyPicture, nowMs: number, isShaken: boolean): typeof round {
    if (promising && isBlurDue) {
      isBlurDue = false;
      return { sight: promising.sight, search: readPromising(promising) };
    }
    if (isShaken || nowMs < restUntilMs) return undefined;
    const since = nowMs - (sinceMs ?? nowMs);
    const turns = options.rungs.map((_, i) => turn + i);
    turn = turns.find((i) => since >= (rungAt(i)?.afterMs ?? 0)) ?? turn;
    const rung = rungAt(turn);
    if (!rung) return undefined;
    turn++;
    isBlurDue = true;
    const sight = { frame: { ...frame, pixels: frame.pixels.slice() }, atMs: nowMs };
    if (rung.kind === 'look') return { sight, search: readLook(sight, rung.look) };
    return { sight, search: readCentre(sight, rung) };
  }

  function* readLook(sight: Sight, look: Look): LongSearch<void> {
    const regions = yield* findRegions(sight.frame, look);
    const worth = regions.map((region) => ({ region, worth: region.rank * options.worthOf(region) }));
    const likely = worth.filter((each) => each.worth > 0).sort((a, b) => b.worth - a.worth);
    const inOrder = memory.inOrder(
      likely.map(({ region }) => region),
      sight.atMs,
    );
    let places: readonly Region[] = inOrder.slice(0, options.regionsMax);
    if (options.isBroad) places = yield* readCrops(sight, places);
    let best: GridFit | undefined;
    for (const region of places) {
      yield;
      const reading = yield* (options.isBroad ? readByGrid : readRegion)(sight.frame, region);
      keep(reading.found, sight);
      const fit = reading.promising;
      if (fit && fit.score > (best?.score ?? 0)) best = fit;
      if (!fit && reading.found.length === 0) memory.noteNothing(region, sight.atMs);
    }
    if (best) promising = { sight, fit: best };
  }

  /** The quick means at each of many places first. Gives back those that they did not read. */
  function* readCrops(sight: Sight, places: readonly Region[]): LongSearch<readonly Region[]> {
    const left: Region[] = [];
    for (const region of places) {
      yield;
      const found = yield* readCrop(sight.frame, region);
      keep(found, sight);
      // A grid is dear: it is for a symbol of the usual size, not for every word in print.
      if (found.length === 0 && options.worthOf(region) > 1) left.push(region);
    }
    return left;
  }

  function* readPromising(at: Promising): LongSearch<void> {
    const { sight, fit } = at;
    at.guesses ??= (yield* guessBlurs(sight.frame, fit)).slice(0, GUESSES.max);
    const [now, later] = [at.guesses.slice(0, GUESSES.atOnce), at.guesses.slice(GUESSES.atOnce)];
    at.guesses = later;
    if (later.length === 0 && promising === at) promising = undefined;
    for (const guess of now) {
      yield;
      const found = yield* readGuess(sight.frame, fit, guess);
      if (found.length === 0) continue;
      keep(found, sight);
      if (promising === at) promising = undefined;
      return;
    }
  }

  function* readCentre(sight: Sight, rung: Preparation): LongSearch<void> {
    const box = centreBox(sight.frame, rung.box);
    let picture = cropped(sight.frame, box);
    if (rung.scale === 2) picture = doubled(picture);
    yield;
    picture = rung.prepare(picture);
    yield;
    const found = yield { picture, effort: rung.effort, symbolsMax: SYMBOLS_MAX };
    keep(
      found.map((symbol) => shifted(symbol, box, 1 / rung.scale)),
      sight,
    );
  }

  return {
    *readOn(frame, nowMs, hasTime, isShaken) {
      sinceMs ??= nowMs;
      if (round && nowMs - round.sight.atMs > options.sightMsMax) round = undefined;
      if (promising && nowMs - promising.sight.atMs > options.sightMsMax) promising = undefined;
      for (let rounds = 0; rounds < ROUNDS_A_FRAME && hasTime(); ) {
        const before = sighted.length;
        round ??= nextRound(frame, nowMs, isShaken);
        if (!round) break;
        const isDone = yield* goOn(round.search, hasTime);
        if (!isDone) break;
        round = undefined;
        rounds++;
        vain = sighted.length === before ? vain + 1 : 0;
        if (vain > 0 && vain % options.rungs.length === 0) restUntilMs = nowMs + options.restMs;
        if (vain > 0) continue;
        // What served now serves the next frame too, which has to agree.
        turn = Math.max(turn - 1, 0);
        if (!options.isBroad) break;
      }
      const found = sighted;
      sighted = [];
      return found;
    },
    reset() {
      round = undefined;
      promising = undefined;
      turn = 0;
      sinceMs = undefined;
    },
  };
}

type Rung = ({ readonly kind: 'look'; readonly look: Look } | ({ readonly kind: 'centre' } & Preparation)) & {
  /** Not before nothing has been read for so long. */
  readonly afterMs?: number;
};

type Preparation = {
  readonly box: { readonly width: number; readonly height: number };
  readonly scale: 1 | 2;
  readonly prepare: (picture: GreyPicture) => GreyPicture;
  readonly effort: EngineTask['effort'];
};

const ENLARGED = { kind: 'centre', box: { width: 320, height: 320 }, scale: 2 } as const;
// Late, so that a pack whose own code can be read is not called by its price code.
const BARS = {
  kind: 'centre',
  box: { width: 1280, height: 400 },
  scale: 1,
  effort: 'bars',
  afterMs: 600,
} as const;

/** For one pack that is held up: its own code, wherever it is, and at last what else can be read in the middle. */
export const ONE_RUNGS: readonly Rung[] = [
  { kind: 'look', look: LOOKS[0] },
  { ...ENLARGED, prepare: sharpened, effort: 'usual' },
  { kind: 'look', look: LOOKS[1] },
  { ...ENLARGED, prepare: evened, effort: 'usual' },
  { ...BARS, prepare: (picture) => picture },
  { kind: 'look', look: LOOKS[4] },
  { kind: 'look', look: LOOKS[2] },
  { ...ENLARGED, prepare: blurred, effort: 'denoise' },
  { ...BARS, prepare: inverted },
  { kind: 'look', look: LOOKS[3] },
];

/** For the few among many that were missed: the looks that cost least first. */
export const MANY_RUNGS: readonly Rung[] = [LOOKS[4], LOOKS[1], LOOKS[3], LOOKS[0]].map((look) => ({
  kind: 'look',
  look,
}));

const REMEMBERED_MS = 2_000;
const REMEMBERED_MAX = 64;
const VAIN_TRIES_MAX = 4;

/** Places where not even a finder was seen: they come last, and for a while not at all. */
function createPlaceMemory() {
  let places: readonly { readonly middle: Point; readonly edge: number; readonly atMs: number }[] = [];
  const timesAt = ({ quad }: Region) => {
    const middle = middleOf(quad);
    return places.filter(
      (place) => Math.hypot(middle.x - place.middle.x, middle.y - place.middle.y) < place.edge / 4,
    ).length;
  };
  return {
    /** The least often tried first, and among those as they came. */
    inOrder(regions: readonly Region[], nowMs: number): readonly Region[] {
      places = places.filter(({ atMs }) => nowMs - atMs < REMEMBERED_MS);
      return regions
        .map((region) => ({ region, times: timesAt(region) }))
        .filter(({ times }) => times < VAIN_TRIES_MAX)
        .sort((a, b) => a.times - b.times)
        .map(({ region }) => region);
    },
    noteNothing({ quad }: Region, atMs: number): void {
      places = [
        ...places.slice(1 - REMEMBERED_MAX),
        { middle: middleOf(quad), edge: Math.sqrt(areaOf(quad)), atMs },
      ];
    },
  };
}
