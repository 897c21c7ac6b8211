// The growing edge of a log, for its writer: the hashes of the last, unfinished tile of each level, which is all that
// appending and computing the root need. Full tiles leave it as they complete.
import { assert, err, ok, type Result } from '../result.ts';
import { foldRight, HASH_BYTES, isTreeSize } from './merkle.ts';
import { hashesAtLevel, TILE_BYTES, TILE_WIDTH, type TileId, tileInTree, tilePath } from './tile.ts';
import { isTileOf, rootOfHashes, type TileReader } from './tile-proof.ts';

/** `bytes` is the caller's to keep. */
export type TileData = { readonly tile: TileId; readonly bytes: Uint8Array };

export type TreeHead = {
  size(): number;
  /** Up to 255 hashes for each level: for each checkpoint, not for each leaf. */
  root(): Uint8Array;
  /** The tiles that this leaf completed, lowest level first; most leaves complete none. */
  append(leafHash: Uint8Array): readonly TileData[];
  /** The unfinished tiles, which a checkpoint of this size needs published beside the full ones. */
  partialTiles(): readonly TileData[];
};

type Level = { readonly bytes: Uint8Array; width: number };

const NONE: readonly TileData[] = [];

export function createTreeHead(): TreeHead {
  return treeHeadOf(0, []);
}

/**
 * The same head again from its published partial tiles. What was read back is as untrusted as any input: compare
 * `root()` with the checkpoint of this size before appending.
 */
export function restoreTreeHead(
  size: number,
  read: TileReader,
): Result<TreeHead, 'out-of-range' | 'tile-missing' | 'malformed'> {
  if (!isTreeSize(size)) return err('out-of-range');
  const levels: Level[] = [];
  for (const tile of partialTileIds(size)) {
    const level = levelOf(levels, tile.level);
    const bytes = read(tile);
    if (!bytes) return err('tile-missing', tilePath(tile));
    if (!isTileOf(tile, bytes)) return err('malformed', `${tilePath(tile)} has ${bytes.length} bytes`);
    level.bytes.set(bytes.subarray(0, tile.width * HASH_BYTES));
    level.width = tile.width;
  }
  return ok(treeHeadOf(size, levels));
}

/** The unfinished tiles of a tree, lowest level first: what `restoreTreeHead` reads. */
export function partialTileIds(size: number): readonly TileId[] {
  const tiles: TileId[] = [];
  for (let level = 0; hashesAtLevel(level, size) > 0; level++) {
    const index = Math.floor(hashesAtLevel(level, size) / TILE_WIDTH);
    const tile = tileInTree(level, index, size);
    if (tile) tiles.push(tile);
  }
  return tiles;
}

function treeHeadOf(startSize: number, levels: Level[]): TreeHead {
  let size = startSize;

  function append(leafHash: Uint8Array): readonly TileData[] {
    assert(leafHash.length === HASH_BYTES, 'a leaf hash has 32 bytes');
    assert(isTreeSize(size + 1), 'a log has fewer than 2^53 leaves');
    size += 1;
    let completed: TileData[] | undefined;
    let hash = leafHash;
    for (let number = 0; ; number++) {
      const level = levelOf(levels, number);
      level.bytes.set(hash, level.width * HASH_BYTES);
      level.width += 1;
      if (level.width < TILE_WIDTH) return completed ?? NONE;
      completed ??= [];
      const index = hashesAtLevel(number, size) / TILE_WIDTH - 1;
      completed.push({ tile: { level: number, index, width: TILE_WIDTH }, bytes: level.bytes.slice() });
      hash = rootOfHashes(level.bytes, 0, TILE_WIDTH);
      level.width = 0;
    }
  }

  function root(): Uint8Array {
    const subtreeRoots = levels.map(rootsOfLevel).reverse().flat();
    return foldRight(subtreeRoots);
  }

  function partialTiles(): readonly TileData[] {
    return partialTileIds(size).map((tile) => ({
      tile,
      bytes: levelOf(levels, tile.level).bytes.slice(0, tile.width * HASH_BYTES),
    }));
  }

  return { size: () => size, root, append, partialTiles };
}

function levelOf(levels: Level[], number: number): Level {
  for (let next = levels.length; next <= number; next++)
    levels.push({ bytes: new Uint8Array(TILE_BYTES), width: 0 });
  return levels[number] as Level;
}

/** The full subtrees that a partial tile's width is made of, largest first. */
function rootsOfLevel({ bytes, width }: Level): Uint8Array[] {
  const roots: Uint8Array[] = [];
  let first = 0;
  for (let size = TILE_WIDTH / 2; size >= 1; size /= 2) {
    if (width - first < size) continue;
    roots.push(rootOfHashes(bytes, first, size));
    first += size;
  }
  return roots;
}
