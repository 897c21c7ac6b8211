// The search through one photograph: the only picture there is, so it gets everything within a time. First the library
// on the whole, then each busy place by every means, then preparations of the whole that help a few.
import type { FoundSymbol, Search } from './engine-task.ts';
import { isInside, keepNew } from './frame-search.ts';
import type { GreyPicture } from './grey-picture.ts';
import type { GridFit } from './grid-fit.ts';
import { blurred, doubled, evened, halved, sharpened } from './preparations.ts';
import { areaOf, type Quad } from './quad.ts';
import { readBlurred, readRegion } from './region-search.ts';
import { findRegions, LOOKS } from './regions.ts';

// A person waits: a little longer for further symbols, longer for the first one.
export const PHOTO_MS_MAX = { found: 1_500, nothing: 8_000 } as const;
// The library holds about six bytes a pixel while it works; 12 MP stay under 100 MB.
export const PREPARED_PIXELS_MAX = 12_000_000;

const SYMBOLS_MAX = 255;
const REGIONS_MAX = 24;
const BLURRED_MAX = 12;
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
  const tried: Quad[] = [];
  const hasTime = () => elapsedMs() < (found.length > 0 ? PHOTO_MS_MAX.found : PHOTO_MS_MAX.nothing);
  keep(yield { picture, effort: 'usual', symbolsMax: SYMBOLS_MAX });
  for (const look of LOOKS) {
    if (!hasTime()) return found;
    for (const region of findRegions(picture, look, REGIONS_MAX)) {
      if (found.some((symbol) => isInside(region, symbol)) || wasTried(tried, region.quad)) continue;
      tried.push(region.quad);
      const reading = yield* readRegion(picture, region, hasTime);
      keep(reading.found);
      if (reading.promising) promising.push(reading.promising);
      if (!hasTime()) return found;
    }
  }
  for (const fit of promising.sort((a, b) => b.score - a.score).slice(0, BLURRED_MAX)) {
    if (!hasTime()) return found;
    if (!found.some((symbol) => isInside(fit, symbol))) keep(yield* readBlurred(picture, fit, hasTime));
  }
  for (const { scale, apply } of PREPARATIONS) {
    if (!hasTime()) break;
    if (picture.width * picture.height * scale * scale > PREPARED_PIXELS_MAX) continue;
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
function wasTried(tried: readonly Quad[], quad: Quad): boolean {
  const near = Math.sqrt(areaOf(quad)) * 0.04;
  return tried.some((other) =>
    quad.every(({ x, y }) => other.some((corner) => Math.hypot(corner.x - x, corner.y - y) < near)),
  );
}
