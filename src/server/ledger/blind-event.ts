// Which epoch's ids an event is logged under. A pack keeps the epoch of its batch's commissioning for ever, so a pack
// or batch that the ledger knows decides; only what is new goes under the newest epoch. Looking for the pack first
// makes one serial under two epochs one pack.
import { type BlindActor, type BlindPack, NO_ID } from '../../domain/blinding.ts';
import type { EventPack, PackEvent } from '../../domain/event.ts';
import type { BlindEvent } from '../../domain/ledger/entry.ts';
import { batchKey, type FoldView, packKey } from '../../domain/ledger/fold.ts';
import type { Pack } from '../../domain/pack.ts';
import type { BlindBatch, ServerBlinder } from './server-blinder.ts';

export type KnownStates = Pick<FoldView, 'pack' | 'batch'>;

export function blindEventOf(
  event: PackEvent,
  actor: BlindActor,
  blinder: ServerBlinder,
  known: KnownStates,
): BlindEvent {
  const keyId = blinder.newestKeyId;
  return {
    keyId,
    actor,
    packs: event.packs.map((pack: EventPack) => blindPackOf(pack, blinder, known)),
    containerIds: event.containers.map((sscc) => blinder.containerId(keyId, sscc)),
    batches: event.batches.flatMap(({ productCode, batch }) =>
      batch === null
        ? // A withdrawal holds under every epoch that the product has packs of.
          blinder.keyIds.map((id) => ({
            keyId: id,
            productId: blinder.productId(id, productCode),
            batchId: NO_ID,
          }))
        : [blindBatchOf(productCode, batch, blinder, known)],
    ),
  };
}

export function blindPackOf(
  pack: Pick<Pack, 'productCode' | 'batch' | 'serial'>,
  blinder: ServerBlinder,
  known: KnownStates,
): BlindPack {
  if (blinder.keyIds.length > 1)
    for (const keyId of blinder.keyIds) {
      const candidate = blinder.pack(keyId, pack);
      if (known.pack(packKey(candidate.productId, candidate.packId))) return candidate;
    }
  return blinder.pack(blindBatchOf(pack.productCode, pack.batch, blinder, known).keyId, pack);
}

function blindBatchOf(
  productCode: string,
  batch: string,
  blinder: ServerBlinder,
  known: KnownStates,
): BlindBatch {
  if (blinder.keyIds.length > 1)
    for (const keyId of blinder.keyIds) {
      const candidate = blinder.batch(keyId, productCode, batch);
      if (known.batch(batchKey(candidate.productId, candidate.batchId))) return candidate;
    }
  return blinder.batch(blinder.newestKeyId, productCode, batch);
}
