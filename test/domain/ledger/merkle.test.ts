import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesToHex } from '../../../src/domain/bytes.ts';
import {
  checkConsistency,
  checkInclusion,
  EMPTY_ROOT,
  leafHash,
  nodeHash,
  treeRoot,
} from '../../../src/domain/ledger/merkle.ts';

const SEED = 20260924;

const leaves = Array.from({ length: 70 }, (_, i) => leafHash(Uint8Array.of(i, i >> 8)));

// RFC 6962 s2.1 word for word, as the peer to compare with.
function mth(hashes: readonly Uint8Array[]): Uint8Array {
  if (hashes.length === 0) return EMPTY_ROOT;
  if (hashes.length === 1) return hashes[0] as Uint8Array;
  const k = split(hashes.length);
  return nodeHash(mth(hashes.slice(0, k)), mth(hashes.slice(k)));
}

function path(m: number, hashes: readonly Uint8Array[]): Uint8Array[] {
  if (hashes.length <= 1) return [];
  const k = split(hashes.length);
  return m < k
    ? [...path(m, hashes.slice(0, k)), mth(hashes.slice(k))]
    : [...path(m - k, hashes.slice(k)), mth(hashes.slice(0, k))];
}

function subproof(m: number, hashes: readonly Uint8Array[], whole: boolean): Uint8Array[] {
  if (m === hashes.length) return whole ? [] : [mth(hashes)];
  const k = split(hashes.length);
  return m <= k
    ? [...subproof(m, hashes.slice(0, k), whole), mth(hashes.slice(k))]
    : [...subproof(m - k, hashes.slice(k), false), mth(hashes.slice(0, k))];
}

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[(bit >> 3) % copy.length] = (copy[(bit >> 3) % copy.length] as number) ^ (1 << (bit & 7));
  return copy;
}

const inclusion = (index: number, size: number) => ({
  leafIndex: index,
  treeSize: size,
  leafHash: leaves[index] as Uint8Array,
  root: mth(leaves.slice(0, size)),
  proof: path(index, leaves.slice(0, size)),
});

const consistency = (oldSize: number, newSize: number) => ({
  oldSize,
  newSize,
  oldRoot: mth(leaves.slice(0, oldSize)),
  newRoot: mth(leaves.slice(0, newSize)),
  proof: subproof(oldSize, leaves.slice(0, newSize), true),
});

const sizes = fc
  .tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 70 }))
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

describe('hashing', () => {
  test('the empty root, an empty leaf and a pair (RFC 6962 s2.1)', () => {
    expect(bytesToHex(treeRoot([]))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    const empty = leafHash(new Uint8Array(0));
    expect(bytesToHex(empty)).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    const pair = nodeHash(empty, leafHash(Uint8Array.of(0)));
    expect(bytesToHex(pair)).toBe('fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125');
  });

  test('the one-pass root is the recursive root at every size', () => {
    for (let size = 0; size <= 70; size++)
      expect(treeRoot(leaves.slice(0, size))).toEqual(mth(leaves.slice(0, size)));
  });
});

describe('checkInclusion', () => {
  test('accepts every leaf of every tree up to 70 leaves', () => {
    for (let size = 1; size <= 70; size++)
      for (let index = 0; index < size; index++)
        expect(checkInclusion(inclusion(index, size)).ok, `${index} of ${size}`).toBe(true);
  });

  test('refuses any altered bit, missing, extra or swapped hash, and any other index', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), ([index, size], bit, at) => {
        const claim = inclusion(index - 1, size);
        const altered = claim.proof.map((hash, i) =>
          i === at % Math.max(1, claim.proof.length) ? flip(hash, bit) : hash,
        );
        const variants = [
          { ...claim, root: flip(claim.root, bit) },
          { ...claim, leafHash: flip(claim.leafHash, bit) },
          { ...claim, proof: [...claim.proof, claim.root] },
          { ...claim, proof: [claim.root, ...claim.proof] },
          { ...claim, leafIndex: index - 1 + size },
          ...(claim.proof.length > 0
            ? [
                { ...claim, proof: altered },
                { ...claim, proof: claim.proof.slice(1) },
                { ...claim, proof: claim.proof.slice(0, -1) },
                { ...claim, leafIndex: index % size },
              ]
            : []),
        ];
        for (const variant of variants) expect(checkInclusion(variant).ok).toBe(false);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('hostile sizes and lengths are refused, never thrown', () => {
    const claim = inclusion(3, 7);
    for (const leafIndex of [-1, 1.5, Number.NaN, 2 ** 53, 2 ** 64, Number.POSITIVE_INFINITY])
      expect(checkInclusion({ ...claim, leafIndex }).ok).toBe(false);
    for (const treeSize of [-1, 0, 1.5, Number.NaN, 2 ** 53, 2 ** 64])
      expect(checkInclusion({ ...claim, treeSize }).ok).toBe(false);
    for (const length of [0, 31, 33]) {
      expect(checkInclusion({ ...claim, leafHash: new Uint8Array(length) }).ok).toBe(false);
      expect(checkInclusion({ ...claim, root: new Uint8Array(length) }).ok).toBe(false);
      expect(checkInclusion({ ...claim, proof: [new Uint8Array(length), ...claim.proof.slice(1)] }).ok).toBe(
        false,
      );
    }
    expect(checkInclusion({ ...claim, proof: Array(100_000).fill(claim.root) }).ok).toBe(false);
  });
});

describe('checkConsistency', () => {
  test('accepts every pair of sizes up to 70', () => {
    for (let newSize = 1; newSize <= 70; newSize++)
      for (let oldSize = 1; oldSize <= newSize; oldSize++)
        expect(checkConsistency(consistency(oldSize, newSize)).ok, `${oldSize} to ${newSize}`).toBe(true);
  });

  test('refuses any altered bit, missing or extra hash, and other sizes', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), ([oldSize, newSize], bit, at) => {
        const claim = consistency(oldSize, newSize);
        const { proof } = claim;
        const altered = proof.map((hash, i) => (i === at % proof.length ? flip(hash, bit) : hash));
        const variants = [
          { ...claim, oldRoot: flip(claim.oldRoot, bit) },
          { ...claim, newRoot: flip(claim.newRoot, bit) },
          { ...claim, proof: [...proof, claim.newRoot] },
          { ...claim, oldSize: newSize + 1 },
          { ...claim, oldSize: 0 },
          ...(proof.length > 0
            ? [
                { ...claim, proof: altered },
                { ...claim, proof: proof.slice(1) },
                { ...claim, proof: proof.slice(0, -1) },
                { ...claim, proof: [] },
              ]
            : []),
        ];
        for (const variant of variants) expect(checkConsistency(variant).ok).toBe(false);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test('says nothing about an empty old tree, and never throws', () => {
    expect(
      checkConsistency({ oldSize: 0, newSize: 0, oldRoot: EMPTY_ROOT, newRoot: EMPTY_ROOT, proof: [] }).ok,
    ).toBe(false);
    const claim = consistency(4, 7);
    for (const oldSize of [-4, 4.5, Number.NaN, 2 ** 53])
      expect(checkConsistency({ ...claim, oldSize }).ok).toBe(false);
    for (const newSize of [-7, 7.5, Number.NaN, 2 ** 53])
      expect(checkConsistency({ ...claim, newSize }).ok).toBe(false);
    expect(checkConsistency({ ...claim, oldRoot: new Uint8Array(5) }).ok).toBe(false);
    expect(checkConsistency({ ...claim, proof: Array(100_000).fill(claim.newRoot) }).ok).toBe(false);
  });
});
