// The plain form of a table from packs to states: sorted hashes of 32 bits, each with its state. Below some seventy
// packs it is smaller than ribbons are; it takes a stranger for one of its n packs with probability n / 2^32.
import { createByteReader, createByteWriter } from '../bytes.ts';
import { PACK_STATES } from '../pack.ts';
import { HASH_WORDS, type PackHashes, type PackSet } from './pack-key.ts';
import type { ByteReader } from './ribbon.ts';

const PACK_BYTES = 5;
const LISTED_PACKS_MAX = 255;

export type StateList = {
  readonly keys: Uint32Array;
  readonly states: Uint8Array;
};

/** The state's code, or -1. */
export function queryStateList({ keys, states }: StateList, hashes: PackHashes, at: number): number {
  return states[keys.indexOf(keyAt(hashes, at))] ?? -1;
}

function keyAt(hashes: PackHashes, at: number): number {
  return (hashes[at * HASH_WORDS] as number) >>> 0;
}

/** Undefined if there are too many packs, or two that share a key. */
export function createStateList({ hashes, states }: PackSet): StateList | undefined {
  if (states.length > LISTED_PACKS_MAX) return undefined;
  const order = [...states.keys()].sort((a, b) => keyAt(hashes, a) - keyAt(hashes, b));
  const keys = Uint32Array.from(order, (i) => keyAt(hashes, i));
  if (keys.some((key, i) => key === keys[i - 1])) return undefined;
  return { keys, states: Uint8Array.from(order, (i) => states[i] as number) };
}

/** Layout: packs u8, then for each, by rising key, its key u32 and its state u8. */
export function encodeStateList({ keys, states }: StateList): Uint8Array {
  const writer = createByteWriter();
  writer.u8(keys.length);
  keys.forEach((key, i) => {
    writer.u32(key);
    writer.u8(states[i] as number);
  });
  return writer.done();
}

export function readStateList(reader: ByteReader): StateList | undefined {
  const rows = createByteReader(reader.raw(reader.u8() * PACK_BYTES));
  const keys: number[] = [];
  const states: number[] = [];
  while (!reader.failed() && !rows.atEnd()) {
    keys.push(rows.u32());
    states.push(rows.u8());
  }
  const rising = keys.every((key, i) => i === 0 || key > (keys[i - 1] as number));
  const known = states.every((state) => state < PACK_STATES.length);
  return keys.length > 0 && rising && known
    ? { keys: Uint32Array.from(keys), states: Uint8Array.from(states) }
    : undefined;
}
