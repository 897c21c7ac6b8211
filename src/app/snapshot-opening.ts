// From what the server offers to a snapshot that may be adopted: its manifest stands in the snapshot log under a
// checkpoint that the policy accepts, both logs continue what this device has seen, the ledger's witnesses have seen
// what the snapshot was folded from, and nobody has withdrawn it. A withdrawal is a void leaf, which a device can name
// before it has seen it; so it looks for its hash in the log's own tiles and needs to be told by nobody.
import { equalBytes, utf8ToBytes } from '../domain/bytes.ts';
import type { VerifiedCheckpoint } from '../domain/ledger/checkpoint.ts';
import { HASH_BYTES, leafHash } from '../domain/ledger/merkle.ts';
import { parseProofFile } from '../domain/ledger/proof-file.ts';
import { meetsQuorum } from '../domain/ledger/quorum.ts';
import { TILE_WIDTH, tileInTree } from '../domain/ledger/tile.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { encodeSnapshotLeaf } from '../domain/snapshot/manifest.ts';
import { openSnapshot, type VerifiedSnapshot } from '../domain/snapshot/open.ts';
import type { LogFollower } from './checkpoint-follower.ts';
import { createTileSource, proveLeaf } from './log-tiles.ts';
import type { LatestSnapshot, Ports } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';
import type { TrustKeeper } from './trust-keeper.ts';

export type SnapshotOpening = {
  /** What the server offers, proven. Throws LedgerError and StoreError. */
  open(offered: LatestSnapshot): Promise<Result<VerifiedSnapshot, SyncFailure>>;
  /** Whether a snapshot is withdrawn as the snapshot log stands now. Throws LedgerError and StoreError. */
  isVoided(snapshot: VerifiedSnapshot): Promise<Result<boolean, SyncFailure>>;
  /** Why there is no newer snapshot than this one: the log's newest checkpoint lacks its auditors, or nothing new. */
  whyNoNewer(snapshot: VerifiedSnapshot): SyncFailure;
};

/** Two manifests a minute fill a tile in two hours; a device looks through four weeks in one go. */
const TILES_MAX = 336;

export function createSnapshotOpening(
  ledger: Pick<Ports['ledger'], 'tile'>,
  trust: TrustKeeper,
  follower: LogFollower,
): SnapshotOpening {
  /** By snapshot: how far the log has been looked through. */
  let looked: { readonly id: string; readonly size: number; readonly isVoided: boolean } | undefined;
  let newest: VerifiedCheckpoint | undefined;

  async function open(offered: LatestSnapshot): Promise<Result<VerifiedSnapshot, SyncFailure>> {
    const opened = await openOffered(offered);
    if (!opened.ok) return opened;
    const isOneLog = await follower.reconcile('snapshot', opened.value.snapshotCheckpoint);
    if (!isOneLog.ok) return isOneLog;
    const isWitnessed = await checkWitnessed(opened.value.ledgerCheckpoint);
    return isWitnessed.ok ? opened : isWitnessed;
  }

  async function openOffered({
    manifest,
    proof,
  }: LatestSnapshot): Promise<Result<VerifiedSnapshot, SyncFailure>> {
    let opened = openSnapshot(manifest, proof, trust.current());
    if (!opened.ok && opened.error === 'unknown-key') {
      const learned = await trust.learnKeys();
      if (learned.ok && learned.value) opened = openSnapshot(manifest, proof, trust.current());
    }
    if (opened.ok) {
      follower.forgetMissing('snapshot');
      return opened;
    }
    if (opened.error !== 'quorum-missed') return err(opened.error, opened.detail);
    const file = parseProofFile(utf8ToBytes(proof));
    const lacking = file.ok ? await follower.openNote('snapshot', file.value.checkpoint) : file;
    return lacking.ok ? follower.tellMissing('snapshot', lacking.value) : lacking;
  }

  // The checkpoint in a manifest is as old as the snapshot, and was signed before witnesses could see it. It counts as
  // seen by them where a checkpoint that they have cosigned continues it.
  async function checkWitnessed(folded: VerifiedCheckpoint): Promise<Result<undefined, SyncFailure>> {
    if (!meetsQuorum(trust.current().ledger.full.quorum, folded.cosigners)) {
      const followed = await follower.followLog('ledger');
      if (!followed.ok) return followed;
      if (followed.value.size < folded.size) return follower.tellMissing('ledger', folded);
    }
    return follower.reconcile('ledger', folded);
  }

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

  function whyNoNewer({ snapshotCheckpoint }: VerifiedSnapshot): SyncFailure {
    if (!newest || newest.size <= snapshotCheckpoint.size || follower.isAccepted('snapshot', newest))
      return 'stale';
    return follower.tellMissing('snapshot', newest).error;
  }

  return { open, isVoided, whyNoNewer };
}
