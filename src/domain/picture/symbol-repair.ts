// Reads a Data Matrix symbol that a decoder's own detector has missed: lays the grid by the whole finder, corrects the
// codewords with what is known of their sureness, and takes blur apart. What comes out is the symbol as it was printed.
import { correctSymbol, type SeenModules } from '../data-matrix/correction.ts';
import type { SymbolSize } from '../data-matrix/sizes.ts';
import type { Blur } from './blur-kernel.ts';
import type { Steps } from './engine-task.ts';
import type { GreyPicture } from './grey-picture.ts';
import { fitGrids, type GridFit } from './grid-fit.ts';
import { judgeModules, readLevels } from './module-reading.ts';
import { outlinesOf } from './outline.ts';
import type { Quad } from './quad.ts';
import type { Region } from './regions.ts';
import { realign, sampleBlurred, type Unblurred, unblur } from './unblur.ts';

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

/** Grids of so many modules that fit the region, best first; none where nothing there looks like a finder. */
export function* gridsOf(
  picture: GreyPicture,
  region: Region,
  modulesMin: number,
): Steps<readonly GridFit[]> {
  let fits: readonly GridFit[] = [];
  for (const quad of outlinesOf(picture, region.quad, region.isInverted)) {
    fits = [...fits, ...(yield* fitGrids(picture, quad, modulesMin, FITS_MAX))].sort(
      (a, b) => b.score - a.score,
    );
    if ((fits[0]?.score ?? 0) > SURE_SCORE) break;
  }
  return fits.filter(({ score }) => score > FAIR_SCORE).slice(0, FITS_MAX);
}

/** By thresholds, sharper and sharper. */
export function* repairByLevels(
  picture: GreyPicture,
  fits: readonly GridFit[],
): Steps<RepairedSymbol | undefined> {
  for (const fit of fits) {
    const levels = readLevels(picture, fit);
    for (const contrast of CONTRASTS) {
      yield;
      const repaired = corrected(fit, judgeModules(levels, contrast));
      if (repaired) return repaired;
    }
    // So good a fit is the symbol; the others are not.
    if (fit.score > SURE_SCORE) break;
  }
  return undefined;
}

/** As it was seen or, a square, from behind: the finder of a square looks the same in a mirror. */
function corrected({ size, quad }: GridFit, seen: SeenModules): RepairedSymbol | undefined {
  const modules = correctSymbol(size, seen);
  if (modules) return { size, modules, quad };
  if (size.rows !== size.columns) return undefined;
  const mirrored = correctSymbol(size, mirroredModules(size.rows, seen));
  const [a, b, c, d] = quad;
  return mirrored && { size, modules: mirrored, quad: [c, b, a, d] };
}

/** Over the diagonal from the foot of the left bar, so that both bars stay bars. */
function mirroredModules(edge: number, seen: SeenModules): SeenModules {
  const last = edge - 1;
  return seen.map((_, i) => seen[(last - (i % edge)) * edge + last - Math.floor(i / edge)] ?? 0);
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

/** How a fit may be blurred, and what was under that blur. */
export type BlurGuess = { readonly blur: Blur } & Unblurred;

/** The likeliest first. */
export function* guessBlurs(picture: GreyPicture, fit: GridFit): Steps<readonly BlurGuess[]> {
  const symbol = sampleBlurred(picture, fit);
  const guesses: BlurGuess[] = [];
  for (const blur of SOFT_FOCUS) guesses.push({ blur, ...(yield* unblur(symbol, blur, FIRST_ROUNDS)) });
  if (Math.min(...guesses.map(({ residual }) => residual)) > SOFT_RESIDUAL_MAX)
    for (const blur of MOVED) guesses.push({ blur, ...(yield* unblur(symbol, blur, FIRST_ROUNDS)) });
  return guesses.sort((a, b) => a.residual - b.residual);
}

/** By taking the blur apart: modules and grid improve each other in turn. Tens of milliseconds in all. */
export function* repairBlurred(
  picture: GreyPicture,
  start: GridFit,
  { blur, ...first }: BlurGuess,
): Steps<RepairedSymbol | undefined> {
  let fit = start;
  let found: Unblurred = first;
  for (let i = 0; ; i++) {
    yield;
    const repaired = corrected(fit, found.seen);
    if (repaired || i >= ALIGNMENTS) return repaired;
    yield;
    fit = yield* realign(picture, fit, found.modules, blur);
    found = yield* unblur(sampleBlurred(picture, fit), blur, ROUNDS, found.modules);
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
