// What a device trusts, for each of the two logs: the keys that sign it (several while one replaces another), and which
// cosigners have to have seen a checkpoint before the device builds on it. It travels and is stored as two C2SP
// tlog-policies; the ledger's names its witnesses, the snapshot log's its witnesses and auditors.
import { utf8ToBytes } from '../bytes.ts';
import { err, ok, type Result } from '../result.ts';
import { integer, list, record, type Shaped, text } from '../shape.ts';
import type { CheckpointTrust } from './checkpoint.ts';
import { encodeVerifierKey, parseVerifierKey, SIGNATURE_KEY, type VerifierKey } from './note-key.ts';
import { encodePolicy, type Policy, parsePolicy } from './policy.ts';
import { bothQuorums, NO_QUORUM } from './quorum.ts';

/** Some hundred cosigners of a hundred characters each. */
export const TRUST_TEXT_MAX = 16_384;

export const trustTextShape = record({
  /** Counts the announcements of the logs' keys; 0: there has been none. */
  number: integer(0),
  ledger: text(TRUST_TEXT_MAX, undefined, 1),
  snapshot: text(TRUST_TEXT_MAX, undefined, 1),
});
export type TrustText = Shaped<typeof trustTextShape>;

/** Verifier keys that have signed either log and do no longer; two of each log a year would be many. */
export const RETIRED_KEYS_MAX = 256;
export const retiredKeysShape = list(text(300, undefined, 1), RETIRED_KEYS_MAX);

export type LogTrust = {
  readonly policy: Policy;
  /** What a checkpoint has to satisfy before anything is built on it. */
  readonly full: CheckpointTrust;
  /** The log's own signature alone: for what can only tighten, and for noticing a rewritten history. */
  readonly byLog: CheckpointTrust;
  /** As `full` and `byLog`, by retired keys too: for what the device took in while they were in use. */
  readonly kept: { readonly full: CheckpointTrust; readonly byLog: CheckpointTrust };
};

export type Trust = { readonly number: number; readonly ledger: LogTrust; readonly snapshot: LogTrust };

/** `retired`: verifier keys of either log that have signed it and do no longer. */
export function openTrust(
  { number, ledger, snapshot }: TrustText,
  retired: readonly string[] = [],
): Result<Trust, 'malformed'> {
  const former = retired.flatMap((vkey) => {
    const key = parseVerifierKey(vkey);
    return key.ok ? [key.value] : [];
  });
  const ledgerTrust = openLogTrust(ledger, former);
  if (!ledgerTrust.ok) return ledgerTrust;
  const snapshotTrust = openLogTrust(snapshot, former);
  return snapshotTrust.ok
    ? ok({ number, ledger: ledgerTrust.value, snapshot: snapshotTrust.value })
    : snapshotTrust;
}

function openLogTrust(policyText: string, former: readonly VerifierKey[]): Result<LogTrust, 'malformed'> {
  const policy = parsePolicy(utf8ToBytes(policyText));
  if (!policy.ok) return policy;
  const { logs, witnesses, quorum } = policy.value;
  const logKeys = logs.map(({ key }) => key);
  const origin = logKeys[0]?.name;
  if (origin === undefined || logKeys.some(({ name, type }) => name !== origin || type !== SIGNATURE_KEY))
    return err('malformed', 'not the keys of one log');
  const full = { origin, logKeys, witnesses: witnesses.map(({ key }) => key), quorum };
  const byLog = { ...full, quorum: NO_QUORUM };
  const everKeys = [...logKeys, ...former.filter(({ name }) => name === origin)];
  const kept = { full: { ...full, logKeys: everKeys }, byLog: { ...byLog, logKeys: everKeys } };
  return ok({ policy: policy.value, full, byLog, kept });
}

export type TrustParts = {
  readonly number: number;
  /** Verifier keys, oldest first. */
  readonly ledgerKeys: readonly string[];
  readonly snapshotKeys: readonly string[];
  /** Whose cosignatures both logs need. */
  readonly witnesses?: Policy | undefined;
  /** Whose cosignatures the snapshot log needs as well. */
  readonly auditors?: Policy | undefined;
};

/** What an operator has devices trust. `malformed`: a cosigner is named twice, or there are too many. */
export function makeTrust(parts: TrustParts): Result<TrustText, 'malformed'> {
  const { number, ledgerKeys, snapshotKeys, witnesses, auditors } = parts;
  const cosigners = [...(witnesses?.witnesses ?? []), ...(auditors?.witnesses ?? [])];
  const made = {
    number,
    ledger: policyText(ledgerKeys, witnesses?.witnesses ?? [], witnesses?.quorum ?? NO_QUORUM),
    snapshot: policyText(
      snapshotKeys,
      cosigners,
      bothQuorums(witnesses?.quorum ?? NO_QUORUM, auditors?.quorum ?? NO_QUORUM),
    ),
  };
  const shaped = trustTextShape(made, 'trust');
  const opened = shaped.ok ? openTrust(shaped.value) : shaped;
  return opened.ok ? ok(made) : opened;
}

/** Where cosigners listen is nobody's business but the log's, so devices are not told. */
function policyText(
  vkeys: readonly string[],
  witnesses: Policy['witnesses'],
  quorum: Policy['quorum'],
): string {
  return encodePolicy({
    logs: vkeys.flatMap(peerOf),
    witnesses: witnesses.map(({ key }) => ({ key, url: undefined })),
    quorum,
  });
}

/** The same demands under other log keys. */
export function withLogKeys(policy: Policy, vkeys: readonly string[]): string {
  return encodePolicy({ ...policy, logs: vkeys.flatMap(peerOf) });
}

export function vkeysOf({ policy }: LogTrust): readonly string[] {
  return policy.logs.map(({ key }) => encodeVerifierKey(key));
}

/**
 * For a device that enrols anew: the keys that have signed these logs before and do not now, so that what it took in
 * under them still counts. Undefined: they are other logs.
 */
export function keysBefore(
  { trust, retiredKeys }: { readonly trust: TrustText; readonly retiredKeys: readonly string[] },
  next: TrustText,
): readonly string[] | undefined {
  const [before, after] = [openTrust(trust), openTrust(next)];
  if (!before.ok || !after.ok) return undefined;
  const isSame = (log: 'ledger' | 'snapshot') =>
    before.value[log].full.origin === after.value[log].full.origin;
  if (!isSame('ledger') || !isSame('snapshot')) return undefined;
  const keysOf = ({ ledger, snapshot }: Trust) => [...vkeysOf(ledger), ...vkeysOf(snapshot)];
  const now = new Set(keysOf(after.value));
  const known = new Set([...retiredKeys, ...keysOf(before.value)]);
  return [...known].filter((vkey) => !now.has(vkey)).slice(-RETIRED_KEYS_MAX);
}

function peerOf(vkey: string): Policy['logs'] {
  const key = parseVerifierKey(vkey);
  return key.ok ? [{ key: key.value, url: undefined }] : [];
}
