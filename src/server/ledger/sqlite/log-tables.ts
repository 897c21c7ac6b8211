// The two logs' entries, and the index of which entries concern which id.
import type { DatabaseSync } from 'node:sqlite';
import type { Store, StoredLog } from '../store.ts';
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

export function createMentions(database: DatabaseSync): Pick<Store, 'addMentions' | 'mentions'> {
  // One event may name a pack twice.
  const add = database.prepare('INSERT OR IGNORE INTO mentions VALUES (?, ?)');
  const newest = database.prepare(
    'SELECT log_index FROM mentions WHERE id = ? ORDER BY log_index DESC LIMIT ?',
  );
  return {
    addMentions(index, ids) {
      for (const id of ids) add.run(blob(id), index);
    },
    mentions: (id, max) =>
      newest
        .all(blob(id), max)
        .map((row) => numberOf(row, 'log_index'))
        .reverse(),
  };
}
