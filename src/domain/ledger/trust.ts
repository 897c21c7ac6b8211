// What a device trusts: the two logs' verifier keys that it was given at enrolment. The log's origin is its key's
// name. A quorum of witnesses and auditors joins the policy when there are some; today the log's own signature is
// enough, which the threat model says plainly.
import { ok, type Result } from '../result.ts';
import type { CheckpointTrust } from './checkpoint.ts';
import { parseVerifierKey } from './note-key.ts';
import { NO_QUORUM } from './quorum.ts';

export type Trust = { readonly ledgerKey: string; readonly snapshotKey: string };

/** Trust in the log that this verifier key (C2SP signed-note vkey) names. */
export function trustInLog(vkey: string): Result<CheckpointTrust, 'malformed'> {
  const key = parseVerifierKey(vkey);
  if (!key.ok) return key;
  return ok({ origin: key.value.name, logKeys: [key.value], witnesses: [], quorum: NO_QUORUM });
}
