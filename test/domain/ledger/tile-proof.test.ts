import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkConsistency,
  checkInclusion,
  EMPTY_ROOT,
  leafHash,
  treeRoot,
} from '../../../src/domain/ledger/merkle.ts';
import { type TileId, tilePath } from '../../../src/domain/ledger/tile.ts';
import {
  planConsistency,
  planInclusion,
  planRoot,
  proveConsistency,
  proveInclusion,
  rootFromTiles,
} from '../../../src/domain/ledger/tile-proof.ts';
import { createTreeHead, type TileData } from '../../../src/domain/ledger/tree-head.ts';

const SEED = 20260924;
const SIZE_MAX = 66_100;

const leaves = Array.from({ length: SIZE_MAX }, (_, i) => leafHash(Uint8Array.of(i, i >> 8, i >> 16)));

// Every full tile of the largest tree; a partial one is the beginning of a full one or of the right edge.
const published = new Map<string, Uint8Array>();
const head = createTreeHead();
for (const leaf of leaves) for (const data of head.append(leaf)) publish(data);
for (const data of head.partialTiles()) publish(data);

function publish({ tile, bytes }: TileData): void {
  published.set(`${tile.level}/${tile.index}`, bytes);
}

function read(tile: TileId): Uint8Array | undefined {
  return published.get(`${tile.level}/${tile.index}`)?.subarray(0, tile.width * 32);
}

/** Hands out only what the plan names, so that a plan which misses a tile fails. */
function readerOf(plan: readonly TileId[]) {
  const named = new Set(plan.map(tilePath));
  return (tile: TileId) => (named.has(tilePath(tile)) ? read(tile) : undefined);
}

const roots = new Map<number, Uint8Array>();
function rootOf(size: number): Uint8Array {
  const root = roots.get(size) ?? treeRoot(leaves.slice(0, size));
  roots.set(size, root);
  return root;
}

const treeSize = fc.oneof(
  fc.integer({ min: 1, max: 600 }),
  fc.constantFrom(255, 256, 257, 65_535, 65_536, 65_537),
  fc.integer({ min: 1, max: SIZE_MAX }),
);

describe('from tiles', () => {
  test('the root of any tree', () => {
    expect(rootFromTiles(0, read)).toEqual({ ok: true, value: EMPTY_ROOT });
    fc.assert(
      fc.property(treeSize, (size) => {
        expect(rootFromTiles(size, readerOf(planRoot(size)))).toEqual({ ok: true, value: rootOf(size) });
      }),
      { seed: SEED, numRuns: 40 },
    );
  });

  test('a proof of inclusion of any leaf', () => {
    fc.assert(
      fc.property(treeSize, fc.nat(), (size, nat) => {
        const leafIndex = nat % size;
        const proof = proveInclusion(leafIndex, size, readerOf(planInclusion(leafIndex, size)));
        expect(proof.ok).toBe(true);
        if (!proof.ok) return;
        const claim = { leafIndex, treeSize: size, root: rootOf(size), proof: proof.value };
        expect(checkInclusion({ ...claim, leafHash: leaves[leafIndex] as Uint8Array }).ok).toBe(true);
        expect(checkInclusion({ ...claim, leafHash: leafHash(Uint8Array.of(9)) }).ok).toBe(false);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  test('a proof of consistency of any two sizes', () => {
    fc.assert(
      fc.property(treeSize, treeSize, (a, b) => {
        const [oldSize, newSize] = [Math.min(a, b), Math.max(a, b)];
        const proof = proveConsistency(oldSize, newSize, readerOf(planConsistency(oldSize, newSize)));
        expect(proof.ok).toBe(true);
        if (!proof.ok) return;
        const claim = {
          oldSize,
          newSize,
          oldRoot: rootOf(oldSize),
          newRoot: rootOf(newSize),
          proof: proof.value,
        };
        expect(checkConsistency(claim).ok, `${oldSize} to ${newSize}`).toBe(true);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  test('a full tile stands in for a partial one', () => {
    const full = (tile: TileId) => published.get(`${tile.level}/${tile.index}`);
    expect(rootFromTiles(300, full)).toEqual({ ok: true, value: rootOf(300) });
  });

  test('a missing, short or long tile is told apart, and no size throws', () => {
    expect(proveInclusion(5, 300, () => undefined)).toMatchObject({ error: 'tile-missing' });
    expect(proveInclusion(5, 300, () => new Uint8Array(31))).toMatchObject({ error: 'malformed' });
    expect(rootFromTiles(300, () => new Uint8Array(8224))).toMatchObject({ error: 'malformed' });
    for (const [a, b] of [
      [5, 5],
      [6, 5],
      [-1, 5],
      [0.5, 5],
      [0, Number.NaN],
      [0, 2 ** 53],
    ] as const) {
      expect(planInclusion(a, b)).toEqual([]);
      expect(proveInclusion(a, b, read)).toMatchObject({ error: 'out-of-range' });
    }
    for (const [a, b] of [
      [6, 5],
      [-1, 5],
      [1, 2 ** 53],
    ] as const) {
      expect(planConsistency(a, b)).toEqual([]);
      expect(proveConsistency(a, b, read)).toMatchObject({ error: 'out-of-range' });
    }
    expect(proveConsistency(0, 5, read)).toEqual({ ok: true, value: [] });
    expect(planRoot(-1)).toEqual([]);
  });

  test('a plan in the largest tree is short', () => {
    const size = Number.MAX_SAFE_INTEGER;
    expect(planInclusion(size - 1, size).length).toBeLessThan(16);
    expect(planInclusion(0, size).length).toBeLessThan(16);
    expect(planConsistency(size - 2, size).length).toBeLessThan(16);
  });
});
