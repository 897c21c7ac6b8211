// The one history of each log that this device has seen, kept durably: a checkpoint is taken in only when it is proven
// to continue the newest one, and two signed histories are kept as evidence.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import { utf8ToBytes } from '../domain/bytes.ts';
import {
  type CheckpointTrust,
  openCheckpoint,
  type VerifiedCheckpoint,
} from '../domain/ledger/checkpoint.ts';
import { checkSuccessor } from '../domain/ledger/follow.ts';
import { checkConsistency, HASH_BYTES } from '../domain/ledger/merkle.ts';
import { type TileId, tileInTree } from '../domain/ledger/tile.ts';
import { planConsistency, planRoot, proveConsistency, rootFromTiles } from '../domain/ledger/tile-proof.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { snapshotError } from '../domain/snapshot/open.ts';
import { createTileSource, type TileSource } from './log-tiles.ts';
import type { ForkEvidence, LogName, Ports } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';
import type { TrustKeeper } from './trust-keeper.ts';

export type Seen = { readonly note: string | undefined; readonly checkpoint: VerifiedCheckpoint | undefined };

/** Throws LedgerError and StoreError. */
export type LogHistory = {
  /** The newest that this device has taken in. */
  readSeen(log: LogName): Promise<Seen>;
  /** Takes it in if it continues what was seen; `raced`: another tab has taken in another one since. */
  accept(
    log: LogName,
    seen: Seen,
    next: VerifiedCheckpoint,
  ): Promise<Result<'accepted' | 'raced', SyncFailure>>;
  checkOneHistory(
    log: LogName,
    older: VerifiedCheckpoint | undefined,
    newer: VerifiedCheckpoint,
  ): Promise<Result<undefined, SyncFailure>>;
  readonly evidence: ReadonlySignal<readonly ForkEvidence[]>;
  loadEvidence(): Promise<void>;
};

export function createLogHistory(
  { ledger, checkpoints, clock }: Pick<Ports, 'ledger' | 'checkpoints' | 'clock'>,
  trust: TrustKeeper,
): LogHistory {
  const evidence = signal<readonly ForkEvidence[]>([]);

  // A stored note that no longer verifies (damaged, or of a ledger enrolled with before) is as good as none.
  async function readSeen(log: LogName): Promise<Seen> {
    const note = await checkpoints.latest(log);
    const opened = note === undefined ? undefined : openUnder(note, trust.current()[log].kept.byLog);
    return { note, checkpoint: opened?.ok ? opened.value : undefined };
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

  return { readSeen, accept, checkOneHistory, evidence, loadEvidence };
}

/** What each policy has accepted last: asked every minute, a quiet log answers the note that the device has stored. */
const accepted = new WeakMap<
  CheckpointTrust,
  { readonly note: string; readonly opened: VerifiedCheckpoint }
>();

export function openUnder(note: string, trust: CheckpointTrust): Result<VerifiedCheckpoint, SyncFailure> {
  const known = accepted.get(trust);
  if (known?.note === note) return ok(known.opened);
  const opened = openCheckpoint(utf8ToBytes(note), trust);
  if (opened.ok) accepted.set(trust, { note, opened: opened.value });
  if (opened.ok) return opened;
  const { error, detail } = snapshotError(opened.error, opened.detail);
  return err(error === 'quorum-missed' ? 'missing-witnesses' : error, detail);
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
