// C2SP tlog-tiles: how the hashes of a tree are cut into immutable files of up to 256 hashes, and what those files
// are called. Sizes and indexes are safe integers (below 2^53).
import { assert, err, ok, type Result } from '../result.ts';
import { HASH_BYTES, isTreeSize } from './merkle.ts';

export const TILE_WIDTH = 256;
export const TILE_BYTES = TILE_WIDTH * HASH_BYTES;

/** `width` is 1..256 hashes; 256 is a full tile, anything less a partial one. */
export type TileId = { readonly level: number; readonly index: number; readonly width: number };

/** A bundle holds the entries whose hashes stand in the level 0 tile of the same index and width. */
export type BundleId = { readonly index: number; readonly width: number };

/** `tile/0/x001/x234/067.p/8` */
export function tilePath(tile: TileId): string {
  assert(isLevel(tile.level), `${tile.level} is a tile level`);
  return `tile/${tile.level}/${indexPath(tile)}`;
}

/** `tile/entries/x001/x234/067.p/8` */
export function bundlePath(bundle: BundleId): string {
  return `tile/entries/${indexPath(bundle)}`;
}

function indexPath({ index, width }: BundleId): string {
  assert(Number.isSafeInteger(index) && index >= 0, `${index} is a tile index`);
  assert(Number.isInteger(width) && width >= 1 && width <= TILE_WIDTH, `${width} is a tile width`);
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.replace(/\d{3}(?=\d)/g, 'x$&/');
  return width === TILE_WIDTH ? groups : `${groups}.p/${width}`;
}

export type TilePath = ({ readonly kind: 'tile' } & TileId) | ({ readonly kind: 'bundle' } & BundleId);

const PATH = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,6}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/**
 * Reads a path as it is requested. `out-of-range`: well formed, but of an index that no tree below 2^53 leaves has.
 * Each resource has one path only; any other spelling is malformed.
 */
export function parseTilePath(path: string): Result<TilePath, 'malformed' | 'out-of-range'> {
  const match = PATH.exec(path);
  const [, place, groups, partial] = match ?? [];
  if (place === undefined || groups === undefined) return err('malformed', 'not the path of a tile');
  const index = Number(groups.replace(/[x/]/g, ''));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  if (width > TILE_WIDTH || (partial !== undefined && width === TILE_WIDTH))
    return err('malformed', 'a partial tile is 1 to 255 wide');
  if (/^x000\//.test(groups)) return err('malformed', 'the index has leading zeros');
  const level = place === 'entries' ? undefined : Number(place);
  if (level !== undefined && (level > 63 || String(level) !== place))
    return err('malformed', 'a level is 0 to 63');
  if (!Number.isSafeInteger(index)) return err('out-of-range', 'the index passes 2^53');
  return ok(level === undefined ? { kind: 'bundle', index, width } : { kind: 'tile', level, index, width });
}

/** How many hashes the level holds in a tree: one for each full tile below. */
export function hashesAtLevel(level: number, treeSize: number): number {
  assert(isLevel(level) && isTreeSize(treeSize), `level ${level} of a tree of ${treeSize}`);
  return Math.floor(treeSize / TILE_WIDTH ** level);
}

/** The tile as it stands in a tree of that size: full, partial, or undefined where the tree does not reach it. */
export function tileInTree(level: number, index: number, treeSize: number): TileId | undefined {
  const width = Math.min(TILE_WIDTH, hashesAtLevel(level, treeSize) - index * TILE_WIDTH);
  return width > 0 && index >= 0 ? { level, index, width } : undefined;
}

/** The bundle that holds the entry, as it stands in a tree of that size. */
export function bundleOfEntry(entryIndex: number, treeSize: number): BundleId | undefined {
  const tile = tileInTree(0, Math.floor(entryIndex / TILE_WIDTH), treeSize);
  return tile && entryIndex >= 0 && entryIndex < treeSize
    ? { index: tile.index, width: tile.width }
    : undefined;
}

/** Where a full subtree of 2^level leaves stands: its tile, and its place in the small tree above that tile's hashes. */
export function placeOfNode(
  level: number,
  index: number,
): { tileLevel: number; tileIndex: number; nodeLevel: number; nodeIndex: number } {
  const tileLevel = Math.floor(level / 8);
  const nodeLevel = level % 8;
  const nodesPerTile = TILE_WIDTH / 2 ** nodeLevel;
  return {
    tileLevel,
    tileIndex: Math.floor(index / nodesPerTile),
    nodeLevel,
    nodeIndex: index % nodesPerTile,
  };
}

/** Every tile that a log publishes when it grows, lowest level first, the last of each level possibly partial. */
export function* tilesOfGrowth(oldSize: number, newSize: number): Generator<TileId> {
  assert(isTreeSize(oldSize) && isTreeSize(newSize) && oldSize <= newSize, `growth ${oldSize} to ${newSize}`);
  for (let level = 0; hashesAtLevel(level, newSize) > 0; level++) {
    const had = hashesAtLevel(level, oldSize);
    const has = hashesAtLevel(level, newSize);
    if (had === has) continue;
    for (let index = Math.floor(had / TILE_WIDTH); index * TILE_WIDTH < has; index++)
      yield { level, index, width: Math.min(TILE_WIDTH, has - index * TILE_WIDTH) };
  }
}

/** Every entry bundle that a log publishes when it grows; the same files in which a reader finds the new entries. */
export function* bundlesOfGrowth(oldSize: number, newSize: number): Generator<BundleId> {
  for (const { level, index, width } of tilesOfGrowth(oldSize, newSize)) {
    if (level > 0) return;
    yield { index, width };
  }
}

function isLevel(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 63;
}
