// One writer for a data folder: two would fork the log. The lock is a SQLite file of its own, outside the published
// files, held exclusively for the life of the process; the operating system lets go of it when the process dies,
// however it dies.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LedgerRefusal } from './refusal.ts';

const SQLITE_BUSY = 5;
const LOCK_FILE = 'writer.lock';

export type WriterLock = { release(): void };

/** Whether a process writes this folder now. */
export function isWriterLocked(folder: string): boolean {
  if (!existsSync(join(folder, LOCK_FILE))) return false;
  try {
    takeWriterLock(folder).release();
    return false;
  } catch (error) {
    if (error instanceof LedgerRefusal && error.code === 'locked') return true;
    throw error;
  }
}

/** Throws LedgerRefusal `locked`. */
export function takeWriterLock(folder: string): WriterLock {
  const database = new DatabaseSync(join(folder, LOCK_FILE), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    const busy = error instanceof Error && Reflect.get(error, 'errcode') === SQLITE_BUSY;
    if (!busy)
      throw new LedgerRefusal('damaged', `The writer's lock in ${folder} is unusable.`, { cause: error });
    throw new LedgerRefusal('locked', `Another process is already writing ${folder}: stop it first.`);
  }
  return { release: () => database.close() };
}
