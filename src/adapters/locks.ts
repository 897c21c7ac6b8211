// One at a time among the tabs of this browser and its service worker (Web Locks; the browser lets go of a lock when
// its holder dies). Where there are no such locks, work goes on without them: the stores compare and swap.
import type { Locks } from '../app/outbox-ports.ts';

/** A holder that takes longer hangs, and a pharmacist must not wait for it. */
const WAIT_MS_MAX = 2_000;

export function createLocks(waitMsMax = WAIT_MS_MAX): Locks {
  // Only secure contexts have them.
  const locks: LockManager | undefined = globalThis.navigator?.locks;
  const nameOf = (name: string) => `packtrail-${name}`;
  return {
    async hold(name, work) {
      if (!locks) return work();
      const patience = AbortSignal.timeout(waitMsMax);
      let isHeld = false;
      try {
        return await locks.request(nameOf(name), { signal: patience }, () => {
          isHeld = true;
          return work();
        });
      } catch (error) {
        if (isHeld || !patience.aborted) throw error;
        return work();
      }
    },
    async tryHold(name, work) {
      if (!locks) return { value: await work() };
      return locks.request(nameOf(name), { ifAvailable: true }, async (lock) =>
        lock ? { value: await work() } : undefined,
      );
    },
  };
}
