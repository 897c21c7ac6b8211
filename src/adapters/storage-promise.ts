// The browser's promise to keep what is stored. It may refuse, or know no such promise; then it may evict, and the app
// warns while undelivered events lie here.
import type { StoragePromise } from '../app/ports.ts';

export function createStoragePromise(): StoragePromise {
  // Only secure contexts have it.
  const storage: Partial<StorageManager> | undefined = navigator.storage;
  return {
    persisted: () => answer(storage?.persisted?.()),
    ask: () => answer(storage?.persist?.()),
  };
}

/** No answer is no promise: what has not been promised can be lost. */
async function answer(asked: Promise<boolean> | undefined): Promise<boolean> {
  try {
    return (await asked) ?? false;
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return false;
    throw error;
  }
}
