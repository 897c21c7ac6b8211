// What every OutboxStore does, whatever it is made of.
import { describe, expect, test } from 'vitest';
import type { ChainHead, OutboxRow, OutboxStore, Tombstone } from '../../../src/app/outbox-ports.ts';
import { encodeEvent, eventId, NO_PREVIOUS } from '../../../src/domain/event.ts';
import type { PlacedReceipt } from '../../../src/domain/receipt.ts';
import { allRows, allTombstones } from '../outbox-rows.ts';
import { PACK, sampleEvent } from '../sample-events.ts';

export const START: ChainHead = { place: 0, sequence: 0, id: NO_PREVIOUS };

const SIGNER = {
  device: 'd1'.repeat(16),
  publicKey: new Uint8Array(32).fill(9),
  actor: { organisationId: '01'.repeat(16), siteId: '02'.repeat(16), deviceId: '03'.repeat(16) },
};

export function outboxRow(sequence: number): OutboxRow {
  const bytes = encodeEvent(sampleEvent('supply', [PACK], { sequence }));
  const signature = new Uint8Array(64).fill(sequence);
  const progress = { kind: 'waiting' } as const;
  return { place: sequence, signer: SIGNER, sequence, id: eventId(bytes), bytes, signature, progress };
}

export function receiptFor({ id }: OutboxRow, index: number, parts = 1): PlacedReceipt {
  return {
    ...{ kind: 'accepted', id, index, parts, receiptTimeMs: 1_800_000_000_000 },
    ...{
      undoesIndex: null,
      keyIds: [1],
      containerKeyIds: [],
      batchKeyIds: [],
      repeats: [],
      locked: [],
      unchanged: [],
      alerts: [],
    },
  };
}

export function tombstoneFor(row: OutboxRow, index: number, parts = 1): Tombstone {
  return { id: row.id, bytes: row.bytes, receipt: receiptFor(row, index, parts) };
}

