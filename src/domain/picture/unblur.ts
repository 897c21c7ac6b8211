// Takes apart modules that a lens out of focus or a moving hand has run together: looks for the modules which, blurred
// the same way, give the picture that was seen. What is known helps: a module is dark or light, the finder is where it
// is, around it lies quiet.
import type { SeenModules } from '../data-matrix/correction.ts';
import { finderModule, type SymbolSize } from '../data-matrix/sizes.ts';
import { type Blur, createBlurring, FINE, PHASES } from './blur-kernel.ts';
import type { Steps } from './engine-task.ts';
import type { GreyPicture } from './grey-picture.ts';
import type { GridFit } from './grid-fit.ts';
import { levelAt } from './module-reading.ts';
import { homographyTo, type Point, type Quad } from './quad.ts';

/** Modules of quiet zone that take part. */
const MARGIN = 1;
/** Modules times rounds between two places to leave off at: one to three milliseconds. */
const STEP_WORK = 6_000;

export type BlurredSymbol = {
  readonly size: SymbolSize;
  /** Modules across and down, quiet zone included. */
  readonly columns: number;
  readonly rows: number;
  /** Grey levels at FINE x FINE places of each module, all modules for one place after the other; dark is low. */
  readonly levels: Float32Array;
  /** For each module 1 dark, 0 light, or -1 where it is not known. */
  readonly known: Int8Array;
};

export function sampleBlurred(picture: GreyPicture, fit: GridFit): BlurredSymbol {
  const { size } = fit;
  const [rows, columns] = [size.rows + 2 * MARGIN, size.columns + 2 * MARGIN];
  const known = new Int8Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const [r, c] = [row - MARGIN, column - MARGIN];
      const isOutside = r < 0 || c < 0 || r >= size.rows || c >= size.columns;
      const finder = isOutside ? false : finderModule(size, r, c);
      known[row * columns + column] = finder === undefined ? -1 : finder ? 1 : 0;
    }
  return { size, rows, columns, levels: sampleLevels(picture, fit), known };
}

/** The mean of two by two points at each place. */
function sampleLevels(picture: GreyPicture, { size, quad, isInverted }: GridFit): Float32Array {
  const [a, b, c, d, e, f, g, h] = homographyTo(quad);
  const [rows, columns] = [size.rows + 2 * MARGIN, size.columns + 2 * MARGIN];
  const levels = new Float32Array(rows * columns * PHASES);
  for (let phase = 0, i = 0; phase < PHASES; phase++) {
    const [fu, fv] = [(phase % FINE) / FINE - MARGIN, Math.floor(phase / FINE) / FINE - MARGIN];
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++, i++) {
        let sum = 0;
        for (let k = 0; k < 4; k++) {
          const u = (column + fu + (0.25 + 0.5 * (k & 1)) / FINE) / size.columns;
          const v = (row + fv + (0.25 + 0.5 * (k >> 1)) / FINE) / size.rows;
          const w = g * u + h * v + 1;
          sum += levelAt(picture, (a * u + b * v + c) / w - 0.5, (d * u + e * v + f) / w - 0.5);
        }
        levels[i] = isInverted ? 255 - sum / 4 : sum / 4;
      }
  }
  return levels;
}

export type Unblurred = {
  /** 0 light to 1 dark for each module, quiet zone included. */
  readonly modules: Float32Array;
  /** Above 0 dark, as the correction takes it. */
  readonly seen: SeenModules;
  /** What the blur leaves unexplained, as a share of the variance seen. */
  readonly residual: number;
};

/** Projected gradient descent with momentum (FISTA), the levels of dark and light fitted along the way. */
export function* unblur(
  symbol: BlurredSymbol,
  blur: Blur,
  rounds: number,
  start?: Float32Array,
): Steps<Unblurred> {
  const { rows, columns, levels, known } = symbol;
  const blurring = createBlurring(rows, columns, blur);
  const roundsAtOnce = Math.max(1, Math.floor(STEP_WORK / known.length));
  const x = start ?? Float32Array.from(known, (value) => (value < 0 ? 0.5 : value));
  let previous = x.slice();
  const look = x.slice();
  let momentum = 1;
  const modelled = new Float32Array(levels.length);
  const gradient = new Float32Array(x.length);
  let residual = 1;
  for (let round = 0; round < rounds; round++) {
    if (round % roundsAtOnce === 0) yield;
    blurring.blurInto(modelled, look);
    const { paper, contrast, unexplained } = fitLevels(levels, modelled);
    residual = unexplained;
    if (!(contrast > 1)) break;
    // Dark is 1: level = paper - contrast x modelled.
    for (let i = 0; i < modelled.length; i++)
      modelled[i] = (modelled[i] as number) - (paper - (levels[i] as number)) / contrast;
    blurring.gatherInto(gradient, modelled);
    const next = new Float32Array(x.length);
    for (let i = 0; i < next.length; i++) {
      const fixed = known[i] as number;
      const value = (look[i] as number) - (gradient[i] as number) / PHASES;
      next[i] = fixed >= 0 ? fixed : Math.min(Math.max(value, 0), 1);
    }
    const nextMomentum = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const push = (momentum - 1) / nextMomentum;
    for (let i = 0; i < next.length; i++) {
      const value = next[i] as number;
      look[i] = value + push * (value - (previous[i] as number));
    }
    previous = next;
    momentum = nextMomentum;
  }
  return { modules: previous, seen: withoutMargin(symbol, previous), residual };
}

