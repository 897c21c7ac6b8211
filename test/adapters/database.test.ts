import { IDBDatabase as FakeDatabase, forceCloseDatabase } from 'fake-indexeddb';
import { openDB } from 'idb';
import { afterEach, expect, test, vi } from 'vitest';
import { createDatabase } from '../../src/adapters/database.ts';
import { StoreError } from '../../src/app/ports.ts';
import { freshDatabase, freshName } from '../support/fake-database.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const put =
  (value: string) =>
  (tx: { objectStore(name: 'settings'): { put(v: unknown, k: string): Promise<unknown> } }) =>
    tx.objectStore('settings').put(value, 'user');

test('rolls back everything when one part fails', async () => {
  const database = freshDatabase();
  await database.writeStrictly(['settings'], put('first'));
  const failing = database.writeStrictly(['settings', 'outbox'], async (tx) => {
    await put('second')(tx);
    await tx.objectStore('outbox').add('row', 1);
    await tx.objectStore('outbox').add('another', 1);
  });
  await expect(failing).rejects.toMatchObject({ name: 'StoreError', code: 'failed' });
  const bug = database.writeStrictly(['settings'], async (tx) => {
    await put('third')(tx);
    throw new Error('assertion failed: a bug');
  });
  await expect(bug).rejects.toThrow('assertion failed: a bug');
  const [user, rows] = await database.read(['settings', 'outbox'], (tx) =>
    Promise.all([tx.objectStore('settings').get('user'), tx.objectStore('outbox').count()]),
  );
  expect([user, rows]).toEqual(['first', 0]);
});

test('asks for strict durability where it says so', async () => {
  const database = freshDatabase();
  await database.read(['settings'], (tx) => tx.objectStore('settings').count());
  const spy = vi.spyOn(FakeDatabase.prototype, 'transaction');
  await database.writeStrictly(['settings'], put('strict'));
  await database.writeRelaxed(['settings'], put('relaxed'));
  expect(spy.mock.calls.map(([, mode, options]) => [mode, options?.durability])).toEqual([
    ['readwrite', 'strict'],
    ['readwrite', 'relaxed'],
  ]);
});

test('makes way for a newer version of the app, and says so from then on', async () => {
  const name = freshName();
  const database = createDatabase(name);
  await database.writeStrictly(['settings'], put('kept'));
  const newer = await openDB(name, 99);
  expect(await newer.get('settings', 'user')).toBe('kept');
  await expect(database.read(['settings'], (tx) => tx.objectStore('settings').count())).rejects.toMatchObject(
    {
      name: 'StoreError',
      code: 'refused',
    },
  );
  newer.close();
});

test('opens again after the browser has closed the connection', async () => {
  const name = freshName();
  const connections: IDBDatabase[] = [];
  const original = FakeDatabase.prototype.transaction;
  vi.spyOn(FakeDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
    connections.push(this);
    return original.apply(this, args);
  });
  const database = createDatabase(name);
  await database.writeStrictly(['settings'], put('kept'));
  forceCloseDatabase(connections[0] as unknown as typeof FakeDatabase);
  await new Promise((resolve) => setTimeout(resolve));
  expect(await database.read(['settings'], (tx) => tx.objectStore('settings').get('user'))).toBe('kept');
});

test('gives up on a tab that holds an older database open, and leaves nothing open behind', async () => {
  const name = freshName();
  const frozen = await openDB(name, 1, {
    upgrade(db) {
      for (const each of ['enrolment', 'snapshot']) db.createObjectStore(each);
    },
  });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const original = indexedDB.open.bind(indexedDB);
  const asNextVersion = vi.spyOn(indexedDB, 'open').mockImplementation((each) => original(each, 2));
  const reading = createDatabase(name).read(['settings'], async () => 'read');
  const refused = expect(reading).rejects.toMatchObject({ name: 'StoreError', code: 'refused' });
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  await vi.advanceTimersByTimeAsync(5_000);
  await refused;
  asNextVersion.mockRestore();
  frozen.close();
  expect((await openDB(name, 4)).version).toBe(4);
});

test('tells a full disk, a private window and a missing platform apart', async () => {
  const database = freshDatabase();
  await database.writeStrictly(['settings'], put('first'));
  for (const [name, code] of [
    ['QuotaExceededError', 'full'],
    ['SecurityError', 'refused'],
    ['UnknownError', 'failed'],
    ['NotReadableError', 'damaged'],
  ] as const) {
    const cause = new DOMException('as the platform says', name);
    const failing = database.writeStrictly(['settings'], () => Promise.reject(cause));
    await expect(failing).rejects.toMatchObject({ name: 'StoreError', code, cause });
  }
  vi.stubGlobal('indexedDB', undefined);
  await expect(freshDatabase().read(['settings'], async () => 1)).rejects.toBeInstanceOf(StoreError);
});

test('a full disk that shows only when the transaction ends rejects the write', async () => {
  const database = freshDatabase();
  await database.writeStrictly(['settings'], put('first'));
  const quota = new DOMException('no room', 'QuotaExceededError');
  const original = FakeDatabase.prototype.transaction;
  vi.spyOn(FakeDatabase.prototype, 'transaction').mockImplementationOnce(function (
    this: IDBDatabase,
    ...args
  ) {
    const tx = original.apply(this, args);
    queueMicrotask(() => {
      tx.abort();
      Object.defineProperty(tx, 'error', { value: quota });
    });
    return tx;
  });
  await expect(database.writeStrictly(['settings'], async () => 'recorded')).rejects.toMatchObject({
    code: 'full',
  });
});
