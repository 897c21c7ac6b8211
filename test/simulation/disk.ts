// What one browser keeps: the app's own stores over a database in memory. A backup is that database as it was a while
// ago, put back or into another device; a power cut takes what was written without being flushed.

import { createCheckpointStore } from '../../src/adapters/checkpoint-store.ts';
import type { Database } from '../../src/adapters/database.ts';
import { createEnrolmentStore } from '../../src/adapters/enrolment-store.ts';
import { parseRow } from '../../src/adapters/outbox-row.ts';
import { createOutboxStore } from '../../src/adapters/outbox-store.ts';
import { createSettingsStore } from '../../src/adapters/settings-store.ts';
import { createSnapshotStore } from '../../src/adapters/snapshot-store.ts';
import { createTighteningStore } from '../../src/adapters/tightening-store.ts';
import type { OutboxRow } from '../../src/app/outbox-ports.ts';
import type { Ports } from '../../src/app/ports.ts';
import { createMemoryDatabase, type MemoryDatabase } from './memory-database.ts';
import { createSeededTools } from './seeded-keys.ts';

export type Stores = Pick<
  Ports,
  'outbox' | 'checkpoints' | 'snapshots' | 'tightenings' | 'settings' | 'enrolments'
>;
export type StoreName = keyof Stores;
export const STORE_NAMES = [
  'outbox',
  'checkpoints',
  'snapshots',
  'tightenings',
  'settings',
  'enrolments',
] as const satisfies readonly StoreName[];

/** Calls that change what is kept. */
export const CHANGES: Readonly<Record<StoreName, readonly string[]>> = {
  outbox: ['append', 'advance', 'remove', 'sweep'],
  checkpoints: ['replace', 'keepEvidence'],
  snapshots: ['putPages', 'dropOthers', 'adopt', 'narrow'],
  tightenings: ['add', 'sweep'],
  settings: ['set'],
  enrolments: ['save', 'keepKeys', 'changeTrust'],
};

export type Disk = {
  readonly stores: Stores;
  readonly database: MemoryDatabase;
  /** Every row that was ever written, whatever has become of it. */
  appended(): readonly OutboxRow[];
  /** Another disk as this one was after so many changes. */
  copy(size: number): Disk;
};

type DiskParts = {
  readonly database: MemoryDatabase;
  /** 32 bytes for each key that is made. */
  seed(): Uint8Array;
  readonly plant: ((database: MemoryDatabase) => Database) | undefined;
};

/** `plant`: a bug to plant between the stores and the database. */
export function createDisk(seed: () => Uint8Array, plant?: (database: MemoryDatabase) => Database): Disk {
  return openDisk({ database: createMemoryDatabase(), seed, plant });
}

function openDisk({ database: kept, seed, plant }: DiskParts): Disk {
  const database = plant ? plant(kept) : kept;
  const stores: Stores = {
    outbox: createOutboxStore(database),
    checkpoints: createCheckpointStore(database),
    snapshots: createSnapshotStore(database),
    tightenings: createTighteningStore(database),
    settings: createSettingsStore(database),
    enrolments: createEnrolmentStore(database, createSeededTools(seed)),
  };
  const rows = new Map<number, OutboxRow>();
  let read = 0;

  function appended(): readonly OutboxRow[] {
    for (const { writes } of kept.history.slice(read))
      for (const { store, key, value } of writes) {
        const row = store === 'outbox' && typeof key === 'number' ? parseRow(value, key) : undefined;
        if (row?.ok && !rows.has(row.value.place)) rows.set(row.value.place, row.value);
      }
    read = kept.history.length;
    return [...rows.values()];
  }

  return {
    ...{ stores, database: kept, appended },
    copy: (size) => openDisk({ database: kept.copy(size), seed, plant }),
  };
}

/** What is sure to be there after a power cut. */
export function flushedSize({ history }: MemoryDatabase): number {
  return history.findLastIndex(({ isStrict }) => isStrict) + 1;
}