/** `open` gives a store that is empty. */
export function outboxStoreSuite(name: string, open: () => Promise<OutboxStore>): void {
  describe(`${name} is an OutboxStore`, () => {
    async function filled(count: number): Promise<{ store: OutboxStore; rows: readonly OutboxRow[] }> {
      const store = await open();
      const rows = Array.from({ length: count }, (_, i) => outboxRow(i + 1));
      for (const row of rows) expect(await store.append(await store.head(), row)).toBe(true);
      return { store, rows };
    }

    test('starts empty, at the beginning of the chain', async () => {
      const store = await open();
      expect(await store.head()).toEqual(START);
      expect(await allRows(store)).toEqual([]);
      expect(await allTombstones(store)).toEqual([]);
    });

    test('gives rows back in order, to the byte, and moves the head with each', async () => {
      const { store, rows } = await filled(12);
      expect(await allRows(store)).toEqual(rows);
      expect(await store.head()).toEqual({ place: 12, sequence: 12, id: rows[11]?.id });
    });

    test('appends for one of two writers that saw the same head', async () => {
      const { store, rows } = await filled(1);
      const head = await store.head();
      const rivals = await Promise.all([store.append(head, outboxRow(2)), store.append(head, outboxRow(2))]);
      expect(rivals.toSorted()).toEqual([false, true]);
      expect(await store.append(START, outboxRow(1))).toBe(false);
      expect(await store.append({ place: 2, sequence: 2, id: 'ab'.repeat(32) }, outboxRow(3))).toBe(false);
      expect(await allRows(store)).toEqual([rows[0], outboxRow(2)]);
    });

    test('refuses a row that does not follow the head, as a bug', async () => {
      const { store } = await filled(1);
      await expect(store.append(await store.head(), outboxRow(3))).rejects.toThrow('assertion failed');
      expect(await allRows(store)).toHaveLength(1);
    });

    test('keeps every kind of progress', async () => {
      const { store, rows } = await filled(4);
      const [, second, third, fourth] = rows as [OutboxRow, OutboxRow, OutboxRow, OutboxRow];
      const placed = { kind: 'placed', receipt: receiptFor(second, 41) } as const;
      const unseen = {
        kind: 'unseen',
        receipt: {
          ...receiptFor(third, 42),
          kind: 'conflict',
          conflicts: [
            {
              pack: 0,
              why: 'not-active',
              state: 'supplied',
              alert: 'A7',
              winner: { where: 'another-location', index: 7 },
            },
          ],
        },
      } as const;
      const rejected = { kind: 'rejected', reason: 'operation-not-allowed' } as const;
      await store.advance([
        { row: second, progress: placed },
        { row: third, progress: unseen },
        { row: fourth, progress: rejected },
      ]);
      expect((await allRows(store)).map((row) => row.progress)).toEqual([
        { kind: 'waiting' },
        placed,
        unseen,
        rejected,
      ]);
      expect((await allRows(store)).map((row) => row.id)).toEqual(
        [rows[0], second, third, fourth].map((r) => r?.id),
      );
    });

    test('settling leaves the tombstone in place of the row, and the head where it was', async () => {
      const { store, rows } = await filled(2);
      const tombstone = tombstoneFor(rows[0] as OutboxRow, 9);
      await store.advance([
        { row: rows[0] as OutboxRow, settled: tombstone },
        { row: rows[1] as OutboxRow, progress: { kind: 'rejected', reason: 'malformed' } },
      ]);
      await store.remove(2);
      expect(await allRows(store)).toEqual([]);
      expect(await store.removed()).toEqual([2]);
      expect(await allTombstones(store)).toEqual([tombstone]);
      expect(await store.head()).toEqual({ place: 2, sequence: 2, id: rows[1]?.id });
    });

    test('settling twice, or a row that another tab has settled, changes nothing', async () => {
      const { store, rows } = await filled(2);
      const tombstone = tombstoneFor(rows[0] as OutboxRow, 9);
      const [row] = rows as [OutboxRow];
      for (let i = 0; i < 2; i++) await store.advance([{ row, settled: tombstone }]);
      await store.advance([{ row, progress: { kind: 'rejected', reason: 'malformed' } }]);
      expect(await allRows(store)).toEqual([rows[1]]);
      expect(await allTombstones(store)).toEqual([tombstone]);
    });

    test('removes nothing that was not rejected, or no longer is', async () => {
      const { store, rows } = await filled(4);
      const [waiting, released, settled, conflict] = rows as [OutboxRow, OutboxRow, OutboxRow, OutboxRow];
      const placed = { kind: 'placed', receipt: receiptFor(released, 8) } as const;
      await store.advance(
        [released, settled].map((row) => ({ row, progress: { kind: 'rejected', reason: 'broken-chain' } })),
      );
      await store.advance([
        { row: released, progress: placed },
        { row: settled, settled: tombstoneFor(settled, 9) },
        { row: conflict, progress: { kind: 'unseen', receipt: receiptFor(conflict, 10) } },
      ]);
      for (const place of [1, 2, 3, 4, 5]) await store.remove(place);
      expect((await allRows(store)).map(({ place }) => place)).toEqual([waiting.place, 2, 4]);
      expect(await store.removed()).toEqual([]);
    });

    test('tells what has changed since, oldest change first, a part at a time', async () => {
      const { store, rows } = await filled(5);
      const [first, second] = rows as [OutboxRow, OutboxRow];
      const tombstone = tombstoneFor(first, 9);
      const start = await store.changes(0, 3);
      expect(start.rows).toEqual(rows.slice(0, 3));
      expect([start.isMore, start.rowCount, start.head.sequence]).toEqual([true, 5, 5]);
      const rest = await store.changes(start.stamp, 3);
      expect([rest.rows, rest.isMore]).toEqual([rows.slice(3), false]);
      const rejected = { kind: 'rejected', reason: 'malformed' } as const;
      await store.advance([
        { row: second, progress: rejected },
        { row: first, settled: tombstone },
      ]);
      const news = await store.changes(rest.stamp, 10);
      expect(news.rows).toEqual([{ ...second, progress: rejected }]);
      expect([news.tombstones, news.rowCount]).toEqual([[tombstone], 4]);
      expect(await store.changes(news.stamp, 10)).toMatchObject({ rows: [], tombstones: [], isMore: false });
      expect((await store.changes(rest.stamp, 1)).isMore).toBe(true);
      await store.remove(2);
      expect((await store.changes(news.stamp, 10)).removals).not.toBe(news.removals);
    });

    test('sweeps the tombstones whose whole event lies below the size', async () => {
      const { store, rows } = await filled(3);
      const [a, b, c] = rows.map((row, i) => tombstoneFor(row, 10 + i, i === 1 ? 3 : 1)) as [
        Tombstone,
        Tombstone,
        Tombstone,
      ];
      await store.advance([a, b, c].map((each, i) => ({ row: rows[i] as OutboxRow, settled: each })));
      const idsLeft = async () => (await allTombstones(store)).map(({ id }) => id).toSorted();
      await store.sweep(10);
      expect(await idsLeft()).toEqual([a.id, b.id, c.id].toSorted());
      await store.sweep(13);
      expect(await idsLeft()).toEqual([b.id]);
      await store.sweep(14);
      expect(await idsLeft()).toEqual([]);
    });

    test('what a caller does to its bytes afterwards changes nothing', async () => {
      const store = await open();
      const row = outboxRow(1);
      const given = { ...row, bytes: row.bytes.slice(), signature: row.signature.slice() };
      await store.append(START, given);
      given.bytes.fill(0);
      (await allRows(store))[0]?.bytes.fill(0);
      expect(await allRows(store)).toEqual([row]);
    });

    test('keeps bytes that are a view into a larger buffer', async () => {
      const store = await open();
      const row = outboxRow(1);
      const buffer = new Uint8Array(row.bytes.length + 20).fill(0xee);
      buffer.set(row.bytes, 10);
      await store.append(START, { ...row, bytes: buffer.subarray(10, 10 + row.bytes.length) });
      expect(await allRows(store)).toEqual([row]);
    });
  });
}
