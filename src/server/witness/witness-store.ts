// What a witness must never forget: the last checkpoint that it cosigned, for each log. SQLite with a flush at each
// commit; comparing with the last one and replacing it are one transaction.
import { LedgerRefusal } from '../ledger/refusal.ts';
import { openSqliteFile } from '../sqlite-file.ts';

/** `note` carries the log's signature and the witness's own. */
export type Witnessed = { readonly size: number; readonly root: Uint8Array; readonly note: string };

/** Two checkpoints of one size with different roots, both signed by the log: proof that it forked. */
export type Fork = { readonly origin: string; readonly seen: string; readonly refused: string };

export type WitnessStore = {
  last(origin: string): Witnessed | undefined;
  /**
   * Shows `step` the last checkpoint and keeps the one that it gives in return. Durable when this returns; when
   * either throws, nothing has changed.
   */
  update<T>(origin: string, step: (last: Witnessed | undefined) => Update<T>): T;
  keepFork(fork: Fork, root: Uint8Array): void;
  forks(): readonly Fork[];
  isEmpty(): boolean;
  close(): void;
};

export type Update<T> = { readonly next: Witnessed | undefined; readonly result: T };

/** Evidence needs a signature by the log, so only a broken log can add to it; even so it ends somewhere. */
const FORKS_MAX = 1_000;
const FILE = {
  version: 1,
  pragmas: 'PRAGMA synchronous = FULL;',
  schema: `
CREATE TABLE checkpoints (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL)
  WITHOUT ROWID, STRICT;
CREATE TABLE forks (origin TEXT NOT NULL, root BLOB NOT NULL, seen TEXT NOT NULL, refused TEXT NOT NULL,
  PRIMARY KEY (origin, root)) STRICT;
`,
};

/** Throws LedgerRefusal `damaged`. */
export function openWitnessStore(file: string): WitnessStore {
  const database = openSqliteFile(file, FILE, (cause) => damaged(file, cause));
  const select = database.prepare('SELECT size, root, note FROM checkpoints WHERE origin = ?');
  const replace = database.prepare('INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)');
  const addFork = database.prepare(
    'INSERT OR IGNORE INTO forks SELECT ?, ?, ?, ? WHERE (SELECT count(*) FROM forks) < ?',
  );
  const count = database.prepare('SELECT count(*) AS count FROM checkpoints');
  const selectForks = database.prepare('SELECT origin, seen, refused FROM forks ORDER BY rowid');

  function last(origin: string): Witnessed | undefined {
    const row = select.get(origin);
    if (!row) return undefined;
    const { size, root, note } = row;
    if (typeof size !== 'number' || !(root instanceof Uint8Array) || typeof note !== 'string')
      throw damaged(file);
    return { size, root, note };
  }

  return {
    last,
    update(origin, step) {
      database.exec('BEGIN IMMEDIATE');
      try {
        const { next, result } = step(last(origin));
        if (next) replace.run(origin, next.size, next.root, next.note);
        database.exec('COMMIT');
        return result;
      } catch (error) {
        // SQLite has rolled back by itself where the disk is full or broken.
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
    keepFork: ({ origin, seen, refused }, root) => void addFork.run(origin, root, seen, refused, FORKS_MAX),
    forks: () =>
      selectForks.all().map(({ origin, seen, refused }) => ({
        origin: String(origin),
        seen: String(seen),
        refused: String(refused),
      })),
    isEmpty: () => count.get()?.count === 0,
    close: () => database.close(),
  };
}

function damaged(file: string, cause?: unknown): LedgerRefusal {
  return new LedgerRefusal('damaged', `${file} is not a witness's memory, or newer software wrote it.`, {
    cause,
  });
}
