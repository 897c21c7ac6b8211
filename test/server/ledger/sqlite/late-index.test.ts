import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { createLateIndex, type LateIndex } from '../../../../src/server/ledger/sqlite/late-index.ts';

/** A table that says it all, and an index over it. */
function open() {
  const database = new DatabaseSync(':memory:');
  database.exec(`CREATE TABLE facts (value INTEGER, key TEXT);
    CREATE TABLE found (key BLOB NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (key, value)) WITHOUT ROWID;
    CREATE TABLE late_indexes (name TEXT PRIMARY KEY, reach INTEGER NOT NULL);`);
  const addFact = database.prepare('INSERT INTO facts VALUES (?, ?)');
  const find = database.prepare('SELECT value FROM found WHERE key = ? ORDER BY value');
  const parts = {
    name: 'facts',
    insert: 'INSERT INTO found VALUES (?, ?)',
    *rowsAfter(reach: number): Generator<[string, number]> {
      for (const { key, value } of database.prepare('SELECT * FROM facts WHERE value > ?').iterate(reach))
        yield [String(key), Number(value)];
    },
  };
  return {
    database,
    start: () => createLateIndex(database, parts),
    add(index: LateIndex, key: string, value: number) {
      addFact.run(value, key);
      index.add(key, value);
    },
    written: (key: string) => find.all(Buffer.from(key, 'hex')).map((row) => Number(row.value)),
    values(index: LateIndex, key: string) {
      return [...this.written(key), ...index.waiting(key)];
    },
  };
}

const key = (n: number) => createHash('sha256').update(`${n}`).digest('hex').slice(0, 32);

test('finds all that the table says, written or not, and after any restart', () => {
  const on = open();
  let index = on.start();
  for (let value = 0; value < 40_000; value++) {
    on.add(index, key(value % 37_000), value);
    if (value % 1_000 === 0) index.writeWhenFull();
    if (value % 17_001 === 17_000) index = on.start();
  }
  expect(on.written(key(0))).toEqual([0]);
  for (const each of [index, on.start()]) {
    for (const n of [0, 1, 2_999, 3_000, 36_999]) {
      const expected = n < 3_000 ? [n, n + 37_000] : [n];
      expect(on.values(each, key(n))).toEqual(expected);
    }
    expect(on.values(each, key(37_000))).toEqual([]);
  }
});

test('a key that is named twice by one value is found once', () => {
  const on = open();
  const index = on.start();
  for (const value of [1, 1, 2]) on.add(index, key(1), value);
  expect(index.waiting(key(1))).toEqual([1, 2]);
  expect(on.start().waiting(key(1))).toEqual([1, 2]);
});

test('what is rolled back is forgotten, whether it had been written or not', () => {
  const on = open();
  const index = on.start();
  on.add(index, key(1), 1);
  for (const count of [1, 40_000]) {
    on.database.exec('BEGIN');
    for (let i = 0; i < count; i++) on.add(index, key(2 + i), 2 + i);
    index.writeWhenFull();
    on.database.exec('ROLLBACK');
    index.forget();
    expect([on.values(index, key(1)), on.values(index, key(2))]).toEqual([[1], []]);
    expect(on.values(index, key(40_000))).toEqual([]);
  }
});
