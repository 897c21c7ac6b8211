// How a reader learns that the keys of the logs change: an announcement, signed by a key of each log that the reader
// trusts already. Announcements are numbered and stay published, so that one who missed some takes them in their order
// and nobody can play an old one again. They name keys and nothing else: who has to cosign, an operator cannot change
// behind a device's back.
import { utf8ToBytes } from '../bytes.ts';
import { LOG_KEYS_BYTES_MAX } from '../limits.ts';
import { assert, err, ok, type Result } from '../result.ts';
import { integer, list, parseJson, record, type Shaped, text } from '../shape.ts';
import { isSameKey, type NoteSigner, openNote, parseNote, signNote } from './note.ts';
import { encodeVerifierKey, parseVerifierKey, SIGNATURE_KEY, type VerifierKey } from './note-key.ts';
import { type LogTrust, type Trust, type TrustText, vkeysOf, withLogKeys } from './trust.ts';

/** No checkpoint begins like this, so that neither can pass for the other. */
const HEADER = 'packtrail/v1/log-keys';

const LOG_KEYS_MAX = 8;
const vkeys = list(text(300, /^[^\s]+$/, 1), LOG_KEYS_MAX);
export const logKeysShape = record({ number: integer(1), ledger: vkeys, snapshot: vkeys });
/** Verifier keys of both logs, oldest first. */
export type LogKeys = Shaped<typeof logKeysShape>;

/** `signers`: all keys that sign either log. */
export function announceLogKeys(keys: LogKeys, signers: readonly NoteSigner[]): string {
  const shaped = logKeysShape(keys, 'keys');
  assert(shaped.ok, 'keys of two logs');
  const note = signNote(`${HEADER}\n${JSON.stringify(shaped.value)}\n`, signers);
  assert(note.ok, 'signed by at least one key');
  return note.value;
}

export type Succession = {
  readonly trust: TrustText;
  /** Keys that no longer sign. */
  readonly retired: readonly string[];
};

/** What a reader trusts once it has heard the announcement that follows what it trusts now. */
export function openLogKeys(
  note: string,
  trust: Trust,
): Result<Succession, 'malformed' | 'bad-signature' | 'unknown-key'> {
  const { ledger, snapshot } = trust;
  if (note.length > LOG_KEYS_BYTES_MAX) return err('malformed', `an announcement of ${note.length}`);
  const opened = openNote(utf8ToBytes(note), [...ledger.full.logKeys, ...snapshot.full.logKeys]);
  if (!opened.ok)
    return opened.error === 'malformed' || opened.error === 'bad-signature'
      ? err(opened.error)
      : err('unknown-key', opened.detail);
  const isSignedFor = (log: LogTrust) => opened.value.verified.some(({ name }) => name === log.full.origin);
  if (!isSignedFor(ledger) || !isSignedFor(snapshot)) return err('unknown-key', 'not signed for both logs');
  const keys = parseText(opened.value.text);
  if (!keys.ok) return keys;
  if (keys.value.number !== trust.number + 1)
    return err('malformed', `announcement ${keys.value.number} after ${trust.number}`);
  if (!areKeysOf(ledger, keys.value.ledger) || !areKeysOf(snapshot, keys.value.snapshot))
    return err('malformed', 'keys of other logs');
  const named = [...keys.value.ledger, ...keys.value.snapshot];
  return ok({
    trust: {
      number: keys.value.number,
      ledger: withLogKeys(ledger.policy, keys.value.ledger),
      snapshot: withLogKeys(snapshot.policy, keys.value.snapshot),
    },
    retired: [...vkeysOf(ledger), ...vkeysOf(snapshot)].filter((vkey) => !named.includes(vkey)),
  });
}

function areKeysOf({ full }: LogTrust, named: readonly string[]): boolean {
  const areKeys = named.every((vkey) => {
    const key = parseVerifierKey(vkey);
    const isOfLog = key.ok && key.value.name === full.origin && key.value.type === SIGNATURE_KEY;
    return isOfLog && encodeVerifierKey(key.value) === vkey;
  });
  return areKeys && named.length > 0 && new Set(named).size === named.length;
}

/** By itself: signed by every key that it names. That says nothing about whether to trust any of them. */
export function openSelfSigned(note: string): Result<LogKeys, 'malformed' | 'bad-signature'> {
  const parsed = parseNote(utf8ToBytes(note));
  if (!parsed.ok) return parsed;
  const keys = parseText(parsed.value.text);
  if (!keys.ok) return keys;
  const verifiers: VerifierKey[] = [];
  for (const vkey of [...keys.value.ledger, ...keys.value.snapshot]) {
    const key = parseVerifierKey(vkey);
    if (!key.ok) return key;
    verifiers.push(key.value);
  }
  const opened = openNote(utf8ToBytes(note), verifiers);
  if (!opened.ok) return err('bad-signature', opened.detail);
  const hasSigned = (key: VerifierKey) => opened.value.verified.some((line) => isSameKey(line, key));
  return verifiers.every(hasSigned) ? keys : err('bad-signature', 'not signed by all keys');
}

function parseText(text: string): Result<LogKeys, 'malformed'> {
  const [header, json = '', ...rest] = text.split('\n');
  const keys = parseJson(json, logKeysShape);
  return header === HEADER && rest.length === 1 && keys.ok
    ? keys
    : err('malformed', 'not an announcement of keys');
}
