// Follows symbols from frame to frame while the camera moves. One that a frame or two do not read has not left: it moves
// with its neighbours, so that what is drawn for it stays on it and does not come to lie on another.
import type { FoundSymbol } from './engine-task.ts';
import { middleOf, type Point } from './quad.ts';

export type Track = FoundSymbol & { readonly seenMs: number };

/** So long a symbol counts as in view without being read. */
const IN_VIEW_MS = 600;
const NEIGHBOURS = 3;

/** `found` is what the newest frame gave, corners in fractions (0 to 1) of the picture; those without corners are left out. */
export function followSymbols(
  before: readonly Track[],
  found: readonly FoundSymbol[],
  nowMs: number,
): readonly Track[] {
  const unread = new Set(before.filter(({ seenMs }) => Math.abs(nowMs - seenMs) <= IN_VIEW_MS));
  const shifts: Shift[] = [];
  const tracks: Track[] = [];
  for (const { text, corners } of found) {
    if (corners.length === 0) continue;
    const to = middleOf(corners);
    // One code may stand on two packs: each is its own.
    const from = nearest([...unread].filter((track) => track.text === text).map(placed), to);
    if (from) {
      unread.delete(from.track);
      shifts.push({ at: from.at, dx: to.x - from.at.x, dy: to.y - from.at.y });
    }
    tracks.push({ text, corners, seenMs: nowMs });
  }
  const read = tracks.map(placed);
  for (const track of unread) {
    const moved = shifted(track, shiftAt(middleOf(track.corners), shifts));
    const at = middleOf(moved.corners);
    const isCovered = read.some((other) => distance(other.at, at) < reachOf(other.track.corners));
    if (isInPicture(at) && !isCovered) tracks.push(moved);
  }
  return tracks;
}

type Placed = { readonly track: Track; readonly at: Point };
type Shift = { readonly at: Point; readonly dx: number; readonly dy: number };

const placed = (track: Track): Placed => ({ track, at: middleOf(track.corners) });

function nearest<T extends { readonly at: Point }>(places: readonly T[], to: Point): T | undefined {
  return places.toSorted((a, b) => distance(a.at, to) - distance(b.at, to))[0];
}

/** How the picture has moved about a place, by the nearest symbols that were read before and now. */
function shiftAt(place: Point, shifts: readonly Shift[]): { readonly dx: number; readonly dy: number } {
  const near = shifts.toSorted((a, b) => distance(a.at, place) - distance(b.at, place)).slice(0, NEIGHBOURS);
  const mean = (axis: 'dx' | 'dy') =>
    near.reduce((sum, shift) => sum + shift[axis], 0) / Math.max(1, near.length);
  return { dx: mean('dx'), dy: mean('dy') };
}

function shifted(track: Track, { dx, dy }: { readonly dx: number; readonly dy: number }): Track {
  return { ...track, corners: track.corners.map(({ x, y }) => ({ x: x + dx, y: y + dy })) };
}

function reachOf(corners: readonly Point[]): number {
  const middle = middleOf(corners);
  return Math.max(...corners.map((corner) => distance(corner, middle)));
}

function isInPicture({ x, y }: Point): boolean {
  return x >= 0 && x <= 1 && y >= 0 && y <= 1;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
