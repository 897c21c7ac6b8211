// Follows both logs: whatever checkpoint arrives, from the log, in a manifest or in an answer, must be signed and must
// agree with the newest one that this device has accepted. What was accepted is remembered durably, and two signed
// histories are kept as evidence.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import { utf8ToBytes } from '../domain/bytes.ts';
import { openCheckpoint, type VerifiedCheckpoint } from '../domain/ledger/checkpoint.ts';
import { checkSuccessor } from '../domain/ledger/follow.ts';
import { checkConsistency, HASH_BYTES } from '../domain/ledger/merkle.ts';
import { type TileId, tileInTree } from '../domain/ledger/tile.ts';
import { planConsistency, planRoot, proveConsistency, rootFromTiles } from '../domain/ledger/tile-proof.ts';
import { type Trust, trustInLog } from '../domain/ledger/trust.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { snapshotError } from '../domain/snapshot/open.ts';
import { guarded } from './failure.ts';
import { createTileSource, type TileSource } from './log-tiles.ts';
import type { ForkEvidence, LogName, Ports } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';

export type LogFollower = {
  /** The log's newest checkpoint, verified and accepted. Fails without throwing. */
  followLog(log: LogName): Promise<Result<VerifiedCheckpoint, SyncFailure>>;
  /** A checkpoint that came another way: accepted when newer, proven to lie in the same history when older. */
  reconcile(log: LogName, offered: VerifiedCheckpoint): Promise<Result<undefined, SyncFailure>>;
  /** Checks the signature alone. */
  openNote(log: LogName, note: string): Result<VerifiedCheckpoint, SyncFailure>;
  readonly evidence: ReadonlySignal<readonly ForkEvidence[]>;
  loadEvidence(): Promise<void>;
};

/** Other tabs may accept a checkpoint in between; each race means that one of them has moved on. */
const RACES_MAX = 8;

type Seen = { readonly note: string | undefined; readonly checkpoint: VerifiedCheckpoint | undefined };

export function createLogFollower(
  { ledger, checkpoints, clock }: Pick<Ports, 'ledger' | 'checkpoints' | 'clock'>,
  trust: Trust,
): LogFollower {
  const evidence = signal<readonly ForkEvidence[]>([]);

  function openNote(log: LogName, note: string): Result<VerifiedCheckpoint, SyncFailure> {
    const trusted = trustInLog(log === 'ledger' ? trust.ledgerKey : trust.snapshotKey);
    if (!trusted.ok) return trusted;
    const opened = openCheckpoint(utf8ToBytes(note), trusted.value);
    return opened.ok ? opened : snapshotError(opened.error, opened.detail);
  }

  // A stored note that no longer verifies (damaged, or of a ledger enrolled with before) is as good as none.
  async function readSeen(log: LogName): Promise<Seen> {
    const note = await checkpoints.latest(log);
    const opened = note === undefined ? undefined : openNote(log, note);
    return { note, checkpoint: opened?.ok ? opened.value : undefined };
  }

  function followLog(log: LogName): Promise<Result<VerifiedCheckpoint, SyncFailure>> {
    return guarded(async () => {
      for (let race = 0; race < RACES_MAX; race++) {
        // Read before asking, so that what another tab accepts meanwhile is a race and not a rollback.
        const seen = await readSeen(log);
        const offered = openNote(log, await ledger.checkpoint(log));
        if (!offered.ok) return offered;
        const accepted = await accept(log, seen, offered.value);
        if (!accepted.ok) return accepted;
        if (accepted.value === 'accepted') return offered;
      }
      return err('storage-failed', 'the stored checkpoint keeps changing');
    });
  }

  function reconcile(log: LogName, offered: VerifiedCheckpoint): Promise<Result<undefined, SyncFailure>> {
    return guarded(async () => {
      for (let race = 0; race < RACES_MAX; race++) {
        const seen = await readSeen(log);
        if (seen.checkpoint && offered.size < seen.checkpoint.size)
          return checkOneHistory(log, offered, seen.checkpoint);
        const accepted = await accept(log, seen, offered);
        if (!accepted.ok) return accepted;
        if (accepted.value === 'accepted') return ok(undefined);
      }
      return err('storage-failed', 'the stored checkpoint keeps changing');
    });
  }

  async function accept(
    log: LogName,
    seen: Seen,
    next: VerifiedCheckpoint,
  ): Promise<Result<'accepted' | 'raced', SyncFailure>> {
    const isOneHistory = await checkOneHistory(log, seen.checkpoint, next);
    if (!isOneHistory.ok) return isOneHistory;
    if (seen.checkpoint && seen.checkpoint.size === next.size) return ok('accepted');
    return ok((await checkpoints.replace(log, seen.note, next.note)) ? 'accepted' : 'raced');
  }

  async function checkOneHistory(
    log: LogName,
    older: VerifiedCheckpoint | undefined,
    newer: VerifiedCheckpoint,
  ): Promise<Result<undefined, SyncFailure>> {
    const tiles = createTileSource(ledger, log);
    const oldSize = older && older.size <= newer.size ? older.size : 0;
    const read = await tiles.load(planConsistency(oldSize, newer.size));
    const proof = proveConsistency(oldSize, newer.size, read);
    if (!proof.ok) return err(proof.error === 'malformed' ? 'malformed' : 'bad-proof', proof.detail);
    const step = checkSuccessor(older, newer, proof.value);
    if (step.ok) return ok(undefined);
    const isFork =
      step.error === 'forked' ||
      (step.error === 'bad-proof' && older && (await isOtherHistory(tiles, older, newer, proof.value)));
    if (!isFork) return err(step.error, step.detail);
    await keepEvidence({ log, seen: step.evidence[0], offered: step.evidence[1], foundMs: clock.nowMs() });
    return err('forked', step.detail);
  }

  async function keepEvidence(found: ForkEvidence): Promise<void> {
    await checkpoints.keepEvidence(found);
    await loadEvidence();
  }

  async function loadEvidence(): Promise<void> {
    evidence.value = await checkpoints.evidence();
  }

  return { followLog, reconcile, openNote, evidence, loadEvidence };
}

/**
 * A consistency proof fails when the history differs, but also when the tiles are wrong. Here the newer tree's own
 * tiles give the root that it had at the older size; when the same proof leads from that root to the signed one, the
 * tiles are the newer tree's and it is the history that differs.
 */
async function isOtherHistory(
  tiles: TileSource,
  older: VerifiedCheckpoint,
  newer: VerifiedCheckpoint,
  proof: readonly Uint8Array[],
): Promise<boolean> {
  const asNewer = (tile: TileId) => tileInTree(tile.level, tile.index, newer.size);
  const planned = planRoot(older.size).flatMap((tile) => asNewer(tile) ?? []);
  const read = await tiles.load(planned);
  const oldRoot = rootFromTiles(older.size, (tile) => {
    const wider = asNewer(tile);
    return wider && read(wider)?.subarray(0, tile.width * HASH_BYTES);
  });
  if (!oldRoot.ok) return false;
  const claim = { oldSize: older.size, oldRoot: oldRoot.value, newSize: newer.size, newRoot: newer.root };
  return checkConsistency({ ...claim, proof }).ok;
}
