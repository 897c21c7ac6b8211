// The device's key in WebCrypto: made so that no script, ours included, can read its private half. Ed25519, or P-256
// where the browser has no Ed25519.
import { type DeviceKey, KeyError } from '../app/ports.ts';
import type { Algorithm } from '../domain/event.ts';

const KEY_KINDS = {
  Ed25519: { name: 'Ed25519' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
} as const satisfies Record<Algorithm, object>;

/** WebCrypto writes an ECDSA signature as r and s, 32 bytes each. */
const SIGNED_BY = {
  Ed25519: { name: 'Ed25519' },
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
} as const satisfies Record<Algorithm, object>;

export async function createKeyPair(): Promise<CryptoKeyPair> {
  // Only secure contexts have it: a page over plain HTTP does not.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (!subtle) throw new KeyError('unsupported', 'no WebCrypto here');
  return (await generated(subtle, 'Ed25519')) ?? (await generated(subtle, 'ES256')) ?? unsupported();
}

/** Undefined where the browser does not know the algorithm. */
async function generated(subtle: SubtleCrypto, alg: Algorithm): Promise<CryptoKeyPair | undefined> {
  try {
    return (await subtle.generateKey(KEY_KINDS[alg], false, ['sign', 'verify'])) as CryptoKeyPair;
  } catch (error) {
    if (isUnsupported(error)) return undefined;
    throw new KeyError('failed', error);
  }
}

function unsupported(): never {
  throw new KeyError('unsupported', 'neither Ed25519 nor P-256 here');
}

function isUnsupported(error: unknown): boolean {
  return (
    error instanceof DOMException && (error.name === 'NotSupportedError' || error.name === 'SyntaxError')
  );
}

/** `pair` may have been read back from storage: `lost` unless it is a device's key that signs and stays inside. */
export async function openKeyPair({ publicKey, privateKey }: CryptoKeyPair): Promise<DeviceKey> {
  const alg = algOf(privateKey.algorithm);
  const isOurs =
    privateKey.type === 'private' && privateKey.usages.includes('sign') && !privateKey.extractable;
  if (!alg || !isOurs) throw new KeyError('lost', 'not the key of a device');
  return {
    alg,
    publicKey: new Uint8Array(await tried(crypto.subtle.exportKey('raw', publicKey))),
    sign: async (message) =>
      new Uint8Array(await tried(crypto.subtle.sign(SIGNED_BY[alg], privateKey, new Uint8Array(message)))),
  };
}

function algOf(algorithm: KeyAlgorithm): Algorithm | undefined {
  if (algorithm.name === KEY_KINDS.Ed25519.name) return 'Ed25519';
  const isP256 = Reflect.get(algorithm, 'namedCurve') === KEY_KINDS.ES256.namedCurve;
  return algorithm.name === KEY_KINDS.ES256.name && isP256 ? 'ES256' : undefined;
}

async function tried<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    throw new KeyError('failed', error);
  }
}
