// How the picture moves as the hand does, by what two pictures in a row have in common: what is drawn over the camera's
// picture is of one that is a moment old.
import type { FoundSymbol } from './engine-task.ts';
import { middleOf } from './quad.ts';

/** Fractions (0 to 1) of the picture's width and height in a millisecond. */
export type Motion = { readonly dx: number; readonly dy: number };

export const NO_MOTION: Motion = { dx: 0, dy: 0 };

/** Pictures farther apart say little of how it moves now. */
const APART_MS_MAX = 300;

/** `ms`: from the one picture to the other. What one picture shows twice is left out: which became which is not known. */
export function motionBetween(
  before: readonly FoundSymbol[],
  after: readonly FoundSymbol[],
  ms: number,
): Motion {
  if (ms <= 0 || ms > APART_MS_MAX) return NO_MOTION;
  const places = placesOf(before);
  const shifts = [...placesOf(after)].flatMap(([text, to]) => {
    const from = places.get(text);
    return from && to ? [{ dx: to.x - from.x, dy: to.y - from.y }] : [];
  });
  if (shifts.length === 0) return NO_MOTION;
  return { dx: median(shifts.map(({ dx }) => dx)) / ms, dy: median(shifts.map(({ dy }) => dy)) / ms };
}

function placesOf(symbols: readonly FoundSymbol[]) {
  const places = new Map<string, ReturnType<typeof middleOf> | undefined>();
  for (const { text, corners } of symbols)
    places.set(text, corners.length === 0 || places.has(text) ? undefined : middleOf(corners));
  return places;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
