// What the ledger itself says about a pack, asked live. The same findings as from a snapshot, by the same rules.
import { batchKey, type FoldView, packKey } from '../../domain/ledger/fold.ts';
import { expiryNumber, type Pack } from '../../domain/pack.ts';
import type { BatchStatus, Finding } from '../../domain/snapshot/lookup.ts';
import { blindPackOf } from './blind-event.ts';
import type { ServerBlinder } from './server-blinder.ts';

export function findInLedger(
  pack: Pack,
  blinder: ServerBlinder,
  states: Pick<FoldView, 'pack' | 'batch' | 'withdrawn'>,
): Finding {
  const { productId, batchId, packId } = blindPackOf(pack, blinder, states);
  const record = states.pack(packKey(productId, packId));
  const known = states.batch(batchKey(productId, batchId));
  const batch: BatchStatus | null = known
    ? { expiry: known.expiry, recalled: known.recalled, withdrawn: states.withdrawn(productId) }
    : null;
  if (!record) return { kind: 'miss', batch };
  if (record.batchId !== batchId || !batch) return { kind: 'mismatch', field: 'batch' };
  if (batch.expiry !== expiryNumber(pack.expiry)) return { kind: 'mismatch', field: 'expiry' };
  return { kind: 'hit', state: record.state, batch };
}
