// From what the server offers to a snapshot that may be adopted: its manifest stands in the snapshot log under a
// checkpoint that the policy accepts, both logs continue what this device has seen, the ledger's witnesses have seen
// what the snapshot was folded from, and nobody has withdrawn it.
import { utf8ToBytes } from '../domain/bytes.ts';
import type { VerifiedCheckpoint } from '../domain/ledger/checkpoint.ts';
import { parseProofFile } from '../domain/ledger/proof-file.ts';
import { meetsQuorum } from '../domain/ledger/quorum.ts';
import { err, type Result } from '../domain/result.ts';
import { openSnapshot, type VerifiedSnapshot } from '../domain/snapshot/open.ts';
import type { LogFollower } from './checkpoint-follower.ts';
import type { LatestSnapshot, Ports } from './ports.ts';
import { createSnapshotWithdrawals, type SnapshotWithdrawals } from './snapshot-withdrawals.ts';
import type { SyncFailure } from './sync-model.ts';
import type { TrustKeeper } from './trust-keeper.ts';

export type SnapshotOpening = Pick<SnapshotWithdrawals, 'isVoided'> & {
  /** What the server offers, proven. Throws LedgerError and StoreError. */
  open(offered: LatestSnapshot): Promise<Result<VerifiedSnapshot, SyncFailure>>;
  /** Why there is no newer snapshot than this one: the log's newest checkpoint lacks its auditors, or nothing new. */
  whyNoNewer(snapshot: VerifiedSnapshot): SyncFailure;
};

export function createSnapshotOpening(
  ledger: Pick<Ports['ledger'], 'tile'>,
  trust: TrustKeeper,
  follower: LogFollower,
): SnapshotOpening {
  const withdrawals = createSnapshotWithdrawals(ledger, follower);

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
    const file = parseProofFile(utf8ToBytes(proof));
    if (!file.ok) return file;
    // Learns keys where other ones have signed, so that a retired one vouches for nothing new.
    const checkpoint = await follower.openNote('snapshot', file.value.checkpoint);
    if (!checkpoint.ok) return checkpoint;
    let opened = openSnapshot(manifest, proof, trust.current());
    if (!opened.ok && opened.error === 'unknown-key') {
      const learned = await trust.learnKeys();
      if (learned.ok && learned.value) opened = openSnapshot(manifest, proof, trust.current());
    }
    if (opened.ok) {
      follower.forgetMissing('snapshot');
      return opened;
    }
    if (opened.error === 'quorum-missed') return follower.tellMissing('snapshot', checkpoint.value);
    return err(opened.error, opened.detail);
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

  function whyNoNewer({ snapshotCheckpoint }: VerifiedSnapshot): SyncFailure {
    const newest = withdrawals.newest();
    if (!newest || newest.size <= snapshotCheckpoint.size || follower.isAccepted('snapshot', newest))
      return 'stale';
    return follower.tellMissing('snapshot', newest).error;
  }

  return { open, isVoided: withdrawals.isVoided, whyNoNewer };
}
