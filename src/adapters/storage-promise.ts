// The browser's promise to keep what is stored. It may refuse, or know no such promise; then it may evict, and the app
// warns while undelivered events lie here.
import type { StoragePromise } from '../app/ports.ts';

export function createStoragePromise(): StoragePromise {
  // Only secure contexts have it.
  const storage: Partial<StorageManager> | undefined = navigator.storage;
  return {
    persisted: () => answer(storage?.persisted?.(), false),
    ask: () => answer(storage?.persist?.(), false),
    async spaceLeft() {
      const { quota, usage } = await answer<StorageEstimate>(storage?.estimate?.(), {});
      return quota === undefined || usage === undefined ? undefined : Math.max(0, quota - usage);
    },
  };
}

/** No answer is no promise: what has not been promised can be lost. */
async function answer<T>(asked: Promise<T> | undefined, none: T): Promise<T> {
  try {
    return (await asked) ?? none;
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return none;
    throw error;
  }
}
