// IndexedDB in memory, for the stores that stand on it; each database is another one, and is opened twice where a
// test plays two tabs.
import 'fake-indexeddb/auto';
import { openDB } from 'idb';
import { createDatabase, type Database, type StoreName } from '../../src/adapters/database.ts';

let count = 0;

export function freshName(): string {
  count += 1;
  return `test-${count}`;
}

export function freshDatabase(): Database {
  return createDatabase(freshName());
}

/** Overwrites a stored value behind the stores' back. */
export async function damage(
  name: string,
  store: StoreName,
  key: IDBValidKey,
  value: unknown,
): Promise<void> {
  const db = await openDB(name);
  await db.put(store, value, key);
  db.close();
}

/** A stored value as it lies there. */
export async function stored(name: string, store: StoreName, key: IDBValidKey): Promise<unknown> {
  const db = await openDB(name);
  try {
    return await db.get(store, key);
  } finally {
    db.close();
  }
}
