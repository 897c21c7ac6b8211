// The keys of signed notes, as configuration files spell them: a verifier key is `name+id+base64(type, public key)`,
// a signer key `PRIVATE+KEY+name+id+base64(type, seed)`. Two types only, as C2SP advises: an Ed25519 signature over
// the text, and a dated Ed25519 cosignature.
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, encodeBase64, parseBase64, utf8ToBytes } from '../bytes.ts';
import { assert, err, ok, type Result } from '../result.ts';
import { cosign, verifyCosignature } from './cosignature.ts';
import { isKeyName, type NoteSigner, type NoteVerifier } from './note.ts';

export const SIGNATURE_KEY = 0x01;
export const COSIGNATURE_KEY = 0x04;

export type KeyType = typeof SIGNATURE_KEY | typeof COSIGNATURE_KEY;

export type VerifierKey = NoteVerifier & { readonly type: KeyType; readonly publicKey: Uint8Array };

export type SignerKey = {
  readonly name: string;
  readonly keyId: string;
  readonly type: KeyType;
  /** RFC 8032 s5.1.5, 32 bytes. */
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
};

/** The first four bytes of SHA-256(name, newline, type, public key), in hex. */
export function keyIdOf(name: string, type: KeyType, publicKey: Uint8Array): string {
  const preimage = concatBytes(utf8ToBytes(`${name}\n`), Uint8Array.of(type), publicKey);
  return bytesToHex(sha256(preimage).subarray(0, 4));
}

export function createVerifierKey(name: string, type: KeyType, publicKey: Uint8Array): VerifierKey {
  assert(isKeyName(name), `${name} names a key`);
  assert(publicKey.length === 32, 'an Ed25519 public key has 32 bytes');
  const verify = (text: Uint8Array, signature: Uint8Array) =>
    type === COSIGNATURE_KEY
      ? verifyCosignature(text, signature, publicKey)
      : // RFC 8032 strictly: the looser ZIP 215 rule lets one signature have several spellings.
        signature.length === 64 && ed25519.verify(signature, text, publicKey, { zip215: false });
  return { name, keyId: keyIdOf(name, type, publicKey), type, publicKey, verify };
}

export function createSignerKey(name: string, type: KeyType, seed: Uint8Array): SignerKey {
  assert(isKeyName(name), `${name} names a key`);
  assert(seed.length === 32, 'an Ed25519 seed has 32 bytes');
  const publicKey = ed25519.getPublicKey(seed);
  return { name, keyId: keyIdOf(name, type, publicKey), type, seed, publicKey };
}

export function verifierOf(key: SignerKey): VerifierKey {
  return createVerifierKey(key.name, key.type, key.publicKey);
}

/** A log signs with this. */
export function signerOf(key: SignerKey): NoteSigner {
  assert(key.type === SIGNATURE_KEY, `${key.name} signs texts`);
  return { name: key.name, keyId: key.keyId, sign: (text) => ed25519.sign(text, key.seed) };
}

/** A witness or an auditor signs with this. */
export function cosignerOf(key: SignerKey, timeSeconds: number): NoteSigner {
  assert(key.type === COSIGNATURE_KEY, `${key.name} cosigns checkpoints`);
  return { name: key.name, keyId: key.keyId, sign: (text) => cosign(text, key.seed, timeSeconds) };
}

/** Refuses other types, and an id that is not that of the key: a typing error in a configuration. */
export function parseVerifierKey(vkey: string): Result<VerifierKey, 'malformed'> {
  const parts = parseKeyParts(vkey);
  if (!parts.ok) return parts;
  const key = createVerifierKey(parts.value.name, parts.value.type, parts.value.bytes);
  return key.keyId === parts.value.keyId ? ok(key) : err('malformed', 'the id is not that of the key');
}

export function encodeVerifierKey({ name, keyId, type, publicKey }: VerifierKey): string {
  return `${name}+${keyId}+${encodeBase64(concatBytes(Uint8Array.of(type), publicKey))}`;
}

const SIGNER_PREFIX = 'PRIVATE+KEY+';

/** `detail` never repeats the input, which is a secret. */
export function parseSignerKey(skey: string): Result<SignerKey, 'malformed'> {
  if (!skey.startsWith(SIGNER_PREFIX)) return err('malformed', 'not a signer key');
  const parts = parseKeyParts(skey.slice(SIGNER_PREFIX.length));
  if (!parts.ok) return parts;
  const key = createSignerKey(parts.value.name, parts.value.type, parts.value.bytes);
  return key.keyId === parts.value.keyId ? ok(key) : err('malformed', 'the id is not that of the key');
}

export function encodeSignerKey({ name, keyId, type, seed }: SignerKey): string {
  return `${SIGNER_PREFIX}${name}+${keyId}+${encodeBase64(concatBytes(Uint8Array.of(type), seed))}`;
}

type KeyParts = { name: string; keyId: string; type: KeyType; bytes: Uint8Array };

function parseKeyParts(text: string): Result<KeyParts, 'malformed'> {
  const [, name, keyId, base64] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text) ?? [];
  if (!isKeyName(name) || keyId === undefined || base64 === undefined)
    return err('malformed', 'not name+id+key');
  const decoded = parseBase64(base64);
  if (!decoded.ok) return decoded;
  const type = decoded.value[0];
  if (type !== SIGNATURE_KEY && type !== COSIGNATURE_KEY) return err('malformed', 'an unknown type of key');
  if (decoded.value.length !== 33) return err('malformed', 'the key has a wrong length');
  return ok({ name, keyId, type, bytes: decoded.value.slice(1) });
}
