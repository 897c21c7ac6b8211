// Proofs from the log's public tiles: fetches the tiles that a plan names and checks what they prove. Tiles are
// believed for nothing but that; a wrong one makes a proof fail.
import { checkInclusion } from '../domain/ledger/merkle.ts';
import { TILE_WIDTH, type TileId, tilePath } from '../domain/ledger/tile.ts';
import { planInclusion, proveInclusion, type TileReader } from '../domain/ledger/tile-proof.ts';
import { assert, err, ok, type Result } from '../domain/result.ts';
import { type LedgerClient, LedgerError, type LogName } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';

/** Three tiles on each of seven levels are the most that a proof in a tree below 2^53 leaves reads. */
const PLAN_TILES_MAX = 64;

/** 256 tiles of 8 KiB are 2 MiB; the proofs of a day's events share most of theirs. */
const KEPT_TILES_MAX = 256;

/** Remembers what it fetched for as long as it lives: one round of proofs, since a next log may hold other tiles. */
export type TileSource = {
  load(tiles: readonly TileId[]): Promise<TileReader>;
  /** A tile that was fetched lately. */
  held(tile: TileId): Uint8Array | undefined;
};

/** Throws LedgerError. */
export function createTileSource(ledger: Pick<LedgerClient, 'tile'>, log: LogName): TileSource {
  const kept = new Map<string, Uint8Array>();

  async function fetchTile(tile: TileId): Promise<Uint8Array> {
    const path = tilePath(tile);
    try {
      return await ledger.tile(log, path);
    } catch (error) {
      // C2SP tlog-tiles: a partial tile may be deleted once the full one exists.
      const mayBeFull = tile.width < TILE_WIDTH && error instanceof LedgerError && error.code === 'refused';
      if (!mayBeFull) throw error;
      return ledger.tile(log, tilePath({ ...tile, width: TILE_WIDTH }));
    }
  }

  async function load(tiles: readonly TileId[]): Promise<TileReader> {
    assert(tiles.length <= PLAN_TILES_MAX, 'a plan is as short as the tree is high');
    const loaded = new Map<string, Uint8Array>();
    await Promise.all(
      tiles.map(async (tile) => {
        const path = tilePath(tile);
        const bytes = kept.get(path) ?? (await fetchTile(tile));
        loaded.set(path, bytes);
        kept.delete(path);
        kept.set(path, bytes);
      }),
    );
    for (const path of kept.keys()) {
      if (kept.size <= KEPT_TILES_MAX) break;
      kept.delete(path);
    }
    return (tile) => loaded.get(tilePath(tile));
  }

  return { load, held: (tile) => kept.get(tilePath(tile)) };
}

/** Whether this leaf stands at this index of the tree. Throws LedgerError. */
export async function proveLeaf(
  tiles: TileSource,
  tree: { readonly size: number; readonly root: Uint8Array },
  leafIndex: number,
  leafHash: Uint8Array,
): Promise<Result<undefined, SyncFailure>> {
  const read = await tiles.load(planInclusion(leafIndex, tree.size));
  const proof = proveInclusion(leafIndex, tree.size, read);
  if (!proof.ok) return err(proof.error === 'malformed' ? 'malformed' : 'bad-proof', proof.detail);
  const claim = { leafIndex, treeSize: tree.size, leafHash, root: tree.root, proof: proof.value };
  const included = checkInclusion(claim);
  return included.ok ? ok(undefined) : included;
}
