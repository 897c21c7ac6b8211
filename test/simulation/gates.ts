// The stores as a tab or a service worker sees them: every call waits for its turn, and fails as disks do.
import type { OutboxStore } from '../../src/app/outbox-ports.ts';
import { StoreError } from '../../src/app/ports.ts';
import type { Chance } from './chance.ts';
import { CHANGES, type Disk, STORE_NAMES, type StoreName, type Stores } from './disk.ts';
import type { Process, Schedule } from './schedule.ts';
import type { Tally } from './tally.ts';

/** A device's surroundings, as they are at the moment. */
export type Conditions = {
  isOnline: boolean;
  /** The disk is full: nothing more can be written. */
  isFull: boolean;
  /** How often a call to a store fails for no reason. */
  trouble: number;
  /** The device's clock is ahead by so much. */
  skewMs: number;
};

export type GateParts = {
  readonly process: Process;
  readonly disk: Disk;
  readonly conditions: Conditions;
  readonly schedule: Schedule;
  readonly chance: Chance;
  readonly tally: Tally;
  /** A bug to plant between the app and its outbox. */
  readonly spoil?: ((outbox: OutboxStore) => OutboxStore) | undefined;
};

export function gatedStores(parts: GateParts): Stores {
  const { process, disk, conditions, schedule, chance, tally, spoil } = parts;

  function gated<K extends StoreName>(store: K): Stores[K] {
    const entries = Object.entries(disk.stores[store]).map(([name, method]: [string, unknown]) => {
      const label = `${store}.${name}`;
      const isChange = CHANGES[store].includes(name);
      const call = (...args: unknown[]) =>
        schedule.ask(process, { lane: store, label }, async () => {
          if (chance.happens(conditions.trouble)) throw failure('failed', label);
          if (isChange && conditions.isFull) throw failure('full', label);
          return Reflect.apply(method as (...given: unknown[]) => unknown, undefined, args);
        });
      return [name, call];
    });
    return Object.fromEntries(entries) as Stores[K];
  }

  function failure(code: StoreError['code'], label: string): StoreError {
    tally.add(`store call: ${code}`);
    return new StoreError(code, label);
  }

  const stores = Object.fromEntries(STORE_NAMES.map((name) => [name, gated(name)])) as Stores;
  return {
    ...stores,
    outbox: spoil ? spoil(stores.outbox) : stores.outbox,
  };
}
