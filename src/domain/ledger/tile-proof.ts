// Proofs and roots computed from tiles, in two steps since domain code cannot fetch: a plan names the tiles that are
// needed, and the caller hands them back. The result is only as honest as the tiles; whoever receives it checks it
// (merkle.ts) against a root that a verified checkpoint signs.
import { err, ok, type Result } from '../result.ts';
import { foldRight, HASH_BYTES, isTreeSize, nodeHash } from './merkle.ts';
import { placeOfNode, TILE_BYTES, type TileId, tileInTree, tilePath } from './tile.ts';

/** Bytes of a planned tile. A full tile may stand in for a partial one that the log has deleted. */
export type TileReader = (tile: TileId) => Uint8Array | undefined;

export type TileProofError = 'out-of-range' | 'tile-missing' | 'malformed';

/** The tiles that `proveInclusion` reads; none where the index lies outside the tree. */
export function planInclusion(leafIndex: number, treeSize: number): readonly TileId[] {
  return tilesOfRanges(inclusionRanges(leafIndex, treeSize) ?? [], treeSize);
}

/** RFC 6962 s2.1.1, from the leaf's sibling up to the root's child. */
export function proveInclusion(
  leafIndex: number,
  treeSize: number,
  read: TileReader,
): Result<readonly Uint8Array[], TileProofError> {
  const ranges = inclusionRanges(leafIndex, treeSize);
  return ranges ? hashesOfRanges(ranges, treeSize, read) : err('out-of-range');
}

/** The tiles that `proveConsistency` reads, all as they stand in the new tree; none where no proof exists. */
export function planConsistency(oldSize: number, newSize: number): readonly TileId[] {
  return tilesOfRanges(consistencyRanges(oldSize, newSize) ?? [], newSize);
}

/** RFC 6962 s2.1.2; empty between equal sizes and from an empty tree. */
export function proveConsistency(
  oldSize: number,
  newSize: number,
  read: TileReader,
): Result<readonly Uint8Array[], TileProofError> {
  const ranges = consistencyRanges(oldSize, newSize);
  return ranges ? hashesOfRanges(ranges, newSize, read) : err('out-of-range');
}

/** The tiles that `rootFromTiles` reads: the right edge of the tree. */
export function planRoot(treeSize: number): readonly TileId[] {
  return tilesOfRanges(rootRanges(treeSize) ?? [], treeSize);
}

export function rootFromTiles(treeSize: number, read: TileReader): Result<Uint8Array, TileProofError> {
  const ranges = rootRanges(treeSize);
  if (!ranges) return err('out-of-range');
  const hashes = hashesOfRanges(ranges, treeSize, read);
  return hashes.ok ? ok(foldRight(hashes.value)) : hashes;
}

/** Leaves [start, end); `start` is a multiple of the largest power of two below the length or equal to it. */
type LeafRange = { readonly start: number; readonly end: number };

function inclusionRanges(leafIndex: number, treeSize: number): LeafRange[] | undefined {
  if (!isTreeSize(leafIndex) || !isTreeSize(treeSize) || leafIndex >= treeSize) return undefined;
  const ranges: LeafRange[] = [];
  let [start, end] = [0, treeSize];
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    const goLeft = leafIndex < middle;
    ranges.push(goLeft ? { start: middle, end } : { start, end: middle });
    if (goLeft) end = middle;
    else start = middle;
  }
  return ranges.reverse();
}

function consistencyRanges(oldSize: number, newSize: number): LeafRange[] | undefined {
  if (!isTreeSize(oldSize) || !isTreeSize(newSize) || oldSize > newSize) return undefined;
  if (oldSize === 0 || oldSize === newSize) return [];
  const ranges: LeafRange[] = [];
  let [start, end] = [0, newSize];
  while (end !== oldSize) {
    const middle = start + splitPoint(end - start);
    const goLeft = oldSize <= middle;
    ranges.push(goLeft ? { start: middle, end } : { start, end: middle });
    if (goLeft) end = middle;
    else start = middle;
  }
  // The old tree's last full subtree comes first, unless it is the whole old tree, whose root the reader holds.
  if (start > 0) ranges.push({ start, end });
  return ranges.reverse();
}

/** The full subtrees of the tree, largest first. */
function rootRanges(treeSize: number): LeafRange[] | undefined {
  if (!isTreeSize(treeSize)) return undefined;
  return treeSize === 0 ? [] : fullSubtrees({ start: 0, end: treeSize });
}

/** RFC 6962 s2.1: the largest power of two smaller than the size. */
function splitPoint(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

function fullSubtrees({ start, end }: LeafRange): LeafRange[] {
  const subtrees: LeafRange[] = [];
  let at = start;
  while (at < end) {
    let size = 1;
    while (size * 2 <= end - at) size *= 2;
    subtrees.push({ start: at, end: at + size });
    at += size;
  }
  return subtrees;
}

function placeOfSubtree({ start, end }: LeafRange) {
  const level = Math.log2(end - start);
  return placeOfNode(level, start / (end - start));
}

function tilesOfRanges(ranges: readonly LeafRange[], treeSize: number): readonly TileId[] {
  const tiles = new Map<string, TileId>();
  for (const subtree of ranges.flatMap(fullSubtrees)) {
    const { tileLevel, tileIndex } = placeOfSubtree(subtree);
    const tile = tileInTree(tileLevel, tileIndex, treeSize);
    if (tile) tiles.set(tilePath(tile), tile);
  }
  return [...tiles.values()];
}

function hashesOfRanges(
  ranges: readonly LeafRange[],
  treeSize: number,
  read: TileReader,
): Result<readonly Uint8Array[], TileProofError> {
  const hashes: Uint8Array[] = [];
  for (const range of ranges) {
    const roots: Uint8Array[] = [];
    for (const subtree of fullSubtrees(range)) {
      const root = subtreeRoot(subtree, treeSize, read);
      if (!root.ok) return root;
      roots.push(root.value);
    }
    hashes.push(foldRight(roots));
  }
  return ok(hashes);
}

function subtreeRoot(
  subtree: LeafRange,
  treeSize: number,
  read: TileReader,
): Result<Uint8Array, TileProofError> {
  const { tileLevel, tileIndex, nodeLevel, nodeIndex } = placeOfSubtree(subtree);
  const tile = tileInTree(tileLevel, tileIndex, treeSize);
  if (!tile) return err('out-of-range');
  const bytes = read(tile);
  if (!bytes) return err('tile-missing', tilePath(tile));
  if (!isTileOf(tile, bytes)) return err('malformed', `${tilePath(tile)} has ${bytes.length} bytes`);
  const width = 2 ** nodeLevel;
  return ok(rootOfHashes(bytes, nodeIndex * width, width));
}

export function isTileOf(tile: TileId, bytes: Uint8Array): boolean {
  return bytes.length === tile.width * HASH_BYTES || bytes.length === TILE_BYTES;
}

/** Root of a full subtree over `width` (a power of two) hashes that stand one after the other in a tile. */
export function rootOfHashes(bytes: Uint8Array, first: number, width: number): Uint8Array {
  if (width === 1) return bytes.slice(first * HASH_BYTES, (first + 1) * HASH_BYTES);
  const middle = width / 2;
  return nodeHash(rootOfHashes(bytes, first, middle), rootOfHashes(bytes, first + middle, middle));
}
