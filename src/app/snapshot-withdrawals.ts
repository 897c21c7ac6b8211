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
import { createTileSource, proveLeaf } from './log-tiles.ts';
import type { Ports } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';

export type SnapshotWithdrawals = {
  /** Whether a snapshot is withdrawn as the snapshot log stands now. Throws LedgerError and StoreError. */
  isVoided(snapshot: VerifiedSnapshot): Promise<Result<boolean, SyncFailure>>;
  /** The newest checkpoint of the snapshot log that was looked at, by the log's own signature. */
  newest(): VerifiedCheckpoint | undefined;
};

/** Two manifests a minute fill a tile in two hours; a device looks through four weeks in one go. */
const TILES_MAX = 336;

export function createSnapshotWithdrawals(
  ledger: Pick<Ports['ledger'], 'tile'>,
  follower: Pick<LogFollower, 'newest'>,
): SnapshotWithdrawals {
  /** By snapshot: how far the log has been looked through. */
  let looked: { readonly id: string; readonly size: number; readonly isVoided: boolean } | undefined;
  let newest: VerifiedCheckpoint | undefined;

  async function isVoided({ id, leafIndex }: VerifiedSnapshot): Promise<Result<boolean, SyncFailure>> {
    const followed = await follower.newest('snapshot');
    if (!followed.ok) return followed;
    newest = followed.value;
    const from = looked?.id === id ? looked.size : leafIndex + 1;
    if (looked?.id === id && looked.isVoided) return ok(true);
    const tiles = createTileSource(ledger, 'snapshot');
    const voided = leafHash(encodeSnapshotLeaf({ kind: 'void', index: leafIndex }));
    const last = Math.min(followed.value.size, from + TILES_MAX * TILE_WIDTH) - 1;
    for (let at = from; at <= last; at = (Math.floor(at / TILE_WIDTH) + 1) * TILE_WIDTH) {
      const index = Math.floor(at / TILE_WIDTH);
      const tile = tileInTree(0, index, followed.value.size);
      const bytes = tile && (await tiles.load([tile]))(tile);
      if (!tile || !bytes || bytes.length < tile.width * HASH_BYTES) return err('malformed', 'not a tile');
      const hashAt = (i: number) => bytes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES);
      // The path of one leaf goes through all that stand in its tile: one proof shows that the tile is the log's.
      const leaf = index * TILE_WIDTH + tile.width - 1;
      const isOfLog = await proveLeaf(tiles, followed.value, leaf, hashAt(tile.width - 1));
      if (!isOfLog.ok) return isOfLog;
      for (let i = at % TILE_WIDTH; i < tile.width; i++)
        if (equalBytes(hashAt(i), voided)) {
          looked = { id, size: followed.value.size, isVoided: true };
          return ok(true);
        }
    }
    looked = { id, size: last + 1, isVoided: false };
    return ok(false);
  }

  return { isVoided, newest: () => newest };
}
