// Where in a picture a matrix symbol may be: places as busy as its modules, cut out by the quiet around them. Knows
// nothing of finder patterns, so a symbol whose L bars are scratched or blurred is found as well as a perfect one.
import type { Steps } from './engine-task.ts';
import type { GreyPicture } from './grey-picture.ts';
import { halved } from './preparations.ts';
import { areaOf, hullOf, type Point, type Quad, quadAround } from './quad.ts';

export type Region = {
  /** The corners of the busy place, in pixels of the picture, in order around it. */
  readonly quad: Quad;
  readonly isInverted: boolean;
  /** The higher the likelier; between regions of one picture only. */
  readonly rank: number;
};

const CELL_PX = 4;
// A module of a symbol worth reading is a pixel and a half, its sixteen are 24; the largest fills the picture.
const EDGE_PX_MIN = 18;
const CELLS_MIN = 9;

/** The likeliest first. */
export function* findRegions(picture: GreyPicture, look: Look): Steps<readonly Region[]> {
  let reduced = picture;
  for (let i = 0; i < look.halvings; i++) {
    reduced = halved(reduced);
    yield;
  }
  const cells = yield* busyCells(reduced, look);
  yield;
  const regions: Region[] = [];
  let cellsDone = 0;
  for (const component of componentsOf(cells)) {
    const region = regionOf(reduced, cells, component);
    if (region) regions.push(region);
    cellsDone += component.length;
    if (cellsDone > STEP_CELLS) {
      cellsDone = 0;
      yield;
    }
  }
  const factor = 2 ** look.halvings;
  return regions
    .sort((a, b) => b.rank - a.rank)
    .map((region) => ({ ...region, quad: enlarged(region.quad, factor) }));
}

/** Cells between two places to leave off at, when they are outlined and when they are looked at: a few milliseconds. */
const STEP_CELLS = 2_000;
const STEP_PIXELS = 200_000;

function enlarged([a, b, c, d]: Quad, factor: number): Quad {
  const grown = ({ x, y }: Point) => ({ x: x * factor, y: y * factor });
  return [grown(a), grown(b), grown(c), grown(d)];
}

type Cells = {
  readonly across: number;
  readonly down: number;
  /** 1: edges in more than one direction. */
  readonly isBusy: Uint8Array;
  readonly strength: Float32Array;
};

