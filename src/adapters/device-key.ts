// The device's Ed25519 key in WebCrypto: made so that no script, ours included, can read its private half.
import { type DeviceKey, KeyError } from '../app/ports.ts';

const ED25519 = { name: 'Ed25519' };

export async function createKeyPair(): Promise<CryptoKeyPair> {
  // Only secure contexts have it: a page over plain HTTP does not.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (!subtle) throw new KeyError('unsupported', 'no WebCrypto here');
  try {
    return (await subtle.generateKey(ED25519, false, ['sign', 'verify'])) as CryptoKeyPair;
  } catch (error) {
    throw new KeyError(isUnsupported(error) ? 'unsupported' : 'failed', error);
  }
}

function isUnsupported(error: unknown): boolean {
  return (
    error instanceof DOMException && (error.name === 'NotSupportedError' || error.name === 'SyntaxError')
  );
}

/** `pair` may have been read back from storage: `lost` unless it is an Ed25519 key that signs and stays inside. */
export async function openKeyPair({ publicKey, privateKey }: CryptoKeyPair): Promise<DeviceKey> {
  const isOurs =
    privateKey.algorithm.name === ED25519.name &&
    privateKey.type === 'private' &&
    privateKey.usages.includes('sign') &&
    !privateKey.extractable;
  if (!isOurs) throw new KeyError('lost', 'not the key of a device');
  return {
    publicKey: new Uint8Array(await tried(crypto.subtle.exportKey('raw', publicKey))),
    sign: async (message) =>
      new Uint8Array(await tried(crypto.subtle.sign(ED25519, privateKey, new Uint8Array(message)))),
  };
}

async function tried<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    throw new KeyError('failed', error);
  }
}
