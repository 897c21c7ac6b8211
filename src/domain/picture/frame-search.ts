// The search through the frames of a camera: quick when nothing is there, stubborn when something is. Each frame gets
// the library's look at the likeliest part; what time is left goes to what the library could not read.
import { createAcceptance } from '../codes/acceptance.ts';
import type { FoundSymbol, Search } from './engine-task.ts';
import { isInside, keepNew, likenessTo, shifted } from './found-symbols.ts';
import type { GreyPicture } from './grey-picture.ts';
import { cropped, halved } from './preparations.ts';
import { type Box, centreBox, middleOf, type Point } from './quad.ts';
import { boxAround } from './region-search.ts';
import { sharpnessOf } from './sharpness.ts';
import { createStubbornSearch, MANY_RUNGS, ONE_RUNGS, type SightedSymbol } from './stubborn-search.ts';

/** `one`: a pack held up to the camera. `many`: a shelf, a tray or a tote. */
export type FrameMode = 'one' | 'many';

/** The frame's pixels need not last beyond its search. */
export type FrameSearch = (
  frame: GreyPicture,
  nowMs: number,
  hasTime: () => boolean,
) => Search<readonly FoundSymbol[]>;

export function createFrameSearch(mode: FrameMode): FrameSearch {
  return mode === 'one' ? createOneSearch() : createManySearch();
}

const ONE_SYMBOLS_MAX = 8;
const WHOLE_EVERY_MS = 200;
const CENTRE_EDGE_PX_MAX = 640;
const LIKELY_EDGE_PX_MIN = 40;
/** A symbol that was read is looked for where it was for so long. */
const REMEMBERED_MS = 1_000;
/** The middle is where a hand holds a pack. */
const CENTRE_WORTH = 1.5;

function createOneSearch(): FrameSearch {
  const accept = createAcceptance();
  const isShaken = createShakeSense();
  let wholeMs = Number.NEGATIVE_INFINITY;
  let wholes = 0;
  let misses = 0;
  let last: { readonly corners: readonly Point[]; readonly seenMs: number } | undefined;
  let middle: { readonly box: Box } | undefined;
  const stubborn = createStubbornSearch({
    ...{ rungs: ONE_RUNGS, regionsMax: 4, isBroad: false, restMs: 0, sightMsMax: REMEMBERED_MS },
    worthOf: ({ quad }) => (middle && isWithin(middleOf(quad), middle.box) ? CENTRE_WORTH : 1),
  });

  return function* (frame, nowMs, hasTime) {
    const edge = Math.min((Math.min(frame.width, frame.height) * 2) / 3, CENTRE_EDGE_PX_MAX);
    const centre = centreBox(frame, { width: edge, height: edge });
    const found = [...(yield* readBox(frame, likelyBox(frame, centre, nowMs), 0))];
    if (found.length === 0 && nowMs - wholeMs >= WHOLE_EVERY_MS) {
      wholeMs = nowMs;
      const looks = wholeLooks(frame);
      const look = looks[wholes++ % looks.length];
      if (look) keepNew(found, yield* readBox(frame, look.box, look.halvings));
    }
    let sighted: readonly SightedSymbol[] = [];
    if (found.length > 0) stubborn.reset();
    else {
      middle = { box: centre };
      sighted = yield* stubborn.readOn(frame, nowMs, hasTime, isShaken(frame));
    }
    misses = found.length > 0 ? 0 : misses + 1;
    const [first] = [...found, ...sighted];
    if (first && first.corners.length > 0) last = { corners: first.corners, seenMs: nowMs };
    return acceptAll(accept, found, sighted, nowMs);
  };

  function likelyBox(frame: GreyPicture, centre: Box, nowMs: number): Box {
    // It may have moved away: every other frame that misses it looks at the middle again.
    if (!last || nowMs - last.seenMs >= REMEMBERED_MS || misses % 2 === 1) return centre;
    const box = boxAround(last.corners, 2, frame);
    // A bar code is found along one line; around that there is nothing to read.
    return Math.min(box.width, box.height) < LIKELY_EDGE_PX_MIN ? centre : box;
  }

  function* readBox(frame: GreyPicture, box: Box, halvings: number): Search<readonly FoundSymbol[]> {
    let picture = cropped(frame, box);
    for (let i = 0; i < halvings; i++) picture = halved(picture);
    const found = yield { picture, effort: 'usual', symbolsMax: ONE_SYMBOLS_MAX };
    return found.map((symbol) => shifted(symbol, box, 2 ** halvings));
  }
}

