import { expect, test } from 'vitest';
import { createDatabase } from '../../src/adapters/database.ts';
import { createSettingsStore } from '../../src/adapters/settings-store.ts';
import { damage, freshDatabase, freshName } from '../support/fake-database.ts';
import { settingsStoreSuite } from '../support/port-suites/settings-store.ts';

settingsStoreSuite('IndexedDB', async () => createSettingsStore(freshDatabase()));

test('a damaged value is told, and can be set anew', async () => {
  const name = freshName();
  const store = createSettingsStore(createDatabase(name));
  await store.set('user', 'anna');
  await damage(name, 'settings', 'user', { anna: true });
  await expect(store.get('user')).rejects.toMatchObject({ name: 'StoreError', code: 'damaged' });
  await store.set('user', 'ben');
  expect(await store.get('user')).toBe('ben');
});
