// The auditor's own state of every pack, folded from entries alone and kept in its own SQLite file. It shares no table
// and no query with the server's store: an error there shows as a difference here.
import { createHash } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { type Entry, encodeEntry, parseEntry } from '../../domain/ledger/entry.ts';
import { type BatchRecord, FOLD_VERSION, type FoldChanges, type FoldView } from '../../domain/ledger/fold.ts';
import { isUndoable, PACK_STATES, type PackState } from '../../domain/pack.ts';
import { assert } from '../../domain/result.ts';
import type { FoldReading } from '../../domain/snapshot/layers.ts';
import { createFoldReading } from './fold-reading.ts';

export const FOLD_SCHEMA = `
CREATE TABLE packs (
  product_id BLOB NOT NULL, batch_id BLOB NOT NULL, pack_id BLOB NOT NULL, key_id INTEGER NOT NULL,
  state INTEGER NOT NULL, winner_index INTEGER NOT NULL, winner_site_id BLOB NOT NULL, conflict_open INTEGER NOT NULL,
  PRIMARY KEY (product_id, batch_id, pack_id)
) WITHOUT ROWID, STRICT;
CREATE UNIQUE INDEX packs_by_serial ON packs (product_id, pack_id);
CREATE TABLE batches (
  product_id BLOB NOT NULL, batch_id BLOB NOT NULL, key_id INTEGER NOT NULL,
  expiry INTEGER NOT NULL, packs INTEGER NOT NULL, recalled INTEGER NOT NULL,
  PRIMARY KEY (product_id, batch_id)
) WITHOUT ROWID, STRICT;
CREATE TABLE withdrawn (product_id BLOB PRIMARY KEY) WITHOUT ROWID, STRICT;
-- First parts of events that can still be undone.
CREATE TABLE undoable (log_index INTEGER PRIMARY KEY, receipt_ms INTEGER NOT NULL, entry BLOB NOT NULL) STRICT;
`;

export type FoldState = FoldView & {
  /** `undoWindowMs`: what is older can no longer be undone, and need not be kept for that. */
  apply(first: Entry, firstIndex: number, changes: FoldChanges, undoWindowMs: number): void;
  readonly reading: FoldReading;
  /** SHA-256 over the version of the fold, the size, and a line for every row in order: the same for the same entries. */
  digest(size: number): string;
  clear(): void;
};

type Row = Record<string, SQLOutputValue>;

