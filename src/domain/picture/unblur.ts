// Takes apart modules that a lens out of focus or a moving hand has run together: looks for the modules which, blurred
// the same way, give the picture that was seen. What is known helps: a module is dark or light, the finder is where it
// is, around it lies quiet.
import type { SeenModules } from '../data-matrix/correction.ts';
import { finderModule, type SymbolSize } from '../data-matrix/sizes.ts';
import type { GreyPicture } from './grey-picture.ts';
import type { GridFit } from './grid-fit.ts';
import { levelAt } from './module-reading.ts';
import { homographyTo, mapPoint, type Point, type Quad } from './quad.ts';

/** Blur in modules: the sigma of a soft focus, and a movement with its direction on the symbol in radians. */
export type Blur = { readonly sigma: number; readonly motion: number; readonly angle: number };

/** Samples a module, each way. */
const FINE = 2;
/** Modules of quiet zone that take part. */
const MARGIN = 1;
/** How far a blurred module reaches beyond its own edge, in modules. */
const REACH = 2;
const WIDTH = 2 * REACH + 1;

export type BlurredSymbol = {
  readonly size: SymbolSize;
  /** Modules across and down, quiet zone included. */
  readonly columns: number;
  readonly rows: number;
  /** FINE x FINE grey levels a module, row by row; dark is low. */
  readonly levels: Float32Array;
  /** For each module 1 dark, 0 light, or -1 where it is not known. */
  readonly known: Int8Array;
};

