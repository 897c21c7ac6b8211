// What every SettingsStore does, whatever it is made of.
import { describe, expect, test } from 'vitest';
import type { SettingsStore } from '../../../src/app/ports.ts';

/** `open` gives a store that is empty. */
export function settingsStoreSuite(name: string, open: () => Promise<SettingsStore>): void {
  describe(`${name} is a SettingsStore`, () => {
    test('gives back what was set last, and nothing where nothing was set', async () => {
      const store = await open();
      expect(await store.get('workplace')).toBeUndefined();
      await store.set('workplace', 'counter');
      await store.set('camera', '');
      await store.set('workplace', 'warehouse');
      expect(await store.get('workplace')).toBe('warehouse');
      expect(await store.get('camera')).toBe('');
      expect(await store.get('user')).toBeUndefined();
    });
  });
}
