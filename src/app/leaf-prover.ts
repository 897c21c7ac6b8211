// Proves that leaves stand in a log. One inclusion proof inside a tile of the lowest level is computed from all the
// other hashes of that tile, so a proof that holds proves them all: the device's own events lie close together in the
// log, and each tile costs one proof instead of 256.
import { equalBytes } from '../domain/bytes.ts';
import { HASH_BYTES } from '../domain/ledger/merkle.ts';
import { TILE_WIDTH, tileInTree } from '../domain/ledger/tile.ts';
import { ok, type Result } from '../domain/result.ts';
import { proveLeaf, type TileSource } from './log-tiles.ts';
import type { SyncFailure } from './sync-model.ts';

/** For one tree. */
export type LeafProver = {
  /** Whether this leaf stands at this index. Throws LedgerError. */
  prove(leafIndex: number, leafHash: Uint8Array): Promise<Result<undefined, SyncFailure>>;
};

export function createLeafProver(
  tiles: TileSource,
  tree: { readonly size: number; readonly root: Uint8Array },
): LeafProver {
  /** By the tile's index: its bytes, every hash of which is proven. */
  const proven = new Map<number, Uint8Array>();

  return {
    async prove(leafIndex, leafHash) {
      const index = Math.floor(leafIndex / TILE_WIDTH);
      const at = (leafIndex % TILE_WIDTH) * HASH_BYTES;
      const known = proven.get(index)?.subarray(at, at + HASH_BYTES);
      if (known && leafIndex < tree.size && equalBytes(known, leafHash)) return ok(undefined);
      const tile = tileInTree(0, index, tree.size);
      const result = await proveLeaf(tiles, tree, leafIndex, leafHash);
      // The leaf's own hash is not read from the tile, so it has to be the proven one there too.
      const bytes = tile && result.ok ? tiles.held(tile) : undefined;
      if (bytes && equalBytes(bytes.subarray(at, at + HASH_BYTES), leafHash)) proven.set(index, bytes);
      return result;
    },
  };
}
