// The blinded ids of an event of this device, under the epochs that its receipt names: what its leaves are recomputed
// from.
import { type BlindActor, NO_ID } from '../domain/blinding.ts';
import type { PackEvent } from '../domain/event.ts';
import type { BlindEvent } from '../domain/ledger/entry.ts';
import type { PlacedReceipt } from '../domain/receipt.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { guarded } from './failure.ts';
import type { Keyring } from './keyring.ts';
import type { Blinder } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';

type Answered = { readonly event: PackEvent; readonly receipt: PlacedReceipt };

/** A blinder that reaches what these events name, or why there is none. */
export type Reach = (answered: readonly Answered[]) => Promise<Result<Blinder, SyncFailure>>;

/**
 * For one way through the outbox: whatever the number of events, the server is asked for keys only where there is a
 * product or an epoch that it has not been asked for, and no more once it has failed.
 */
export function createReach(keyring: Pick<Keyring, 'blinder' | 'reach'>): Reach {
  const products = new Set<string>();
  const epochs = new Set<number>();
  let reached: Result<Blinder, SyncFailure> = ok(keyring.blinder);
  return async (answered) => {
    const known = products.size + epochs.size;
    for (const { event, receipt } of answered) {
      for (const { productCode } of [...event.packs, ...event.batches]) products.add(productCode);
      for (const keyId of epochsOf(receipt)) epochs.add(keyId);
    }
    if (reached.ok && products.size + epochs.size > known)
      reached = await guarded(async () => ok(await keyring.reach([...products], [...epochs])));
    return reached;
  };
}

function epochsOf({ keyIds, containerKeyIds, batchKeyIds }: PlacedReceipt): readonly number[] {
  return [...keyIds, ...containerKeyIds, ...batchKeyIds];
}

/** `out-of-reach`: the blinder lacks a key for it. Throws as ports do. */
export async function blindOwnEvent(
  { event, receipt }: Answered,
  actor: BlindActor,
  blinder: Blinder,
): Promise<Result<BlindEvent, 'bad-proof' | 'out-of-reach'>> {
  if (!isAnswerTo(event, receipt)) return err('bad-proof', 'the receipt is not one to this event');
  const { keyIds, containerKeyIds } = receipt;
  if (!epochsOf(receipt).every((keyId) => blinder.keyIds.includes(keyId)))
    return err('out-of-reach', 'the receipt names an epoch that this device does not know');
  const packs = await Promise.all(event.packs.map((pack, i) => blinder.blindPack(keyIds[i] ?? -1, pack)));
  const batches = await blindBatches(event, receipt, blinder);
  if (!packs.every((pack) => pack !== undefined) || !batches.every((batch) => batch !== undefined))
    return err('out-of-reach', "a product is outside the device's scope");
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
