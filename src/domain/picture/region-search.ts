// Reads one place of a picture by every means, the cheap ones first: the library on the place cut out, then our own
// grid, then blur taken apart.
import type { FoundSymbol, Search } from './engine-task.ts';
import type { GreyPicture } from './grey-picture.ts';
import type { GridFit } from './grid-fit.ts';
import { cropped, doubled, stretched } from './preparations.ts';
import { areaOf, type Box, type Point } from './quad.ts';
import type { Region } from './regions.ts';
import {
  drawRepaired,
  gridsOf,
  type RepairedSymbol,
  repairBlurred,
  repairByLevels,
} from './symbol-repair.ts';

const DOUBLED_EDGE_PX_MAX = 160;
/** A finder that fits worse is none; one that fits better is not blurred. */
const BLURRED_SCORES = { min: 0.6, max: 0.975 } as const;

export type RegionReading = {
  readonly found: readonly FoundSymbol[];
  /** Where nothing could be read although a finder seems to be there: worth the dearest means. */
  readonly promising: GridFit | undefined;
};

/** By the means that take milliseconds. `hasTime` is asked between them. */
export function* readRegion(
  picture: GreyPicture,
  region: Region,
  hasTime: () => boolean,
): Search<RegionReading> {
  const byLibrary = yield* readCrop(picture, region);
  if (byLibrary.length > 0 || !hasTime()) return { found: byLibrary, promising: undefined };
  const fits = gridsOf(picture, region, hasTime);
  const found = yield* readRepaired(repairByLevels(picture, fits));
  const [best] = fits;
  const isBlurred = best && best.score >= BLURRED_SCORES.min && best.score <= BLURRED_SCORES.max;
  return { found, promising: found.length === 0 && isBlurred ? best : undefined };
}

/** By taking blur apart, which takes tens of milliseconds. */
export function* readBlurred(
  picture: GreyPicture,
  fit: GridFit,
  hasTime: () => boolean,
  tries = 0,
): Search<readonly FoundSymbol[]> {
  return yield* readRepaired(repairBlurred(picture, fit, hasTime, tries));
}

/** Contrast stretched, small ones enlarged; the library's detector also starts from the middle, where the place now is. */
function* readCrop(picture: GreyPicture, { quad }: Region): Search<readonly FoundSymbol[]> {
  const box = boxAround(quad, 1.5, picture);
  let prepared = stretched(cropped(picture, box));
  const scale = Math.sqrt(areaOf(quad)) < DOUBLED_EDGE_PX_MAX ? 2 : 1;
  if (scale === 2) prepared = doubled(prepared);
  const found = yield { picture: prepared, effort: 'denoise', symbolsMax: 1 };
  return found.map(({ text, corners }) => ({
    text,
    corners: corners.map(({ x, y }) => ({ x: x / scale + box.left, y: y / scale + box.top })),
  }));
}

function* readRepaired(repaired: RepairedSymbol | undefined): Search<readonly FoundSymbol[]> {
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
