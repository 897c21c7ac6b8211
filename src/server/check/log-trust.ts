// Whose checkpoints to believe, as said on the command line: verifier keys, or a policy file with witnesses and a
// quorum.
import { readFileSync } from 'node:fs';
import {
  type CheckpointError,
  type CheckpointTrust,
  openCheckpoint,
  parseCheckpoint,
  type VerifiedCheckpoint,
} from '../../domain/ledger/checkpoint.ts';
import { parseNote } from '../../domain/ledger/note.ts';
import { parseVerifierKey } from '../../domain/ledger/note-key.ts';
import { type Policy, parsePolicy, trustUnderPolicy } from '../../domain/ledger/policy.ts';
import { NO_QUORUM } from '../../domain/ledger/quorum.ts';
import { err, ok, type Result } from '../../domain/result.ts';

/** Undefined: nobody is trusted yet. `detail` is for the person at the terminal. */
export function readTrust(
  vkeys: readonly string[],
  policyFile: string | undefined,
): Result<Policy | undefined, 'usage'> {
  if (vkeys.length === 0 && policyFile === undefined) return ok(undefined);
  const policy = policyFile === undefined ? ok(undefined) : readPolicy(policyFile);
  if (!policy.ok) return policy;
  const logs = [...(policy.value?.logs ?? [])];
  for (const vkey of vkeys) {
    const key = parseVerifierKey(vkey);
    if (!key.ok) return err('usage', `${vkey} is not a verifier key: ${key.detail}.`);
    logs.push({ key: key.value, url: undefined });
  }
  const { witnesses, quorum } = policy.value ?? { witnesses: [], quorum: NO_QUORUM };
  return ok({ logs, witnesses, quorum });
}

/** C2SP tlog-policy. `detail` names the file and the line. */
export function readPolicy(file: string): Result<Policy, 'usage'> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch {
    return err('usage', `${file} cannot be read.`);
  }
  const policy = parsePolicy(bytes);
  return policy.ok ? policy : err('usage', `${file}: ${policy.detail}.`);
}

/** Opens the checkpoint of whichever trusted log it says that it is of. */
export function openUnder(
  note: Uint8Array,
  policy: Policy,
): Result<VerifiedCheckpoint, CheckpointError | 'unknown-log'> {
  const trust = trustFor(note, policy);
  return trust.ok ? openCheckpoint(note, trust.value) : trust;
}

/** Trust in the log that a note claims to be of. */
export function trustFor(
  note: Uint8Array,
  policy: Policy,
): Result<CheckpointTrust, 'malformed' | 'unknown-log'> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const claimed = parseCheckpoint(parsed.value.text);
  return claimed.ok ? trustUnderPolicy(policy, claimed.value.origin) : claimed;
}

const WORDS: Readonly<Record<CheckpointError | 'unknown-log', string>> = {
  malformed: 'it is not a signed checkpoint',
  'bad-signature': 'a signature does not fit its text',
  'no-known-key': 'no key that you trust has signed it',
  'ambiguous-key': 'two of the trusted keys share one name and id',
  'not-signed-by-log': 'witnesses have signed it, the log has not',
  'wrong-origin': 'it is of another log than its key',
  'quorum-missed': 'too few witnesses of the policy have cosigned it',
  'unknown-log': 'it is of a log that you do not trust',
};

export function checkpointWords(error: CheckpointError | 'unknown-log', detail: string): string {
  return detail === error ? WORDS[error] : `${WORDS[error]} (${detail})`;
}
