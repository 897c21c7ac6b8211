// Builds what state-code.ts reads. How many bits go where is weighed by whole numbers alone, so that every builder
// comes to the same bytes.
import { createByteReader, createByteWriter } from '../bytes.ts';
import { PACK_STATES } from '../pack.ts';
import { assert } from '../result.ts';
import { createHashList, HASH_WORDS, type HashList, type PackSet } from './pack-key.ts';
import { type ByteWriter, readRibbon, WINDOW } from './ribbon.ts';
import { writeRibbon } from './ribbon-build.ts';
import {
  bitsFor,
  CHECK_BITS_MAX,
  checkOf,
  JUDGE_TABLE,
  readStateCode,
  SIEVE_TABLE,
  type Sieve,
  sift,
} from './state-code.ts';

export type EncodedStates = {
  readonly bytes: Uint8Array;
  readonly bits: number;
  /** By state: what stands for it in those bits. */
  readonly places: readonly number[];
};

export function encodeStates(packs: PackSet): EncodedStates {
  const ranked = rankStates(packs.states);
  const bits = weighStates(ranked.map(({ count }) => count)).stateBits;
  const common = ranked.slice(0, 1 << bits).map(({ state }) => state);
  const isPaired = ranked.length > common.length;
  const writer = createByteWriter();
  writer.u8(bits);
  writer.u8(common.length);
  for (const state of common) writer.u8(state);
  writer.u8(isPaired ? 1 : 0);
  if (isPaired) writeRarePacks(writer, packs, common);
  const places = PACK_STATES.map((_, state) =>
    common.includes(state) ? common.indexOf(state) : common.length - 1,
  );
  return { bytes: writer.done(), bits, places };
}

/** The packs whose states are not among the common ones, told apart from those of the last common state. */
function writeRarePacks(writer: ByteWriter, packs: PackSet, common: readonly number[]): void {
  const isRare = Uint8Array.from(PACK_STATES, (_, state) => (common.includes(state) ? 0 : 1));
  const fallback = common.at(-1) as number;
  const pair = createStatePairDraft(selectRare(packs, isRare), countOf(packs.states, fallback));
  tellApartAll(pair, packs, fallback);
  writeStatePair(writer, pair);
}

// Loops over all packs of a page stand in functions of their own: the compiler makes the most of those.
function selectRare({ hashes, states }: PackSet, isRare: Uint8Array): PackSet {
  const rareHashes = createHashList();
  const rareStates: number[] = [];
  for (let i = 0; i < states.length; i++) {
    if (isRare[states[i] as number] === 0) continue;
    rareHashes.push(hashes, i);
    rareStates.push(states[i] as number);
  }
  return { hashes: rareHashes.done(), states: Uint8Array.from(rareStates) };
}

function countOf(states: Uint8Array, wanted: number): number {
  let count = 0;
  for (let i = 0; i < states.length; i++) if (states[i] === wanted) count++;
  return count;
}

function tellApartAll(pair: StatePairDraft, { hashes, states }: PackSet, state: number): void {
  for (let i = 0; i < states.length; i++)
    if (states[i] === state && sift(pair.sieve, hashes, i) >= 0) pair.toJudge.push(hashes, i);
}

/** A pair to which packs that are not rare are still being put; `toJudge` takes those that its sieve lets through. */
export type StatePairDraft = {
  readonly sieve: Sieve;
  readonly codeBytes: Uint8Array;
  readonly sieveBytes: Uint8Array;
  readonly rareCount: number;
  readonly toJudge: HashList;
};

/** For `rare` packs among about `others` more, all of which are to be put to the sieve. */
export function createStatePairDraft(rare: PackSet, others: number): StatePairDraft {
  const { bytes: codeBytes, bits, places } = encodeStates(rare);
  const { checkBits } = weighCheck(rare.states.length, others);
  const values = new Int32Array(rare.states.length);
  for (let i = 0; i < values.length; i++) {
    const place = places[rare.states[i] as number] as number;
    values[i] = (checkOf(rare.hashes, i, checkBits) << bits) | place;
  }
  const writer = createByteWriter();
  writeRibbon(writer, { hashes: rare.hashes, values }, SIEVE_TABLE, checkBits + bits);
  const sieveBytes = writer.done();
  // What the packs are put to is the sieve that devices will read, not the one that was meant.
  const code = readStateCode(createByteReader(codeBytes));
  const ribbon = readRibbon(createByteReader(sieveBytes), SIEVE_TABLE, checkBits + bits);
  assert(code && ribbon, 'a sieve reads back');
  const toJudge = createHashList(rare.hashes);
  return {
    sieve: { code, checkBits, ribbon },
    codeBytes,
    sieveBytes,
    rareCount: rare.states.length,
    toJudge,
  };
}

export function writeStatePair(writer: ByteWriter, draft: StatePairDraft): void {
  writer.raw(draft.codeBytes);
  writer.u8(draft.sieve.checkBits);
  writer.raw(draft.sieveBytes);
  const hashes = draft.toJudge.done();
  const values = new Int32Array(hashes.length / HASH_WORDS).fill(1, 0, draft.rareCount);
  writeRibbon(writer, { hashes, values }, JUDGE_TABLE, 1);
}

/** States that occur, the commonest first, the lower code first on a tie. */
function rankStates(states: Uint8Array): { state: number; count: number }[] {
  return PACK_STATES.map((_, state) => ({ state, count: countOf(states, state) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || a.state - b.state);
}

/** How many bits of state for each pack take the least space in all, by counts of states in the order of rank. */
function weighStates(counts: readonly number[]): { stateBits: number; space: number } {
  const total = sum(counts);
  let best = { stateBits: 0, space: Number.POSITIVE_INFINITY };
  for (let stateBits = 0; stateBits <= bitsFor(counts.length); stateBits++) {
    const rare = counts.slice(1 << stateBits);
    const fallback = counts[(1 << stateBits) - 1] ?? 0;
    const space = total * stateBits + (rare.length > 0 ? weighPair(rare, fallback) : 0);
    if (space < best.space) best = { stateBits, space };
  }
  return best;
}

function weighPair(rare: readonly number[], others: number): number {
  return weighCheck(sum(rare), others).space + weighStates(rare).space;
}

/** How many check bits take the least space in sieve and judge, the state's bits left out. */
function weighCheck(rare: number, others: number): { checkBits: number; space: number } {
  let best = { checkBits: 0, space: Number.POSITIVE_INFINITY };
  for (let checkBits = 1; checkBits <= CHECK_BITS_MAX; checkBits++) {
    const judged = rare + Math.floor(others / 2 ** checkBits);
    // Any ribbon has about a window's rows to spare.
    const space = (rare + WINDOW) * checkBits + judged + WINDOW;
    if (space < best.space) best = { checkBits, space };
  }
  return best;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
