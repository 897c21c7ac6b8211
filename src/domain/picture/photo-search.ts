// The search through one photograph: the only picture there is, so it gets everything within a time. First the library
// on the whole and on each busy place, then the dearer means where it failed, then preparations of the whole that help
// a few.
import { type FoundSymbol, goOn, type Search } from './engine-task.ts';
import { isInside, keepNew, likenessTo } from './found-symbols.ts';
import type { GreyPicture } from './grey-picture.ts';
import type { GridFit } from './grid-fit.ts';
import { PREPARED_PIXELS_MAX } from './photo-size.ts';
import { blurred, doubled, evened, halved, sharpened } from './preparations.ts';
import { areaOf, type Quad } from './quad.ts';
import { readBlurred, readByGrid, readCrop } from './region-search.ts';
import { findRegions, LOOKS, type Region } from './regions.ts';

// A person waits: a little longer for further symbols, longer for the first one.
export const PHOTO_MS_MAX = { found: 1_500, nothing: 8_000 } as const;

const SYMBOLS_MAX = 255;
const REGIONS_MAX = 24;
const BLURRED_MAX = 12;
const GUESSES_MAX = 2;
/** A picture file may show anything, not packs alone. */
const ANY_SIZE = 0;
/** Where nothing else could be read, a symbol may still be too large or too fine for the looks. */
const PREPARATIONS: readonly { readonly scale: 0.5 | 1 | 2; apply(picture: GreyPicture): GreyPicture }[] = [
  { scale: 2, apply: (picture) => sharpened(doubled(picture)) },
  { scale: 2, apply: (picture) => evened(doubled(picture)) },
  { scale: 2, apply: (picture) => blurred(doubled(picture)) },
  { scale: 1, apply: blurred },
  { scale: 0.5, apply: halved },
  { scale: 0.5, apply: (picture) => sharpened(halved(picture)) },
];

/** `ms`: when it was found, after the start. */
export type TimedSymbol = FoundSymbol & { readonly ms: number };

export function* readPhotograph(
  picture: GreyPicture,
  elapsedMs: () => number,
): Search<readonly TimedSymbol[]> {
  const found: TimedSymbol[] = [];
  const keep = (symbols: readonly FoundSymbol[]) =>
    keepNew(
      found,
      symbols.map((symbol) => ({ ...symbol, ms: elapsedMs() })),
    );
  const promising: GridFit[] = [];
  /** Where the quick means have read nothing. */
  const left: Region[] = [];
  const hasTime = () => elapsedMs() < (found.length > 0 ? PHOTO_MS_MAX.found : PHOTO_MS_MAX.nothing);
  keep(yield { picture, effort: 'usual', symbolsMax: SYMBOLS_MAX });
  const isRead = (place: Pick<Region, 'quad'>) => found.some((symbol) => isInside(place, symbol));
  for (const look of LOOKS) {
    const regions = yield* goOn(findRegions(picture, look), hasTime);
    for (const region of regions?.result.slice(0, REGIONS_MAX) ?? []) {
      if (isRead(region) || left.some(({ quad }) => isSame(quad, region.quad))) continue;
      const read = yield* goOn(readCrop(picture, region), hasTime);
      if (!read) return found;
      keep(read.result);
      if (read.result.length === 0) left.push(region);
    }
  }
  const worth = left.map((region) => ({ region, worth: region.rank * likenessTo(found, region) }));
  for (const { region } of worth.sort((a, b) => b.worth - a.worth)) {
    if (isRead(region)) continue;
    const reading = yield* goOn(readByGrid(picture, region, ANY_SIZE), hasTime);
    if (!reading) return found;
    keep(reading.result.found);
    if (reading.result.promising) promising.push(reading.result.promising);
  }
  for (const fit of promising.sort((a, b) => b.score - a.score).slice(0, BLURRED_MAX)) {
    if (isRead(fit)) continue;
    const read = yield* goOn(readBlurred(picture, fit, GUESSES_MAX), hasTime);
    if (!read) return found;
    keep(read.result);
  }
  for (const { scale, apply } of PREPARATIONS) {
    if (!hasTime()) break;
    if (picture.width * picture.height * scale * scale > PREPARED_PIXELS_MAX) continue;
    // The library throws at a picture of no pixels.
    if (Math.min(picture.width, picture.height) * scale < 1) continue;
    const symbols = yield { picture: apply(picture), effort: 'denoise', symbolsMax: SYMBOLS_MAX };
    keep(
      symbols.map(({ text, corners }) => ({
        text,
        corners: corners.map(({ x, y }) => ({ x: x / scale, y: y / scale })),
      })),
    );
  }
  return found;
}

/** Two looks often find the same place; only one that cuts it out differently is worth another try. */
function isSame(a: Quad, b: Quad): boolean {
  const near = Math.sqrt(areaOf(b)) * 0.04;
  return b.every(({ x, y }) => a.some((corner) => Math.hypot(corner.x - x, corner.y - y) < near));
}