function withoutMargin({ size, columns }: BlurredSymbol, x: Float32Array): SeenModules {
  const seen = new Float32Array(size.rows * size.columns);
  for (let row = 0; row < size.rows; row++)
    for (let column = 0; column < size.columns; column++)
      seen[row * size.columns + column] = (x[(row + MARGIN) * columns + column + MARGIN] as number) - 0.5;
  return seen;
}

/**
 * The grid moved to where the modules found so far, blurred, lie best over the picture: one step of Gauss and Newton
 * in the eight coordinates of the corners.
 */
export function* realign(
  picture: GreyPicture,
  fit: GridFit,
  modules: Float32Array,
  blur: Blur,
): Steps<GridFit> {
  const { size } = fit;
  const levels = sampleLevels(picture, fit);
  const modelled = new Float32Array(levels.length);
  createBlurring(size.rows + 2 * MARGIN, size.columns + 2 * MARGIN, blur).blurInto(modelled, modules);
  const { paper, contrast, unexplained } = fitLevels(levels, modelled);
  const error = modelled.map((value, i) => paper - contrast * value - (levels[i] as number));
  const shiftPx = 0.3;
  const slopes: Float32Array[] = [];
  for (let k = 0; k < 8; k++) {
    const shifted = sampleLevels(picture, { ...fit, quad: movedCorner(fit.quad, k, shiftPx) });
    for (let i = 0; i < shifted.length; i++)
      shifted[i] = ((shifted[i] as number) - (levels[i] as number)) / shiftPx;
    slopes.push(shifted);
    if (k === 3) yield;
  }
  const normal = slopes.map((a) => slopes.map((b) => dot(a, b)));
  for (const [k, row] of normal.entries()) row[k] = (row[k] ?? 0) * 1.02 + 1e-6;
  const moves = solve(
    normal,
    slopes.map((slope) => dot(slope, error)),
  );
  const quad = moves.reduce<Quad>(
    (corners, move, k) => movedCorner(corners, k, Math.min(Math.max(move, -2), 2)),
    fit.quad,
  );
  const moved = { ...fit, quad };
  const after = fitLevels(sampleLevels(picture, moved), modelled);
  return after.unexplained < unexplained ? moved : fit;
}

function movedCorner(quad: Quad, coordinate: number, by: number): Quad {
  const moved = ({ x, y }: Point) => (coordinate % 2 === 0 ? { x: x + by, y } : { x, y: y + by });
  const [a, b, c, d] = quad;
  const corner = coordinate >> 1;
  return [
    corner === 0 ? moved(a) : a,
    corner === 1 ? moved(b) : b,
    corner === 2 ? moved(c) : c,
    corner === 3 ? moved(d) : d,
  ];
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Gauss elimination of a symmetric, positive definite system. */
function solve(matrix: readonly number[][], right: readonly number[]): readonly number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  const n = rows.length;
  for (const [k, pivot] of rows.entries())
    for (const [r, row] of rows.entries()) {
      if (r === k) continue;
      const factor = (row[k] ?? 0) / (pivot[k] ?? 1);
      for (let c = k; c <= n; c++) row[c] = (row[c] ?? 0) - factor * (pivot[c] ?? 0);
    }
  return rows.map((row, k) => (row[n] ?? 0) / (row[k] ?? 1));
}

/** Least squares of levels = paper - contrast x modelled. */
function fitLevels(levels: Float32Array, modelled: Float32Array) {
  const n = levels.length;
  let [sumX, sumY, sumXX, sumXY, sumYY] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const x = modelled[i] as number;
    const y = levels[i] as number;
    sumX += x;
    sumY += y;
    sumXX += x * x;
    sumXY += x * y;
    sumYY += y * y;
  }
  const varianceX = sumXX - (sumX * sumX) / n;
  const varianceY = sumYY - (sumY * sumY) / n;
  const covariance = sumXY - (sumX * sumY) / n;
  const slope = varianceX === 0 ? 0 : covariance / varianceX;
  const unexplained = varianceY === 0 ? 1 : 1 - (slope * covariance) / varianceY;
  return { contrast: -slope, paper: (sumY - slope * sumX) / n, unexplained };
}
