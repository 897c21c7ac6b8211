// Reads the modules under a fitted grid, and how sure each is: by its distance from the threshold of its surroundings,
// so that a shadow costs nothing and a burnt-out patch counts as unknown instead of light.
import type { SeenModules } from '../data-matrix/correction.ts';
import type { GreyPicture } from './grey-picture.ts';
import type { GridFit } from './grid-fit.ts';
import { homographyTo, mapPoint } from './quad.ts';

/** Grey levels of the modules, row by row, dark ones low. */
export type ModuleLevels = {
  readonly rows: number;
  readonly columns: number;
  readonly levels: Float32Array;
  /** Grey level of the quiet zone: nothing on the paper is lighter, unless it reflects a lamp. */
  readonly paper: number;
};

const SPREAD = [-0.22, 0, 0.22];

export function readLevels(picture: GreyPicture, { size, quad, isInverted }: GridFit): ModuleLevels {
  const map = homographyTo(quad);
  const { rows, columns } = size;
  const levelOf = (row: number, column: number) => {
    let sum = 0;
    for (const dv of SPREAD)
      for (const du of SPREAD) {
        const { x, y } = mapPoint(map, (column + 0.5 + du) / columns, (row + 0.5 + dv) / rows);
        sum += levelAt(picture, x - 0.5, y - 0.5);
      }
    const level = sum / SPREAD.length ** 2;
    return isInverted ? 255 - level : level;
  };
  const levels = new Float32Array(rows * columns);
  for (let i = 0; i < levels.length; i++) levels[i] = levelOf(Math.floor(i / columns), i % columns);
  const quiet: number[] = [];
  for (let row = 0; row < rows; row++) quiet.push(levelOf(row, -0.8), levelOf(row, columns - 0.2));
  for (let column = 0; column < columns; column++)
    quiet.push(levelOf(-0.8, column), levelOf(rows - 0.2, column));
  quiet.sort((a, b) => a - b);
  return { rows, columns, levels, paper: quiet[quiet.length >> 1] ?? 255 };
}

/** Bilinear, the nearest edge beyond the picture. */
export function levelAt({ width, height, pixels }: GreyPicture, x: number, y: number): number {
  const cx = Math.min(Math.max(x, 0), width - 1.001);
  const cy = Math.min(Math.max(y, 0), height - 1.001);
  const [left, top] = [Math.floor(cx), Math.floor(cy)];
  const k = top * width + left;
  const fx = cx - left;
  const upper = (pixels[k] as number) * (1 - fx) + (pixels[k + 1] as number) * fx;
  const lower = (pixels[k + width] as number) * (1 - fx) + (pixels[k + width + 1] as number) * fx;
  return upper + (lower - upper) * (cy - top);
}

const WINDOW = 3;
/** What cannot be told counts as light, but as the first thing to give up. */
const UNSURE = -0.001;

/**
 * Dark above 0. `contrast` takes back what the lens has run together: how many times a module's difference from its
 * four neighbours is added to it.
 */
export function judgeModules({ rows, columns, levels, paper }: ModuleLevels, contrast: number): SeenModules {
  const darkest = levels.slice().sort()[Math.floor(levels.length * 0.08)] ?? 0;
  const range = Math.max(paper - darkest, 1);
  const burntOut = paper + range * 0.12;
  // A reflection would lift the threshold of its neighbours.
  const dimmed = levels.map((level) => Math.min(level, burntOut));
  const sharp = contrast === 0 ? dimmed : separated(rows, columns, dimmed, contrast);
  const seen = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const i = row * columns + column;
      if ((levels[i] as number) >= burntOut) {
        seen[i] = UNSURE;
        continue;
      }
      const wide = extremes(sharp, rows, columns, row, column, WINDOW);
      const close = extremes(dimmed, rows, columns, row, column, 1);
      const isFlat = wide.most - wide.least < range * 0.35;
      const isBesideGlare = close.most >= burntOut;
      const sureness = ((wide.least + wide.most) / 2 - (sharp[i] as number)) / range;
      seen[i] = isFlat ? UNSURE : isBesideGlare ? sureness * BESIDE_GLARE : sureness;
    }
  return seen;
}

/** A reflection fades over a module or two, and neither colour is to be trusted there. */
const BESIDE_GLARE = 0.05;

function extremes(
  values: Float32Array,
  rows: number,
  columns: number,
  row: number,
  column: number,
  reach: number,
): { readonly least: number; readonly most: number } {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let r = Math.max(row - reach, 0); r <= Math.min(row + reach, rows - 1); r++)
    for (let c = Math.max(column - reach, 0); c <= Math.min(column + reach, columns - 1); c++) {
      const value = values[r * columns + c] as number;
      if (value < least) least = value;
      if (value > most) most = value;
    }
  return { least, most };
}

function separated(rows: number, columns: number, levels: Float32Array, contrast: number): Float32Array {
  const result = new Float32Array(levels.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const own = levels[row * columns + column] as number;
      const near =
        (levels[Math.max(row - 1, 0) * columns + column] as number) +
        (levels[Math.min(row + 1, rows - 1) * columns + column] as number) +
        (levels[row * columns + Math.max(column - 1, 0)] as number) +
        (levels[row * columns + Math.min(column + 1, columns - 1)] as number);
      result[row * columns + column] = own + contrast * (own - near / 4);
    }
  return result;
}
