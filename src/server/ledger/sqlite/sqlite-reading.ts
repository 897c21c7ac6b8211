// The SQLite store read by a second connection, whose transaction goes on seeing it as it was when that began.
import { DatabaseSync } from 'node:sqlite';
import type { FoldReading } from '../../../domain/snapshot/layers.ts';
import { readBatches } from './fold-tables.ts';
import { createLogTable } from './log-tables.ts';

export type StoreReading = FoldReading & {
  /** Entries of the ledger's log. */
  readonly logSize: number;
  readonly lastEntry: Uint8Array | undefined;
  close(): void;
};

export function openSqliteReading(file: string): StoreReading {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA query_only = 1; BEGIN');
    const log = createLogTable(database, 'ledger_entries');
    const logSize = log.size();
    return {
      logSize,
      lastEntry: log.entry(logSize - 1),
      batchesBetween: (first, last) => readBatches(database, first, last),
      close: () => database.close(),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}
