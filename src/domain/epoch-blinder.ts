// Blinded ids computed at once, for whoever may hold an epoch's master in memory: the server, practice and tests. A
// device computes the same ids with keys that cannot be exported, behind an asynchronous port.
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

/** HMAC-SHA-256 under one key, set up once for many messages. */
export type Mac = (message: Uint8Array) => Uint8Array;

export type ProductBlinder = {
  readonly productId: BlindId;
  batchId(batch: string): BlindId;
  packId(serial: string): BlindId;
};

export type EpochBlinder = {
  readonly keyId: number;
  /** For many packs of one product: its subkey is set up once. */
  blindProduct(productCode: string): ProductBlinder;
  blindPack(pack: Pick<Pack, 'productCode' | 'batch' | 'serial'>): BlindPack;
  blindContainer(sscc: string): BlindId;
  blindActor(actor: Pick<PackEvent, 'organisation' | 'site' | 'device'>): BlindActor;
  /** The ids of everything that the event names, all under this epoch. */
  blindEvent(event: PackEvent): BlindEvent;
};

export const nobleMac = (key: Uint8Array): Mac => {
  return (message) => hmac(sha256, key, message);
};

/** `macUnder`: for a platform that has a faster HMAC-SHA-256. */
export function createEpochBlinder(
  keyId: number,
  master: Uint8Array,
  macUnder: (key: Uint8Array) => Mac = nobleMac,
): EpochBlinder {
  const underMaster = macUnder(master);
  const underContainerKey = macUnder(underMaster(containerSubkeyMessage()));
  const underActorKey = macUnder(underMaster(actorSubkeyMessage()));

  function blindProduct(productCode: string): ProductBlinder {
    return createProductBlinder(macUnder(underMaster(productSubkeyMessage(productCode))));
  }

  function blindPack(pack: Pick<Pack, 'productCode' | 'batch' | 'serial'>): BlindPack {
    return blindPackUnder(keyId, blindProduct(pack.productCode), pack);
  }

  function blindContainer(sscc: string): BlindId {
    return blindContainerUnder(underContainerKey, sscc);
  }

  function blindActor(actor: Pick<PackEvent, 'organisation' | 'site' | 'device'>): BlindActor {
    const id = (kind: 'organisation' | 'site' | 'device', value: string) =>
      blindIdOf(underActorKey(actorIdMessage(kind, value)));
    return {
      organisationId: id('organisation', actor.organisation),
      // Site names are an organisation's own: two pharmacies may both call theirs "main".
      siteId: id('site', `${actor.organisation}/${actor.site}`),
      deviceId: id('device', actor.device),
    };
  }

  function blindEvent(event: PackEvent): BlindEvent {
    return {
      actor: blindActor(event),
      containerKeyIds: event.containers.map(() => keyId),
      packs: event.packs.map(blindPack),
      containerIds: event.containers.map(blindContainer),
      batches: event.batches.map(({ productCode, batch }) => {
        const { productId, batchId } = blindPack({ productCode, batch: batch ?? '', serial: '' });
        return { keyId, productId, batchId: batch === null ? NO_ID : batchId };
      }),
    };
  }

  return { keyId, blindProduct, blindPack, blindContainer, blindActor, blindEvent };
}

/** Under a product's subkey. */
export function createProductBlinder(underSubkey: Mac): ProductBlinder {
  return {
    productId: blindIdOf(underSubkey(productIdMessage())),
    batchId: (batch) => blindIdOf(underSubkey(batchIdMessage(batch))),
    packId: (serial) => blindIdOf(underSubkey(packIdMessage(serial))),
  };
}

export function blindPackUnder(
  keyId: number,
  { productId, batchId, packId }: ProductBlinder,
  pack: Pick<Pack, 'batch' | 'serial'>,
): BlindPack {
  return { keyId, productId, batchId: batchId(pack.batch), packId: packId(pack.serial) };
}

export function blindContainerUnder(underContainerKey: Mac, sscc: string): BlindId {
  return blindIdOf(underContainerKey(containerIdMessage(sscc)));
}
