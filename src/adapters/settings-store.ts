// What the user has chosen, and names to show, in IndexedDB. Nothing is decided by these values.
import type { SettingsStore } from '../app/ports.ts';
import { assert } from '../domain/result.ts';
import { text } from '../domain/shape.ts';
import { type Database, readStored } from './database.ts';

/** The catalogue is the largest: 100,000 names of up to 120 characters with their codes are 18 million. */
const SETTING_LENGTH_MAX = 20_000_000;
const settingShape = text(SETTING_LENGTH_MAX);

export function createSettingsStore(database: Database): SettingsStore {
  return {
    get: (name) =>
      database.read(['settings'], async (tx) => {
        const value = await tx.objectStore('settings').get(name);
        return value === undefined ? undefined : readStored(settingShape, value, `setting ${name}`);
      }),
    async set(name, value) {
      assert(value.length <= SETTING_LENGTH_MAX, 'a setting is within its limit');
      await database.writeStrictly(['settings'], (tx) => tx.objectStore('settings').put(value, name));
    },
  };
}
