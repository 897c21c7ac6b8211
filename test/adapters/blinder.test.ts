import { afterEach, expect, test, vi } from 'vitest';
import { createBlinder, importMaster } from '../../src/adapters/blinder.ts';
import { blinderSuite } from '../support/port-suites/blinder.ts';
import { blindPack, PACK } from '../support/sample-events.ts';

afterEach(() => vi.restoreAllMocks());

blinderSuite('WebCrypto', async (masters) =>
  createBlinder(
    await Promise.all(
      masters.map(async ({ keyId, master }) => ({
        keyId,
        master: await importMaster(new Uint8Array(master)),
      })),
    ),
  ),
);

test('neither master nor subkeys stay readable', async () => {
  const imported = vi.spyOn(crypto.subtle, 'importKey');
  const bytes = new Uint8Array(32).fill(7);
  const master = await importMaster(bytes);
  expect(bytes).toEqual(new Uint8Array(32));
  expect(master.extractable).toBe(false);
  const blinder = createBlinder([{ keyId: 1, master }]);
  expect(await blinder.blindPack(1, PACK)).toEqual(blindPack(PACK));
  for (const [, data, , extractable] of imported.mock.calls) {
    expect(data).toEqual(new Uint8Array(32));
    expect(extractable).toBe(false);
  }
  expect(imported).toHaveBeenCalledTimes(2);
});

test('derives a product’s subkey once, also when asked many times at once', async () => {
  const blinder = createBlinder([{ keyId: 1, master: await importMaster(new Uint8Array(32).fill(7)) }]);
  const imported = vi.spyOn(crypto.subtle, 'importKey');
  await Promise.all(Array.from({ length: 20 }, (_, i) => blinder.blindPack(1, { ...PACK, serial: `S${i}` })));
  expect(imported).toHaveBeenCalledTimes(1);
});

test('a failure is a KeyError and is not kept', async () => {
  const blinder = createBlinder([{ keyId: 1, master: await importMaster(new Uint8Array(32).fill(7)) }]);
  const cause = new DOMException('gone', 'OperationError');
  vi.spyOn(crypto.subtle, 'importKey').mockRejectedValueOnce(cause);
  await expect(blinder.blindPack(1, PACK)).rejects.toMatchObject({ name: 'KeyError', code: 'failed', cause });
  expect(await blinder.blindPack(1, PACK)).toEqual(blindPack(PACK));
});
