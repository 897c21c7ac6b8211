// An invented country by the million packs: ids as random as blinded ones are, made fast and from a seed.
import { BLIND_ID_BYTES } from '../../src/domain/blinding.ts';
import type { FoldedBatch, PackedBatch } from '../../src/domain/snapshot/build.ts';
import type { PackedPacks } from '../../src/domain/snapshot/packs.ts';

/** Unsigned 32-bit numbers from xoshiro128** 1.1 (Blackman and Vigna). */
export type Random = () => number;

export function createRandom(seed: number): Random {
  let [a, b, c, d] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88 | 0, 0xb7e15162 | 0] as [
    number,
    number,
    number,
    number,
  ];
  const next = () => {
    const t = Math.imul(b, 5);
    const result = Math.imul((t << 7) | (t >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result >>> 0;
  };
  for (let i = 0; i < 16; i++) next();
  return next;
}

/** So many ids, rising: four random bytes, the id's place, and eight random bytes more. */
export function randomIds(random: Random, count: number): Uint8Array {
  const heads = new Uint32Array(count);
  for (let i = 0; i < count; i++) heads[i] = random();
  heads.sort();
  const ids = new Uint8Array(count * BLIND_ID_BYTES);
  const view = new DataView(ids.buffer);
  for (let i = 0; i < count; i++) {
    view.setUint32(i * BLIND_ID_BYTES, heads[i] as number);
    view.setUint32(i * BLIND_ID_BYTES + 4, i);
    view.setUint32(i * BLIND_ID_BYTES + 8, random());
    view.setUint32(i * BLIND_ID_BYTES + 12, random());
  }
  return ids;
}

/** By code of state. */
export type Shares = readonly number[];

/** 70 % active, 28 % supplied, 2 % in four rare states. */
export const USUAL_SHARES: Shares = [0.7, 0.28, 0.005, 0.005, 0.005, 0, 0, 0.005];

export function randomStates(random: Random, count: number, shares: Shares): Uint8Array {
  const ends = shares.map((_, i) => shares.slice(0, i + 1).reduce((sum, share) => sum + share, 0) * 2 ** 32);
  const states = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const point = random();
    const state = ends.findIndex((end) => point < end);
    states[i] = state < 0 ? 0 : state;
  }
  return states;
}

/** Bits of a pack's state. */
export function entropyOf(shares: Shares): number {
  return shares.reduce((sum, share) => sum - (share > 0 ? share * Math.log2(share) : 0), 0);
}

/** Ten batches to a product; keys rise with the number. */
export function syntheticBatch(number: number, packs: number): FoldedBatch {
  const productId = Math.floor(number / 10)
    .toString(16)
    .padStart(8, '0')
    .padEnd(32, '5');
  const batchId = number.toString(16).padStart(8, '0').padEnd(32, 'b');
  return { productId, batchId, keyId: 1, expiry: 20301231, recalled: false, withdrawn: false, packs };
}

export type SyntheticCountry = {
  readonly packs: number;
  readonly batchPacks: number;
  readonly shares?: Shares;
};

/** The country's batches in key order, made one at a time. */
export function* syntheticBatches(
  { packs, batchPacks, shares = USUAL_SHARES }: SyntheticCountry,
  random: Random = createRandom(20261122),
): Generator<PackedBatch> {
  for (let number = 0, left = packs; left > 0; number++, left -= batchPacks) {
    const count = Math.min(batchPacks, left);
    const all: PackedPacks = {
      ids: randomIds(random, count),
      states: randomStates(random, count, shares),
    };
    yield { batch: syntheticBatch(number, count), packs: all };
  }
}
