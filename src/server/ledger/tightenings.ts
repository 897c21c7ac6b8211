// The published recalls, withdrawals and locks from an index of the log on, for devices that ask every half minute:
// found by an index of the store, proven from the published tiles. Why all of them go to everyone, locks of other
// sites too, is said in domain/ledger/tightening.ts.
import { tighteningsFrom } from '../../domain/ledger/tightening.ts';
import { TIGHTENINGS_MAX } from '../../domain/limits.ts';
import type { Result } from '../../domain/result.ts';
import type { TighteningsResponse } from '../../domain/wire.ts';
import type { Publisher } from './publisher.ts';
import type { Store } from './store.ts';
import { publishedProofs } from './trail.ts';

/** `unavailable`: the published files could not be read. */
export function publishedTightenings(
  store: Pick<Store, 'tightenings' | 'ledgerLog'>,
  publisher: Publisher,
  from: number,
): Result<TighteningsResponse, 'unavailable'> {
  const { size, note } = publisher.published();
  const prove = publishedProofs(publisher);
  return tighteningsFrom(from, { checkpoint: note, entries: entriesFrom(store, from, size), prove });
}

/** One more than an answer holds, which tells it that there are more. */
function* entriesFrom(
  { tightenings, ledgerLog }: Pick<Store, 'tightenings' | 'ledgerLog'>,
  from: number,
  size: number,
) {
  for (const index of tightenings(from, size, TIGHTENINGS_MAX + 1)) {
    const bytes = ledgerLog.entry(index);
    if (bytes) yield { index, bytes };
  }
}
