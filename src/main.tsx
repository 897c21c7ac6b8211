// The browser's root: builds the adapters, passes them as ports and renders. Nothing else constructs things.
import { createAppUpdate } from './adapters/app-update.ts';
import { createBackgroundSync } from './adapters/background-sync.ts';
import { createBlinder, importKey } from './adapters/blinder.ts';
import { createBrowserClock, createBrowserRandom } from './adapters/browser-clock.ts';
import { createCamera } from './adapters/camera.ts';
import { createCheckpointStore } from './adapters/checkpoint-store.ts';
import { createDatabase } from './adapters/database.ts';
import { createDecoder } from './adapters/decoder.ts';
import { createKeyPair, openKeyPair } from './adapters/device-key.ts';
import { createEnrolmentStore } from './adapters/enrolment-store.ts';
import { createLedgerHttp } from './adapters/ledger-http.ts';
import { createLocks } from './adapters/locks.ts';
import { createOutboxStore } from './adapters/outbox-store.ts';
import { createSettingsStore } from './adapters/settings-store.ts';
import { createSnapshotStore } from './adapters/snapshot-store.ts';
import { createStoragePromise } from './adapters/storage-promise.ts';
import { createSurroundings } from './adapters/surroundings.ts';
import { createTighteningStore } from './adapters/tightening-store.ts';
import { createWedge } from './adapters/wedge.ts';
import type { Ports } from './app/ports.ts';
import { createRoot, type Practice } from './app/root.ts';
import { assert } from './domain/result.ts';
import { renderApp } from './ui/render-app.tsx';
import { showStopped } from './ui/stopped-screen.ts';
import './ui/styles.css';

const element = document.getElementById('app');
assert(element, 'index.html has #app');

// A fault of our own stops the screen with a plain sentence; what browser extensions do in the page is not ours.
function stopFor(fault: unknown): void {
  if (!(fault instanceof Error) || /-extension:\/\//.test(fault.stack ?? '') || !element) return;
  showStopped(element, fault);
  stopApp();
}
let stopApp = () => {};
addEventListener('error', ({ error }) => stopFor(error));
addEventListener('unhandledrejection', ({ reason }) => stopFor(reason));

const decoder = createDecoder();
const platform = {
  clock: createBrowserClock(),
  random: createBrowserRandom(),
  surroundings: createSurroundings(),
  camera: createCamera(decoder),
  photoReader: decoder,
  wedge: createWedge(document),
};

function enrolledPorts(): Ports {
  const database = createDatabase();
  const enrolments = createEnrolmentStore(database, {
    createKeyPair,
    openKeyPair,
    importKey,
    createBlinder,
  });
  return {
    ...platform,
    enrolments,
    outbox: createOutboxStore(database),
    checkpoints: createCheckpointStore(database),
    snapshots: createSnapshotStore(database),
    tightenings: createTighteningStore(database),
    settings: createSettingsStore(database),
    storagePromise: createStoragePromise(),
    locks: createLocks(),
    backgroundSync: createBackgroundSync(),
    ledger: createLedgerHttp({
      async device() {
        const identity = await enrolments.load();
        return identity && { id: identity.enrolment.device, key: identity.key };
      },
    }),
  };
}

/** Undefined where its files cannot be loaded: on a first visit whose network breaks off. */
async function openPractice(): Promise<Practice | undefined> {
  const loaded = await import('./practice.ts').catch((cause: unknown) => console.warn('practice', cause));
  return loaded?.createPractice(platform);
}

const root = createRoot({
  enrolledPorts: enrolledPorts(),
  openPractice,
  update: createAppUpdate(),
  linkOrigin: location.origin,
});

stopApp = () => root.app.value?.stop();
renderApp(root, element);
await root.start();
