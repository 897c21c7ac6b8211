// Keeps the app's shell on the device, so that it starts without a network. Ledger data is never kept here: snapshots,
// logs and the outbox have stores of their own that verify what they hold, and a cached answer would look like a fresh
// one. Where the browser has Background Sync, the outbox is posted from here once there is a network, the app closed or
// not; rows leave only when a tab has proven that the ledger holds them.
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { SENT_MESSAGE, SYNC_TAG } from '../adapters/background-sync-names.ts';
import { createBrowserClock } from '../adapters/browser-clock.ts';
import { createDatabase } from '../adapters/database.ts';
import { createLedgerHttp } from '../adapters/ledger-http.ts';
import { createLocks } from '../adapters/locks.ts';
import { createOutboxStore } from '../adapters/outbox-store.ts';
import { createSettingsStore } from '../adapters/settings-store.ts';
import { createPosting } from '../app/posting.ts';

declare const self: ServiceWorkerGlobalScope;
/** WICG Background Sync, which the DOM's types do not have. */
type SyncEvent = ExtendableEvent & { readonly tag: string };
/** Filled in by the build: every file of the shell and, where its name holds no hash, the hash of its content. */
declare const SHELL_FILES: { url: string; revision: string | null }[];

// Paths that the server answers; opened in a tab they must reach it.
const SERVER_PATHS = [
  /^\/(api|log|snapshot|snapshots|demo|ca|health|metrics|openapi|epcis|\.well-known)([/.?-]|$)/,
];

precacheAndRoute(SHELL_FILES);
cleanupOutdatedCaches();
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: SERVER_PATHS }));

self.addEventListener('sync' as 'activate', (event) => {
  if ((event as SyncEvent).tag === SYNC_TAG) event.waitUntil(postOutbox());
});

/** A tab that sends has it; where that is closed in the midst of it, the browser gives it on at once. */
const LOCK_MS_MAX = 60_000;

/** Throws where something still waits: the browser then asks again later. */
async function postOutbox(): Promise<void> {
  const database = createDatabase();
  try {
    // Nothing here needs to know the device.
    const ledger = createLedgerHttp({ device: async () => undefined });
    const stores = { outbox: createOutboxStore(database), settings: createSettingsStore(database) };
    const { post } = createPosting({ ...stores, clock: createBrowserClock(), ledger });
    const { failure } = await createLocks({ waitMsMax: LOCK_MS_MAX }).hold('drain', () => post());
    for (const client of await self.clients.matchAll()) client.postMessage(SENT_MESSAGE);
    if (failure !== undefined) throw new Error(`outbox: ${failure}`);
  } finally {
    // An open database would hold up a newer version of the app.
    await database.close();
  }
}

// A new version waits until the user agrees to reload: half a scan must not change code under their hands.
self.addEventListener('message', (event) => {
  const data: unknown = event.data;
  const isSkip = typeof data === 'object' && data !== null && 'type' in data && data.type === 'SKIP_WAITING';
  if (isSkip) event.waitUntil(self.skipWaiting());
});
