// The browser's root: builds the adapters, passes them as ports and renders. Nothing else constructs things.
import { createAppUpdate } from './adapters/app-update.ts';
import { createBackgroundSync } from './adapters/background-sync.ts';
import { createBlinder, importKey } from './adapters/blinder.ts';
import { createBrowserClock, createBrowserRandom } from './adapters/browser-clock.ts';
import { browserSha256 } from './adapters/browser-hash.ts';
import { createCheckpointStore } from './adapters/checkpoint-store.ts';
import { createDatabase } from './adapters/database.ts';
import { createKeyPair, openKeyPair } from './adapters/device-key.ts';
import { createEnrolmentStore } from './adapters/enrolment-store.ts';
import { createLedgerHttp } from './adapters/ledger-http.ts';
import { createLocks } from './adapters/locks.ts';
import { createOutboxStore } from './adapters/outbox-store.ts';
import { createSettingsStore } from './adapters/settings-store.ts';
import { createSignals } from './adapters/signals.ts';
import { createSnapshotStore } from './adapters/snapshot-store.ts';
import { createStoragePromise } from './adapters/storage-promise.ts';
import { createSurroundings } from './adapters/surroundings.ts';
import { createTighteningStore } from './adapters/tightening-store.ts';
import { createWedge } from './adapters/wedge.ts';
import type { Ports } from './app/ports.ts';
import { CameraError, DecoderError } from './app/ports-scan.ts';
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

let scanning: Promise<Pick<Ports, 'camera' | 'photoReader'>> | undefined;
function openScanning() {
  scanning ??= import('./scanning.ts').then(({ createScanning }) => createScanning());
  // A first visit whose network broke off may try again.
  scanning.catch(() => {
    scanning = undefined;
  });
  return scanning;
}

const platform: Parameters<typeof import('./practice.ts').createPractice>[0] = {
  clock: createBrowserClock(),
  random: createBrowserRandom(),
  sha256: browserSha256,
  surroundings: createSurroundings(),
  camera: {
    async open(options) {
      const { camera } = await openScanning().catch((cause: unknown) => {
        throw new CameraError('failed', cause);
      });
      return camera.open(options);
    },
  },
  photoReader: {
    async readPhoto(file) {
      const { photoReader } = await openScanning().catch((cause: unknown) => {
        throw new DecoderError('failed', cause);
      });
      return photoReader.readPhoto(file);
    },
  },
  wedge: createWedge(document),
  signals: createSignals(),
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
      loadAlerts: () => import('./adapters/ledger-http-alerts.ts'),
      async device() {
        const identity = await enrolments.load();
        return identity && { id: identity.enrolment.device, key: identity.key };
      },
    }),
  };
}

const enrolled = enrolledPorts();

/** Undefined where its files cannot be loaded: on a first visit whose network breaks off. */
async function openPractice(): Promise<Practice | undefined> {
  const loaded = await import('./practice.ts').catch((cause: unknown) => console.warn('practice', cause));
  return loaded?.createPractice(platform, enrolled.settings);
}

const root = createRoot({
  enrolledPorts: enrolled,
  openPractice,
  update: createAppUpdate(),
  linkOrigin: location.origin,
});

stopApp = () => root.app.value?.stop();
renderApp(root, element);
// Not awaited here: what comes later shares this file and could not start before it had ended.
root.start().catch(stopFor);
