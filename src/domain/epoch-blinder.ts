// Blinded ids computed at once, for whoever may hold an epoch's master in memory: practice, tests and tools. A device
// computes the same ids with keys that cannot be exported, behind an asynchronous port.
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import {
  actorIdMessage,
  actorSubkeyMessage,
  type BlindActor,
  type BlindId,
  type BlindPack,
  batchIdMessage,
  blindIdOf,
  containerIdMessage,
  containerSubkeyMessage,
  NO_ID,
  packIdMessage,
  productIdMessage,
  productSubkeyMessage,
} from './blinding.ts';
import type { PackEvent } from './event.ts';
import type { BlindEvent } from './ledger/entry.ts';
import type { Pack } from './pack.ts';

export type EpochBlinder = {
  readonly keyId: number;
  blindPack(pack: Pick<Pack, 'productCode' | 'batch' | 'serial'>): BlindPack;
  blindContainer(sscc: string): BlindId;
  blindActor(actor: Pick<PackEvent, 'organisation' | 'site' | 'device'>): BlindActor;
  /** The ids of everything that the event names, all under this epoch. */
  blindEvent(event: PackEvent): BlindEvent;
};

export function createEpochBlinder(keyId: number, master: Uint8Array): EpochBlinder {
  const under = (key: Uint8Array, message: Uint8Array) => hmac(sha256, key, message);
  const containerKey = under(master, containerSubkeyMessage());
  const actorKey = under(master, actorSubkeyMessage());

  function blindPack(pack: Pick<Pack, 'productCode' | 'batch' | 'serial'>): BlindPack {
    const subkey = under(master, productSubkeyMessage(pack.productCode));
    return {
      keyId,
      productId: blindIdOf(under(subkey, productIdMessage())),
      batchId: blindIdOf(under(subkey, batchIdMessage(pack.batch))),
      packId: blindIdOf(under(subkey, packIdMessage(pack.serial))),
    };
  }

  function blindContainer(sscc: string): BlindId {
    return blindIdOf(under(containerKey, containerIdMessage(sscc)));
  }

  function blindActor(actor: Pick<PackEvent, 'organisation' | 'site' | 'device'>): BlindActor {
    const id = (kind: 'organisation' | 'site' | 'device', value: string) =>
      blindIdOf(under(actorKey, actorIdMessage(kind, value)));
    return {
      organisationId: id('organisation', actor.organisation),
      siteId: id('site', actor.site),
      deviceId: id('device', actor.device),
    };
  }

  function blindEvent(event: PackEvent): BlindEvent {
    return {
      keyId,
      actor: blindActor(event),
      packs: event.packs.map(blindPack),
      containerIds: event.containers.map(blindContainer),
      batches: event.batches.map(({ productCode, batch }) => {
        const { productId, batchId } = blindPack({ productCode, batch: batch ?? '', serial: '' });
        return { keyId, productId, batchId: batch === null ? NO_ID : batchId };
      }),
    };
  }

  return { keyId, blindPack, blindContainer, blindActor, blindEvent };
}
