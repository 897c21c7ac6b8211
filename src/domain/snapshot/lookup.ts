// Layered lookup: the newest layer that holds a pack wins. A miss under the batch on the pack is tried again under
// the batch record's own expiry, then under the product's other batches, because a pack whose print disagrees with
// the ledger deserves a sharper word than "not found".
import type { BlindPack } from '../blinding.ts';
import type { PackState } from '../pack.ts';
import { type PageBatch, stateInPart, type VerifiedPage } from './page.ts';

export type BatchStatus = Pick<PageBatch, 'expiry' | 'recalled' | 'withdrawn'>;

/** What a snapshot, or the ledger itself, has to say about a pack. */
export type Finding =
  | { readonly kind: 'hit'; readonly state: PackState; readonly batch: BatchStatus }
  /** The batch has expired and its packs' states are no longer held. */
  | { readonly kind: 'state-not-held'; readonly batch: BatchStatus }
  | { readonly kind: 'mismatch'; readonly field: 'batch' | 'expiry' }
  /** The batch's record is attached when the batch itself is known. */
  | { readonly kind: 'miss'; readonly batch: BatchStatus | null };

/**
 * Looks a pack up in the pages that may hold it, newest layer first. `expiry` is yyyymmdd as read from the pack;
 * `salt` is the manifest's.
 */
export function lookUp(
  pages: readonly VerifiedPage[],
  salt: string,
  pack: BlindPack,
  expiry: number,
): Finding {
  const parts = pages.flatMap((page) => page.parts).filter(({ batch }) => batch.productId === pack.productId);
  const own = parts.filter(({ batch }) => batch.batchId === pack.batchId);
  const batch = own[0]?.batch;
  for (const part of own) {
    const state = stateInPart(part, salt, pack.packId, expiry);
    if (state !== undefined && batch) return { kind: 'hit', state, batch };
  }
  if (batch && !batch.statesHeld)
    return batch.expiry === expiry
      ? { kind: 'state-not-held', batch }
      : { kind: 'mismatch', field: 'expiry' };
  const printedExpiryIsWrong = own.some((part) => stateInPart(part, salt, pack.packId, part.batch.expiry));
  if (printedExpiryIsWrong) return { kind: 'mismatch', field: 'expiry' };
  const underOtherBatch = parts.some((part) => stateInPart(part, salt, pack.packId, part.batch.expiry));
  return underOtherBatch ? { kind: 'mismatch', field: 'batch' } : { kind: 'miss', batch: batch ?? null };
}
