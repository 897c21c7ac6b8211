// The published recalls, withdrawals and locks from an index of the log on, for devices that ask every half minute:
// found by an index of the store, proven from the published tiles. Why all of them go to everyone, locks of other
// sites too, is said in domain/ledger/tightening.ts.
import { type TighteningView, tighteningsFrom } from '../../domain/ledger/tightening.ts';
import { proveInclusion } from '../../domain/ledger/tile-proof.ts';
import { TIGHTENINGS_MAX } from '../../domain/limits.ts';
import { err, type Result } from '../../domain/result.ts';
import type { TighteningsResponse } from '../../domain/wire.ts';
import type { Publisher } from './publisher.ts';
import type { Store } from './store.ts';
import { remember } from './trail.ts';

/** `unavailable`: the published files could not be read. */
export function publishedTightenings(
  store: Pick<Store, 'tightenings' | 'ledgerLog'>,
  publisher: Publisher,
  from: number,
): Result<TighteningsResponse, 'unavailable'> {
  const { size, note } = publisher.published();
  const read = remember(publisher.readTile);
  const prove: TighteningView<'unavailable'>['prove'] = (index) => {
    const proof = proveInclusion(index, size, read);
    return proof.ok ? proof : err('unavailable', `entry ${index}: ${proof.error}`);
  };
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
