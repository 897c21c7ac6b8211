// The two logs' entries, and the index of which entries concern which id.
import type { DatabaseSync } from 'node:sqlite';
import { mentionsOf } from '../../../domain/ledger/entry.ts';
import { TIGHTENING_CODES } from '../../../domain/ledger/tightening.ts';
import { openEntry } from '../logged-entries.ts';
import type { Store, StoredLog } from '../store.ts';
import { createLateIndex, type LateIndex } from './late-index.ts';
import { blob, bytesOf, type Forgetful, numberOf } from './rows.ts';

export function createLogTable(
  database: DatabaseSync,
  table: 'ledger_entries' | 'snapshot_entries',
): StoredLog & Forgetful {
  const size = database.prepare(`SELECT ifnull(max(log_index) + 1, 0) AS size FROM ${table}`);
  const append = database.prepare(`INSERT INTO ${table} VALUES (?, ?, ?)`);
  const entry = database.prepare(`SELECT bytes FROM ${table} WHERE log_index = ?`);
  const leafHash = database.prepare(`SELECT leaf_hash FROM ${table} WHERE log_index = ?`);
  const range = `FROM ${table} WHERE log_index >= ? AND log_index < ? ORDER BY log_index`;
  const entries = database.prepare(`SELECT bytes ${range}`);
  const leafHashes = database.prepare(`SELECT leaf_hash ${range}`);
  let entryCount: number | undefined;

  function countEntries(): number {
    const row = size.get();
    return row ? numberOf(row, 'size') : 0;
  }

  return {
    size() {
      entryCount ??= countEntries();
      return entryCount;
    },
    append(bytes, hash) {
      const index = entryCount ?? countEntries();
      append.run(index, hash, bytes);
      entryCount = index + 1;
    },
    forget() {
      entryCount = undefined;
    },
    entry(index) {
      const row = entry.get(index);
      return row && bytesOf(row, 'bytes');
    },
    leafHash(index) {
      const row = leafHash.get(index);
      return row && bytesOf(row, 'leaf_hash');
    },
    entries: (start, end) => entries.all(start, end).map((row) => bytesOf(row, 'bytes')),
    leafHashes: (start, end) => leafHashes.all(start, end).map((row) => bytesOf(row, 'leaf_hash')),
  };
}

export function createMentions(
  database: DatabaseSync,
): Pick<Store, 'addMentions' | 'mentions'> & Pick<LateIndex, 'forget' | 'writeWhenFull'> {
  const newest = database.prepare(
    'SELECT log_index FROM mentions WHERE id = ? ORDER BY log_index DESC LIMIT ?',
  );
  const after = database.prepare(
    'SELECT log_index, bytes FROM ledger_entries WHERE log_index > ? ORDER BY log_index',
  );
  const { add, waiting, forget, writeWhenFull } = createLateIndex(database, {
    name: 'mentions',
    insert: 'INSERT INTO mentions VALUES (?, ?)',
    *rowsAfter(reach) {
      for (const row of after.iterate(reach)) {
        const index = numberOf(row, 'log_index');
        for (const id of mentionsOf(openEntry(bytesOf(row, 'bytes'), index))) yield [id, index];
      }
    },
  });
  return {
    ...{ forget, writeWhenFull },
    addMentions(index, ids) {
      for (const id of ids) add(id, index);
    },
    mentions(id, max) {
      const late = waiting(id).slice(-max);
      const rows = late.length < max ? newest.all(blob(id), max - late.length) : [];
      return [...rows.map((row) => numberOf(row, 'log_index')).reverse(), ...late];
    },
  };
}

/** An index over few entries by their second byte, the operation: added to stores that were made without it. */
export function createTighteningIndex(database: DatabaseSync): Pick<Store, 'tightenings'> {
  const codes = TIGHTENING_CODES.map((code) => `x'${code.toString(16).padStart(2, '0')}'`).join(', ');
  const isTightening = `substr(bytes, 2, 1) IN (${codes})`;
  database.exec(`CREATE INDEX IF NOT EXISTS tightenings ON ledger_entries (log_index) WHERE ${isTightening}`);
  const range = database.prepare(
    `SELECT log_index FROM ledger_entries INDEXED BY tightenings
     WHERE ${isTightening} AND log_index >= ? AND log_index < ? ORDER BY log_index LIMIT ?`,
  );
  return {
    tightenings: (start, end, max) => range.all(start, end, max).map((row) => numberOf(row, 'log_index')),
  };
}
