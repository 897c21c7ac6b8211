// Opens the small SQLite files in which a witness and an auditor keep what they know: made at the first start, and
// refused where other software, or a newer version, wrote them.
import { DatabaseSync } from 'node:sqlite';
import { LedgerRefusal } from './ledger/refusal.ts';

export type SqliteFile = {
  readonly version: number;
  /** Tables of that version. */
  readonly schema: string;
  /** Besides write-ahead logging. */
  readonly pragmas: string;
};

/** `damaged` is thrown where the file is not of this version. */
export function openSqliteFile(
  file: string,
  { version, schema, pragmas }: SqliteFile,
  damaged: (cause?: unknown) => LedgerRefusal,
): DatabaseSync {
  try {
    const database = new DatabaseSync(file);
    database.exec(`PRAGMA journal_mode = WAL; ${pragmas}`);
    const found = database.prepare('PRAGMA user_version').get()?.user_version;
    if (found === 0) database.exec(`BEGIN IMMEDIATE; ${schema} PRAGMA user_version = ${version}; COMMIT;`);
    else if (found !== version) throw damaged();
    return database;
  } catch (error) {
    throw error instanceof LedgerRefusal ? error : damaged(error);
  }
}
