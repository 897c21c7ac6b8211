// Lays the module grid of a symbol over a busy place: which size, which way round, and where the corners are to a
// fraction of a module. Goes by the whole finder at once (both bars, both clock tracks, the quiet around them), so it
// holds where parts of it are scratched, burnt out or blurred away.
import { finderModule, SYMBOL_SIZES, type SymbolSize } from '../data-matrix/sizes.ts';
import type { Steps } from './engine-task.ts';
import type { GreyPicture } from './grey-picture.ts';
import type { Point, Quad } from './quad.ts';

export type GridFit = {
  readonly size: SymbolSize;
  /** Outer corners of the symbol: where its left bar ends at the top, then clockwise on the symbol. */
  readonly quad: Quad;
  readonly isInverted: boolean;
  /** How well light and dark fall where the finder has them: correlation, 0 to 1. */
  readonly score: number;
};

/** Less after the first rough fit is no finder. */
const ROUGH_SCORE_MIN = 0.25;
const ROUGH_MAX = 16;

/** The best fits, best first; none where nothing looks like a finder. */
export function* fitGrids(
  picture: GreyPicture,
  around: Quad,
  modulesMin: number,
  countMax: number,
): Steps<readonly GridFit[]> {
  let trials: Trial[] = [];
  for (const [quad, isMirrored] of waysRound(around))
    for (const size of likelySizes(quad, modulesMin))
      if (!isMirrored || size.rows !== size.columns) trials.push(new Trial(picture, size, quad));
  // Narrowed down before each finer step.
  yield* climbAll(trials, SIDES, [0.8], 2);
  trials = best(trials, ROUGH_MAX).filter(({ score }) => score > ROUGH_SCORE_MIN);
  yield* climbAll(trials, SIDES, [0.8, 0.4], 4);
  trials = best(trials, countMax * 2);
  yield* climbAll(trials, ALL, [0.4, 0.2, 0.1], 4);
  return best(trials, countMax).map(({ size, quad, isInverted, score }) => ({
    size,
    quad,
    isInverted,
    score,
  }));
}

function* climbAll(
  trials: readonly Trial[],
  moves: readonly Move[],
  steps: readonly number[],
  rounds: number,
): Steps<void> {
  const tries = moves.length * steps.length * rounds;
  for (const [i, trial] of trials.entries()) {
    if (i % Math.max(1, Math.floor(STEP_TRIES / tries)) === 0) yield;
    trial.climb(moves, steps, rounds);
  }
}

/** Tries to fit between two places to leave off at: one to three milliseconds. */
const STEP_TRIES = 250;

function best(trials: Trial[], count: number): Trial[] {
  return trials.sort((a, b) => b.score - a.score).slice(0, count);
}

/** A square's finder looks the same in a mirror, with another side up; that of a rectangle does not. */
function waysRound([a, b, c, d]: Quad): readonly (readonly [quad: Quad, isMirrored: boolean])[] {
  return [
    ...([
      [[a, b, c, d], false],
      [[b, c, d, a], false],
      [[c, d, a, b], false],
      [[d, a, b, c], false],
    ] as const),
    ...([
      [[d, c, b, a], true],
      [[c, b, a, d], true],
      [[b, a, d, c], true],
      [[a, d, c, b], true],
    ] as const),
  ];
}

const MODULE_PX_MIN = 1.2;

/** Sizes whose proportions a tilted camera could have made into this quad. */
function likelySizes([a, b, c, d]: Quad, modulesMin: number): readonly SymbolSize[] {
  const across = (distance(a, b) + distance(d, c)) / 2;
  const down = (distance(b, c) + distance(a, d)) / 2;
  return SYMBOL_SIZES.filter(({ rows, columns }) => {
    if (rows * columns < modulesMin || rows > 44) return false;
    if (across / columns < MODULE_PX_MIN || down / rows < MODULE_PX_MIN) return false;
    const stretch = across / columns / (down / rows);
    return stretch > 0.6 && stretch < 1.67;
  });
}

const distance = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y);

/** What is tried at each step: these corners, all of them a module across or down. */
type Move = { readonly corners: readonly number[]; readonly isAcross: boolean };

const SIDES: readonly Move[] = [
  { corners: [0, 1], isAcross: false },
  { corners: [2, 3], isAcross: false },
  { corners: [0, 3], isAcross: true },
  { corners: [1, 2], isAcross: true },
];
const ALL: readonly Move[] = [
  ...SIDES,
  ...[0, 1, 2, 3].flatMap((corner) => [
    { corners: [corner], isAcross: true },
    { corners: [corner], isAcross: false },
  ]),
];

/** One size laid one way round, being moved to where it fits. */
class Trial {
  readonly size: SymbolSize;
  score: number;
  isInverted: boolean;
  readonly #picture: GreyPicture;
  readonly #template: Template;
  /** x and y of each corner; and those being tried. */
  #at: Float64Array<ArrayBuffer>;
  #next = new Float64Array(8);

