// The policy files of an operator who has others cosign the logs: witnesses of both, auditors of the snapshots.
import { AUDITOR_SUFFIX, isAuditor } from '../domain/ledger/cosignature.ts';
import type { Policy } from '../domain/ledger/policy.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { readPolicy } from './check/log-trust.ts';

export type Cosigners = {
  readonly witnessPolicy: Policy | undefined;
  readonly auditorPolicy: Policy | undefined;
};

/** `detail` is for the person at the terminal. */
export function readCosigners(
  witnessFile: string | undefined,
  auditorFile: string | undefined,
): Result<Cosigners, 'usage'> {
  const witnesses = readFile('--witness-policy', witnessFile);
  if (!witnesses.ok) return witnesses;
  const auditors = readFile('--auditor-policy', auditorFile);
  if (!auditors.ok) return auditors;
  const auditor = keysOf(witnesses.value).find(isAuditor);
  if (auditor)
    return err('usage', `--witness-policy: ${auditor.name} is an auditor: name it in --auditor-policy.`);
  const witness = keysOf(auditors.value).find((key) => !isAuditor(key));
  if (witness) {
    const words = `${witness.name} is no auditor: its key is not named ...${AUDITOR_SUFFIX}.`;
    return err('usage', `--auditor-policy: ${words}`);
  }
  return ok({ witnessPolicy: witnesses.value, auditorPolicy: auditors.value });
}

function keysOf(policy: Policy | undefined) {
  return policy?.witnesses.map(({ key }) => key) ?? [];
}

function readFile(flag: string, file: string | undefined): Result<Policy | undefined, 'usage'> {
  if (file === undefined) return ok(undefined);
  const policy = readPolicy(file);
  if (!policy.ok) return err('usage', `${flag}: ${policy.detail}`);
  // One without an address may count for readers; here there is nobody to ask.
  return policy.value.witnesses.some(({ url }) => url !== undefined && URL.canParse(url))
    ? policy
    : err('usage', `${flag}: ${file} names no witness with an address.`);
}
