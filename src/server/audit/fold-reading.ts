// The auditor's state as a builder of layers reads it: batches by key, each with its packs when they are asked for, so
// that no more than one batch is in memory.
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { BLIND_ID_BYTES } from '../../domain/blinding.ts';
import { assert } from '../../domain/result.ts';
import type { BatchReading, FoldReading } from '../../domain/snapshot/layers.ts';
import type { PackedPacks } from '../../domain/snapshot/packs.ts';

type Row = Record<string, SQLOutputValue>;

/** How many packs of a batch are copied into longer lists at a time. */
const ROOM_PACKS = 4_096;

export function createFoldReading(database: DatabaseSync): FoldReading {
  return { batchesBetween: (first, last) => readBatches(database, first, last) };
}

function* readBatches(database: DatabaseSync, first: string, last: string): Generator<BatchReading> {
  const batches = database.prepare(
    `SELECT batches.*, EXISTS (SELECT 1 FROM withdrawn WHERE withdrawn.product_id = batches.product_id) AS withdrawn
     FROM batches WHERE (product_id, batch_id) >= (?, ?) AND (product_id, batch_id) <= (?, ?)
     ORDER BY product_id, batch_id`,
  );
  const packs = database.prepare(
    `SELECT pack_id, state FROM packs WHERE product_id = ? AND batch_id = ? AND winner_index >= ? ORDER BY pack_id`,
  );
  const ends = [first, last].flatMap((key) => [blob(key.slice(0, 32)), blob(key.slice(32))]);
  for (const row of batches.iterate(...ends)) {
    const ids = [bytes(row, 'product_id'), bytes(row, 'batch_id')] as const;
    const from = (index: number) => packed(packs.iterate(...ids, index));
    const batch = {
      ...{ productId: hex(ids[0]), batchId: hex(ids[1]), keyId: Number(row.key_id) },
      ...{ expiry: Number(row.expiry), packs: Number(row.packs) },
      ...{ recalled: row.recalled === 1, withdrawn: row.withdrawn === 1 },
    };
    yield { batch, packs: () => from(0), packsSince: from };
  }
}

function packed(rows: Iterable<Row>): PackedPacks {
  let ids = new Uint8Array(0);
  let states = new Uint8Array(0);
  let count = 0;
  for (const row of rows) {
    if (count === states.length) {
      ids = longer(ids, (2 * count + ROOM_PACKS) * BLIND_ID_BYTES);
      states = longer(states, 2 * count + ROOM_PACKS);
    }
    ids.set(bytes(row, 'pack_id'), count * BLIND_ID_BYTES);
    states[count] = Number(row.state);
    count += 1;
  }
  return { ids: ids.slice(0, count * BLIND_ID_BYTES), states: states.slice(0, count) };
}

function longer(list: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(length);
  copy.set(list);
  return copy;
}

function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  assert(value instanceof Uint8Array, `${column} is a blob`);
  return value;
}

function hex(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('hex');
}

function blob(text: string): Buffer {
  return Buffer.from(text, 'hex');
}
