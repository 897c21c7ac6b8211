// What a delta has to say: how batches and packs now differ from what the layers below say of them. Those layers are
// asked, not remembered, so that whoever has the fold's state and the published pages comes to the same delta.
import { NO_ID } from '../blinding.ts';
import { isExpired, PACK_STATES } from '../pack.ts';
import { keyOf, type PageBatch } from './batch-record.ts';
import type { FoldedBatch } from './build.ts';
import type { BatchChange } from './delta.ts';
import { newestRecord, stateInLayers } from './lookup.ts';
import { idAt, NO_PACKS, type PackedPacks, pickPacks } from './packs.ts';
import type { VerifiedPage } from './page.ts';

export type LayersBelow = {
  readonly salt: string;
  /** Pages that answer for the key (product, batch, pack), newest layer first. */
  pagesFor(key: string): readonly VerifiedPage[];
};

/**
 * How a batch differs from what the layers below say, if it does. `touched` are at least those of its packs that were
 * issued, or changed their state, since those layers were made.
 */
export function changeSince(
  below: LayersBelow,
  batch: FoldedBatch,
  touched: PackedPacks,
  asOfMs: number,
): BatchChange | undefined {
  const statesHeld = !isExpired(batch.expiry, asOfMs);
  const before = newestRecord(below.pagesFor(keyOf(batch) + NO_ID), batch);
  const recorded = !before || !isSameRecord(before, { ...batch, statesHeld });
  const packs = statesHeld ? sortOut(batch, touched, below) : { news: NO_PACKS, changed: NO_PACKS };
  return recorded || packs.changed.states.length > 0 ? { batch, recorded, ...packs } : undefined;
}

// A new pack that the layers below take for one of theirs, as one in 65,536 is, counts as changed, or not at all.
function sortOut(
  batch: FoldedBatch,
  touched: PackedPacks,
  below: LayersBelow,
): Pick<BatchChange, 'news' | 'changed'> {
  const news: number[] = [];
  const changed: number[] = [];
  for (let i = 0; i < touched.states.length; i++) {
    const packId = idAt(touched, i);
    const pages = below.pagesFor(keyOf(batch) + packId);
    const before = stateInLayers(pages, below.salt, { ...batch, packId }, batch.expiry);
    const state = PACK_STATES[touched.states[i] as number];
    if (before === undefined) news.push(i);
    else if (before !== state) changed.push(i);
  }
  return { news: pickPacks(touched, news), changed: pickPacks(touched, changed) };
}

function isSameRecord(a: PageBatch, b: PageBatch): boolean {
  return (
    a.keyId === b.keyId &&
    a.expiry === b.expiry &&
    a.packs === b.packs &&
    a.recalled === b.recalled &&
    a.withdrawn === b.withdrawn &&
    a.statesHeld === b.statesHeld
  );
}
