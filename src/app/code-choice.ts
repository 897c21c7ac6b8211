// Which of the symbols in one picture to go by. Loaded with the camera or the first photo.
import type { MalformedDates } from '../domain/codes/expiry.ts';
import { type CodeReading, type ReadPack, readCode } from './code-reading.ts';
import { isSamePack } from './journal.ts';
import type { DecodedSymbol } from './ports-scan.ts';

export type ReadSymbol = {
  readonly text: string;
  readonly reading: CodeReading;
  /** Ranks what is wrong with a code against what is wrong with others; a pack's comes first. */
  readonly relevance: number;
};

/**
 * The symbols of a picture, the one to go by first. A pack's code wins, the one nearest to the middle if there are
 * several; then whatever else looks like a code of goods. A web address or an unrelated code comes last.
 */
export function rankSymbols(
  symbols: readonly DecodedSymbol[],
  todayMs: number,
  dates?: MalformedDates,
): readonly ReadSymbol[] {
  const read = symbols.map((symbol) => {
    const reading = readCode(symbol.text, todayMs, dates);
    return { text: symbol.text, reading, relevance: relevanceOf(reading), offCentre: offCentre(symbol) };
  });
  return read.sort((a, b) => b.relevance - a.relevance || a.offCentre - b.offCentre);
}

/** Each pack once, in the order of the symbols. */
export function packsOf(symbols: readonly ReadSymbol[]): readonly ReadPack[] {
  const packs: ReadPack[] = [];
  for (const { reading } of symbols)
    if (reading.kind === 'pack' && !packs.some(({ pack }) => isSamePack(pack, reading.pack)))
      packs.push(reading);
  return packs;
}

function relevanceOf(reading: CodeReading): number {
  if (reading.kind === 'pack') return 4;
  if (reading.failure.kind === 'incomplete') return 3;
  if (reading.failure.kind === 'container') return 1;
  if (reading.failure.kind !== 'unreadable') return 0;
  switch (reading.failure.problem) {
    case 'carrier-unsupported':
    case 'not-a-code':
    case 'link-without-key':
    case 'link-malformed':
    case 'empty':
    case 'oversized':
      return 0;
    case 'product-bar-code':
    case 'case-bar-code':
    case 'logistic-unit':
    case 'no-product-code':
    case 'no-serial':
      return 1;
    default:
      return 2;
  }
}

function offCentre({ corners }: DecodedSymbol): number {
  if (corners.length === 0) return 1;
  const mean = (axis: 'x' | 'y') => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length;
  return Math.hypot(mean('x') - 0.5, mean('y') - 0.5);
}
