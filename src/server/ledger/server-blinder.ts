// Blinded ids as the server computes them: HMAC-SHA-256 by Node, subkeys kept for as long as they are in use.
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
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
  packIdMessage,
  productIdMessage,
  productSubkeyMessage,
} from '../../domain/blinding.ts';
import type { Pack } from '../../domain/pack.ts';
import { assert } from '../../domain/result.ts';
import type { EpochMaster } from './keys.ts';
import { createRecentMap } from './recent-map.ts';

const SUBKEYS_MAX = 20_000;
const BATCH_IDS_MAX = 20_000;
const ACTORS_MAX = 20_000;

export type BlindBatch = Omit<BlindPack, 'packId'>;

export type ServerBlinder = {
  /** Epochs, oldest first. */
  readonly keyIds: readonly number[];
  readonly newestKeyId: number;
  productId(keyId: number, productCode: string): BlindId;
  batch(keyId: number, productCode: string, batch: string): BlindBatch;
  pack(keyId: number, pack: Pick<Pack, 'productCode' | 'batch' | 'serial'>): BlindPack;
  containerId(keyId: number, sscc: string): BlindId;
  actor(organisation: string, site: string, device: string): BlindActor;
};

type Product = { readonly subkey: KeyObject; readonly productId: BlindId };

export function createServerBlinder(masters: readonly EpochMaster[]): ServerBlinder {
  const epochs = new Map(masters.map(({ keyId, master }) => [keyId, createSecretKey(master)]));
  const keyIds = [...epochs.keys()].sort((a, b) => a - b);
  const [first] = keyIds;
  const newestKeyId = keyIds.at(-1);
  assert(first !== undefined && newestKeyId !== undefined, 'there is an epoch');

  const products = createRecentMap<Product>(SUBKEYS_MAX);
  const batchIds = createRecentMap<BlindId>(BATCH_IDS_MAX);
  const actors = createRecentMap<BlindActor>(ACTORS_MAX);
  const containerSubkeys = new Map(
    keyIds.map((keyId) => [keyId, subkeyOf(epoch(keyId), containerSubkeyMessage())]),
  );
  // The fold compares sites across the whole log, so actors keep the first epoch's ids for ever.
  const actorSubkey = subkeyOf(epoch(first), actorSubkeyMessage());

  function epoch(keyId: number): KeyObject {
    const key = epochs.get(keyId);
    assert(key, `epoch ${keyId} exists`);
    return key;
  }

  function product(keyId: number, productCode: string): Product {
    return products.get(`${keyId}|${productCode}`, () => {
      const subkey = subkeyOf(epoch(keyId), productSubkeyMessage(productCode));
      return { subkey, productId: blind(subkey, productIdMessage()) };
    });
  }

  function batch(keyId: number, productCode: string, batchName: string): BlindBatch {
    const { subkey, productId } = product(keyId, productCode);
    const key = `${keyId}|${productCode}|${batchName}`;
    const batchId = batchIds.get(key, () => blind(subkey, batchIdMessage(batchName)));
    return { keyId, productId, batchId };
  }

  return {
    keyIds,
    newestKeyId,
    batch,
    productId: (keyId, productCode) => product(keyId, productCode).productId,
    pack(keyId, pack) {
      const packId = blind(product(keyId, pack.productCode).subkey, packIdMessage(pack.serial));
      return { ...batch(keyId, pack.productCode, pack.batch), packId };
    },
    containerId(keyId, sscc) {
      const subkey = containerSubkeys.get(keyId);
      assert(subkey, `epoch ${keyId} exists`);
      return blind(subkey, containerIdMessage(sscc));
    },
    actor: (organisation, site, device) =>
      actors.get(`${organisation}/${site}/${device}`, () => ({
        organisationId: blind(actorSubkey, actorIdMessage('organisation', organisation)),
        // Site names are an organisation's own: two pharmacies may both call theirs "main".
        siteId: blind(actorSubkey, actorIdMessage('site', `${organisation}/${site}`)),
        deviceId: blind(actorSubkey, actorIdMessage('device', device)),
      })),
  };
}

function subkeyOf(key: KeyObject, message: Uint8Array): KeyObject {
  return createSecretKey(createHmac('sha256', key).update(message).digest());
}

function blind(key: KeyObject, message: Uint8Array): BlindId {
  return blindIdOf(createHmac('sha256', key).update(message).digest());
}
