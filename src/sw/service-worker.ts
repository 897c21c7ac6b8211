// Keeps the app's shell on the device, so that it starts without a network. Ledger data never passes through here:
// snapshots, logs and the outbox have stores of their own that verify what they hold, and a cached answer would look
// like a fresh one.
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';

declare const self: ServiceWorkerGlobalScope;
/** Filled in by the build: every file of the shell and, where its name holds no hash, the hash of its content. */
declare const SHELL_FILES: { url: string; revision: string | null }[];

// Paths that the server answers; opened in a tab they must reach it.
const SERVER_PATHS = [
  /^\/(api|log|snapshot|snapshots|demo|ca|health|metrics|openapi|epcis|\.well-known)([/.?-]|$)/,
];

precacheAndRoute(SHELL_FILES);
cleanupOutdatedCaches();
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: SERVER_PATHS }));

// A new version waits until the user agrees to reload: half a scan must not change code under their hands.
self.addEventListener('message', (event) => {
  const data: unknown = event.data;
  const isSkip = typeof data === 'object' && data !== null && 'type' in data && data.type === 'SKIP_WAITING';
  if (isSkip) event.waitUntil(self.skipWaiting());
});
