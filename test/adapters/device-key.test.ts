import { afterEach, expect, test, vi } from 'vitest';
import { createKeyPair, openKeyPair } from '../../src/adapters/device-key.ts';
import { deviceKeySuite } from '../support/port-suites/device-key.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

deviceKeySuite('WebCrypto', async () => openKeyPair(await createKeyPair()));
deviceKeySuite('WebCrypto without Ed25519', async () => openKeyPair(await withoutEd25519(createKeyPair)));

/** As in browsers whose WebCrypto has P-256 alone. */
async function withoutEd25519<T>(work: () => Promise<T>): Promise<T> {
  vi.spyOn(crypto.subtle, 'generateKey').mockRejectedValueOnce(new DOMException('no', 'NotSupportedError'));
  return work();
}

test('the algorithm is Ed25519 where there is one, else P-256', async () => {
  expect((await openKeyPair(await createKeyPair())).alg).toBe('Ed25519');
  expect((await openKeyPair(await withoutEd25519(createKeyPair))).alg).toBe('ES256');
});

test('the private half cannot be exported', async () => {
  expect((await createKeyPair()).privateKey.extractable).toBe(false);
  expect((await withoutEd25519(createKeyPair)).privateKey.extractable).toBe(false);
});

test('a browser with neither algorithm, and a page that is not secure, say so', async () => {
  vi.spyOn(crypto.subtle, 'generateKey').mockRejectedValue(new DOMException('no', 'NotSupportedError'));
  await expect(createKeyPair()).rejects.toMatchObject({ name: 'KeyError', code: 'unsupported' });
  vi.stubGlobal('crypto', {});
  await expect(createKeyPair()).rejects.toMatchObject({ name: 'KeyError', code: 'unsupported' });
});

test('opens no key of another kind, nor one that a script could read', async () => {
  const readable = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  const other = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-384' }, false, [
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
