// An index that is written late. Its keys are hashes, so each row lands on a page of its own, and writing that page
// costs more than the event itself. What a table says anyway is therefore kept in memory until there is much of it, and
// then goes in in the order of the keys, a page once for many rows. After a crash or a rollback the rest is read from
// the table again; how far the index reaches is written together with it.
import type { DatabaseSync } from 'node:sqlite';
import { blob, type Forgetful, numberOf } from './rows.ts';

export type LateIndex = Forgetful & {
  /** `value` never decreases. A key may have many values. */
  add(key: string, value: number): void;
  /** The values that are not written yet, ascending. */
  waiting(key: string): readonly number[];
  /** Inside a transaction. */
  writeWhenFull(): void;
};

/** Some 6 MB; written in less than 0.1 s, and read back in less than a second. */
const WAITING_MAX = 32_768;
const NONE: readonly number[] = [];

export type LateIndexParts = {
  /** Under which its reach is kept. */
  readonly name: string;
  /** A statement that takes key and value. */
  readonly insert: string;
  /** What the table says beyond this value, ascending. */
  rowsAfter(value: number): Iterable<readonly [key: string, value: number]>;
};

export function createLateIndex(database: DatabaseSync, parts: LateIndexParts): LateIndex {
  const { name, rowsAfter } = parts;
  const insert = database.prepare(parts.insert);
  const getReach = database.prepare('SELECT reach FROM late_indexes WHERE name = ?');
  const setReach = database.prepare('INSERT OR REPLACE INTO late_indexes VALUES (?, ?)');
  let rows: Map<string, number[]> | undefined;
  let count = 0;
  let last = 0;

  function read(): Map<string, number[]> {
    const row = getReach.get(name);
    rows = new Map();
    count = 0;
    for (const [key, value] of rowsAfter(row ? numberOf(row, 'reach') : -1)) put(rows, key, value);
    return rows;
  }

  function put(to: Map<string, number[]>, key: string, value: number): void {
    const values = to.get(key);
    if (values?.at(-1) === value) return;
    if (values) values.push(value);
    else to.set(key, [value]);
    count += 1;
    last = value;
  }

  return {
    add: (key, value) => put(rows ?? read(), key, value),
    waiting: (key) => (rows ?? read()).get(key) ?? NONE,
    writeWhenFull() {
      if (!rows || count < WAITING_MAX) return;
      for (const key of [...rows.keys()].sort()) {
        const bytes = blob(key);
        for (const value of rows.get(key) ?? NONE) insert.run(bytes, value);
      }
      setReach.run(name, last);
      rows = new Map();
      count = 0;
    },
    forget() {
      rows = undefined;
    },
  };
}
