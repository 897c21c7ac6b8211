import { expect, test } from 'vitest';
import { createMemoryBlinder, createMemoryDeviceKey } from '../../src/adapters/memory-keys.ts';
import { createMemoryEnrolmentStore } from '../../src/adapters/memory-stores.ts';
import { createKeyring, type Keyring } from '../../src/app/keyring.ts';
import { type Blinder, LedgerError } from '../../src/app/ports.ts';
import { epochKeysOf } from '../../src/domain/epoch-keys.ts';
import { overlapOf, type Scope } from '../../src/domain/snapshot/scope.ts';
import type { KeysRequest, KeysResponse } from '../../src/domain/wire.ts';
import { enrolResponse } from '../support/port-suites/enrolment-store.ts';

const [A, B, C] = ['gtin:09506000100012', 'gtin:09506000100029', 'ppn:119000001525'] as const;

/** A server that has epochs and knows what the device may have, and a device enrolled with it. */
async function openDevice(entitled: Scope = null) {
  const server = {
    epochs: [1],
    entitled,
    asked: [] as KeysRequest[],
    online: true,
    meanwhile: async () => {},
    twist: (answer: KeysResponse): KeysResponse => answer,
  };
  const grant = ({ keyIds, products }: KeysRequest) => {
    const within = overlapOf(products, server.entitled);
    return keyIds.map((keyId) => epochKeysOf({ keyId, master: new Uint8Array(32).fill(keyId) }, within));
  };
  const keys = async (request: KeysRequest): Promise<KeysResponse> => {
    if (!server.online) throw new LedgerError('offline');
    server.asked.push(request);
    const known = { ...request, keyIds: request.keyIds.filter((keyId) => server.epochs.includes(keyId)) };
    if (request.keyIds.length > 0) await server.meanwhile();
    return server.twist({ keyIds: server.epochs, keys: grant(known) });
  };
  const enrolments = createMemoryEnrolmentStore({
    createKey: () => createMemoryDeviceKey(new Uint8Array(32).fill(9)),
    createBlinder: createMemoryBlinder,
  });
  const key = await enrolments.createKey();
  const response = enrolResponse(key.publicKey, {
    products: entitled,
    keys: grant({ keyIds: server.epochs, products: entitled }),
  });
  await enrolments.save(key, response, 1);
  const open = async (): Promise<Keyring> => {
    const identity = await enrolments.load();
    if (!identity) throw new Error('not enrolled');
    return createKeyring({ ports: { enrolments, ledger: { keys } as never }, identity });
  };
  return { server, open, keyring: await open() };
}

async function reach(blinder: Blinder): Promise<string> {
  const epochs = await Promise.all(
    blinder.keyIds.map(async (keyId) => {
      const ids = await Promise.all([A, B, C].map((each) => blinder.blindProduct(keyId, each)));
      return `${keyId}:${['A', 'B', 'C'].filter((_, i) => ids[i]).join('')}`;
    }),
  );
  return epochs.join(' ');
}

test('learns of a new epoch, with the keys of its scope, and asks no more than it has to', async () => {
  for (const [scope, before, after] of [
    [null, '1:ABC', '2:ABC 1:ABC'],
    [[A, B], '1:AB', '2:AB 1:AB'],
  ] as const) {
    const { server, keyring, open } = await openDevice(scope);
    await keyring.refresh();
    expect(await reach(keyring.blinder)).toBe(before);
    server.epochs = [1, 2];
    await keyring.refresh();
    expect(await reach(keyring.blinder)).toBe(after);
    expect(await reach((await open()).blinder)).toBe(after);
    await keyring.refresh();
    const poll = { keyIds: [], products: [] };
    expect(server.asked).toEqual([poll, poll, { keyIds: [2], products: scope }, poll]);
    expect(keyring.failure.value).toBeUndefined();
  }
});

