import { openDB } from 'idb';
import { expect, test } from 'vitest';
import { createDatabase } from '../../src/adapters/database.ts';
import { createTighteningStore } from '../../src/adapters/tightening-store.ts';
import { damage, freshDatabase, freshName } from '../support/fake-database.ts';
import { heldTightening, tighteningStoreSuite } from '../support/port-suites/tightening-store.ts';

tighteningStoreSuite('IndexedDB', async () => createTighteningStore(freshDatabase()));

test('what was damaged on disk is told, never taken for nothing known', async () => {
  const name = freshName();
  const store = createTighteningStore(createDatabase(name));
  await store.add([heldTightening(7)]);
  for (const value of [
    7,
    {},
    { ...heldTightening(7), operation: 'undo' },
    { ...heldTightening(7), more: 1 },
  ]) {
    await damage(name, 'tightenings', 7, value);
    await expect(store.all()).rejects.toMatchObject({ name: 'StoreError', code: 'damaged' });
  }
});

test('a database of the first version gets the store and keeps what it has', async () => {
  const name = freshName();
  const first = await openDB(name, 1, {
    upgrade: (db) => {
      for (const each of [
        'enrolment',
        'outbox',
        'tombstones',
        'chain',
        'checkpoints',
        'snapshot',
        'settings',
      ])
        db.createObjectStore(each);
    },
  });
  await first.put('settings', 'counter', 'workplace');
  first.close();
  const database = createDatabase(name);
  await createTighteningStore(database).add([heldTightening(1)]);
  expect(await database.read(['settings'], (tx) => tx.objectStore('settings').get('workplace'))).toBe(
    'counter',
  );
});
