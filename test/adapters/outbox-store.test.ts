import { IDBDatabase as FakeDatabase } from 'fake-indexeddb';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createDatabase } from '../../src/adapters/database.ts';
import { createOutboxStore } from '../../src/adapters/outbox-store.ts';
import type { OutboxRow } from '../../src/app/outbox-ports.ts';
import { damage, freshDatabase, freshName, stored } from '../support/fake-database.ts';
import { mangled } from '../support/mangle.ts';
import { allRows, allTombstones } from '../support/outbox-rows.ts';
import {
  outboxRow,
  outboxStoreSuite,
  receiptFor,
  START,
  tombstoneFor,
} from '../support/port-suites/outbox-store.ts';

outboxStoreSuite('IndexedDB', async () => createOutboxStore(freshDatabase()));

describe('rows outlast the page', () => {
  test('closed and opened again, everything is there', async () => {
    const name = freshName();
    const database = createDatabase(name);
    const store = createOutboxStore(database);
    await store.append(START, outboxRow(1));
    await store.append(await store.head(), outboxRow(2));
    await store.advance([{ row: outboxRow(1), settled: tombstoneFor(outboxRow(1), 5) }]);
    await database.close();
    const again = createOutboxStore(createDatabase(name));
    expect(await allRows(again)).toEqual([outboxRow(2)]);
    expect(await allTombstones(again)).toEqual([tombstoneFor(outboxRow(1), 5)]);
    expect(await again.head()).toEqual({ place: 2, sequence: 2, id: outboxRow(2).id });
  });

  test('two tabs append to one chain', async () => {
    const name = freshName();
    const [here, there] = [createOutboxStore(createDatabase(name)), createOutboxStore(createDatabase(name))];
    const head = await there.head();
    expect(await here.append(head, outboxRow(1))).toBe(true);
    expect(await there.append(head, outboxRow(1))).toBe(false);
    expect(await there.append(await there.head(), outboxRow(2))).toBe(true);
    expect(await allRows(here)).toEqual([outboxRow(1), outboxRow(2)]);
  });

  test('every change is strict', async () => {
    const store = createOutboxStore(freshDatabase());
    const spy = vi.spyOn(FakeDatabase.prototype, 'transaction');
    await store.append(START, outboxRow(1));
    await store.advance([{ row: outboxRow(1), progress: { kind: 'rejected', reason: 'malformed' } }]);
    await store.remove(2);
    await store.advance([{ row: outboxRow(1), settled: tombstoneFor(outboxRow(1), 5) }]);
    await store.sweep(100);
    const writes = spy.mock.calls.filter(([, mode]) => mode === 'readwrite');
    expect(writes.map(([, , options]) => options?.durability)).toEqual(Array(5).fill('strict'));
    spy.mockRestore();
  });
});

describe('what was damaged on disk', () => {
  const raw = (row: OutboxRow) => ({
    ...row,
    signer: { ...row.signer, publicKey: row.signer.publicKey.slice().buffer },
    stamp: row.place,
    bytes: new Uint8Array(row.bytes).buffer,
    signature: new Uint8Array(row.signature).buffer,
  });

  async function twoRows() {
    const name = freshName();
    const store = createOutboxStore(createDatabase(name));
    await store.append(START, outboxRow(1));
    await store.append(await store.head(), outboxRow(2));
    return { name, store };
  }

  test('a damaged row is told, and stays where it is with the rest', async () => {
    const { name, store } = await twoRows();
    const row = raw(outboxRow(1));
    const values = [
      ...[null, 'row', [], {}, { ...row, bytes: 'text' }, { ...row, bytes: new Uint8Array(row.bytes) }],
      ...[
        { ...row, signature: new ArrayBuffer(63) },
        { ...row, place: 2 },
        { ...row, id: outboxRow(2).id },
      ],
      ...[
        { ...row, bytes: new ArrayBuffer(2_000_000) },
        { ...row, more: 1 },
      ],
    ];
    for (const value of values) {
      await damage(name, 'outbox', 1, value);
      expect(await store.page(1, 10)).toEqual({ rows: [outboxRow(2)], damaged: [1], next: undefined });
      const changes = await store.changes(0, 10);
      expect([changes.rows, changes.rowCount]).toEqual([[outboxRow(2)], 2]);
      expect(await stored(name, 'outbox', 1)).toEqual(value);
      expect(await stored(name, 'outbox', 2)).toEqual(raw(outboxRow(2)));
    }
    expect(await store.append(await store.head(), outboxRow(3))).toBe(true);
  });

  test('each truncated or changed byte of an event is noticed', async () => {
    const { name, store } = await twoRows();
    const row = raw(outboxRow(1));
    const variants = [...mangled(outboxRow(1).bytes)];
    for (let i = 0; i < variants.length; i += 97) {
      await damage(name, 'outbox', 1, { ...row, bytes: variants[i]?.slice().buffer });
      expect((await store.page(1, 10)).damaged).toEqual([1]);
    }
  });

  test('an event without its progress is sent once more', async () => {
    const { name, store } = await twoRows();
    const placed = receiptFor(outboxRow(1), 7);
    for (const progress of [
      ...[undefined, null, {}, 'placed', { kind: 'done' }, { kind: 'placed' }],
      ...[{ kind: 'placed', receipt: { kind: 'rejected', id: placed.id, reason: 'malformed' } }],
      ...[
        { kind: 'placed', receipt: { ...placed, index: -1 } },
        { kind: 'rejected', reason: 'mood' },
      ],
    ]) {
      await damage(name, 'outbox', 1, { ...raw(outboxRow(1)), progress });
      expect(await allRows(store)).toEqual([outboxRow(1), outboxRow(2)]);
    }
  });

  test('a damaged head is never taken for none; a damaged tombstone goes with the next sweep', async () => {
    const { name, store } = await twoRows();
    await store.advance([{ row: outboxRow(1), settled: tombstoneFor(outboxRow(1), 5) }]);
    await damage(name, 'tombstones', outboxRow(1).id, { id: outboxRow(1).id });
    expect(await allTombstones(store)).toEqual([]);
    expect(await stored(name, 'tombstones', outboxRow(1).id)).toEqual({ id: outboxRow(1).id });
    await store.sweep(0);
    expect(await stored(name, 'tombstones', outboxRow(1).id)).toBeUndefined();
    await damage(name, 'chain', 'head', { sequence: '2' });
    await expect(store.head()).rejects.toMatchObject({ code: 'damaged' });
    await expect(store.append(START, outboxRow(1))).rejects.toMatchObject({ code: 'damaged' });
    expect(await allRows(store)).toEqual([outboxRow(2)]);
  });

  test('any value at all is read or told, never a crash', async () => {
    const { name, store } = await twoRows();
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        await damage(name, 'outbox', 1, value);
        await damage(name, 'tombstones', 't', value);
        await damage(name, 'chain', 'head', value);
        expect((await store.page(1, 10)).damaged).toEqual([1]);
        for (const read of [store.head, () => store.changes(0, 10)])
          await expect(read()).rejects.toMatchObject({ name: 'StoreError', code: 'damaged' });
      }),
      { numRuns: 50, seed: 20_261_122 },
    );
  });
});
