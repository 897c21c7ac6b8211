// What the ledger itself says about a pack, asked live: the same findings as from a snapshot, by the same rules.
import type { BlindPack } from '../blinding.ts';
import type { BatchStatus, Finding } from '../snapshot/lookup.ts';
import { batchKey, type FoldView, packKey } from './fold.ts';

/** `expiry` is yyyymmdd as read from the pack. */
export function findInLedger(
  { productId, batchId, packId }: BlindPack,
  expiry: number,
  states: Pick<FoldView, 'pack' | 'batch' | 'withdrawn'>,
): Finding {
  const record = states.pack(packKey(productId, packId));
  const known = states.batch(batchKey(productId, batchId));
  const batch: BatchStatus | null = known
    ? { expiry: known.expiry, recalled: known.recalled, withdrawn: states.withdrawn(productId) }
    : null;
  if (!record) return { kind: 'miss', batch };
  if (record.batchId !== batchId || !batch) return { kind: 'mismatch', field: 'batch' };
  if (batch.expiry !== expiry) return { kind: 'mismatch', field: 'expiry' };
  return { kind: 'hit', state: record.state, batch };
}
