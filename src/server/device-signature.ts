// Signatures of devices, by whichever algorithm a device was enrolled with: Ed25519, or ECDSA on P-256 over SHA-256 with
// r and s as 32 bytes each, which is how WebCrypto writes it.
import { createPublicKey, type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto';
import { type Algorithm, algorithmOf } from '../domain/event.ts';

const SIGNATURE_BYTES = 64;

export type DevicePublicKey = { readonly alg: Algorithm; readonly key: KeyObject };

/** Undefined: no key of a kind that devices have, or no point on its curve. */
export function importDeviceKey(publicKey: Uint8Array): DevicePublicKey | undefined {
  const alg = algorithmOf(publicKey);
  const part = (from: number, to: number) => Buffer.from(publicKey.subarray(from, to)).toString('base64url');
  try {
    switch (alg) {
      case 'Ed25519':
        return {
          alg,
          key: createPublicKey({ key: { kty: 'OKP', crv: alg, x: part(0, 32) }, format: 'jwk' }),
        };
      case 'ES256': {
        const point = { kty: 'EC', crv: 'P-256', x: part(1, 33), y: part(33, 65) };
        return { alg, key: createPublicKey({ key: point, format: 'jwk' }) };
      }
      case undefined:
        return undefined;
    }
  } catch {
    return undefined;
  }
}

/** In Node's thread pool, so that the process goes on meanwhile. */
export function isSignedBy(
  { alg, key }: DevicePublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (signature.length !== SIGNATURE_BYTES) return Promise.resolve(false);
  const input: VerifyKeyObjectInput = { key, ...(alg === 'ES256' ? { dsaEncoding: 'ieee-p1363' } : {}) };
  return new Promise((resolve, reject) =>
    verify(alg === 'ES256' ? 'sha256' : null, message, input, signature, (error, isValid) =>
      error ? reject(error) : resolve(isValid),
    ),
  );
}