  constructor(picture: GreyPicture, size: SymbolSize, quad: Quad) {
    this.#picture = picture;
    this.size = size;
    this.#at = Float64Array.from(quad.flatMap(({ x, y }) => [x, y]));
    this.#template = templateOf(size);
    const fit = correlation(picture, this.#template, this.#at);
    this.score = Math.abs(fit);
    this.isInverted = fit < 0;
  }

  get quad(): Quad {
    const corner = (k: number): Point => ({ x: this.#at[2 * k] as number, y: this.#at[2 * k + 1] as number });
    return [corner(0), corner(1), corner(2), corner(3)];
  }

  climb(moves: readonly Move[], steps: readonly number[], rounds: number): void {
    for (const step of steps)
      for (let round = 0; round < rounds; round++) {
        let hasMoved = false;
        for (const move of moves) if (this.#try(move, step) || this.#try(move, -step)) hasMoved = true;
        if (!hasMoved) break;
      }
  }

  #try({ corners, isAcross }: Move, step: number): boolean {
    const [at, next] = [this.#at, this.#next];
    const length = isAcross ? this.size.columns : this.size.rows;
    // From the first corner to the second is across, to the fourth down.
    const to = isAcross ? 2 : 6;
    const dx = (((at[to] as number) - (at[0] as number)) / length) * step;
    const dy = (((at[to + 1] as number) - (at[1] as number)) / length) * step;
    next.set(at);
    for (const corner of corners) {
      next[2 * corner] = (at[2 * corner] as number) + dx;
      next[2 * corner + 1] = (at[2 * corner + 1] as number) + dy;
    }
    const fit = correlation(this.#picture, this.#template, next);
    if (Math.abs(fit) <= this.score) return false;
    this.score = Math.abs(fit);
    this.isInverted = fit < 0;
    this.#at = next;
    this.#next = at;
    return true;
  }
}

/** Places on the unit square and what is printed there, for the finders and the quiet zone around them. */
type Template = { readonly u: Float32Array; readonly v: Float32Array; readonly light: Int8Array };

const templates = new Map<SymbolSize, Template>();

function templateOf(size: SymbolSize): Template {
  let template = templates.get(size);
  if (!template) {
    template = createTemplate(size);
    templates.set(size, template);
  }
  return template;
}

function createTemplate(size: SymbolSize): Template {
  const { rows, columns } = size;
  const places: { u: number; v: number; light: number }[] = [];
  for (let row = -1; row <= rows; row++)
    for (let column = -1; column <= columns; column++) {
      const isOutside = row < 0 || column < 0 || row === rows || column === columns;
      const finder = isOutside ? false : finderModule(size, row, column);
      if (finder === undefined) continue;
      // A scant quiet zone still has its inner half.
      const [r, c] = [
        Math.min(Math.max(row, -0.75), rows - 0.25),
        Math.min(Math.max(column, -0.75), columns - 0.25),
      ];
      places.push({ u: (c + 0.5) / columns, v: (r + 0.5) / rows, light: finder ? -1 : 1 });
    }
  return {
    u: Float32Array.from(places, ({ u }) => u),
    v: Float32Array.from(places, ({ v }) => v),
    light: Int8Array.from(places, ({ light }) => light),
  };
}

/** Pearson's, between the template and what the picture has there; 0 where the quad leaves the picture. */
function correlation(
  { width, height, pixels }: GreyPicture,
  template: Template,
  corners: Float64Array,
): number {
  const [px, py] = [corners[0] as number, corners[1] as number];
  const [qx, qy] = [corners[2] as number, corners[3] as number];
  const [rx, ry] = [corners[4] as number, corners[5] as number];
  const [sx, sy] = [corners[6] as number, corners[7] as number];
  // homographyTo, without an object a try.
  const [dx1, dx2, dx3] = [qx - rx, sx - rx, px - qx + rx - sx];
  const [dy1, dy2, dy3] = [qy - ry, sy - ry, py - qy + ry - sy];
  const determinant = dx1 * dy2 - dx2 * dy1;
  const g = (dx3 * dy2 - dx2 * dy3) / determinant;
  const h = (dx1 * dy3 - dx3 * dy1) / determinant;
  const [a, b] = [qx - px + g * qx, sx - px + h * sx];
  const [d, e] = [qy - py + g * qy, sy - py + h * sy];
  const { u: us, v: vs, light } = template;
  const n = us.length;
  let [sum, squares, signed, lights] = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const u = us[i] as number;
    const v = vs[i] as number;
    const w = 1 / (g * u + h * v + 1);
    const x = (a * u + b * v + px) * w - 0.5;
    const y = (d * u + e * v + py) * w - 0.5;
    if (!(x >= 0 && y >= 0 && x < width - 1 && y < height - 1)) return 0;
    const left = x | 0;
    const top = y | 0;
    const k = top * width + left;
    const fx = x - left;
    const upper = (pixels[k] as number) * (1 - fx) + (pixels[k + 1] as number) * fx;
    const lower = (pixels[k + width] as number) * (1 - fx) + (pixels[k + width + 1] as number) * fx;
    const value = upper + (lower - upper) * (y - top);
    const expected = light[i] as number;
    sum += value;
    squares += value * value;
    signed += value * expected;
    lights += expected;
  }
  const variance = squares - (sum * sum) / n;
  const expectedVariance = n - (lights * lights) / n;
  return variance <= 0 ? 0 : (signed - (sum * lights) / n) / Math.sqrt(variance * expectedVariance);
}
