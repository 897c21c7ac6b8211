import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leafHash, treeRoot } from '../../../src/domain/ledger/merkle.ts';
import { type TileId, tilePath, tilesOfGrowth } from '../../../src/domain/ledger/tile.ts';
import {
  createTreeHead,
  partialTileIds,
  restoreTreeHead,
  type TreeHead,
} from '../../../src/domain/ledger/tree-head.ts';

const SEED = 20260924;
const leaves = Array.from({ length: 2000 }, (_, i) => leafHash(Uint8Array.of(i, i >> 8)));

function grow(head: TreeHead, count: number, files: Map<string, Uint8Array>): void {
  const from = head.size();
  for (const leaf of leaves.slice(from, from + count))
    for (const { tile, bytes } of head.append(leaf)) files.set(tilePath(tile), bytes);
  for (const { tile, bytes } of head.partialTiles()) files.set(tilePath(tile), bytes);
}

describe('createTreeHead', () => {
  test('has the root of its leaves at every size', () => {
    const head = createTreeHead();
    for (let size = 0; size <= 600; size++) {
      expect(head.size()).toBe(size);
      expect(head.root()).toEqual(treeRoot(leaves.slice(0, size)));
      head.append(leaves[size] as Uint8Array);
    }
  });

  test('reports exactly the tiles that the tree consists of', () => {
    const files = new Map<string, Uint8Array>();
    grow(createTreeHead(), 1300, files);
    const expected = [...tilesOfGrowth(0, 1300)];
    expect([...files.keys()].sort()).toEqual(expected.map(tilePath).sort());
    for (const tile of expected) expect(files.get(tilePath(tile))?.length).toBe(tile.width * 32);
    const second = files.get('tile/0/001');
    expect(second?.subarray(32, 64)).toEqual(leaves[257]);
    expect(files.get('tile/1/000.p/5')?.subarray(32, 64)).toEqual(treeRoot(leaves.slice(256, 512)));
  });

  test('tiles handed out do not change when the head grows', () => {
    const head = createTreeHead();
    const files = new Map<string, Uint8Array>();
    grow(head, 300, files);
    const before = files.get('tile/0/001.p/44')?.slice();
    grow(head, 300, new Map());
    expect(files.get('tile/0/001.p/44')).toEqual(before);
  });
});

describe('restoreTreeHead', () => {
  test('goes on as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { minLength: 1, maxLength: 5 }), (steps) => {
        const files = new Map<string, Uint8Array>();
        const read = (tile: TileId) => files.get(tilePath(tile));
        let size = 0;
        for (const step of steps) {
          const head = restoreTreeHead(size, read);
          expect(head.ok).toBe(true);
          if (!head.ok) return;
          expect(head.value.root()).toEqual(treeRoot(leaves.slice(0, size)));
          grow(head.value, step, files);
          size += step;
        }
      }),
      { seed: SEED, numRuns: 40 },
    );
  });

  test('says what is missing or has a wrong length', () => {
    expect(partialTileIds(256)).toEqual([{ level: 1, index: 0, width: 1 }]);
    expect(restoreTreeHead(300, () => undefined)).toMatchObject({ error: 'tile-missing' });
    expect(restoreTreeHead(300, () => new Uint8Array(33))).toMatchObject({ error: 'malformed' });
    for (const size of [-1, 0.5, Number.NaN, 2 ** 53])
      expect(restoreTreeHead(size, () => undefined)).toMatchObject({ error: 'out-of-range' });
  });
});