test('a scope change asks for what is lacking alone, and needs no network to let go', async () => {
  const { server, keyring, open } = await openDevice();
  server.epochs = [1, 2];
  expect(await keyring.changeScope([A, B])).toEqual({ ok: true, value: [A, B] });
  expect(await reach(keyring.blinder)).toBe('2:AB 1:AB');
  server.asked = [];
  expect(await keyring.changeScope([B, C])).toMatchObject({ ok: true });
  expect(server.asked.at(-1)).toEqual({ keyIds: [2, 1], products: [C] });
  expect(await reach(keyring.blinder)).toBe('2:BC 1:BC');
  server.online = false;
  expect(await keyring.changeScope([C])).toMatchObject({ ok: true });
  expect(await reach(keyring.blinder)).toBe('2:C 1:C');
  expect(await keyring.changeScope([A, C])).toMatchObject({ ok: false, error: 'offline' });
  expect(await keyring.changeScope(null)).toMatchObject({ ok: false, error: 'offline' });
  expect([keyring.scope.value, await reach((await open()).blinder)]).toEqual([[C], '2:C 1:C']);
  server.online = true;
  expect(await keyring.changeScope(null)).toEqual({ ok: true, value: null });
  expect(await reach(keyring.blinder)).toBe('2:ABC 1:ABC');
});

test('has no more than the server grants, and says what that is', async () => {
  const { keyring } = await openDevice([A, B]);
  expect(await keyring.changeScope([A])).toEqual({ ok: true, value: [A] });
  expect(await keyring.changeScope([A, B, C])).toEqual({ ok: true, value: [A, B] });
  expect(await keyring.changeScope(null)).toEqual({ ok: true, value: [A, B] });
  expect([keyring.scope.value, await reach(keyring.blinder)]).toEqual([[A, B], '1:AB']);
});

test('an answer about something else changes nothing', async () => {
  const { server, keyring } = await openDevice([A]);
  server.epochs = [1, 2];
  const master = epochKeysOf({ keyId: 2, master: new Uint8Array(32) }, null);
  for (const keys of [[], [master], [master, master]]) {
    server.twist = (answer) => (answer.keys.length > 0 ? { ...answer, keys } : answer);
    await keyring.refresh();
    expect([keyring.failure.value, await reach(keyring.blinder)]).toEqual(['malformed', '1:A']);
  }
  server.online = false;
  await keyring.refresh();
  expect(keyring.failure.value).toBe('offline');
});

test('borrows the keys of a product outside the scope, if it may, and keeps them nowhere', async () => {
  const { server, keyring, open } = await openDevice([A, B]);
  await keyring.changeScope([A]);
  server.asked = [];
  expect(await reach(await keyring.reach([A, A], [1]))).toBe('1:A');
  expect(server.asked).toEqual([]);
  expect(await reach(await keyring.reach([A, B, C], [1]))).toBe('1:AB');
  expect(await reach(keyring.blinder)).toBe('1:A');
  expect(await reach((await open()).blinder)).toBe('1:A');
  server.epochs = [1, 2];
  expect(await reach(await keyring.reach([B], [2]))).toBe('2:AB 1:AB');
  server.online = false;
  await expect(keyring.reach([B], [1])).rejects.toMatchObject({ code: 'offline' });
});

test('follows a change that another tab has made', async () => {
  const { server, keyring, open } = await openDevice();
  const other = await open();
  await other.changeScope([B]);
  server.epochs = [1, 2];
  await keyring.refresh();
  expect([keyring.scope.value, await reach(keyring.blinder)]).toEqual([[B], '2:B 1:B']);
});

test('a tab that has slept gives no scope back that another one has left', async () => {
  const { keyring, open } = await openDevice();
  const other = await open();
  await other.changeScope([B]);
  expect(await keyring.changeScope(null)).toEqual({ ok: true, value: null });
  expect([keyring.scope.value, await reach((await open()).blinder)]).toEqual([null, '1:ABC']);
});

test('a change by another tab while the server answers stands, and is gone on from', async () => {
  const { server, keyring, open } = await openDevice();
  const other = await open();
  server.epochs = [1, 2];
  server.meanwhile = async () => {
    server.meanwhile = async () => {};
    await other.changeScope([B]);
  };
  await keyring.refresh();
  expect(keyring.failure.value).toBeUndefined();
  expect([keyring.scope.value, await reach(keyring.blinder)]).toEqual([[B], '2:B 1:B']);
  expect((await open()).scope.value).toEqual([B]);
});