export function createFoldState(database: DatabaseSync): FoldState {
  const pack = database.prepare('SELECT * FROM packs WHERE product_id = ? AND pack_id = ?');
  const putPack = database.prepare(
    `INSERT INTO packs VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (product_id, batch_id, pack_id) DO UPDATE SET
     state = excluded.state, winner_index = excluded.winner_index, winner_site_id = excluded.winner_site_id,
     conflict_open = excluded.conflict_open`,
  );
  const batch = database.prepare('SELECT * FROM batches WHERE product_id = ? AND batch_id = ?');
  const putBatch = database.prepare('INSERT OR REPLACE INTO batches VALUES (?, ?, ?, ?, ?, ?)');
  const withdrawn = database.prepare('SELECT 1 FROM withdrawn WHERE product_id = ?');
  const putWithdrawn = database.prepare('INSERT OR IGNORE INTO withdrawn VALUES (?)');
  const undoable = database.prepare('SELECT entry FROM undoable WHERE log_index = ?');
  const putUndoable = database.prepare('INSERT INTO undoable VALUES (?, ?, ?)');
  // They stand in the order of their receipt, so the search ends at the first that stays.
  const dropUndoable = database.prepare(
    `DELETE FROM undoable WHERE log_index <
     (SELECT log_index FROM undoable WHERE receipt_ms >= ? ORDER BY log_index LIMIT 1)`,
  );

  return {
    pack(key) {
      const [productId, packId] = splitKey(key);
      const row = pack.get(blob(productId), blob(packId));
      return (
        row && {
          state: stateOf(row),
          keyId: number(row, 'key_id'),
          productId,
          batchId: hex(row, 'batch_id'),
          winnerIndex: number(row, 'winner_index'),
          winnerSiteId: hex(row, 'winner_site_id'),
          conflictOpen: number(row, 'conflict_open') === 1,
        }
      );
    },
    batch(key) {
      const [productId, batchId] = splitKey(key);
      const row = batch.get(blob(productId), blob(batchId));
      return row && batchOf(row);
    },
    withdrawn: (productId) => withdrawn.get(blob(productId)) !== undefined,
    entry(index) {
      const row = undoable.get(index);
      const entry = row && parseEntry(bytes(row, 'entry'));
      return entry?.ok ? entry.value : undefined;
    },
    apply(first, firstIndex, changes, undoWindowMs) {
      for (const [key, record] of changes.packs) {
        const ids = [blob(record.productId), blob(record.batchId), blob(splitKey(key)[1])] as const;
        const state = PACK_STATES.indexOf(record.state);
        const { keyId, winnerIndex, winnerSiteId, conflictOpen } = record;
        putPack.run(...ids, keyId, state, winnerIndex, blob(winnerSiteId), conflictOpen ? 1 : 0);
      }
      for (const record of changes.batches.values()) {
        const { productId, batchId, keyId, expiry, packs, recalled } = record;
        putBatch.run(blob(productId), blob(batchId), keyId, expiry, packs, recalled ? 1 : 0);
      }
      for (const productId of changes.withdrawn) putWithdrawn.run(blob(productId));
      if (!isUndoable(first.operation)) return;
      // The rules of undo ask who did it and when; which packs, they do not.
      const bare = encodeEntry({ ...first, packIds: [], containerIds: [] });
      putUndoable.run(firstIndex, first.receiptTimeMs, bare);
      if (firstIndex % 64 === 0) dropUndoable.run(first.receiptTimeMs - undoWindowMs);
    },
    reading: createFoldReading(database),
    digest: (size) => digestOf(database, size),
    clear() {
      for (const table of ['packs', 'batches', 'withdrawn', 'undoable'])
        database.exec(`DELETE FROM ${table}`);
    },
  };
}

/** A line for each row: ids in upper-case hex and numbers in decimals, all of them, in the order of the columns. */
const DIGESTED = [
  `SELECT hex(product_id) || hex(batch_id) || hex(pack_id) || ' ' || key_id || ' ' || state || ' ' || winner_index
   || ' ' || hex(winner_site_id) || ' ' || conflict_open AS line FROM packs ORDER BY product_id, batch_id, pack_id`,
  `SELECT hex(product_id) || hex(batch_id) || ' ' || key_id || ' ' || expiry || ' ' || packs || ' ' || recalled
   AS line FROM batches ORDER BY product_id, batch_id`,
  'SELECT hex(product_id) AS line FROM withdrawn ORDER BY product_id',
];
const LINES_AT_ONCE = 1_000;

function digestOf(database: DatabaseSync, size: number): string {
  const hash = createHash('sha256').update(`packtrail/v1/fold-state\nfold ${FOLD_VERSION}\nsize ${size}\n`);
  for (const [i, select] of DIGESTED.entries()) {
    hash.update(`table ${i}\n`);
    let lines: string[] = [];
    for (const { line } of database.prepare(select).iterate()) {
      lines.push(`${line}\n`);
      if (lines.length < LINES_AT_ONCE) continue;
      hash.update(lines.join(''));
      lines = [];
    }
    hash.update(lines.join(''));
  }
  return hash.digest('hex');
}

function batchOf(row: Row): BatchRecord {
  return {
    keyId: number(row, 'key_id'),
    productId: hex(row, 'product_id'),
    batchId: hex(row, 'batch_id'),
    expiry: number(row, 'expiry'),
    packs: number(row, 'packs'),
    recalled: number(row, 'recalled') === 1,
  };
}

function stateOf(row: Row): PackState {
  const state = PACK_STATES[number(row, 'state')];
  assert(state !== undefined, 'the auditor wrote its states itself');
  return state;
}

function splitKey(key: string): [string, string] {
  return [key.slice(0, 32), key.slice(32)];
}

function number(row: Row, column: string): number {
  return Number(row[column]);
}

function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  assert(value instanceof Uint8Array, `${column} is a blob`);
  return value;
}

function hex(row: Row, column: string): string {
  const value = bytes(row, column);
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString('hex');
}

function blob(text: string): Buffer {
  return Buffer.from(text, 'hex');
}
