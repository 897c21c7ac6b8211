// Blinded ids under every epoch, as the server computes them: HMAC-SHA-256 by Node, and subkeys, batches and actors
// kept for as long as they are in use.
import { createHmac, createSecretKey } from 'node:crypto';
import type { BlindActor, BlindId, BlindPack } from '../../domain/blinding.ts';
import {
  createEpochBlinder,
  type EpochBlinder,
  type Mac,
  type ProductBlinder,
} from '../../domain/epoch-blinder.ts';
import type { Pack } from '../../domain/pack.ts';
import { assert } from '../../domain/result.ts';
import type { EpochMaster } from './epochs.ts';
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

export function createServerBlinder(masters: readonly EpochMaster[]): ServerBlinder {
  const epochs = new Map(
    masters.map(({ keyId, master }) => [keyId, createEpochBlinder(keyId, master, nodeMac)]),
  );
  const keyIds = [...epochs.keys()].sort((a, b) => a - b);
  const [first] = keyIds;
  const newestKeyId = keyIds.at(-1);
  assert(first !== undefined && newestKeyId !== undefined, 'there is an epoch');

  const products = createRecentMap<ProductBlinder>(SUBKEYS_MAX);
  const batchIds = createRecentMap<BlindId>(BATCH_IDS_MAX);
  const actors = createRecentMap<BlindActor>(ACTORS_MAX);

  function epoch(keyId: number): EpochBlinder {
    const blinder = epochs.get(keyId);
    assert(blinder, `epoch ${keyId} exists`);
    return blinder;
  }

  function product(keyId: number, productCode: string): ProductBlinder {
    return products.get(`${keyId}|${productCode}`, () => epoch(keyId).blindProduct(productCode));
  }

  function batch(keyId: number, productCode: string, batchName: string): BlindBatch {
    const { productId, batchId } = product(keyId, productCode);
    const key = `${keyId}|${productCode}|${batchName}`;
    return { keyId, productId, batchId: batchIds.get(key, () => batchId(batchName)) };
  }

  return {
    keyIds,
    newestKeyId,
    batch,
    productId: (keyId, productCode) => product(keyId, productCode).productId,
    pack(keyId, pack) {
      const packId = product(keyId, pack.productCode).packId(pack.serial);
      return { ...batch(keyId, pack.productCode, pack.batch), packId };
    },
    containerId: (keyId, sscc) => epoch(keyId).blindContainer(sscc),
    // The fold compares sites across the whole log, so actors keep the first epoch's ids for ever.
    actor: (organisation, site, device) =>
      actors.get(`${organisation}/${site}/${device}`, () =>
        epoch(first).blindActor({ organisation, site, device }),
      ),
  };
}

/** Several times faster than the domain's own. */
export function nodeMac(bytes: Uint8Array): Mac {
  const key = createSecretKey(bytes);
  return (message) => createHmac('sha256', key).update(message).digest();
}