export function sampleBlurred(picture: GreyPicture, { size, quad, isInverted }: GridFit): BlurredSymbol {
  const map = homographyTo(quad);
  const [rows, columns] = [size.rows + 2 * MARGIN, size.columns + 2 * MARGIN];
  const levels = new Float32Array(rows * columns * FINE * FINE);
  const across = columns * FINE;
  for (let j = 0; j < rows * FINE; j++)
    for (let i = 0; i < across; i++) {
      let sum = 0;
      for (const dj of [0.25, 0.75])
        for (const di of [0.25, 0.75]) {
          const u = ((i + di) / FINE - MARGIN) / size.columns;
          const v = ((j + dj) / FINE - MARGIN) / size.rows;
          const { x, y } = mapPoint(map, u, v);
          sum += levelAt(picture, x - 0.5, y - 0.5);
        }
      levels[j * across + i] = isInverted ? 255 - sum / 4 : sum / 4;
    }
  const known = new Int8Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const [r, c] = [row - MARGIN, column - MARGIN];
      const isOutside = r < 0 || c < 0 || r >= size.rows || c >= size.columns;
      const finder = isOutside ? false : finderModule(size, r, c);
      known[row * columns + column] = finder === undefined ? -1 : finder ? 1 : 0;
    }
  return { size, rows, columns, levels, known };
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
export function unblur(symbol: BlurredSymbol, blur: Blur, rounds: number, start?: Float32Array): Unblurred {
  const { rows, columns, levels, known } = symbol;
  const kernels = kernelsOf(blur);
  const x = start ?? Float32Array.from(known, (value) => (value < 0 ? 0.5 : value));
  let previous = x.slice();
  let look = x.slice();
  let momentum = 1;
  const modelled = new Float32Array(levels.length);
  const gradient = new Float32Array(x.length);
  let residual = 1;
  for (let round = 0; round < rounds; round++) {
    blurInto(modelled, look, rows, columns, kernels);
    const { paper, contrast, unexplained } = fitLevels(levels, modelled);
    residual = unexplained;
    if (!(contrast > 1)) break;
    // Dark is 1: level = paper - contrast x modelled.
    for (let i = 0; i < modelled.length; i++)
      modelled[i] = (modelled[i] as number) - (paper - (levels[i] as number)) / contrast;
    gatherInto(gradient, modelled, rows, columns, kernels);
    const next = new Float32Array(x.length);
    const step = 1 / (FINE * FINE);
    for (let i = 0; i < next.length; i++) {
      const fixed = known[i] as number;
      const value = (look[i] as number) - step * (gradient[i] as number);
      next[i] = fixed >= 0 ? fixed : Math.min(Math.max(value, 0), 1);
    }
    const nextMomentum = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const push = (momentum - 1) / nextMomentum;
    look = next.map((value, i) => value + push * (value - (previous[i] as number)));
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
export function realign(picture: GreyPicture, fit: GridFit, modules: Float32Array, blur: Blur): GridFit {
  const seen = sampleBlurred(picture, fit);
  const modelled = new Float32Array(seen.levels.length);
  blurInto(modelled, modules, seen.rows, seen.columns, kernelsOf(blur));
  const { paper, contrast, unexplained } = fitLevels(seen.levels, modelled);
  const error = modelled.map((value, i) => paper - contrast * value - (seen.levels[i] as number));
  const shiftPx = 0.3;
  const slopes = Array.from({ length: 8 }, (_, k) => {
    const shifted = sampleBlurred(picture, { ...fit, quad: movedCorner(fit.quad, k, shiftPx) });
    return shifted.levels.map((value, i) => (value - (seen.levels[i] as number)) / shiftPx);
  });
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
  const after = fitLevels(sampleBlurred(picture, moved).levels, modelled);
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
    const [x, y] = [modelled[i] as number, levels[i] as number];
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

/** For each of the FINE x FINE places in a module the share of each module around that is seen there. */
type Kernels = readonly Float32Array[];

function kernelsOf({ sigma, motion, angle }: Blur): Kernels {
  const smear = motion > 0 ? 7 : 1;
  const shifts = Array.from({ length: smear }, (_, k) =>
    smear === 1 ? 0 : (k / (smear - 1) - 0.5) * motion,
  );
  const kernels: Float32Array[] = [];
  for (let fv = 0; fv < FINE; fv++)
    for (let fu = 0; fu < FINE; fu++) {
      const kernel = new Float32Array(WIDTH * WIDTH);
      for (const shift of shifts) {
        const across = edgeShares((fu + 0.5) / FINE + shift * Math.cos(angle), sigma);
        const down = edgeShares((fv + 0.5) / FINE + shift * Math.sin(angle), sigma);
        for (let r = 0; r < WIDTH; r++)
          for (let c = 0; c < WIDTH; c++)
            kernel[r * WIDTH + c] =
              (kernel[r * WIDTH + c] as number) + ((down[r] as number) * (across[c] as number)) / smear;
      }
      kernels.push(kernel);
    }
  return kernels;
}

/** How much of each module along one axis is seen at a place, in modules from the own module's edge. */
function edgeShares(place: number, sigma: number): readonly number[] {
  // The sample itself is half a module wide.
  const spread = Math.hypot(sigma, 0.5 / FINE / Math.sqrt(3));
  return Array.from({ length: WIDTH }, (_, k) => {
    const from = k - REACH - place;
    return normalShare((from + 1) / spread) - normalShare(from / spread);
  });
}

/** The cumulative normal distribution, by a logistic curve that stays within 0.0002 of it. */
function normalShare(z: number): number {
  return 1 / (1 + Math.exp(-z * (1.5976 + 0.070566 * z * z)));
}

function blurInto(
  result: Float32Array,
  x: Float32Array,
  rows: number,
  columns: number,
  kernels: Kernels,
): void {
  for (const [phase, kernel] of kernels.entries()) {
    const [fv, fu] = [Math.floor(phase / FINE), phase % FINE];
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        const [top, bottom] = [Math.max(row - REACH, 0), Math.min(row + REACH, rows - 1)];
        const [left, right] = [Math.max(column - REACH, 0), Math.min(column + REACH, columns - 1)];
        for (let r = top; r <= bottom; r++) {
          const k = (r - row + REACH) * WIDTH - column + REACH;
          const line = r * columns;
          for (let c = left; c <= right; c++) sum += (kernel[k + c] as number) * (x[line + c] as number);
        }
        result[(row * FINE + fv) * columns * FINE + column * FINE + fu] = sum;
      }
  }
}

/** The transpose of blurInto. */
function gatherInto(
  result: Float32Array,
  error: Float32Array,
  rows: number,
  columns: number,
  kernels: Kernels,
): void {
  result.fill(0);
  for (const [phase, kernel] of kernels.entries()) {
    const [fv, fu] = [Math.floor(phase / FINE), phase % FINE];
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        const own = error[(row * FINE + fv) * columns * FINE + column * FINE + fu] as number;
        const [top, bottom] = [Math.max(row - REACH, 0), Math.min(row + REACH, rows - 1)];
        const [left, right] = [Math.max(column - REACH, 0), Math.min(column + REACH, columns - 1)];
        for (let r = top; r <= bottom; r++) {
          const k = (r - row + REACH) * WIDTH - column + REACH;
          const line = r * columns;
          for (let c = left; c <= right; c++)
            result[line + c] = (result[line + c] as number) + own * (kernel[k + c] as number);
        }
      }
  }
}
