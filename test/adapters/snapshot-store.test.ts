import { IDBDatabase as FakeDatabase } from 'fake-indexeddb';
import { expect, test, vi } from 'vitest';
import { createDatabase } from '../../src/adapters/database.ts';
import { createSnapshotStore } from '../../src/adapters/snapshot-store.ts';
import { PAGE_BYTES_MAX } from '../../src/domain/limits.ts';
import { damage, freshDatabase, freshName, stored } from '../support/fake-database.ts';
import { samplePage, snapshotStoreSuite, storedSnapshot } from '../support/port-suites/snapshot-store.ts';

snapshotStoreSuite('IndexedDB', async () => createSnapshotStore(freshDatabase()));

test('a page is stored as one ArrayBuffer, even when it came as a view of something larger', async () => {
  const name = freshName();
  const store = createSnapshotStore(createDatabase(name));
  const page = samplePage(1);
  const bundle = new Uint8Array(1_000_000);
  bundle.set(page.bytes, 500);
  await store.putPages([{ sha256: page.sha256, bytes: bundle.subarray(500, 500 + page.bytes.length) }]);
  const value = await stored(name, 'pages', page.sha256);
  expect(value).toBeInstanceOf(ArrayBuffer);
  expect((value as ArrayBuffer).byteLength).toBe(page.bytes.length);
});

test('pages may be lost to a power cut, the turn to another snapshot may not', async () => {
  const store = createSnapshotStore(freshDatabase());
  const spy = vi.spyOn(FakeDatabase.prototype, 'transaction');
  const page = samplePage(1);
  await store.putPages([page]);
  await store.adopt(storedSnapshot(1), [page.sha256]);
  const writes = spy.mock.calls.filter(([, mode]) => mode === 'readwrite');
  expect(writes.map(([, , options]) => options?.durability)).toEqual(['relaxed', 'strict']);
  spy.mockRestore();
});

test('what was damaged on disk is told, never taken for absent', async () => {
  const name = freshName();
  const store = createSnapshotStore(createDatabase(name));
  const page = samplePage(1);
  await store.putPages([page]);
  await store.adopt(storedSnapshot(1), [page.sha256]);
  const damaged = { name: 'StoreError', code: 'damaged' };
  for (const value of [null, 'page', new Uint8Array(3), new ArrayBuffer(PAGE_BYTES_MAX + 1)]) {
    await damage(name, 'pages', page.sha256, value);
    await expect(store.page(page.sha256)).rejects.toMatchObject(damaged);
  }
  for (const value of [null, {}, { manifest: 'text', proof: '' }, { manifest: new ArrayBuffer(1) }]) {
    await damage(name, 'snapshot', 'current', value);
    await expect(store.current()).rejects.toMatchObject(damaged);
  }
  await store.adopt(storedSnapshot(2), [page.sha256]);
  expect(await store.current()).toEqual(storedSnapshot(2));
});
