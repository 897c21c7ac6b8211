// Blinded ids under keys that WebCrypto holds and will not export: an epoch's master, or what a scope of products
// needs of it. A subkey that has to be derived exists as bytes for a moment, because WebCrypto cannot make a key from
// an HMAC, and is wiped as soon as it is a key of its own.
import { type Blinder, KeyError, StoreError } from '../app/ports.ts';
import {
  type BlindId,
  batchIdMessage,
  blindIdOf,
  containerIdMessage,
  containerSubkeyMessage,
  packIdMessage,
  productIdMessage,
  productSubkeyMessage,
} from '../domain/blinding.ts';

const HMAC = { name: 'HMAC', hash: 'SHA-256' };

/** `name`: `master`, `containers`, or a product's code. */
export type KeySource = {
  readonly keyIds: readonly number[];
  key(keyId: number, name: string): Promise<CryptoKey | undefined>;
};

/** Wipes the bytes given. */
export async function importKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('raw', bytes, HMAC, false, ['sign']);
  } catch (error) {
    throw new KeyError('failed', error);
  } finally {
    bytes.fill(0);
  }
}

/** A counter handles a few dozen products in a row, a pallet one or two. */
const SUBKEYS_MAX = 64;

export function createBlinder(source: KeySource): Blinder {
  const subkeys = new Map<string, Promise<CryptoKey | undefined>>();

  /** Kept most recently used last. */
  function subkey(keyId: number, keyName: string, message: Uint8Array): Promise<CryptoKey | undefined> {
    const name = `${keyId}|${keyName}`;
    const found = subkeys.get(name) ?? find(keyId, keyName, message);
    subkeys.delete(name);
    subkeys.set(name, found);
    found.catch(() => subkeys.delete(name));
    const oldest = subkeys.keys().next().value;
    if (subkeys.size > SUBKEYS_MAX && oldest !== undefined) subkeys.delete(oldest);
    return found;
  }

  async function find(keyId: number, name: string, message: Uint8Array): Promise<CryptoKey | undefined> {
    if (!source.keyIds.includes(keyId)) throw new KeyError('lost', `no keys of epoch ${keyId}`);
    const held = await source.key(keyId, name);
    if (held) return held;
    const master = await source.key(keyId, 'master');
    return master && importKey(await hmac(master, message));
  }

  const product = (keyId: number, productCode: string) =>
    subkey(keyId, productCode, productSubkeyMessage(productCode));

  return {
    keyIds: [...source.keyIds].sort((a, b) => b - a),
    blindProduct: (keyId, productCode) =>
      tried(async () => {
        const key = await product(keyId, productCode);
        return key && blindId(key, productIdMessage());
      }),
    blindPack: (keyId, pack) =>
      tried(async () => {
        const key = await product(keyId, pack.productCode);
        if (!key) return undefined;
        const [productId, batchId, packId] = await Promise.all([
          blindId(key, productIdMessage()),
          blindId(key, batchIdMessage(pack.batch)),
          blindId(key, packIdMessage(pack.serial)),
        ]);
        return { keyId, productId, batchId, packId };
      }),
    blindContainer: (keyId, sscc) =>
      tried(async () => {
        const key = await subkey(keyId, 'containers', containerSubkeyMessage());
        if (!key) throw new KeyError('lost', `no key for containers in epoch ${keyId}`);
        return blindId(key, containerIdMessage(sscc));
      }),
  };
}

async function hmac(key: CryptoKey, message: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign(HMAC.name, key, new Uint8Array(message)));
}

async function blindId(key: CryptoKey, message: Uint8Array): Promise<BlindId> {
  return blindIdOf(await hmac(key, message));
}

async function tried<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    // A store that cannot be read says so itself.
    if (error instanceof KeyError || error instanceof StoreError) throw error;
    throw new KeyError('failed', error);
  }
}
