// The announcements of changed keys beside a ledger: each must be signed by all of the keys that it names, and by one
// of each log that the one before it named, or readers could not follow the change. The last names those that sign now.
import { type LogKeys, openSelfSigned } from '../../domain/ledger/log-keys.ts';
import { signerIdsOf } from '../../domain/ledger/note.ts';
import { encodeVerifierKey } from '../../domain/ledger/note-key.ts';
import type { Policy } from '../../domain/ledger/policy.ts';
import { LOG_KEYS_BYTES_MAX } from '../../domain/limits.ts';
import type { Fault } from './log-check.ts';
import type { LogSource } from './log-source.ts';

/** Changes of keys in the life of a log. */
const ANNOUNCEMENTS_MAX = 1_000;

/** The ledger as it is now: by itself announcements say nothing about which keys are its. */
export type SignedLog = {
  /** Its checkpoint's bytes. */
  readonly checkpoint: Uint8Array;
  readonly origin: string;
  /** Whom the reader trusts; undefined: nobody yet. */
  readonly policy: Policy | undefined;
};

/** Throws SourceError. */
export async function checkAnnouncements(source: LogSource, log: SignedLog): Promise<Fault | undefined> {
  let before: LogKeys | undefined;
  for (let number = 1; number <= ANNOUNCEMENTS_MAX; number++) {
    const path = `keys/${number}`;
    const bytes = await source.read(path, LOG_KEYS_BYTES_MAX);
    if (!bytes) return before && checkLast(before, log);
    const opened = openSelfSigned(Buffer.from(bytes).toString('utf8'));
    if (!opened.ok) return { code: 'bad-file', path, words: `It announces no keys: ${opened.detail}.` };
    const keys = opened.value;
    if (keys.number !== number || (before && !follows(keys, before)))
      return { code: 'bad-file', path, words: 'It does not follow the one before it.' };
    before = keys;
  }
  return undefined;
}

function checkLast(
  { number, ledger }: LogKeys,
  { checkpoint, origin, policy }: SignedLog,
): Fault | undefined {
  const bad = (words: string): Fault => ({ code: 'bad-file', path: `keys/${number}`, words });
  const named = ledger.map((vkey) => vkey.split('+')[1]).sort();
  if (signerIdsOf(checkpoint, origin).join() !== named.join())
    return bad('It is the last, and does not name the keys that sign the checkpoint.');
  const isTrusted = policy?.logs.some(({ key }) => ledger.includes(encodeVerifierKey(key))) ?? true;
  return isTrusted ? undefined : bad('It is the last, and names no key of the ledger that you trust.');
}

function follows(next: LogKeys, before: LogKeys): boolean {
  const share = (log: 'ledger' | 'snapshot') => next[log].some((vkey) => before[log].includes(vkey));
  return share('ledger') && share('snapshot');
}
