// The outline of a symbol to the pixel, from the rough quad of the busy place that it is: the hull of its ink.
import type { GreyPicture } from './grey-picture.ts';
import {
  homographyTo,
  hullOf,
  mapPoint,
  type Point,
  type Quad,
  quadAround,
  rectangleAround,
  scaledQuad,
} from './quad.ts';

/** Quads worth laying a grid on, the likeliest first; the rough one is among them. */
export function outlinesOf(picture: GreyPicture, rough: Quad, isInverted: boolean): readonly Quad[] {
  const hull = hullOf(inkIn(picture, rough, isInverted));
  const quads = [quadAround(hull), rectangleAround(hull), scaledQuad(rough, 0.96)];
  return quads.filter((quad) => quad !== undefined);
}

const STEPS = 96;

/** Points on the ink's outermost pixels: from each side inwards, the first dark pixel along lines across the quad. */
function inkIn(picture: GreyPicture, rough: Quad, isInverted: boolean): readonly Point[] {
  const { width, height, pixels } = picture;
  const map = homographyTo(scaledQuad(rough, 1.02));
  const levels = new Float32Array(STEPS * STEPS);
  const places: Point[] = [];
  for (let j = 0; j < STEPS; j++)
    for (let i = 0; i < STEPS; i++) {
      const place = mapPoint(map, (i + 0.5) / STEPS, (j + 0.5) / STEPS);
      places.push(place);
      const x = Math.min(Math.max(Math.floor(place.x), 0), width - 1);
      const y = Math.min(Math.max(Math.floor(place.y), 0), height - 1);
      const level = pixels[y * width + x] as number;
      levels[j * STEPS + i] = isInverted ? 255 - level : level;
    }
  const inner = levels.filter((_, k) => isInner(k % STEPS) && isInner(Math.floor(k / STEPS))).sort();
  const threshold =
    ((inner[inner.length >> 3] ?? 0) + (inner[inner.length - 1 - (inner.length >> 3)] ?? 0)) / 2;
  const isInk = (i: number, j: number) => (levels[j * STEPS + i] as number) < threshold;
  const found: Point[] = [];
  const keep = (i: number, j: number) => {
    const place = places[j * STEPS + i];
    if (place) found.push(place);
  };
  for (let line = 0; line < STEPS; line++) {
    const isRowInk = (i: number) => isInk(i, line);
    const isColumnInk = (j: number) => isInk(line, j);
    const [left, right] = [firstOf(isRowInk, 1), firstOf(isRowInk, -1)];
    const [top, bottom] = [firstOf(isColumnInk, 1), firstOf(isColumnInk, -1)];
    if (left !== undefined) keep(left, line);
    if (right !== undefined) keep(right, line);
    if (top !== undefined) keep(line, top);
    if (bottom !== undefined) keep(line, bottom);
  }
  return found;
}

const isInner = (i: number) => i > STEPS * 0.15 && i < STEPS * 0.85;

/**
 * The first ink from an end of a line. What is dark from the very edge on belongs to the surroundings, beyond the
 * quiet zone, unless there is no light behind it.
 */
function firstOf(isInk: (i: number) => boolean, direction: 1 | -1): number | undefined {
  const at = (n: number) => (direction === 1 ? n : STEPS - 1 - n);
  let n = 0;
  const reach = STEPS * 0.12;
  while (n < reach && isInk(at(n))) n++;
  if (n >= reach) n = 0;
  for (; n < STEPS; n++) if (isInk(at(n))) return at(n);
  return undefined;
}
