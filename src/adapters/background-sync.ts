// Background Sync (WICG; Chromium alone has it): wakes the app's service worker once there is a network, also after
// the last tab was closed. Elsewhere nothing is asked, and tabs send when they are open.
import type { BackgroundSync } from '../app/outbox-ports.ts';
import { SENT_MESSAGE, SYNC_TAG } from './background-sync-names.ts';

type WithSync = ServiceWorkerRegistration & { readonly sync?: { register(tag: string): Promise<void> } };

export function createBackgroundSync(): BackgroundSync {
  const container: ServiceWorkerContainer | undefined = navigator.serviceWorker;
  return {
    async ask() {
      try {
        const registration: WithSync | undefined = await container?.getRegistration();
        await registration?.sync?.register(SYNC_TAG);
      } catch (error) {
        // The user or the browser forbids it: then tabs send by themselves, as everywhere else.
        if (!(error instanceof DOMException)) throw error;
      }
    },
    onSent(listener) {
      const whenSent = ({ data }: MessageEvent<unknown>) => {
        if (data === SENT_MESSAGE) listener();
      };
      container?.addEventListener('message', whenSent);
      return () => container?.removeEventListener('message', whenSent);
    },
  };
}
