import { afterEach, expect, test, vi } from 'vitest';
import { createBlinder, importKey } from '../../src/adapters/blinder.ts';
import { StoreError } from '../../src/app/ports.ts';
import { type EpochKeys, epochKeysOf } from '../../src/domain/epoch-keys.ts';
import type { Scope } from '../../src/domain/snapshot/scope.ts';
import { blinderSuite } from '../support/port-suites/blinder.ts';
import { blindPack, PACK } from '../support/sample-events.ts';

afterEach(() => vi.restoreAllMocks());

/** Imports what an epoch's keys hold, each under its name. */
async function sourceOf(epochs: readonly EpochKeys[]) {
  const keys = new Map<string, CryptoKey>();
  for (const epoch of epochs) {
    const named: [string, string][] =
      epoch.kind === 'master'
        ? [['master', epoch.master]]
        : [
            ['containers', epoch.containers],
            ...epoch.products.map((each): [string, string] => [each.productCode, each.subkey]),
          ];
    for (const [name, key] of named)
      keys.set(`${epoch.keyId} ${name}`, await importKey(new Uint8Array(Buffer.from(key, 'base64'))));
  }
  return {
    keyIds: epochs.map(({ keyId }) => keyId),
    key: async (keyId: number, name: string) => keys.get(`${keyId} ${name}`),
  };
}

const master = new Uint8Array(32).fill(7);
const open = async (scope: Scope = null) =>
  createBlinder(await sourceOf([epochKeysOf({ keyId: 1, master }, scope)]));

blinderSuite('WebCrypto', async (keys) => createBlinder(await sourceOf(keys)));

test('neither master nor subkeys stay readable', async () => {
  const imported = vi.spyOn(crypto.subtle, 'importKey');
  const bytes = new Uint8Array(32).fill(7);
  const key = await importKey(bytes);
  expect(bytes).toEqual(new Uint8Array(32));
  expect(key.extractable).toBe(false);
  const blinder = createBlinder({
    keyIds: [1],
    key: async (_, name) => (name === 'master' ? key : undefined),
  });
  expect(await blinder.blindPack(1, PACK)).toEqual(blindPack(PACK));
  for (const [, data, , extractable] of imported.mock.calls) {
    expect(data).toEqual(new Uint8Array(32));
    expect(extractable).toBe(false);
  }
  expect(imported).toHaveBeenCalledTimes(2);
});

test('derives a product’s subkey once, also when asked many times at once', async () => {
  const blinder = await open();
  const imported = vi.spyOn(crypto.subtle, 'importKey');
  await Promise.all(Array.from({ length: 20 }, (_, i) => blinder.blindPack(1, { ...PACK, serial: `S${i}` })));
  expect(imported).toHaveBeenCalledTimes(1);
});

test('a failure is a KeyError and is not kept', async () => {
  const blinder = await open();
  const cause = new DOMException('gone', 'OperationError');
  vi.spyOn(crypto.subtle, 'importKey').mockRejectedValueOnce(cause);
  await expect(blinder.blindPack(1, PACK)).rejects.toMatchObject({ name: 'KeyError', code: 'failed', cause });
  expect(await blinder.blindPack(1, PACK)).toEqual(blindPack(PACK));
});

test('a store that cannot be read is told as such', async () => {
  const cause = new StoreError('failed');
  const blinder = createBlinder({ keyIds: [1], key: () => Promise.reject(cause) });
  await expect(blinder.blindPack(1, PACK)).rejects.toBe(cause);
});
