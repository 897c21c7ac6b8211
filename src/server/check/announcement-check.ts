// The announcements of changed keys beside a ledger: each must be signed by all of the keys that it names, and by one
// of each log that the one before it named, or readers could not follow the change.

import { type LogKeys, openSelfSigned } from '../../domain/ledger/log-keys.ts';
import { LOG_KEYS_BYTES_MAX } from '../../domain/limits.ts';
import type { Fault } from './log-check.ts';
import type { LogSource } from './log-source.ts';

/** Changes of keys in the life of a log. */
const ANNOUNCEMENTS_MAX = 1_000;

/** Throws SourceError. */
export async function checkAnnouncements(source: LogSource): Promise<Fault | undefined> {
  let before: LogKeys | undefined;
  for (let number = 1; number <= ANNOUNCEMENTS_MAX; number++) {
    const path = `keys/${number}`;
    const bytes = await source.read(path, LOG_KEYS_BYTES_MAX);
    if (!bytes) return undefined;
    const opened = openSelfSigned(Buffer.from(bytes).toString('utf8'));
    if (!opened.ok) return { code: 'bad-file', path, words: `It announces no keys: ${opened.detail}.` };
    const keys = opened.value;
    if (keys.number !== number || (before && !follows(keys, before)))
      return { code: 'bad-file', path, words: 'It does not follow the one before it.' };
    before = keys;
  }
  return undefined;
}

function follows(next: LogKeys, before: LogKeys): boolean {
  const share = (log: 'ledger' | 'snapshot') => next[log].some((vkey) => before[log].includes(vkey));
  return share('ledger') && share('snapshot');
}
