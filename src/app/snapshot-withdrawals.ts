// Whether a snapshot has been withdrawn. A withdrawal is a void leaf in the snapshot log, which a device can name before
// it has seen it; so it looks for its hash in the log's own tiles and needs to be told by nobody.
import { equalBytes } from '../domain/bytes.ts';
import type { VerifiedCheckpoint } from '../domain/ledger/checkpoint.ts';
import { HASH_BYTES, leafHash } from '../domain/ledger/merkle.ts';
import { TILE_WIDTH, tileInTree } from '../domain/ledger/tile.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { encodeSnapshotLeaf } from '../domain/snapshot/manifest.ts';
import type { VerifiedSnapshot } from '../domain/snapshot/open.ts';
import type { LogFollower } from './checkpoint-follower.ts';
import { createTileSource, proveLeaf, type TileSource } from './log-tiles.ts';
import type { Ports } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';

export type SnapshotWithdrawals = {
  /**
   * Whether a snapshot is withdrawn as the snapshot log stands now; `stale` while the log goes on so far beyond it that
   * it is not known yet: the next call looks on. Throws LedgerError and StoreError.
   */
  isVoided(snapshot: Placed): Promise<Result<boolean, SyncFailure>>;
  /** The newest checkpoint of the snapshot log that was looked at, by the log's own signature. */
  newest(): VerifiedCheckpoint | undefined;
};

type Placed = Pick<VerifiedSnapshot, 'id' | 'leafIndex'>;

type Looked = { readonly size: number; readonly isVoided: boolean };

/** Two manifests a minute fill a tile in two hours; a device looks through four weeks in one go. */
const TILES_MAX = 336;

/** The one in use and the one that is offered. */
const LOOKED_MAX = 2;

export function createSnapshotWithdrawals(
  ledger: Pick<Ports['ledger'], 'tile'>,
  follower: Pick<LogFollower, 'newest'>,
): SnapshotWithdrawals {
  /** By snapshot, the one last asked about at the end: how far the log has been looked through. */
  const looked = new Map<string, Looked>();
  let newest: VerifiedCheckpoint | undefined;

  function keep(id: string, each: Looked): void {
    looked.delete(id);
    looked.set(id, each);
    for (const oldest of looked.keys()) if (looked.size > LOOKED_MAX) looked.delete(oldest);
  }

  async function isVoided({ id, leafIndex }: Placed): Promise<Result<boolean, SyncFailure>> {
    const followed = await follower.newest('snapshot');
    if (!followed.ok) return followed;
    newest = followed.value;
    const known = looked.get(id) ?? { size: leafIndex + 1, isVoided: false };
    if (known.isVoided) return ok(true);
    const size = Math.min(newest.size, known.size + TILES_MAX * TILE_WIDTH);
    const found = await findVoid(leafIndex, known.size, size, newest);
    if (!found.ok) return found;
    keep(id, { size: Math.max(known.size, size), isVoided: found.value });
    return found.value || size >= newest.size ? found : err('stale', `looked at ${size} of ${newest.size}`);
  }

  /** Whether the void leaf stands from one place up to another. */
  async function findVoid(
    leafIndex: number,
    from: number,
    to: number,
    tree: VerifiedCheckpoint,
  ): Promise<Result<boolean, SyncFailure>> {
    const tiles = createTileSource(ledger, 'snapshot');
    const voided = leafHash(encodeSnapshotLeaf({ kind: 'void', index: leafIndex }));
    for (let at = from; at < to; at = (Math.floor(at / TILE_WIDTH) + 1) * TILE_WIDTH) {
      const index = Math.floor(at / TILE_WIDTH);
      const hashes = await proveTile(tiles, index, tree);
      if (!hashes.ok) return hashes;
      if (hashes.value.slice(at % TILE_WIDTH).some((hash) => equalBytes(hash, voided))) return ok(true);
    }
    return ok(false);
  }

  return { isVoided, newest: () => newest };
}

/** All leaves of a tile of the lowest level. */
async function proveTile(
  tiles: TileSource,
  index: number,
  tree: VerifiedCheckpoint,
): Promise<Result<readonly Uint8Array[], SyncFailure>> {
  const tile = tileInTree(0, index, tree.size);
  const bytes = tile && (await tiles.load([tile]))(tile);
  if (!tile || !bytes || bytes.length < tile.width * HASH_BYTES) return err('malformed', 'not a tile');
  const hashes = Array.from({ length: tile.width }, (_, i) =>
    bytes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );
  // The path of one leaf goes through all that stand in its tile: one proof shows that the tile is the log's.
  const last = tile.width - 1;
  const isOfLog = await proveLeaf(tiles, tree, index * TILE_WIDTH + last, hashes[last] as Uint8Array);
  return isOfLog.ok ? ok(hashes) : isOfLog;
}
