import { describe, expect, test } from 'vitest';
import { utf8ToBytes } from '../../../src/domain/bytes.ts';
import {
  COSIGNATURE_KEY,
  cosignerOf,
  createSignerKey,
  encodeSignerKey,
  encodeVerifierKey,
  parseSignerKey,
  parseVerifierKey,
  SIGNATURE_KEY,
  signerOf,
  verifierOf,
} from '../../../src/domain/ledger/note-key.ts';

// golang.org/x/mod sumdb/note: the example keys of its documentation.
const VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const SKEY = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
// transparency-dev/formats note/note_cosigv1_test.go
const COSIGNER = 'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2';

describe('parsing', () => {
  test('keys come back as they went, and a signer key holds its verifier key', () => {
    for (const vkey of [VKEY, COSIGNER]) {
      const key = parseVerifierKey(vkey);
      expect(key.ok && encodeVerifierKey(key.value)).toBe(vkey);
    }
    const signer = parseSignerKey(SKEY);
    expect(signer.ok && encodeSignerKey(signer.value)).toBe(SKEY);
    expect(signer.ok && encodeVerifierKey(verifierOf(signer.value))).toBe(VKEY);
  });

  test.each([
    ['nothing', ''],
    ['no id', 'PeterNeumann+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'],
    ['capital hex', VKEY.replace('c74f20a3', 'C74F20A3')],
    ['a space in the name', VKEY.replace('rN', 'r N')],
    [
      'ECDSA, a type that is not ours',
      'a+00000000+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNhtmPtrWm3U1eQXBogSMdGv',
    ],
    ['a signer key', SKEY],
  ])('malformed: %s', (_, vkey) => {
    expect(parseVerifierKey(vkey)).toMatchObject({ error: 'malformed' });
  });

  test('every truncation and every altered character is refused, and no secret is repeated', () => {
    for (const [key, parse] of [
      [VKEY, parseVerifierKey],
      [COSIGNER, parseVerifierKey],
      [SKEY, parseSignerKey],
    ] as const) {
      for (let at = 0; at < key.length; at++) {
        expect(parse(key.slice(0, at)).ok).toBe(false);
        for (const character of ['A', 'b', '+', ' ', '\n', 'é']) {
          if (key[at] === character) continue;
          const parsed = parse(key.slice(0, at) + character + key.slice(at + 1));
          expect(parsed.ok, `${character} at ${at}`).toBe(false);
          if (!parsed.ok) expect(parsed.detail).not.toMatch(/AYEK|QIDr/);
        }
      }
    }
  });
});

describe('verifying', () => {
  const seed = new Uint8Array(32).fill(7);
  const text = utf8ToBytes('log\n1\nAAAA\n');

  test('a type says how a signature is made, so that one key cannot stand in for two meanings', () => {
    const log = createSignerKey('a', SIGNATURE_KEY, seed);
    const witness = createSignerKey('a', COSIGNATURE_KEY, seed);
    expect(log.keyId).not.toBe(witness.keyId);
    const plain = signerOf(log).sign(text);
    const dated = cosignerOf(witness, 1_700_000_000).sign(text);
    expect([verifierOf(log).verify(text, plain), verifierOf(witness).verify(text, dated)]).toEqual([
      true,
      true,
    ]);
    expect([verifierOf(log).verify(text, dated), verifierOf(witness).verify(text, plain)]).toEqual([
      false,
      false,
    ]);
  });

  test('a signature of a wrong length and a key that is no point are false, not thrown', () => {
    const verifier = verifierOf(createSignerKey('a', SIGNATURE_KEY, seed));
    for (const length of [0, 63, 65]) expect(verifier.verify(text, new Uint8Array(length))).toBe(false);
    for (const fill of [0x00, 0x02, 0xff]) {
      const key = { ...createSignerKey('a', SIGNATURE_KEY, seed), publicKey: new Uint8Array(32).fill(fill) };
      expect(verifierOf(key).verify(text, new Uint8Array(64))).toBe(false);
    }
  });

  test('an identity key with an all-zero scalar, which the looser ZIP 215 accepts, is refused', () => {
    const identity = new Uint8Array(32);
    identity[0] = 1;
    const signature = new Uint8Array(64);
    signature[0] = 1;
    const key = { ...createSignerKey('a', SIGNATURE_KEY, seed), publicKey: identity };
    expect(verifierOf(key).verify(text, signature)).toBe(false);
  });
});
