// Checks a tlog-proof file with no network: is this entry in a log that I trust?
import { utf8ToBytes } from '../../domain/bytes.ts';
import type { CheckpointError } from '../../domain/ledger/checkpoint.ts';
import type { Policy } from '../../domain/ledger/policy.ts';
import { openProofFile, parseProofFile, type VerifiedInclusion } from '../../domain/ledger/proof-file.ts';
import type { Result } from '../../domain/result.ts';
import { trustFor } from './log-trust.ts';

export type ProofError = CheckpointError | 'unknown-log' | 'bad-proof';

/** The log is the one that the proof's checkpoint names, if the policy knows it. */
export function checkProofFile(
  bytes: Uint8Array,
  leafHash: Uint8Array,
  policy: Policy,
): Result<VerifiedInclusion, ProofError> {
  const file = parseProofFile(bytes);
  if (!file.ok) return file;
  const trust = trustFor(utf8ToBytes(file.value.checkpoint), policy);
  return trust.ok ? openProofFile(bytes, leafHash, trust.value) : trust;
}
