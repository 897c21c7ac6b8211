// What every OutboxStore does, whatever it is made of.
import { describe, expect, test } from 'vitest';
import type { ChainHead, OutboxRow, OutboxStore, Tombstone } from '../../../src/app/ports.ts';
import { encodeEvent, eventId, NO_PREVIOUS } from '../../../src/domain/event.ts';
import type { PlacedReceipt } from '../../../src/domain/receipt.ts';
import { PACK, sampleEvent } from '../sample-events.ts';

export const START: ChainHead = { sequence: 0, id: NO_PREVIOUS };

export function outboxRow(sequence: number): OutboxRow {
  const bytes = encodeEvent(sampleEvent('supply', [PACK], { sequence }));
  const signature = new Uint8Array(64).fill(sequence);
  return { sequence, id: eventId(bytes), bytes, signature, progress: { kind: 'waiting' } };
}

export function receiptFor({ id }: OutboxRow, index: number, parts = 1): PlacedReceipt {
  return {
    ...{ kind: 'accepted', id, index, parts, receiptTimeMs: 1_800_000_000_000 },
    ...{ undoesIndex: null, keyIds: [1], repeats: [], locked: [] },
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
      expect(await store.rows()).toEqual([]);
      expect(await store.tombstones()).toEqual([]);
    });

    test('gives rows back in order, to the byte, and moves the head with each', async () => {
      const { store, rows } = await filled(12);
      expect(await store.rows()).toEqual(rows);
      expect(await store.head()).toEqual({ sequence: 12, id: rows[11]?.id });
    });

    test('appends for one of two writers that saw the same head', async () => {
      const { store, rows } = await filled(1);
      const head = await store.head();
      const rivals = await Promise.all([store.append(head, outboxRow(2)), store.append(head, outboxRow(2))]);
      expect(rivals.toSorted()).toEqual([false, true]);
      expect(await store.append(START, outboxRow(1))).toBe(false);
      expect(await store.append({ sequence: 2, id: 'ab'.repeat(32) }, outboxRow(3))).toBe(false);
      expect(await store.rows()).toEqual([rows[0], outboxRow(2)]);
    });

    test('refuses a row that does not follow the head, as a bug', async () => {
      const { store } = await filled(1);
      await expect(store.append(await store.head(), outboxRow(3))).rejects.toThrow('assertion failed');
      expect(await store.rows()).toHaveLength(1);
    });

    test('keeps every kind of progress', async () => {
      const { store, rows } = await filled(4);
      const [, second, third, fourth] = rows as [OutboxRow, OutboxRow, OutboxRow, OutboxRow];
      const placed = { kind: 'placed', receipt: receiptFor(second, 41) } as const;
      const conflict = {
        kind: 'conflict',
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
      await store.setProgress(2, placed);
      await store.setProgress(3, conflict);
      await store.setProgress(4, rejected);
      expect((await store.rows()).map((row) => row.progress)).toEqual([
        { kind: 'waiting' },
        placed,
        conflict,
        rejected,
      ]);
      expect((await store.rows()).map((row) => row.id)).toEqual(
        [rows[0], second, third, fourth].map((r) => r?.id),
      );
    });

    test('settling leaves the tombstone in place of the row, and the head where it was', async () => {
      const { store, rows } = await filled(2);
      const tombstone = tombstoneFor(rows[0] as OutboxRow, 9);
      await store.settle(1, tombstone);
      await store.settle(2, undefined);
      expect(await store.rows()).toEqual([]);
      expect(await store.tombstones()).toEqual([tombstone]);
      expect(await store.head()).toEqual({ sequence: 2, id: rows[1]?.id });
    });

    test('settling twice, or a row that another tab has settled, changes nothing', async () => {
      const { store, rows } = await filled(2);
      const tombstone = tombstoneFor(rows[0] as OutboxRow, 9);
      await store.settle(1, tombstone);
      await store.settle(1, tombstone);
      await store.setProgress(1, { kind: 'rejected', reason: 'malformed' });
      expect(await store.rows()).toEqual([rows[1]]);
      expect(await store.tombstones()).toEqual([tombstone]);
    });

    test('sweeps the tombstones whose whole event lies below the size', async () => {
      const { store, rows } = await filled(3);
      const [a, b, c] = rows.map((row, i) => tombstoneFor(row, 10 + i, i === 1 ? 3 : 1)) as [
        Tombstone,
        Tombstone,
        Tombstone,
      ];
      for (const [i, each] of [a, b, c].entries()) await store.settle(i + 1, each);
      const idsLeft = async () => (await store.tombstones()).map(({ id }) => id).toSorted();
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
      (await store.rows())[0]?.bytes.fill(0);
      expect(await store.rows()).toEqual([row]);
    });

    test('keeps bytes that are a view into a larger buffer', async () => {
      const store = await open();
      const row = outboxRow(1);
      const buffer = new Uint8Array(row.bytes.length + 20).fill(0xee);
      buffer.set(row.bytes, 10);
      await store.append(START, { ...row, bytes: buffer.subarray(10, 10 + row.bytes.length) });
      expect(await store.rows()).toEqual([row]);
    });
  });
}
