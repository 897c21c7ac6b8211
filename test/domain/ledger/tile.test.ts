import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bundleOfEntry,
  bundlePath,
  bundlesOfGrowth,
  parseTilePath,
  placeOfNode,
  tileInTree,
  tilePath,
  tilesOfGrowth,
} from '../../../src/domain/ledger/tile.ts';

const SEED = 20260924;

describe('paths', () => {
  test('are those of the specification', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 0, index: 1_234_067, width: 8 })).toBe('tile/0/x001/x234/067.p/8');
    expect(tilePath({ level: 63, index: 0, width: 1 })).toBe('tile/63/000.p/1');
    expect(bundlePath({ index: 999, width: 256 })).toBe('tile/entries/999');
    expect(bundlePath({ index: 1000, width: 255 })).toBe('tile/entries/x001/000.p/255');
  });

  test('come back as they went', () => {
    const index = fc.oneof(fc.nat(2000), fc.maxSafeNat());
    const width = fc.integer({ min: 1, max: 256 });
    fc.assert(
      fc.property(fc.nat(63), index, width, (level, index, width) => {
        const tile = { level, index, width };
        expect(parseTilePath(tilePath(tile))).toMatchObject({ ok: true, value: { kind: 'tile', ...tile } });
        const bundle = { index, width };
        expect(parseTilePath(bundlePath(bundle))).toMatchObject({
          ok: true,
          value: { kind: 'bundle', ...bundle },
        });
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test.each([
    '',
    'tile',
    'tile/0',
    'tile/0/',
    'tile/0/0',
    'tile/0/00',
    'tile/0/0000',
    'tile/0/x001',
    'tile/0/001/002',
    'tile/0/x001/x002',
    'tile/0/x001//002',
    'tile/0/x000/001',
    'tile/0/001.p',
    'tile/0/001.p/',
    'tile/0/001.p/0',
    'tile/0/001.p/08',
    'tile/0/001.p/256',
    'tile/0/001.p/-1',
    'tile/0/001.p/1/',
    'tile/00/001',
    'tile/64/001',
    'tile/-1/001',
    'tile/+1/001',
    'tile/entries',
    'tile/Entries/001',
    '/tile/0/001',
    'tile/0/001\n',
    'tile/0/001?x',
    'tile/0/../001',
    'tile/0/٠٠١',
  ])('malformed: %j', (path) => {
    expect(parseTilePath(path)).toMatchObject({ ok: false, error: 'malformed' });
  });

  test('an index beyond 2^53 is well formed but out of range', () => {
    expect(parseTilePath('tile/0/x999/x999/x999/x999/x999/999')).toMatchObject({ error: 'out-of-range' });
  });

  test('whatever parses is the only spelling of what it says', () => {
    const paths = ['tile/0/x001/x234/067.p/89', 'tile/12/000', 'tile/entries/x010/005.p/255'];
    const spelling = (value: ReturnType<typeof parseTilePath>) =>
      value.ok && (value.value.kind === 'tile' ? tilePath(value.value) : bundlePath(value.value));
    for (const path of paths) {
      for (let at = 0; at < path.length; at++) {
        const cut = path.slice(0, at);
        const parsedCut = parseTilePath(cut);
        if (parsedCut.ok) expect(spelling(parsedCut)).toBe(cut);
        for (const character of ['0', '9', 'x', '/', '.', 'p', ' ', '\u0000', 'é']) {
          const mangled = cut + character + path.slice(at + 1);
          const parsed = parseTilePath(mangled);
          if (parsed.ok) expect(spelling(parsed)).toBe(mangled);
        }
      }
    }
  });
});

describe('geometry', () => {
  test('a tree of 70,000 is the example of the specification', () => {
    const tiles = [...tilesOfGrowth(0, 70_000)];
    const count = (level: number, full: boolean) =>
      tiles.filter((tile) => tile.level === level && (tile.width === 256) === full).length;
    expect([count(0, true), count(0, false), count(1, true), count(1, false)]).toEqual([273, 1, 1, 1]);
    expect(tiles.filter((tile) => tile.width < 256)).toEqual([
      { level: 0, index: 273, width: 112 },
      { level: 1, index: 1, width: 17 },
      { level: 2, index: 0, width: 1 },
    ]);
  });

  test('a tree of 256 has a full tile below and a partial one above', () => {
    expect([...tilesOfGrowth(0, 256)]).toEqual([
      { level: 0, index: 0, width: 256 },
      { level: 1, index: 0, width: 1 },
    ]);
    expect([...tilesOfGrowth(256, 256)]).toEqual([]);
    expect([...tilesOfGrowth(256, 257)]).toEqual([{ level: 0, index: 1, width: 1 }]);
  });

  test('growth step by step leaves the tiles of growth at once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3000), { minLength: 1, maxLength: 6 }), (steps) => {
        const latest = new Map<string, number>();
        let size = 0;
        for (const step of steps) {
          for (const tile of tilesOfGrowth(size, size + step))
            latest.set(`${tile.level}/${tile.index}`, tile.width);
          size += step;
        }
        const atOnce = [...tilesOfGrowth(0, size)].map(
          (tile) => [`${tile.level}/${tile.index}`, tile.width] as const,
        );
        expect(new Map(atOnce)).toEqual(latest);
        const bundles = [...bundlesOfGrowth(0, size)].reduce((sum, bundle) => sum + bundle.width, 0);
        expect(bundles).toBe(size);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  test('nothing stands beyond the edge of the tree', () => {
    expect(tileInTree(0, 1, 256)).toBeUndefined();
    expect(tileInTree(1, 0, 255)).toBeUndefined();
    expect(tileInTree(0, 1, 300)).toEqual({ level: 0, index: 1, width: 44 });
    expect(bundleOfEntry(255, 256)).toEqual({ index: 0, width: 256 });
    expect(bundleOfEntry(251, 255)).toEqual({ index: 0, width: 255 });
    expect(bundleOfEntry(256, 256)).toBeUndefined();
    expect(bundleOfEntry(-1, 256)).toBeUndefined();
  });

  test('a subtree of 2^level leaves has one place', () => {
    expect(placeOfNode(0, 256)).toEqual({ tileLevel: 0, tileIndex: 1, nodeLevel: 0, nodeIndex: 0 });
    expect(placeOfNode(7, 3)).toEqual({ tileLevel: 0, tileIndex: 1, nodeLevel: 7, nodeIndex: 1 });
    expect(placeOfNode(8, 3)).toEqual({ tileLevel: 1, tileIndex: 0, nodeLevel: 0, nodeIndex: 3 });
  });
});
