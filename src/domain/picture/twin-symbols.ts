// One code on two symbols at once. No maker gives two packs one serial, so two of them side by side are what a copied
// pack looks like; but so is a reflection, or one symbol that was read twice while the camera moved. Only what stands
// apart, the same way round and steadily, over several frames, is told of.
import type { FoundSymbol } from './engine-task.ts';
import { middleOf, type Point } from './quad.ts';

/** Gives the texts that two symbols are now known to bear; each pair is looked at anew until then. */
export type TwinWatch = (found: readonly FoundSymbol[], nowMs: number) => readonly string[];

/** Between the middles, in edges of either symbol. A second reading of one symbol lies on it. */
const APART_MIN = 1.5;
/** How far one may move against the other between two frames, in edges. One symbol and its trail do not keep step. */
const DRIFT_MAX = 0.5;
const FRAMES_MIN = 4;
const SPAN_MS_MIN = 500;
/** A pair that was not read for so long begins again. */
const PAUSE_MS_MAX = 1_500;

type Pair = { readonly dx: number; readonly dy: number; readonly edge: number };
type Sighting = Pair & { readonly frames: number; readonly sinceMs: number; readonly lastMs: number };

export function createTwinWatch(): TwinWatch {
  let sightings = new Map<string, Sighting>();
  return (found, nowMs) => {
    const next = new Map([...sightings].filter(([, { lastMs }]) => nowMs - lastMs <= PAUSE_MS_MAX));
    for (const text of new Set(found.map((symbol) => symbol.text))) {
      const pair = pairOf(found.filter((symbol) => symbol.text === text));
      if (!pair) continue;
      const before = next.get(text);
      const known = before && isSteady(before, pair) ? before : { frames: 0, sinceMs: nowMs };
      next.set(text, { ...pair, frames: known.frames + 1, sinceMs: known.sinceMs, lastMs: nowMs });
    }
    sightings = next;
    return [...next].filter(([, sighting]) => isSure(sighting, nowMs)).map(([text]) => text);
  };
}

function isSure({ frames, sinceMs, lastMs }: Sighting, nowMs: number): boolean {
  return lastMs === nowMs && frames >= FRAMES_MIN && nowMs - sinceMs >= SPAN_MS_MIN;
}

/** From the left one to the right one of the two; undefined where nothing shows that there are two. */
function pairOf(symbols: readonly FoundSymbol[]): Pair | undefined {
  const [first, ...others] = symbols.flatMap(framed).sort((a, b) => a.middle.x - b.middle.x);
  const last = others.at(-1);
  // A reflection goes round the other way.
  if (!first || !last || first.area > 0 !== last.area > 0) return undefined;
  const [dx, dy] = [last.middle.x - first.middle.x, last.middle.y - first.middle.y];
  if (Math.min(inEdges(first, dx, dy), inEdges(last, dx, dy)) < APART_MIN) return undefined;
  return { dx, dy, edge: Math.sqrt(Math.max(Math.abs(first.area), Math.abs(last.area))) };
}

/** A symbol's own axes: pictures are not square, so a way in them is measured along these. */
type Framed = { readonly middle: Point; readonly across: Point; readonly down: Point; readonly area: number };

function framed({ corners }: FoundSymbol): readonly Framed[] {
  const [topLeft, topRight, , bottomLeft] = corners;
  if (!topLeft || !topRight || !bottomLeft) return [];
  const across = { x: topRight.x - topLeft.x, y: topRight.y - topLeft.y };
  const down = { x: bottomLeft.x - topLeft.x, y: bottomLeft.y - topLeft.y };
  const area = across.x * down.y - across.y * down.x;
  return area === 0 ? [] : [{ middle: middleOf(corners), across, down, area }];
}

function inEdges({ across, down, area }: Framed, dx: number, dy: number): number {
  return Math.hypot((dx * down.y - dy * down.x) / area, (across.x * dy - across.y * dx) / area);
}

/** Two that stand one above the other may change sides. */
function isSteady(before: Pair, { dx, dy, edge }: Pair): boolean {
  const drift = (sign: 1 | -1) => Math.hypot(dx - sign * before.dx, dy - sign * before.dy);
  return Math.min(drift(1), drift(-1)) <= DRIFT_MAX * edge;
}
