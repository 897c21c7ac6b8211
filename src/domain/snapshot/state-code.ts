// How a table tells its packs' states: with as many bits beside each pack's other bits as pay for themselves, enough
// for the commonest states, and a pair of ribbons for those that these have no room for. The pair follows Clubcard
// (Schanck, "Clubcards for the WebPKI", 2025): the sieve holds the rare packs, each with its state (told in the same
// way) and some bits of its hash to know it by; the judge says, exactly, which of the packs that fall through the sieve
// are rare. Both are right for every pack that the builder has shown them.
import { PACK_STATES } from '../pack.ts';
import { HASH_WORDS, type PackHashes } from './pack-key.ts';
import { type ByteReader, queryRibbon, type Ribbon, readRibbon } from './ribbon.ts';

export const SIEVE_TABLE = 1;
export const JUDGE_TABLE = 2;
const STATE_BITS_MAX = bitsFor(PACK_STATES.length);
/** With three bits of state these are the 25 bits that a ribbon's value can have. */
export const CHECK_BITS_MAX = 22;

export type StateCode = {
  readonly bits: number;
  /** Codes of the commonest states. Where there is a pair, the last of them stands for all that it does not name. */
  readonly states: readonly number[];
  readonly rare: StatePair | undefined;
};

export type Sieve = { readonly code: StateCode; readonly checkBits: number; readonly ribbon: Ribbon };
export type StatePair = { readonly sieve: Sieve; readonly judge: Ribbon };

/** Bits that tell so many choices apart. */
export function bitsFor(choices: number): number {
  return 32 - Math.clz32(choices - 1);
}

/** The state, by its code, of a pack whose value in a table ends in these bits; -1 if no pack's does. */
export function stateOf(code: StateCode, value: number, hashes: PackHashes, at: number): number {
  const place = value & ((1 << code.bits) - 1);
  const rare = code.rare && place === code.states.length - 1 ? queryStatePair(code.rare, hashes, at) : -1;
  return rare >= 0 ? rare : (code.states[place] ?? -1);
}

/** The state's code, or -1 for a pack that is not rare. */
export function queryStatePair({ sieve, judge }: StatePair, hashes: PackHashes, at: number): number {
  const value = sift(sieve, hashes, at);
  return value < 0 || queryRibbon(judge, hashes, at) !== 1 ? -1 : stateOf(sieve.code, value, hashes, at);
}

/** The sieve's value for the pack, or -1 where it is not the pack's. */
export function sift({ code, checkBits, ribbon }: Sieve, hashes: PackHashes, at: number): number {
  const value = queryRibbon(ribbon, hashes, at);
  return value < 0 || value >>> code.bits !== checkOf(hashes, at, checkBits) ? -1 : value;
}

// Bits that no ribbon uses: were they those of a fingerprint, a pack that passes one test would pass the other.
export function checkOf(hashes: PackHashes, at: number, checkBits: number): number {
  return (hashes[at * HASH_WORDS] as number) & ((1 << checkBits) - 1);
}

/**
 * Layout: bits u8, how many states u8, the code of each u8, then u8 1 and a pair, or 0. A pair names only states that
 * nothing around it does, so there is an end to pairs within pairs.
 */
export function readStateCode(reader: ByteReader, around: readonly number[] = []): StateCode | undefined {
  const bits = reader.u8();
  const states = [...reader.raw(reader.u8())];
  const paired = reader.u8();
  const all = [...around, ...states];
  const isSound =
    bits <= STATE_BITS_MAX &&
    states.length >= 1 &&
    states.length <= 1 << bits &&
    new Set(all).size === all.length &&
    all.every((state) => state < PACK_STATES.length);
  if (reader.failed() || !isSound || paired > 1) return undefined;
  const rare = paired === 1 ? readStatePair(reader, all) : undefined;
  return paired === 1 && !rare ? undefined : { bits, states, rare };
}

/** Layout: code, check bits u8, sieve, judge. */
export function readStatePair(reader: ByteReader, around: readonly number[] = []): StatePair | undefined {
  const code = readStateCode(reader, around);
  const checkBits = reader.u8();
  if (!code || checkBits < 1 || checkBits > CHECK_BITS_MAX) return undefined;
  const ribbon = readRibbon(reader, SIEVE_TABLE, checkBits + code.bits);
  const judge = ribbon && readRibbon(reader, JUDGE_TABLE, 1);
  return ribbon && judge && { sieve: { code, checkBits, ribbon }, judge };
}
