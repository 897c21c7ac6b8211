// Reads a Data Matrix symbol that a decoder's own detector has missed: lays the grid by the whole finder, corrects the
// codewords with what is known of their sureness, and takes blur apart. What comes out is the symbol as it was printed.
import { correctSymbol } from '../data-matrix/correction.ts';
import type { SymbolSize } from '../data-matrix/sizes.ts';
import type { GreyPicture } from './grey-picture.ts';
import { fitGrids, type GridFit } from './grid-fit.ts';
import { judgeModules, readLevels } from './module-reading.ts';
import { outlinesOf } from './outline.ts';
import type { Quad } from './quad.ts';
import type { Region } from './regions.ts';
import { type Blur, realign, sampleBlurred, type Unblurred, unblur } from './unblur.ts';

export type RepairedSymbol = {
  readonly size: SymbolSize;
  /** 1 is dark; row by row. */
  readonly modules: Uint8Array;
  readonly quad: Quad;
};

const FITS_MAX = 3;
const SURE_SCORE = 0.93;
const FAIR_SCORE = 0.5;
const CONTRASTS = [0, 0.5, 1, 1.6];

/** Grids that fit the region, best first; none where nothing there looks like a finder. */
export function gridsOf(picture: GreyPicture, region: Region, hasTime: () => boolean): readonly GridFit[] {
  let fits: readonly GridFit[] = [];
  for (const quad of outlinesOf(picture, region.quad, region.isInverted)) {
    fits = [...fits, ...fitGrids(picture, quad, FITS_MAX)].sort((a, b) => b.score - a.score);
    if ((fits[0]?.score ?? 0) > SURE_SCORE || !hasTime()) break;
  }
  return fits.filter(({ score }) => score > FAIR_SCORE).slice(0, FITS_MAX);
}

/** By thresholds, sharper and sharper. */
export function repairByLevels(picture: GreyPicture, fits: readonly GridFit[]): RepairedSymbol | undefined {
  for (const fit of fits) {
    const levels = readLevels(picture, fit);
    for (const contrast of CONTRASTS) {
      const modules = correctSymbol(fit.size, judgeModules(levels, contrast));
      if (modules) return { size: fit.size, modules, quad: fit.quad };
    }
    // So good a fit is the symbol; the others are not.
    if (fit.score > SURE_SCORE) break;
  }
  return undefined;
}

const SOFT_FOCUS: readonly Blur[] = [0.5, 0.7, 0.35].map((sigma) => ({ sigma, motion: 0, angle: 0 }));
const MOVED: readonly Blur[] = [0, 1, 2, 3, 4, 5].map((sixth) => ({
  ...{ sigma: 0.15, motion: 1.8, angle: (sixth * Math.PI) / 6 },
}));
const FIRST_ROUNDS = 8;
const ROUNDS = 20;
const ALIGNMENTS = 5;
/** Of the variance seen; a soft focus leaves less unexplained even before the grid is aligned to it. */
const SOFT_RESIDUAL_MAX = 0.1;

/**
 * By taking the blur apart, for one fit: tens of milliseconds. `hasTime` is asked between its steps. `tries`: how often
 * this has been tried in vain, so that the next likely blur gets its turn.
 */
export function repairBlurred(
  picture: GreyPicture,
  fit: GridFit,
  hasTime: () => boolean,
  tries = 0,
): RepairedSymbol | undefined {
  const symbol = sampleBlurred(picture, fit);
  const tried = (blurs: readonly Blur[]) =>
    blurs
      .map((blur) => ({ blur, ...unblur(symbol, blur, FIRST_ROUNDS) }))
      .sort((a, b) => a.residual - b.residual);
  let guesses = tried(SOFT_FOCUS);
  if ((guesses[0]?.residual ?? 1) > SOFT_RESIDUAL_MAX && hasTime())
    guesses = [...guesses, ...tried(MOVED)].sort((a, b) => a.residual - b.residual);
  for (const { blur, ...unblurred } of guesses.slice(tries, tries + 2)) {
    const repaired = repairAligned(picture, fit, blur, unblurred, hasTime);
    if (repaired) return repaired;
    if (!hasTime()) break;
  }
  return undefined;
}

/** Modules and grid improve each other in turn. */
function repairAligned(
  picture: GreyPicture,
  start: GridFit,
  blur: Blur,
  first: Unblurred,
  hasTime: () => boolean,
): RepairedSymbol | undefined {
  let fit = start;
  let found = first;
  for (let i = 0; ; i++) {
    const modules = correctSymbol(fit.size, found.seen);
    if (modules) return { size: fit.size, modules, quad: fit.quad };
    if (i >= ALIGNMENTS || !hasTime()) return undefined;
    fit = realign(picture, fit, found.modules, blur);
    found = unblur(sampleBlurred(picture, fit), blur, ROUNDS, found.modules);
  }
}

const MODULE_PX = 4;
const QUIET_MODULES = 2;

/** The symbol as a clean picture that any decoder reads. */
export function drawRepaired({ size, modules }: RepairedSymbol): GreyPicture {
  const width = (size.columns + 2 * QUIET_MODULES) * MODULE_PX;
  const height = (size.rows + 2 * QUIET_MODULES) * MODULE_PX;
  const pixels = new Uint8Array(width * height).fill(255);
  for (const [i, module] of modules.entries()) {
    if (module !== 1) continue;
    const left = ((i % size.columns) + QUIET_MODULES) * MODULE_PX;
    const top = (Math.floor(i / size.columns) + QUIET_MODULES) * MODULE_PX;
    for (let y = top; y < top + MODULE_PX; y++)
      pixels.fill(0, y * width + left, y * width + left + MODULE_PX);
  }
  return { width, height, pixels };
}
