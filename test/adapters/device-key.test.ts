import { afterEach, expect, test, vi } from 'vitest';
import { createKeyPair, openKeyPair } from '../../src/adapters/device-key.ts';
import { deviceKeySuite } from '../support/port-suites/device-key.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

deviceKeySuite('WebCrypto', async () => openKeyPair(await createKeyPair()));

test('the private half cannot be exported', async () => {
  const { privateKey } = await createKeyPair();
  expect(privateKey.extractable).toBe(false);
});

test('a browser without Ed25519, and a page that is not secure, say so', async () => {
  vi.spyOn(crypto.subtle, 'generateKey').mockRejectedValueOnce(new DOMException('no', 'NotSupportedError'));
  await expect(createKeyPair()).rejects.toMatchObject({ name: 'KeyError', code: 'unsupported' });
  vi.stubGlobal('crypto', {});
  await expect(createKeyPair()).rejects.toMatchObject({ name: 'KeyError', code: 'unsupported' });
});

test('opens no key of another kind, nor one that a script could read', async () => {
  const readable = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  const other = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
    'verify',
  ]);
  for (const pair of [readable, other])
    await expect(openKeyPair(pair as CryptoKeyPair)).rejects.toMatchObject({
      name: 'KeyError',
      code: 'lost',
    });
});

test('a signature that fails is a KeyError', async () => {
  const key = await openKeyPair(await createKeyPair());
  const cause = new DOMException('gone', 'OperationError');
  vi.spyOn(crypto.subtle, 'sign').mockRejectedValueOnce(cause);
  await expect(key.sign(new Uint8Array(1))).rejects.toMatchObject({
    name: 'KeyError',
    code: 'failed',
    cause,
  });
});
