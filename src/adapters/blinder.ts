// Blinded ids under epoch masters that WebCrypto holds and will not export. A product's subkey exists as bytes for a
// moment, because WebCrypto cannot make a key from an HMAC, and is wiped as soon as it is a key of its own.
import { type Blinder, KeyError } from '../app/ports.ts';
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
import { bytesToHex } from '../domain/bytes.ts';

const HMAC = { name: 'HMAC', hash: 'SHA-256' };

export type EpochKey = { readonly keyId: number; readonly master: CryptoKey };

/** Wipes the bytes given. */
export async function importMaster(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  try {
    return await importHmacKey(bytes);
  } catch (error) {
    throw new KeyError('failed', error);
  }
}

async function importHmacKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey('raw', bytes, HMAC, false, ['sign']);
  } finally {
    bytes.fill(0);
  }
}

/** A counter handles a few dozen products in a row, a pallet one or two. */
const SUBKEYS_MAX = 64;

export function createBlinder(epochs: readonly EpochKey[]): Blinder {
  const subkeys = new Map<string, Promise<CryptoKey>>();

  /** Kept most recently used last. */
  function subkey(keyId: number, message: Uint8Array): Promise<CryptoKey> {
    const name = `${keyId}|${bytesToHex(message)}`;
    const found = subkeys.get(name) ?? derive(keyId, message);
    subkeys.delete(name);
    subkeys.set(name, found);
    found.catch(() => subkeys.delete(name));
    const oldest = subkeys.keys().next().value;
    if (subkeys.size > SUBKEYS_MAX && oldest !== undefined) subkeys.delete(oldest);
    return found;
  }

  async function derive(keyId: number, message: Uint8Array): Promise<CryptoKey> {
    const epoch = epochs.find((each) => each.keyId === keyId);
    if (!epoch) throw new KeyError('lost', `no master of epoch ${keyId}`);
    return importHmacKey(await hmac(epoch.master, message));
  }

  return {
    keyIds: epochs.map(({ keyId }) => keyId).sort((a, b) => b - a),
    blindPack: (keyId, pack) =>
      tried(async () => {
        const key = await subkey(keyId, productSubkeyMessage(pack.productCode));
        const [productId, batchId, packId] = await Promise.all([
          blindId(key, productIdMessage()),
          blindId(key, batchIdMessage(pack.batch)),
          blindId(key, packIdMessage(pack.serial)),
        ]);
        return { keyId, productId, batchId, packId };
      }),
    blindProduct: (keyId, productCode) =>
      tried(async () => blindId(await subkey(keyId, productSubkeyMessage(productCode)), productIdMessage())),
    blindContainer: (keyId, sscc) =>
      tried(async () => blindId(await subkey(keyId, containerSubkeyMessage()), containerIdMessage(sscc))),
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
    throw error instanceof KeyError ? error : new KeyError('failed', error);
  }
}
