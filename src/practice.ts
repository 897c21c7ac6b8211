// The practising half of the browser's root, loaded only where it is needed: ports over sample packs in memory, and
// the demo packs to try them on.
import { createMemoryBlinder, createMemoryDeviceKey } from './adapters/memory-keys.ts';
import { createMemoryOutboxStore, createNoBackgroundSync, createNoLocks } from './adapters/memory-outbox.ts';
import {
  createMemoryCheckpointStore,
  createMemoryEnrolmentStore,
  createMemorySettingsStore,
  createMemorySnapshotStore,
  createMemoryStoragePromise,
  createMemoryTighteningStore,
} from './adapters/memory-stores.ts';
import { createPracticeLedger } from './adapters/practice-ledger.ts';
import type { Ports, SettingName, SettingsStore } from './app/ports.ts';
import type { Practice } from './app/root.ts';
import { SHELF_SCANS } from './domain/demo/shelf-scan.ts';

type Platform = Pick<
  Ports,
  'clock' | 'random' | 'sha256' | 'surroundings' | 'camera' | 'photoReader' | 'wedge' | 'signals'
>;

/** What has been set up on this device has been for practice, too, and stays when that is left. */
const OF_DEVICE: ReadonlySet<SettingName> = new Set(['camera', 'scanners', 'signals']);

export async function createPractice(platform: Platform, ofDevice: SettingsStore): Promise<Practice> {
  const { clock, random } = platform;
  const enrolments = createMemoryEnrolmentStore({
    createKey: () => createMemoryDeviceKey(random.bytes(32)),
    createBlinder: createMemoryBlinder,
  });
  const key = await enrolments.createKey();
  const { ledger, enrolment } = createPracticeLedger({ clock, random, publicKey: key.publicKey });
  await enrolments.save(key, enrolment, clock.nowMs());
  const ports = {
    ...platform,
    enrolments,
    outbox: createMemoryOutboxStore(),
    checkpoints: createMemoryCheckpointStore(),
    snapshots: createMemorySnapshotStore(),
    tightenings: createMemoryTighteningStore(),
    settings: practiceSettings(ofDevice),
    storagePromise: createMemoryStoragePromise(),
    locks: createNoLocks(),
    backgroundSync: createNoBackgroundSync(),
    ledger,
  };
  return { ports, demoPacks: SHELF_SCANS };
}

function practiceSettings(ofDevice: SettingsStore): SettingsStore {
  const practised = createMemorySettingsStore();
  const storeOf = (name: SettingName) => (OF_DEVICE.has(name) ? ofDevice : practised);
  return {
    get: (name) => storeOf(name).get(name),
    set: (name, value) => storeOf(name).set(name, value),
  };
}
