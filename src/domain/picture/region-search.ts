// Reads one place of a picture by every means, the cheap ones first: the library on the place cut out, then our own
// grid, then blur taken apart.
import type { FoundSymbol, LongSearch } from './engine-task.ts';
import type { GreyPicture } from './grey-picture.ts';
import type { GridFit } from './grid-fit.ts';
import { cropped, doubled, halved, stretched } from './preparations.ts';
import { areaOf, type Box, type Point } from './quad.ts';
import type { Region } from './regions.ts';
import {
  type BlurGuess,
  drawRepaired,
  gridsOf,
  guessBlurs,
  type RepairedSymbol,
  repairBlurred,
  repairByLevels,
} from './symbol-repair.ts';

/** The library is given a place at a scale at which its edge lies between these. */
const EDGE_PX = { min: 160, max: 400 } as const;
/** A pack's symbol has at least 16 by 16 modules or their equal in a rectangle. */
const PACK_MODULES_MIN = 200;
/** A finder that fits worse is none; one that fits better is not blurred. */
const BLURRED_SCORES = { min: 0.6, max: 0.975 } as const;

export type RegionReading = {
  readonly found: readonly FoundSymbol[];
  /** Where nothing could be read although a finder seems to be there: worth the dearest means. */
  readonly promising: GridFit | undefined;
};

export function* readRegion(picture: GreyPicture, region: Region): LongSearch<RegionReading> {
  const found = yield* readCrop(picture, region);
  if (found.length > 0) return { found, promising: undefined };
  yield;
  return yield* readByGrid(picture, region);
}

/** By a grid of our own: ten milliseconds and more. */
export function* readByGrid(
  picture: GreyPicture,
  region: Region,
  modulesMin = PACK_MODULES_MIN,
): LongSearch<RegionReading> {
  const fits = yield* gridsOf(picture, region, modulesMin);
  const found = yield* readRepaired(yield* repairByLevels(picture, fits));
  const [best] = fits;
  const isBlurred = best && best.score >= BLURRED_SCORES.min && best.score <= BLURRED_SCORES.max;
  return { found, promising: found.length === 0 && isBlurred ? best : undefined };
}

/** By taking blur apart, one guess after the other: tens of milliseconds each. */
export function* readBlurred(
  picture: GreyPicture,
  fit: GridFit,
  guessesMax: number,
): LongSearch<readonly FoundSymbol[]> {
  const guesses = yield* guessBlurs(picture, fit);
  for (const guess of guesses.slice(0, guessesMax)) {
    const found = yield* readGuess(picture, fit, guess);
    if (found.length > 0) return found;
  }
  return [];
}

export function* readGuess(
  picture: GreyPicture,
  fit: GridFit,
  guess: BlurGuess,
): LongSearch<readonly FoundSymbol[]> {
  return yield* readRepaired(yield* repairBlurred(picture, fit, guess));
}

/**
 * By the library: contrast stretched, small ones enlarged; its detector also starts from the middle, where the place
 * now is.
 */
export function* readCrop(picture: GreyPicture, { quad }: Region): LongSearch<readonly FoundSymbol[]> {
  const box = boxAround(quad, 1.5, picture);
  let prepared = stretched(cropped(picture, box));
  let scale = 1;
  for (const edge = Math.sqrt(areaOf(quad)); edge * scale > EDGE_PX.max; scale /= 2)
    prepared = halved(prepared);
  if (scale === 1 && Math.sqrt(areaOf(quad)) < EDGE_PX.min) {
    scale = 2;
    prepared = doubled(prepared);
  }
  yield;
  const found = yield { picture: prepared, effort: 'denoise', symbolsMax: 1 };
  return found.map(({ text, corners }) => ({
    text,
    corners: corners.map(({ x, y }) => ({ x: x / scale + box.left, y: y / scale + box.top })),
  }));
}

function* readRepaired(repaired: RepairedSymbol | undefined): LongSearch<readonly FoundSymbol[]> {
  if (!repaired) return [];
  const found = yield { picture: drawRepaired(repaired), effort: 'clean', symbolsMax: 1 };
  return found.map(({ text }) => ({ text, corners: repaired.quad }));
}

/** The upright box around points, enlarged about its middle and cut at the picture's edges. */
export function boxAround(points: readonly Point[], factor: number, { width, height }: GreyPicture): Box {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const [dx, dy] = [((right - left) * (factor - 1)) / 2, ((bottom - top) * (factor - 1)) / 2];
  const l = Math.max(0, Math.floor(left - dx));
  const t = Math.max(0, Math.floor(top - dy));
  return {
    ...{ left: l, top: t },
    width: Math.max(1, Math.min(width, Math.ceil(right + dx)) - l),
    height: Math.max(1, Math.min(height, Math.ceil(bottom + dy)) - t),
  };
}