/** Sums the structure tensor over cells; its smaller eigenvalue is large only where edges run both ways. */
function* busyCells({ width, height, pixels }: GreyPicture, look: Look): Steps<Cells> {
  const [across, down] = [Math.floor(width / CELL_PX), Math.floor(height / CELL_PX)];
  const [xx, yy, xy] = [0, 1, 2].map(() => new Float32Array(across * down)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const low = new Float32Array(across * down);
  const high = new Float32Array(across * down);
  const rowsAtOnce = Math.max(1, Math.floor(STEP_PIXELS / (width * CELL_PX)));
  for (let row = 0, cell = 0; row < down; row++) {
    if (row % rowsAtOnce === 0) yield;
    for (let column = 0; column < across; column++, cell++) {
      let [a, b, c, least, most] = [0, 0, 0, 255, 0];
      // Central differences, over the edge of a cell too; at the picture's own edges there are none.
      const [left, right] = [Math.max(column * CELL_PX, 1), Math.min((column + 1) * CELL_PX, width - 1)];
      const [top, bottom] = [Math.max(row * CELL_PX, 1), Math.min((row + 1) * CELL_PX, height - 1)];
      for (let y = top; y < bottom; y++)
        for (let x = left, i = y * width + x; x < right; x++, i++) {
          const own = pixels[i] as number;
          const dx = (pixels[i + 1] as number) - (pixels[i - 1] as number);
          const dy = (pixels[i + width] as number) - (pixels[i - width] as number);
          a += dx * dx;
          b += dy * dy;
          c += dx * dy;
          if (own < least) least = own;
          if (own > most) most = own;
        }
      xx[cell] = a;
      yy[cell] = b;
      xy[cell] = c;
      low[cell] = -least;
      high[cell] = most;
    }
  }
  // Over three by three cells: one alone may hold an edge of one module only.
  for (const sums of [xx, yy, xy]) spread(sums, across, down, 1, 'sum');
  for (const extremes of [low, high]) spread(extremes, across, down, 1, 'max');
  const strength = new Float32Array(across * down);
  const range = new Float32Array(across * down);
  for (let i = 0; i < strength.length; i++) {
    const [a, b, c] = [xx[i] as number, yy[i] as number, xy[i] as number];
    const least = (a + b) / 2 - Math.sqrt(((a - b) / 2) ** 2 + c * c);
    strength[i] = Math.sqrt(Math.max(least, 0) / (9 * CELL_PX * CELL_PX));
    range[i] = (high[i] as number) + (low[i] as number);
  }
  yield;
  return { across, down, strength, isBusy: thresholded(look, strength, range, across, down) };
}

/** Joins each value with those `step` before and after it, first along rows, then along columns; in place. */
function spread(values: Float32Array, across: number, down: number, step: number, how: 'sum' | 'max'): void {
  const line = new Float32Array(Math.max(across, down) + 2 * step);
  const join = how === 'sum' ? sumAlong : maxAlong;
  for (let row = 0; row < down; row++) join(values, row * across, 1, across, step, line);
  for (let column = 0; column < across; column++) join(values, column, across, down, step, line);
}

/** `line` has room for `step` more at each end. */
function sumAlong(
  values: Float32Array,
  start: number,
  stride: number,
  length: number,
  step: number,
  line: Float32Array,
): void {
  line.fill(0);
  for (let k = 0, i = start; k < length; k++, i += stride) line[k + step] = values[i] as number;
  for (let k = 0, i = start; k < length; k++, i += stride)
    values[i] = (line[k] as number) + (line[k + step] as number) + (line[k + 2 * step] as number);
}

function maxAlong(
  values: Float32Array,
  start: number,
  stride: number,
  length: number,
  step: number,
  line: Float32Array,
): void {
  line.fill(Number.NEGATIVE_INFINITY);
  for (let k = 0, i = start; k < length; k++, i += stride) line[k + step] = values[i] as number;
  for (let k = 0, i = start; k < length; k++, i += stride) {
    const [a, b, c] = [line[k] as number, line[k + step] as number, line[k + 2 * step] as number];
    values[i] = a > b ? (a > c ? a : c) : b > c ? b : c;
  }
}

/** A way to look for busy places; what hides from one stands out in another. */
export type Look = {
  /** Halvings of the picture first: fewer pixels and less noise, but small modules vanish. */
  readonly halvings: 0 | 1 | 2;
  /** What edges are strong beside: those around them (a good symbol in print), or the local contrast (a faint one). */
  readonly beside: 'surroundings' | 'contrast';
  readonly share: number;
};

/** In the order that found most symbols soonest. */
export const LOOKS = [
  { halvings: 0, beside: 'surroundings', share: 0.4 },
  { halvings: 1, beside: 'contrast', share: 0.22 },
  { halvings: 1, beside: 'contrast', share: 0.15 },
  { halvings: 2, beside: 'surroundings', share: 0.4 },
  { halvings: 1, beside: 'surroundings', share: 0.6 },
] as const satisfies readonly Look[];

function thresholded(
  { beside, share }: Look,
  strength: Float32Array,
  range: Float32Array,
  across: number,
  down: number,
): Uint8Array {
  const floor = noiseOf(strength) * 1.6 + 1;
  const high = beside === 'contrast' ? range : localMaxima(strength, across, down);
  const isBusy = new Uint8Array(strength.length);
  for (let i = 0; i < isBusy.length; i++)
    if ((strength[i] as number) > Math.max(floor, (high[i] as number) * share)) isBusy[i] = 1;
  return isBusy;
}

/** What a quarter of all cells stay below. */
function noiseOf(strength: Float32Array): number {
  const some = new Float32Array(Math.ceil(strength.length / 7));
  for (let i = 0; i < some.length; i++) some[i] = strength[i * 7] as number;
  some.sort();
  return some[some.length >> 2] ?? 0;
}

/** The largest value within 12 cells each way: windows of 3, 9 and 25 by steps. */
function localMaxima(values: Float32Array, across: number, down: number): Float32Array {
  const result = values.slice();
  for (const step of [1, 3, 4, 4]) spread(result, across, down, step, 'max');
  return result;
}

/** Connected busy cells, as lists of cell indices. */
function componentsOf({ across, down, isBusy }: Cells): readonly (readonly number[])[] {
  const seen = new Uint8Array(isBusy.length);
  const result: number[][] = [];
  for (let start = 0; start < isBusy.length; start++) {
    if (isBusy[start] !== 1 || seen[start] === 1) continue;
    const component = [start];
    seen[start] = 1;
    for (let n = 0; n < component.length; n++) {
      const cell = component[n] as number;
      const [row, column] = [Math.floor(cell / across), cell % across];
      for (const [r, c] of [
        [row - 1, column],
        [row + 1, column],
        [row, column - 1],
        [row, column + 1],
      ] as const) {
        const next = r * across + c;
        if (r < 0 || c < 0 || r >= down || c >= across || isBusy[next] !== 1 || seen[next] === 1) continue;
        seen[next] = 1;
        component.push(next);
      }
    }
    if (component.length >= CELLS_MIN) result.push(component);
  }
  return result;
}

/** The quad of a component's dark (or, inverted, light) pixels, if it is shaped like a symbol. */
function regionOf(picture: GreyPicture, cells: Cells, component: readonly number[]): Region | undefined {
  const { across } = cells;
  const corners: Point[] = component.flatMap((cell) => {
    const [x, y] = [(cell % across) * CELL_PX, Math.floor(cell / across) * CELL_PX];
    return [
      { x, y },
      { x: x + CELL_PX, y },
      { x, y: y + CELL_PX },
      { x: x + CELL_PX, y: y + CELL_PX },
    ];
  });
  const hull = hullOf(corners);
  const quad = quadAround(hull);
  if (!quad) return undefined;
  const sides = quad.map((corner, i) => {
    const next = quad[(i + 1) % 4] ?? corner;
    return Math.hypot(next.x - corner.x, next.y - corner.y);
  });
  const [least, most] = [Math.min(...sides), Math.max(...sides)];
  if (least < EDGE_PX_MIN || most > least * 9) return undefined;
  const area = areaOf(quad);
  const filled = (component.length * CELL_PX * CELL_PX) / area;
  if (filled < 0.5) return undefined;
  const strength =
    component.reduce((sum, cell) => sum + (cells.strength[cell] as number), 0) / component.length;
  const squareness = least / most;
  return {
    quad,
    isInverted: isLightOnDark(picture, quad),
    rank: filled * (0.4 + squareness) * Math.log2(component.length) * Math.log2(2 + strength),
  };
}

/** The quiet zone is as light as the light modules: the rim of the place tells which colour the symbol is not. */
function isLightOnDark({ width, height, pixels }: GreyPicture, quad: Quad): boolean {
  const [cx, cy] = [quad.reduce((s, p) => s + p.x, 0) / 4, quad.reduce((s, p) => s + p.y, 0) / 4];
  const levelsAt = (scale: number) => {
    const levels: number[] = [];
    for (const [i, corner] of quad.entries()) {
      const next = quad[(i + 1) % 4] ?? corner;
      for (let t = 0; t < 1; t += 0.05) {
        const x = Math.round(cx + (corner.x + (next.x - corner.x) * t - cx) * scale);
        const y = Math.round(cy + (corner.y + (next.y - corner.y) * t - cy) * scale);
        if (x >= 0 && y >= 0 && x < width && y < height) levels.push(pixels[y * width + x] as number);
      }
    }
    return levels.sort((a, b) => a - b);
  };
  const inside = [0.2, 0.4, 0.6, 0.75].flatMap(levelsAt).sort((a, b) => a - b);
  const rim = levelsAt(1);
  const middle =
    ((inside[inside.length >> 3] ?? 0) + (inside[inside.length - 1 - (inside.length >> 3)] ?? 0)) / 2;
  return (rim[rim.length >> 1] ?? 0) < middle;
}