/** More than this at once would take the library longer than a frame may. */
const LOOK_PIXELS_MAX = 600_000;
const LOOK_OVERLAP_PX = 160;

/** Looks that together see all of a frame, one at a time. */
function wholeLooks({
  width,
  height,
}: GreyPicture): readonly { readonly box: Box; readonly halvings: number }[] {
  const whole: Box = { left: 0, top: 0, width, height };
  const parts = Math.ceil((width * height) / LOOK_PIXELS_MAX);
  if (parts === 1) return [{ box: whole, halvings: 0 }];
  const bands = Array.from({ length: parts }, (_, i) => {
    const left = Math.max(0, Math.floor((width * i) / parts) - LOOK_OVERLAP_PX / 2);
    const right = Math.min(width, Math.ceil((width * (i + 1)) / parts) + LOOK_OVERLAP_PX / 2);
    return { box: { ...whole, left, width: right - left }, halvings: 0 };
  });
  const halvings = Math.ceil(Math.log2(parts) / 2);
  return [{ box: whole, halvings }, ...bands];
}

const MANY_SYMBOLS_MAX = 64;

function createManySearch(): FrameSearch {
  const accept = createAcceptance();
  const isShaken = createShakeSense();
  let frames = 0;
  let read: readonly FoundSymbol[] = [];
  const stubborn = createStubbornSearch({
    ...{ rungs: MANY_RUNGS, regionsMax: 12, isBroad: true, restMs: 500, sightMsMax: 800 },
    worthOf: (region) => (read.some((symbol) => isInside(region, symbol)) ? 0 : likenessTo(read, region)),
  });

  return function* (frame, nowMs, hasTime) {
    // What the brisk look cannot see (light on dark, very large) the other one does.
    const effort = frames++ % 2 === 0 ? 'brisk' : 'usual';
    const found = yield { picture: frame, effort, symbolsMax: MANY_SYMBOLS_MAX };
    read = found;
    const sighted = yield* stubborn.readOn(frame, nowMs, hasTime, isShaken(frame));
    return acceptAll(accept, found, sighted, nowMs);
  };
}

/** Those read in this frame and those that took longer. What was read in both is one symbol that has moved meanwhile. */
export function acceptAll(
  accept: ReturnType<typeof createAcceptance>,
  found: readonly FoundSymbol[],
  sighted: readonly SightedSymbol[],
  nowMs: number,
): readonly FoundSymbol[] {
  const accepted = [...accept(found, nowMs)];
  for (const symbol of sighted) {
    const [sure] = accept([symbol], symbol.atMs);
    const isTrail = symbol.atMs !== nowMs && accepted.some(({ text }) => text === symbol.text);
    if (sure && !isTrail) keepNew(accepted, [sure]);
  }
  return accepted;
}

/** A frame this much less sharp than the best of late is shaken: another will be better. */
const SHARPNESS_SHARE_MIN = 0.3;
const SHARPNESS_FADE = 0.93;

function createShakeSense(): (frame: GreyPicture) => boolean {
  let sharpest = 0;
  return (frame) => {
    const sharpness = sharpnessOf(frame);
    sharpest = Math.max(sharpness, sharpest * SHARPNESS_FADE);
    return sharpness < sharpest * SHARPNESS_SHARE_MIN;
  };
}

function isWithin({ x, y }: Point, { left, top, width, height }: Box): boolean {
  return x >= left && y >= top && x < left + width && y < top + height;
}
