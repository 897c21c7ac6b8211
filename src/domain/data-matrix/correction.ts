// From modules as they were seen, with how sure each is, to the symbol as it was printed. What the corrected codewords
// say is left to a decoder that reads the repaired symbol, so that there is one reading of every encodation.
import { bitModules } from './placement.ts';
import { correctBlock } from './reed-solomon.ts';
import { finderModule, type SymbolSize } from './sizes.ts';
import { fillUnsureBits } from './unsure-bits.ts';

/** Row by row; above 0 dark, below 0 light, and the further from 0 the surer. */
export type SeenModules = Float32Array;

/**
 * At most this chance, as a power of two, that a correction accepts what is no symbol. A frame brings up to some tens
 * of tries, and what they bring still has to be a code whose check digits hold.
 */
const LUCK_LOG2_MAX = -26;

/**
 * The modules of the symbol that was printed (1 is dark), or undefined where too many cannot be believed. The least
 * sure codewords are given up step by step, as far as what is left still proves the rest.
 */
export function correctSymbol(size: SymbolSize, seen: SeenModules): Uint8Array | undefined {
  const modules = bitModules(size);
  const codewords = new Uint8Array(size.dataCodewords + size.checkCodewords);
  const sureness = new Float32Array(modules.length);
  for (const [bit, module] of modules.entries()) {
    const value = seen[module] ?? 0;
    if (value > 0) codewords[bit >> 3] = (codewords[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
    sureness[bit] = Math.abs(value);
  }
  for (let block = 0; block < size.blocks; block++)
    if (!correctOne(size, block, codewords, sureness)) return undefined;
  // No encodation begins with codeword 0; an empty patch would be a whole symbol of them.
  return codewords[0] === 0 ? undefined : modulesOf(size, codewords);
}

function correctOne(
  { dataCodewords, checkCodewords, blocks }: SymbolSize,
  block: number,
  codewords: Uint8Array,
  sureness: Float32Array,
): boolean {
  const places: number[] = [];
  for (let i = block; i < dataCodewords; i += blocks) places.push(i);
  for (let i = block; i < checkCodewords; i += blocks) places.push(dataCodewords + i);
  const received = Uint8Array.from(places, (place) => codewords[place] ?? 0);
  const surenessOf = (bit: number) => sureness[(places[bit >> 3] ?? 0) * 8 + (bit & 7)] ?? 0;
  const corrected = corrections(received, checkCodewords / blocks, surenessOf);
  if (!corrected) return false;
  for (const [i, place] of places.entries()) codewords[place] = corrected[i] ?? 0;
  return true;
}

/** `surenessOf` takes the index of a bit in the block. */
function corrections(
  received: Uint8Array,
  checks: number,
  surenessOf: (bit: number) => number,
): Uint8Array | undefined {
  const bits = Array.from({ length: received.length * 8 }, (_, bit) => ({ bit, sureness: surenessOf(bit) }));
  bits.sort((a, b) => a.sureness - b.sureness);
  const unsureFirst = bits.map(({ bit }) => bit);
  // In the order in which their least sure bit comes.
  const doubtful = [...new Set(unsureFirst.map((bit) => bit >> 3))];
  for (let erased = 0; erased < checks; erased += 1 + (erased >> 2)) {
    if (luckLog2(received.length - erased, 0, checks - erased) > LUCK_LOG2_MAX) break;
    const attempt = received.slice();
    const errors = correctBlock(attempt, checks, doubtful.slice(0, erased));
    if (errors === undefined) continue;
    if (luckLog2(received.length - erased, errors, checks - erased) <= LUCK_LOG2_MAX) return attempt;
  }
  const filled = received.slice();
  return fillUnsureBits(filled, checks, unsureFirst, -LUCK_LOG2_MAX) ? filled : undefined;
}

/** How likely chance bytes are to lie within so many errors of a codeword of so many checks. */
function luckLog2(length: number, errors: number, checks: number): number {
  let ways = 0;
  for (let i = 0; i < errors; i++) ways += Math.log2((length - i) / (i + 1));
  return ways + 8 * errors - 8 * checks;
}

function modulesOf(size: SymbolSize, codewords: Uint8Array): Uint8Array {
  const { rows, columns } = size;
  const result = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      if (finderModule(size, row, column)) result[row * columns + column] = 1;
  for (const [i, module] of bitModules(size).entries())
    if (((codewords[i >> 3] ?? 0) >> (7 - (i & 7))) & 1) result[module] = 1;
  // Where the walk leaves a square of four at the lower right corner, its diagonal is dark (annex F.3).
  const [lastRow, lastColumn] = [rows - 2, columns - 2];
  if (((rows - 2 * size.regionsDown) * (columns - 2 * size.regionsAcross)) % 8 === 4) {
    result[lastRow * columns + lastColumn] = 1;
    result[(lastRow - 1) * columns + lastColumn - 1] = 1;
  }
  return result;
}
