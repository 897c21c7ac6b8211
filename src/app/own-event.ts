// The blinded ids of an event of this device, under the epochs that its receipt names: what its leaves are recomputed
// from.
import { type BlindActor, NO_ID } from '../domain/blinding.ts';
import type { PackEvent } from '../domain/event.ts';
import type { BlindEvent } from '../domain/ledger/entry.ts';
import type { PlacedReceipt } from '../domain/receipt.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { Keyring } from './keyring.ts';
import type { Blinder } from './ports.ts';

/** Throws as ports do. */
export async function blindOwnEvent(
  event: PackEvent,
  receipt: PlacedReceipt,
  actor: BlindActor,
  keyring: Pick<Keyring, 'reach'>,
): Promise<Result<BlindEvent, 'bad-proof'>> {
  if (!isAnswerTo(event, receipt)) return err('bad-proof', 'the receipt is not one to this event');
  const { keyIds, containerKeyIds, batchKeyIds } = receipt;
  const productCodes = [...event.packs, ...event.batches].map(({ productCode }) => productCode);
  const named = [...keyIds, ...containerKeyIds, ...batchKeyIds];
  const blinder = await keyring.reach(productCodes, named);
  if (!named.every((keyId) => blinder.keyIds.includes(keyId)))
    return err('bad-proof', 'the receipt names an epoch that this device does not know');
  const packs = await Promise.all(event.packs.map((pack, i) => blinder.blindPack(keyIds[i] ?? -1, pack)));
  const batches = await blindBatches(event, receipt, blinder);
  if (!packs.every((pack) => pack !== undefined) || !batches.every((batch) => batch !== undefined))
    return err('bad-proof', "a product is outside the device's scope");
  const containerIds = await Promise.all(
    event.containers.map((sscc, i) => blinder.blindContainer(containerKeyIds[i] ?? -1, sscc)),
  );
  return ok({ actor, packs, containerKeyIds, containerIds, batches });
}

function isAnswerTo({ packs, containers, batches, undoes }: PackEvent, receipt: PlacedReceipt): boolean {
  const perBatch = batches.length === 0 ? 0 : receipt.batchKeyIds.length / batches.length;
  return (
    receipt.keyIds.length === packs.length &&
    receipt.containerKeyIds.length === containers.length &&
    (batches.length === 0 ? receipt.batchKeyIds.length === 0 : Number.isInteger(perBatch) && perBatch > 0) &&
    (receipt.undoesIndex === null) === (undoes === null)
  );
}

function blindBatches(
  { batches }: PackEvent,
  { batchKeyIds }: PlacedReceipt,
  blinder: Blinder,
): Promise<readonly (BlindEvent['batches'][number] | undefined)[]> {
  const perBatch = batchKeyIds.length / batches.length;
  return Promise.all(
    batchKeyIds.map(async (keyId, i) => {
      const named = batches[Math.floor(i / perBatch)];
      if (!named) return undefined;
      const { productCode, batch } = named;
      const blind = await blinder.blindPack(keyId, { productCode, batch: batch ?? '', serial: '' });
      return blind && { keyId, productId: blind.productId, batchId: batch === null ? NO_ID : blind.batchId };
    }),
  );
}
