// Keys of devices for tests of the server, of either algorithm, as a phone's WebCrypto makes them.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Algorithm } from '../../src/domain/event.ts';

export type RawKeyPair = {
  readonly alg: Algorithm;
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
};

/** The raw key is the end of its SPKI: 32 bytes, or the 65 of an uncompressed point. */
export function createRawKeyPair(alg: Algorithm = 'Ed25519'): RawKeyPair {
  const { publicKey, privateKey } =
    alg === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return { alg, publicKey: new Uint8Array(spki.subarray(alg === 'Ed25519' ? -32 : -65)), privateKey };
}

export function signAs(alg: Algorithm, key: KeyObject, message: Uint8Array): Uint8Array {
  return new Uint8Array(
    alg === 'Ed25519'
      ? sign(null, message, key)
      : sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }),
  );
}
