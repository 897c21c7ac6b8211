// What an earlier version of the app has stored is there after an update: rows, what waits for its proof, what still
// overrides look-ups, and where the chain stands.
import { openDB } from 'idb';
import { describe, expect, test } from 'vitest';
import { createDatabase } from '../../src/adapters/database.ts';
import { createOutboxStore } from '../../src/adapters/outbox-store.ts';
import { freshName, stored } from '../support/fake-database.ts';
import { allRows, allTombstones } from '../support/outbox-rows.ts';
import { outboxRow, receiptFor, tombstoneFor } from '../support/port-suites/outbox-store.ts';

const DEVICE = 'd1'.repeat(16);
const ACTOR = { organisationId: '01'.repeat(16), siteId: '02'.repeat(16), deviceId: '03'.repeat(16) };

const stores = [
  ...['enrolment', 'outbox', 'tombstones', 'chain', 'checkpoints', 'snapshot', 'pages', 'settings'],
];

const rowOf = (sequence: number, progress: object = { kind: 'waiting' }) => {
  const { bytes, signature, id } = outboxRow(sequence);
  return { sequence, id, bytes: bytes.slice().buffer, signature: signature.slice().buffer, progress };
};

/** As the third version had it: rows by sequence, all of the one device. */
async function thirdVersion(values: readonly (readonly [store: string, key: IDBValidKey, value: unknown])[]) {
  const name = freshName();
  const former = await openDB(name, 3, {
    upgrade(db) {
      for (const each of [...stores, 'tightenings']) db.createObjectStore(each);
      db.createObjectStore('evidence', { autoIncrement: true });
    },
  });
  await former.put('enrolment', { enrolment: { device: DEVICE, actor: ACTOR } }, 'current');
  for (const [store, key, value] of values) await former.put(store, value, key);
  former.close();
  return { name, store: createOutboxStore(createDatabase(name)) };
}

describe('an outbox of the third version', () => {
  const settled = tombstoneFor(outboxRow(1), 5);
  const head = { sequence: 4, id: outboxRow(4).id };

  test('keeps every row and tombstone, in order, and goes on behind them', async () => {
    const { store } = await thirdVersion([
      ['outbox', 2, rowOf(2)],
      ['outbox', 3, rowOf(3, { kind: 'placed', receipt: receiptFor(outboxRow(3), 6) })],
      ['outbox', 4, rowOf(4, { kind: 'rejected', reason: 'wrong-market' })],
      ['tombstones', settled.id, { ...settled, bytes: settled.bytes.slice().buffer }],
      ['chain', 'head', head],
    ]);
    const rows = await allRows(store);
    expect(rows.map(({ place, sequence, id, progress }) => [place, sequence, id, progress.kind])).toEqual([
      [2, 2, outboxRow(2).id, 'waiting'],
      [3, 3, outboxRow(3).id, 'placed'],
      [4, 4, outboxRow(4).id, 'rejected'],
    ]);
    for (const { sequence, bytes, signature, signer } of rows) {
      expect([bytes, signature]).toEqual([outboxRow(sequence).bytes, outboxRow(sequence).signature]);
      expect(signer).toMatchObject({ device: DEVICE, actor: ACTOR });
    }
    expect(await allTombstones(store)).toEqual([settled]);
    expect(await store.head()).toEqual({ ...head, place: 4 });
    expect(await store.append(await store.head(), outboxRow(5))).toBe(true);
    expect(await allRows(store)).toHaveLength(4);
  });

  test('what an answer of that time lacks is asked for again; what cannot be read stays and is told', async () => {
    const { locked: _, ...partial } = receiptFor(outboxRow(1), 6);
    const torn = { ...rowOf(2), bytes: new ArrayBuffer(3) };
    const { name, store } = await thirdVersion([
      ['outbox', 1, rowOf(1, { kind: 'placed', receipt: partial })],
      ['outbox', 2, torn],
      ['outbox', 3, 'nothing of ours'],
      ['chain', 'head', head],
    ]);
    const page = await store.page(1, 10);
    expect(page.rows.map(({ id, progress }) => [id, progress.kind])).toEqual([[outboxRow(1).id, 'waiting']]);
    expect(page.damaged).toEqual([2, 3]);
    expect(await stored(name, 'outbox', 2)).toMatchObject({ bytes: torn.bytes, id: torn.id });
    expect(await stored(name, 'outbox', 3)).toBe('nothing of ours');
  });

  test('an empty one starts at the beginning', async () => {
    const { store } = await thirdVersion([]);
    expect(await store.append(await store.head(), outboxRow(1))).toBe(true);
  });
});
