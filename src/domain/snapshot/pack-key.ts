// The key under which a snapshot keeps a pack: SipHash-2-4-128, keyed with the snapshot's published salt, over
// productId | batchId | expiry | packId. It binds all four, so that a hit shows that they belong together.
import { BLIND_ID_BYTES, type BlindId } from '../blinding.ts';
import { type SipState, sipAbsorb, sipFinish, sipKeyed } from './siphash.ts';

/** Hashes of packs, four words each: the first checks rare states, two place the pack, the last is its fingerprint. */
export type PackHashes = Int32Array;
export const HASH_WORDS = 4;

/** Packs of a page with the codes of their states. */
export type PackSet = {
  readonly hashes: PackHashes;
  readonly states: Uint8Array;
};

const MESSAGE_BYTES = 3 * BLIND_ID_BYTES + 4;

// Room for the words at hand: to make it anew for each look-up would take longer than the hashing.
const ID_WORDS = new Int32Array(BLIND_ID_BYTES / 4);
const TAIL_WORDS = new Int32Array(2 + BLIND_ID_BYTES / 4);

/** Where the hashing of a batch's packs begins: the salt, the product and the batch have been taken in. */
export function batchPrefix(salt: string, productId: BlindId, batchId: BlindId): SipState {
  readHexWords(salt, ID_WORDS, 0);
  const state = sipKeyed(ID_WORDS);
  readHexWords(productId, ID_WORDS, 0);
  sipAbsorb(state, ID_WORDS);
  readHexWords(batchId, ID_WORDS, 0);
  sipAbsorb(state, ID_WORDS);
  return state;
}

/** `expiry` is yyyymmdd. */
export function hashPack(prefix: SipState, expiry: number, packId: BlindId): PackHashes {
  const hash = new Int32Array(HASH_WORDS);
  startTail(expiry);
  readHexWords(packId, TAIL_WORDS, 1);
  sipFinish(prefix, TAIL_WORDS, hash, 0);
  return hash;
}

/** Hashes packs, by their ids of 16 bytes, into `hashes` from its place `at` on. */
export function hashPacks(
  prefix: SipState,
  expiry: number,
  ids: Uint8Array,
  hashes: PackHashes,
  at: number,
): void {
  startTail(expiry);
  for (let byte = 0, to = at * HASH_WORDS; byte < ids.length; byte += BLIND_ID_BYTES, to += HASH_WORDS) {
    for (let k = 0; k < 4; k++) {
      const from = byte + 4 * k;
      TAIL_WORDS[k + 1] =
        (ids[from] as number) |
        ((ids[from + 1] as number) << 8) |
        ((ids[from + 2] as number) << 16) |
        ((ids[from + 3] as number) << 24);
    }
    sipFinish(prefix, TAIL_WORDS, hashes, to);
  }
}

function startTail(expiry: number): void {
  TAIL_WORDS[0] = expiry;
  TAIL_WORDS[TAIL_WORDS.length - 1] = MESSAGE_BYTES << 24;
}

// Lower-case hex of an id to little-endian words.
function readHexWords(hex: string, words: Int32Array, at: number): void {
  for (let i = 0; i < BLIND_ID_BYTES / 4; i++) {
    let word = 0;
    for (let k = 6; k >= 0; k -= 2) {
      word = (word << 8) | (nibble(hex, 8 * i + k) << 4) | nibble(hex, 8 * i + k + 1);
    }
    words[at + i] = word;
  }
}

// '0' to '9' are 48 to 57, 'a' to 'f' are 97 to 102.
function nibble(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return code < 58 ? code - 48 : code - 87;
}

/** A list of hashes that grows. */
export type HashList = { push(hashes: PackHashes, at: number): void; done(): PackHashes };

export function createHashList(first: PackHashes = new Int32Array(0)): HashList {
  let list = first.slice();
  let length = list.length;
  return {
    push(hashes, at) {
      if (length === list.length) {
        const longer = new Int32Array(2 * length + 256 * HASH_WORDS);
        longer.set(list);
        list = longer;
      }
      for (let k = 0; k < HASH_WORDS; k++) list[length++] = hashes[at * HASH_WORDS + k] as number;
    },
    done: () => list.slice(0, length),
  };
}
