// The simulated browsers' database is worth what the stores over it are: they do on it what they do on IndexedDB.
import { describe, expect, test } from 'vitest';
import { createCheckpointStore } from '../../src/adapters/checkpoint-store.ts';
import { createEnrolmentStore } from '../../src/adapters/enrolment-store.ts';
import { createOutboxStore } from '../../src/adapters/outbox-store.ts';
import { createSettingsStore } from '../../src/adapters/settings-store.ts';
import { createSnapshotStore } from '../../src/adapters/snapshot-store.ts';
import { createTighteningStore } from '../../src/adapters/tightening-store.ts';
import { allRows } from '../support/outbox-rows.ts';
import { checkpointStoreSuite } from '../support/port-suites/checkpoint-store.ts';
import { enrolmentStoreSuite } from '../support/port-suites/enrolment-store.ts';
import { outboxRow, outboxStoreSuite, START, tombstoneFor } from '../support/port-suites/outbox-store.ts';
import { settingsStoreSuite } from '../support/port-suites/settings-store.ts';
import { snapshotStoreSuite } from '../support/port-suites/snapshot-store.ts';
import { tighteningStoreSuite } from '../support/port-suites/tightening-store.ts';
import { createChance } from './chance.ts';
import { createMemoryDatabase } from './memory-database.ts';
import { createSeededTools } from './seeded-keys.ts';

const NAME = 'simulated IndexedDB';
const { bytes } = createChance(1);
const tools = createSeededTools(() => bytes(32));

outboxStoreSuite(NAME, async () => createOutboxStore(createMemoryDatabase()));
checkpointStoreSuite(NAME, async () => createCheckpointStore(createMemoryDatabase()));
snapshotStoreSuite(NAME, async () => createSnapshotStore(createMemoryDatabase()));
tighteningStoreSuite(NAME, async () => createTighteningStore(createMemoryDatabase()));
settingsStoreSuite(NAME, async () => createSettingsStore(createMemoryDatabase()));
enrolmentStoreSuite(NAME, async () => createEnrolmentStore(createMemoryDatabase(), tools));

describe('what became of it', () => {
  test('a backup is as the database was, and goes its own way', async () => {
    const database = createMemoryDatabase();
    const store = createOutboxStore(database);
    await store.append(START, outboxRow(1));
    const backup = createOutboxStore(database.copy(1));
    await store.append(await store.head(), outboxRow(2));
    const settled = tombstoneFor(outboxRow(1), 5);
    await backup.advance([{ row: outboxRow(1), settled }]);
    expect(await allRows(store)).toEqual([outboxRow(1), outboxRow(2)]);
    expect(await allRows(backup)).toEqual([]);
  });

  test('a transaction that fails leaves nothing', async () => {
    const database = createMemoryDatabase();
    const work = database.writeStrictly(['settings'], async (tx) => {
      await tx.objectStore('settings').put('kept', 'user');
      throw new Error('the disk is full');
    });
    await expect(work).rejects.toThrow('full');
    expect(await database.read(['settings'], (tx) => tx.objectStore('settings').get('user'))).toBeUndefined();
    expect(database.history).toEqual([]);
  });
});
