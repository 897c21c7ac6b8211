// Fills in bits that were not seen. Reed-Solomon counts a codeword with one unseen bit as lost; taken as a linear code
// over single bits, the same check codewords restore eight times as many bits, where those that were seen are right.
import { checkContribution, syndromesOf } from './reed-solomon.ts';

/**
 * Changes in place the first of the bits listed, the least sure first, that make the block a codeword. `spareBits`:
 * parity that has to be left over, as proof that the rest was seen rightly. Returns whether it could.
 */
export function fillUnsureBits(
  block: Uint8Array,
  checkCodewords: number,
  unsureFirst: readonly number[],
  spareBits: number,
): boolean {
  const words = Math.ceil(checkCodewords / 4);
  const countMax = Math.min(unsureFirst.length, checkCodewords * 8 - spareBits);
  const markWords = Math.ceil(countMax / 32);
  const byPivot = new Map<number, Row>();
  const rest: Row = {
    parity: packed(syndromesOf(block, checkCodewords), words),
    marks: new Int32Array(markWords),
  };
  for (let n = 0; n < countMax; n++) {
    const bit = unsureFirst[n] ?? 0;
    const contribution = checkContribution(block.length - 1 - (bit >> 3), 0x80 >> (bit & 7), checkCodewords);
    const row: Row = { parity: packed(contribution, words), marks: new Int32Array(markWords) };
    row.marks[n >> 5] = 1 << (n & 31);
    const pivot = reduce(row, byPivot);
    // What other bits already make up says nothing new; either choice would do, so nothing is proven.
    if (pivot === undefined) return false;
    byPivot.set(pivot, row);
    if (reduce(rest, byPivot) !== undefined) continue;
    for (let k = 0; k <= n; k++) {
      if (((rest.marks[k >> 5] ?? 0) & (1 << (k & 31))) === 0) continue;
      const flipped = unsureFirst[k] ?? 0;
      block[flipped >> 3] = (block[flipped >> 3] ?? 0) ^ (0x80 >> (flipped & 7));
    }
    return true;
  }
  return false;
}

/** Parity bits, and which of the listed bits were added up to give them. */
type Row = { readonly parity: Int32Array; readonly marks: Int32Array };

function packed(bytes: Uint8Array, words: number): Int32Array {
  const result = new Int32Array(words);
  for (let i = 0; i < bytes.length; i++)
    result[i >> 2] = (result[i >> 2] ?? 0) | ((bytes[i] ?? 0) << (8 * (i & 3)));
  return result;
}

/** Takes known rows away until the leading bit is a new one, and returns it; undefined when nothing is left. */
function reduce(row: Row, byPivot: ReadonlyMap<number, Row>): number | undefined {
  const { parity, marks } = row;
  for (let word = 0; word < parity.length; word++)
    for (;;) {
      const value = parity[word] as number;
      if (value === 0) break;
      const pivot = word * 32 + Math.clz32(value);
      const known = byPivot.get(pivot);
      if (!known) return pivot;
      for (let i = word; i < parity.length; i++)
        parity[i] = (parity[i] as number) ^ (known.parity[i] as number);
      for (let i = 0; i < marks.length; i++) marks[i] = (marks[i] as number) ^ (known.marks[i] as number);
    }
  return undefined;
}
