// Where symbols were found: moved between pictures, told apart from each other.
import type { FoundSymbol } from './engine-task.ts';
import { areaOf, type Box, middleOf, type Point } from './quad.ts';
import type { Region } from './regions.ts';

/** From pixels of a part that was made smaller to those of the whole. */
export function shifted({ text, corners }: FoundSymbol, { left, top }: Box, scale = 1): FoundSymbol {
  return { text, corners: corners.map(({ x, y }) => ({ x: x * scale + left, y: y * scale + top })) };
}

/** Whether a busy place is a symbol that has been read. */
export function isInside({ quad }: Pick<Region, 'quad'>, { corners }: FoundSymbol): boolean {
  const [middle, other] = [middleOf(quad), middleOf(corners)];
  return (
    corners.length > 0 && Math.hypot(middle.x - other.x, middle.y - other.y) < Math.sqrt(areaOf(corners)) / 2
  );
}

/** The same text at another place is another symbol: two packs of a line without serials, say. */
export function keepNew<T extends FoundSymbol>(found: T[], more: readonly T[]): void {
  for (const symbol of more) {
    const isKnown = found.some(
      ({ text, corners }) =>
        text === symbol.text &&
        (corners.length === 0 || symbol.corners.length === 0 || isNear(corners, symbol.corners)),
    );
    if (!isKnown) found.push(symbol);
  }
}

function isNear(a: readonly Point[], b: readonly Point[]): boolean {
  const [p, q] = [middleOf(a), middleOf(b)];
  return Math.hypot(p.x - q.x, p.y - q.y) < Math.sqrt(Math.max(areaOf(a), areaOf(b))) / 2 + 4;
}

const LIKE_WORTH = 3;

/** How much likelier a place is to be a symbol by its size: what lies together is mostly seen from as far away. */
export function likenessTo(read: readonly FoundSymbol[], { quad }: Pick<Region, 'quad'>): number {
  const areas = read.map(({ corners }) => areaOf(corners)).sort((a, b) => a - b);
  const usual = areas[areas.length >> 1];
  const ratio = usual ? areaOf(quad) / usual : 1;
  return ratio > 0.4 && ratio < 2.5 ? LIKE_WORTH : 1;
}
