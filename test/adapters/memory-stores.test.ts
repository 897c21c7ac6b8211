import { randomBytes } from '@noble/hashes/utils.js';
import { createMemoryBlinder, createMemoryDeviceKey } from '../../src/adapters/memory-keys.ts';
import { createMemoryOutboxStore } from '../../src/adapters/memory-outbox.ts';
import {
  createMemoryCheckpointStore,
  createMemoryEnrolmentStore,
  createMemorySettingsStore,
  createMemorySnapshotStore,
  createMemoryTighteningStore,
} from '../../src/adapters/memory-stores.ts';
import { checkpointStoreSuite } from '../support/port-suites/checkpoint-store.ts';
import { enrolmentStoreSuite } from '../support/port-suites/enrolment-store.ts';
import { outboxStoreSuite } from '../support/port-suites/outbox-store.ts';
import { settingsStoreSuite } from '../support/port-suites/settings-store.ts';
import { snapshotStoreSuite } from '../support/port-suites/snapshot-store.ts';
import { tighteningStoreSuite } from '../support/port-suites/tightening-store.ts';

outboxStoreSuite('memory', async () => createMemoryOutboxStore());
checkpointStoreSuite('memory', async () => createMemoryCheckpointStore());
snapshotStoreSuite('memory', async () => createMemorySnapshotStore());
tighteningStoreSuite('memory', async () => createMemoryTighteningStore());
settingsStoreSuite('memory', async () => createMemorySettingsStore());
enrolmentStoreSuite('memory', async () =>
  createMemoryEnrolmentStore({
    createKey: () => createMemoryDeviceKey(randomBytes(32)),
    createBlinder: createMemoryBlinder,
  }),
);
