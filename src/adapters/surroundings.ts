// What the browser says of the network and of the page.
import type { Surroundings } from '../app/ports.ts';

export function createSurroundings(): Surroundings {
  return {
    online: () => navigator.onLine,
    visible: () => document.visibilityState === 'visible',
    onOnline(listener) {
      window.addEventListener('online', listener);
      return () => window.removeEventListener('online', listener);
    },
    onVisible(listener) {
      const whenVisible = () => {
        if (document.visibilityState === 'visible') listener();
      };
      document.addEventListener('visibilitychange', whenVisible);
      return () => document.removeEventListener('visibilitychange', whenVisible);
    },
  };
}
