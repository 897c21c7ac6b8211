// Who cosigns the two logs, as the operator's policy files say: whom a log asks, what they remember of it, and what
// devices are told to demand.
import type { LogKeys } from '../../domain/ledger/log-keys.ts';
import { verifierOf } from '../../domain/ledger/note-key.ts';
import type { Policy } from '../../domain/ledger/policy.ts';
import { bothQuorums, NO_QUORUM } from '../../domain/ledger/quorum.ts';
import { makeTrust, type TrustText } from '../../domain/ledger/trust.ts';
import { WITNESS_TIMEOUT_MS, type Witnessing } from './cosigning.ts';
import type { SignerKeys } from './keys.ts';
import type { PublisherParts } from './publisher.ts';
import type { SignedHead } from './recovery.ts';
import { LedgerRefusal } from './refusal.ts';

/** What witnesses remember of a log, where there are any: one that has seen more than we hold keeps us from starting. */
export async function witnessesOf(
  witnessing: Witnessing | undefined,
  policy: Policy | undefined,
  keys: SignerKeys,
  log: (event: Record<string, unknown>) => void,
): Promise<Pick<PublisherParts, 'witnesses' | 'witnessed' | 'quorum'>> {
  if (!witnessing || !policy) return {};
  const witnessed = await rememberedBy(witnessing, policy, keys, log);
  return { witnesses: policy.witnesses.map(({ key }) => key), quorum: policy.quorum, witnessed };
}

/** Checkpoints under the log's own signatures, by which a log that forgot can tell. */
export async function rememberedBy(
  { lastWitnessed }: Witnessing,
  policy: Policy,
  keys: SignerKeys,
  log: (event: Record<string, unknown>) => void,
): Promise<readonly SignedHead[]> {
  const origin = keys[0].name;
  const trust = { origin, logKeys: keys.map(verifierOf), witnesses: [], quorum: NO_QUORUM };
  const answers = await lastWitnessed(policy, trust, WITNESS_TIMEOUT_MS);
  return answers.flatMap((answer) => {
    if (answer.kind === 'checkpoint') return [answer.checkpoint];
    // A witness that is down keeps nobody from starting.
    if (answer.kind === 'failed')
      log({ event: 'witness-silent', witness: answer.witness.name, log: origin, why: answer.why });
    return [];
  });
}

/** The snapshot log's cosigners: the witnesses and, beside them, the auditors. */
export function withAuditors({ policy, auditors }: Witnessing): Policy {
  if (!auditors) return policy;
  const witnesses = [...policy.witnesses, ...auditors.witnesses];
  return { ...policy, witnesses, quorum: bothQuorums(policy.quorum, auditors.quorum) };
}

export function trustOf(
  { number, ledger, snapshot }: LogKeys,
  witnessing: Witnessing | undefined,
): TrustText {
  const cosigners = { witnesses: witnessing?.policy, auditors: witnessing?.auditors };
  const trust = makeTrust({ number, ledgerKeys: ledger, snapshotKeys: snapshot, ...cosigners });
  if (!trust.ok)
    throw new LedgerRefusal('damaged', `What devices are to trust makes no policy: ${trust.detail}.`);
  return trust.value;
}
