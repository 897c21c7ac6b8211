// Does the log show its witnesses what it shows us? Each witness's last checkpoint is signed by the log, so one that
// does not lie on the history that we follow is proof that the log keeps two.
import type { CheckpointTrust, VerifiedCheckpoint } from '../../domain/ledger/checkpoint.ts';
import { checkSuccessor, type StepRefusal } from '../../domain/ledger/follow.ts';
import { type Policy, trustUnderPolicy } from '../../domain/ledger/policy.ts';
import { NO_QUORUM } from '../../domain/ledger/quorum.ts';
import { fetchLastWitnessed } from '../witness/witness-client.ts';

export type SplitView = {
  readonly witness: string;
  /** Of the step from the witness's checkpoint to ours. */
  readonly refusal: StepRefusal;
};

const TIMEOUT_MS = 10_000;

/**
 * Those witnesses whose checkpoint does not lie on our history. One that is ahead says nothing: logs ask witnesses
 * before they publish. One that cannot be read says nothing either.
 */
export async function findSplitViews(
  policy: Policy,
  ours: VerifiedCheckpoint,
  readProof: (oldSize: number, newSize: number) => Promise<readonly Uint8Array[]>,
): Promise<readonly SplitView[]> {
  const trust = trustUnderPolicy(policy, ours.origin);
  const asked = { ...policy, witnesses: policy.witnesses.filter(({ url }) => url !== undefined) };
  if (!trust.ok || asked.witnesses.length === 0) return [];
  // What one witness holds need not have met the quorum.
  const byLog: CheckpointTrust = { ...trust.value, quorum: NO_QUORUM };
  const found: SplitView[] = [];
  for (const answer of await fetchLastWitnessed(asked, byLog, TIMEOUT_MS)) {
    if (answer.kind !== 'checkpoint' || answer.checkpoint.size > ours.size) continue;
    const theirs = answer.checkpoint;
    const step = checkSuccessor(theirs, ours, await readProof(theirs.size, ours.size));
    if (!step.ok) found.push({ witness: answer.witness.name, refusal: step });
  }
  return found;
}
