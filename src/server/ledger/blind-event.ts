// Which epoch's ids an event is logged under. A pack keeps the epoch of its batch's commissioning for ever, so a pack
// or batch that the ledger knows decides; only what is new goes under the newest epoch. Looking for the pack first
// keeps a serial unique across epochs: under another batch it is still the same pack.
import { type BlindActor, type BlindId, type BlindPack, NO_ID } from '../../domain/blinding.ts';
import type { EventPack, PackEvent } from '../../domain/event.ts';
import type { BlindEvent } from '../../domain/ledger/entry.ts';
import { batchKey, type FoldView, packKey } from '../../domain/ledger/fold.ts';
import type { Pack } from '../../domain/pack.ts';
import type { BlindBatch, ServerBlinder } from './server-blinder.ts';

export type KnownStates = Pick<FoldView, 'pack' | 'batch' | 'withdrawn'>;

/** `mentions`: indexes of entries that concern an id, the newest `max` of them. */
export type KnownEvents = KnownStates & { mentions(id: BlindId, max: number): readonly number[] };

export function blindEventOf(
  event: PackEvent,
  actor: BlindActor,
  blinder: ServerBlinder,
  known: KnownEvents,
): BlindEvent {
  const containers = event.containers.map((sscc) => blindContainerOf(sscc, blinder, known));
  return {
    actor,
    packs: blindPacksOf(event.packs, blinder, known),
    containerKeyIds: containers.map(({ keyId }) => keyId),
    containerIds: containers.map(({ containerId }) => containerId),
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

/** One serial twice in one event is one pack, whatever batches it is named under. */
function blindPacksOf(
  packs: readonly EventPack[],
  blinder: ServerBlinder,
  known: KnownStates,
): readonly BlindPack[] {
  if (blinder.keyIds.length === 1) return packs.map((pack) => blindPackOf(pack, blinder, known));
  const keyIds = new Map<string, number>();
  return packs.map((pack) => {
    const name = `${pack.productCode} ${pack.serial}`;
    const before = keyIds.get(name);
    if (before !== undefined) return blinder.pack(before, pack);
    const blind = blindPackOf(pack, blinder, known);
    keyIds.set(name, blind.keyId);
    return blind;
  });
}

/** What the log has said of a container is found under one id, so a container keeps its first epoch too. */
function blindContainerOf(sscc: string, blinder: ServerBlinder, known: KnownEvents) {
  const under = (keyId: number) => ({ keyId, containerId: blinder.containerId(keyId, sscc) });
  if (blinder.keyIds.length > 1)
    for (const keyId of blinder.keyIds) {
      const candidate = under(keyId);
      if (known.mentions(candidate.containerId, 1).length > 0) return candidate;
    }
  return under(blinder.newestKeyId);
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
  return blinder.batch(epochForNew(productCode, blinder, known), productCode, batch);
}

/** A product that was withdrawn stays so: what is made of it later joins an epoch in which the withdrawal holds. */
function epochForNew(productCode: string, blinder: ServerBlinder, known: KnownStates): number {
  const { keyIds, newestKeyId } = blinder;
  const isWithdrawn = (keyId: number) => known.withdrawn(blinder.productId(keyId, productCode));
  return keyIds.length === 1 ? newestKeyId : (keyIds.findLast(isWithdrawn) ?? newestKeyId);
}
