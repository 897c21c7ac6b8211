import { expect, test } from 'vitest';
import { createCheckpointStore } from '../../src/adapters/checkpoint-store.ts';
import { createDatabase } from '../../src/adapters/database.ts';
import { damage, freshDatabase, freshName } from '../support/fake-database.ts';
import { checkpointStoreSuite } from '../support/port-suites/checkpoint-store.ts';

checkpointStoreSuite('IndexedDB', async () => createCheckpointStore(freshDatabase()));

test('what was damaged on disk is told, never taken for nothing seen', async () => {
  const name = freshName();
  const store = createCheckpointStore(createDatabase(name));
  await store.replace('ledger', undefined, 'a\n');
  await store.keepEvidence({ log: 'ledger', seen: 'a\n', offered: 'b\n', foundMs: 1 });
  await damage(name, 'checkpoints', 'ledger', 7);
  await damage(name, 'evidence', 1, { log: 'ledger' });
  const damaged = { name: 'StoreError', code: 'damaged' };
  await expect(store.latest('ledger')).rejects.toMatchObject(damaged);
  await expect(store.evidence()).rejects.toMatchObject(damaged);
  expect(await store.replace('ledger', undefined, 'b\n')).toBe(false);
  await damage(name, 'checkpoints', 'ledger', 'x'.repeat(200_000));
  await expect(store.latest('ledger')).rejects.toMatchObject(damaged);
});
