// Layered lookup. A pack's state is that of the newest layer that says it has changed, or of the one that holds it; but
// only if some layer holds it, since what deltas say of packs that were never issued is noise. A miss under the batch
// on the pack is tried again under the batch record's own expiry, then under the product's other batches, because a
// pack whose print disagrees with the ledger deserves a sharper word than "not found".
import type { BlindPack } from '../blinding.ts';
import { PACK_STATES, type PackState } from '../pack.ts';
import { type BatchKey, keyOf, type PageBatch } from './batch-record.ts';
import { queryChanges } from './changes.ts';
import { queryMembers } from './members.ts';
import { batchPrefix, hashPack } from './pack-key.ts';
import { answersFor, recordIn, recordsOf, type VerifiedPage } from './page.ts';

/** Each takes about a microsecond, and each 65,536 of them make one chance hit. */
const OTHER_BATCHES_MAX = 4_096;

export type BatchStatus = Pick<PageBatch, 'expiry' | 'recalled' | 'withdrawn'>;

/** What a snapshot, or the ledger itself, has to say about a pack. */
export type Finding =
  | {
      readonly kind: 'hit';
      readonly state: PackState;
      readonly batch: BatchStatus;
    }
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
  const batch = newestRecord(pages, pack);
  if (batch && !batch.statesHeld)
    return batch.expiry === expiry
      ? { kind: 'state-not-held', batch }
      : { kind: 'mismatch', field: 'expiry' };
  if (batch) {
    const state = stateInLayers(pages, salt, pack, expiry);
    if (state !== undefined) return { kind: 'hit', state, batch };
    if (batch.expiry !== expiry && stateInLayers(pages, salt, pack, batch.expiry) !== undefined)
      return { kind: 'mismatch', field: 'expiry' };
  }
  const underOtherBatch = otherBatches(pages, pack).some(
    ({ batchId, expiry }) => stateInLayers(pages, salt, { ...pack, batchId }, expiry) !== undefined,
  );
  return underOtherBatch ? { kind: 'mismatch', field: 'batch' } : { kind: 'miss', batch: batch ?? null };
}

type PackKey = Pick<BlindPack, 'productId' | 'batchId' | 'packId'>;

/** What the newest layer that has the batch's record says of it. */
export function newestRecord(pages: readonly VerifiedPage[], batch: BatchKey): PageBatch | undefined {
  for (const page of pages) {
    const record = recordIn(page, batch);
    if (record) return record;
  }
  return undefined;
}

/** The pack's state, if a layer holds it under exactly this batch and expiry. */
export function stateInLayers(
  pages: readonly VerifiedPage[],
  salt: string,
  pack: PackKey,
  expiry: number,
): PackState | undefined {
  const hash = hashPack(batchPrefix(salt, pack.productId, pack.batchId), expiry, pack.packId);
  const key = keyOf(pack) + pack.packId;
  let changed = -1;
  for (const page of pages) {
    if (!answersFor(page, key)) continue;
    if (changed < 0) changed = queryChanges(page.changes, hash, 0);
    const held = recordIn(page, pack)?.statesHeld ? queryMembers(page.members, hash, 0) : -1;
    if (held >= 0) return PACK_STATES[changed < 0 ? held : changed];
  }
  return undefined;
}

function otherBatches(pages: readonly VerifiedPage[], pack: BlindPack): readonly PageBatch[] {
  const found = new Map<string, PageBatch>();
  for (const page of pages)
    for (const batch of recordsOf(page, pack.productId)) {
      if (found.size >= OTHER_BATCHES_MAX) break;
      if (batch.batchId !== pack.batchId && !found.has(batch.batchId)) found.set(batch.batchId, batch);
    }
  return [...found.values()].filter(({ statesHeld }) => statesHeld);
}
