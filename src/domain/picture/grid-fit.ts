// Lays the module grid of a symbol over a busy place: which size, which way round, and where the corners are to a
// fraction of a module. Goes by the whole finder at once (both bars, both clock tracks, the quiet around them), so it
// holds where parts of it are scratched, burnt out or blurred away.
import { finderModule, SYMBOL_SIZES, type SymbolSize } from '../data-matrix/sizes.ts';
import type { GreyPicture } from './grey-picture.ts';
import { homographyTo, type Point, type Quad } from './quad.ts';

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
export function fitGrids(picture: GreyPicture, around: Quad, countMax: number): readonly GridFit[] {
  let trials: Trial[] = [];
  for (let turn = 0; turn < 4; turn++) {
    const quad = turned(around, turn);
    for (const size of likelySizes(quad)) trials.push(new Trial(picture, size, quad));
  }
  // Narrowed down before each finer step.
  for (const trial of trials) trial.climb(SIDES, [0.8], 2);
  trials = best(trials, ROUGH_MAX).filter(({ score }) => score > ROUGH_SCORE_MIN);
  for (const trial of trials) trial.climb(SIDES, [0.8, 0.4], 4);
  trials = best(trials, countMax * 2);
  for (const trial of trials) trial.climb(ALL, [0.4, 0.2, 0.1], 4);
  return best(trials, countMax).map(({ size, quad, isInverted, score }) => ({
    size,
    quad,
    isInverted,
    score,
  }));
}

function best(trials: Trial[], count: number): Trial[] {
  return trials.sort((a, b) => b.score - a.score).slice(0, count);
}

function turned([a, b, c, d]: Quad, quarter: number): Quad {
  if (quarter === 0) return [a, b, c, d];
  return turned([b, c, d, a], quarter - 1);
}

const MODULE_PX_MIN = 1.2;

/** Sizes whose proportions a tilted camera could have made into this quad. */
function likelySizes([a, b, c, d]: Quad): readonly SymbolSize[] {
  const across = (distance(a, b) + distance(d, c)) / 2;
  const down = (distance(b, c) + distance(a, d)) / 2;
  return SYMBOL_SIZES.filter(({ rows, columns }) => {
    // A pack's symbol has at least 16 by 16 modules or their equal in a rectangle.
    if (rows * columns < 200 || rows > 44) return false;
    if (across / columns < MODULE_PX_MIN || down / rows < MODULE_PX_MIN) return false;
    const stretch = across / columns / (down / rows);
    return stretch > 0.6 && stretch < 1.67;
  });
}

const distance = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y);

/** What is tried at each step: how far each of the eight coordinates moves, in modules across or down. */
type Move = readonly { readonly corner: number; readonly across: number; readonly down: number }[];

const SIDES: readonly Move[] = [
  [
    { corner: 0, across: 0, down: 1 },
    { corner: 1, across: 0, down: 1 },
  ],
  [
    { corner: 2, across: 0, down: 1 },
    { corner: 3, across: 0, down: 1 },
  ],
  [
    { corner: 0, across: 1, down: 0 },
    { corner: 3, across: 1, down: 0 },
  ],
  [
    { corner: 1, across: 1, down: 0 },
    { corner: 2, across: 1, down: 0 },
  ],
];
const ALL: readonly Move[] = [
  ...SIDES,
  ...[0, 1, 2, 3].flatMap((corner) => [[{ corner, across: 1, down: 0 }], [{ corner, across: 0, down: 1 }]]),
];

/** One size laid one way round, being moved to where it fits. */
class Trial {
  readonly size: SymbolSize;
  quad: Quad;
  score: number;
  isInverted: boolean;
  readonly #picture: GreyPicture;
  readonly #template: Template;

  constructor(picture: GreyPicture, size: SymbolSize, quad: Quad) {
    this.#picture = picture;
    this.size = size;
    this.quad = quad;
    this.#template = templateOf(size);
    const fit = correlation(picture, this.#template, quad);
    this.score = Math.abs(fit);
    this.isInverted = fit < 0;
  }

  climb(moves: readonly Move[], steps: readonly number[], rounds: number): void {
    for (const step of steps)
      for (let round = 0; round < rounds; round++) {
        let hasMoved = false;
        for (const move of moves)
          for (const direction of [step, -step]) if (this.#try(move, direction)) hasMoved = true;
        if (!hasMoved) break;
      }
  }

  #try(move: Move, step: number): boolean {
    const [a, b, , d] = this.quad;
    const { rows, columns } = this.size;
    const across = { x: ((b.x - a.x) / columns) * step, y: ((b.y - a.y) / columns) * step };
    const down = { x: ((d.x - a.x) / rows) * step, y: ((d.y - a.y) / rows) * step };
    const corners: [Point, Point, Point, Point] = [...this.quad];
    for (const part of move) {
      const corner = corners[part.corner] ?? a;
      corners[part.corner] = {
        x: corner.x + part.across * across.x + part.down * down.x,
        y: corner.y + part.across * across.y + part.down * down.y,
      };
    }
    const fit = correlation(this.#picture, this.#template, corners);
    if (Math.abs(fit) <= this.score) return false;
    this.score = Math.abs(fit);
    this.isInverted = fit < 0;
    this.quad = corners;
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
function correlation({ width, height, pixels }: GreyPicture, template: Template, quad: Quad): number {
  const [a, b, c, d, e, f, g, h] = homographyTo(quad);
  const { u: us, v: vs, light } = template;
  const n = us.length;
  let [sum, squares, signed, lights] = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const u = us[i] as number;
    const v = vs[i] as number;
    const w = g * u + h * v + 1;
    const x = (a * u + b * v + c) / w - 0.5;
    const y = (d * u + e * v + f) / w - 0.5;
    const left = Math.floor(x);
    const top = Math.floor(y);
    if (!(left >= 0 && top >= 0 && left < width - 1 && top < height - 1)) return 0;
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
