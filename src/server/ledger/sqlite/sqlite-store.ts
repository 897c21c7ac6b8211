// The store on node:sqlite: nothing to install, durable at each commit (WAL with synchronous=FULL), and one file to
// back up. All SQL of the server is in this folder.
import { DatabaseSync } from 'node:sqlite';
import { LedgerRefusal } from '../refusal.ts';
import type { Store } from '../store.ts';
import { createAlertTables } from './alert-tables.ts';
import { createCatalogueTable, createDirectoryTables, createSnapshotTable } from './directory-tables.ts';
import { createEventIds, createEventTable } from './event-table.ts';
import { createFoldTables } from './fold-tables.ts';
import { createHeldEvents } from './held-events.ts';
import { createLogTable, createMentions, createTighteningIndex } from './log-tables.ts';
import { createRetentionTables } from './retention-tables.ts';
import { damaged, numberOf, textOf } from './rows.ts';
import { SCHEMA, SCHEMA_VERSION } from './schema.ts';

/**
 * 64 MiB. Pages are copied from the write-ahead log into the store when it has grown to that: each page once for many
 * changes, instead of at every second commit.
 */
const WAL_PAGES = 16_384;
const PAGE_BYTES = 4_096;

/** Throws LedgerRefusal `damaged`. */
export function openSqliteStore(file: string): Store {
  const database = openDatabase(file);
  const getMeta = database.prepare('SELECT value FROM meta WHERE name = ?');
  const setMeta = database.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)');
  const catalogue = createCatalogueTable(database);
  const ledgerLog = createLogTable(database, 'ledger_entries');
  const snapshotLog = createLogTable(database, 'snapshot_entries');
  const eventIds = createEventIds(database);
  const events = createEventTable(database, eventIds);
  const mentions = createMentions(database);
  const fold = createFoldTables(database);
  const directory = createDirectoryTables(database);
  const alerts = createAlertTables(database);

  function transaction<T>(work: () => T): T {
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      for (const index of [eventIds, mentions]) index.writeWhenFull();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      // SQLite has rolled back by itself where the disk is full or broken.
      if (database.isTransaction) database.exec('ROLLBACK');
      for (const table of [ledgerLog, snapshotLog, events, eventIds, mentions, fold, directory, alerts])
        table.forget();
      throw error;
    }
  }

  const metas: Pick<Store, 'meta' | 'setMeta'> = {
    meta(name) {
      const row = getMeta.get(name);
      return row && textOf(row, 'value');
    },
    setMeta: (name, value) => void setMeta.run(name, value),
  };

  return {
    transaction,
    ledgerLog,
    snapshotLog,
    ...events,
    ...fold,
    ...mentions,
    ...createTighteningIndex(database),
    ...directory,
    ...alerts,
    ...createHeldEvents(database, eventIds),
    ...createSnapshotTable(database),
    ...catalogue,
    setCatalogue: (products) => transaction(() => catalogue.setCatalogue(products)),
    ...metas,
    ...createRetentionTables(database, metas),
    close: () => database.close(),
  };
}

function openDatabase(file: string): DatabaseSync {
  try {
    const database = new DatabaseSync(file);
    // What is forgotten leaves the file too, not only its tables.
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA secure_delete = ON;
      PRAGMA wal_autocheckpoint = ${WAL_PAGES}; PRAGMA journal_size_limit = ${2 * WAL_PAGES * PAGE_BYTES};`);
    const version = numberOf(database.prepare('PRAGMA user_version').get() ?? {}, 'user_version');
    if (version === 0) database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    else if (version !== SCHEMA_VERSION)
      throw new LedgerRefusal(
        'damaged',
        `The store has version ${version}; this software reads ${SCHEMA_VERSION}.`,
      );
    return database;
  } catch (error) {
    throw error instanceof LedgerRefusal ? error : damaged(file, error);
  }
}
