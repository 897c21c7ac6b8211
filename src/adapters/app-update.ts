// Registers the service worker and tells when a new version of the app waits. The user decides when it takes over,
// because that reloads the page.
import type { Workbox } from 'workbox-window';

export type AppUpdate = {
  /** Calls back, at once if it has already happened, when a newer version is ready to be used. */
  onWaiting(callback: () => void): void;
  /** Calls back when the app is stored on this device and starts without a network. */
  onOfflineReady(callback: () => void): void;
  /** Switches to the waiting version; the page reloads. */
  accept(): void;
};

// The browser looks for a new version at each visit; a counter's tablet stays on one page for weeks.
const CHECK_EVERY_MS = 3_600_000;

/** `scriptUrl` is the service worker, or undefined where none is built or offered (development, old browsers). */
export function createAppUpdate(scriptUrl: string | undefined = builtScriptUrl()): AppUpdate {
  const waiting = createMoment();
  const offlineReady = createMoment();
  let accept = () => {};
  function watch(workbox: Workbox): void {
    let isAccepted = false;
    workbox.addEventListener('activated', offlineReady.reach);
    workbox.addEventListener('waiting', waiting.reach);
    workbox.addEventListener('controlling', (event) => {
      if (isAccepted) location.reload();
      // Another tab has accepted: our code is outdated and its lazily loaded parts may be gone.
      else if (event.isUpdate) {
        accept = () => location.reload();
        waiting.reach();
      }
    });
    accept = () => {
      isAccepted = true;
      workbox.messageSkipWaiting();
    };
  }
  if (scriptUrl !== undefined) void keepRegistered(scriptUrl, watch, offlineReady.reach);
  return { onWaiting: waiting.on, onOfflineReady: offlineReady.on, accept: () => accept() };
}

function builtScriptUrl(): string | undefined {
  return import.meta.env.PROD && 'serviceWorker' in navigator ? '/service-worker.js' : undefined;
}

async function keepRegistered(
  scriptUrl: string,
  watch: (workbox: Workbox) => void,
  onOfflineReady: () => void,
): Promise<void> {
  let workbox: Workbox;
  try {
    // Nothing on the first screen waits for it.
    const library = await import('workbox-window');
    workbox = new library.Workbox(scriptUrl);
    watch(workbox);
    const registration = await workbox.register();
    if (registration?.active) onOfflineReady();
  } catch (cause) {
    // Refused in some private modes: the app works, but only online, and onOfflineReady is never called.
    console.warn('app update: no service worker', cause);
    return;
  }
  setInterval(() => {
    // Offline the check fails; the next hour has another.
    workbox.update().catch(() => undefined);
  }, CHECK_EVERY_MS);
}

/** Something that happens at most once, for listeners that come before or after it. */
function createMoment() {
  const listeners: (() => void)[] = [];
  let isReached = false;
  return {
    on(callback: () => void): void {
      if (isReached) callback();
      else listeners.push(callback);
    },
    reach(): void {
      if (isReached) return;
      isReached = true;
      for (const listener of listeners.splice(0)) listener();
    },
  };
}
