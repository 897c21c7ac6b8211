// One at a time among the tabs of this browser and its service worker (Web Locks; the browser lets go of a lock when
// its holder dies). Where there are no such locks, work goes on without them: the stores compare and swap.
import type { LockName, Locks } from '../app/outbox-ports.ts';
import { assert } from '../domain/result.ts';

/** A holder that takes longer hangs, and a pharmacist must not wait for it. */
const WAIT_MS_MAX = 2_000;
/**
 * The system may suspend a tab and leave it its locks. A backlog of a week on a slow line takes about as long to send, a
 * country's data to load.
 */
const HELD_MS_MAX = 15 * 60_000;

export type LocksParts = {
  readonly waitMsMax?: number;
  readonly heldMsMax?: number;
  /** Only secure contexts have them. */
  readonly locks?: Pick<LockManager, 'request'> | undefined;
  /** Never goes back. */
  readonly nowMs?: () => number;
};

export function createLocks({
  waitMsMax = WAIT_MS_MAX,
  heldMsMax = HELD_MS_MAX,
  locks = globalThis.navigator?.locks,
  nowMs = () => performance.now(),
}: LocksParts = {}): Locks {
  /** Since when each has been in the same hands, as far as this page knows: it stands in the line for it. */
  const takenSinceMs = new Map<LockName, number>();

  /** Undefined: somebody else is at it. */
  async function request<T>(name: LockName, options: LockOptions, work: () => Promise<T>) {
    let working: Promise<T> | undefined;
    try {
      return await locks?.request(nameOf(name), options, async (lock) => {
        working = lock ? work() : undefined;
        return working && { value: await working };
      });
    } catch (error) {
      if (!working) throw error;
      // Another page took the lock from this one, which seemed dead: what it is at goes on.
      return { value: await working };
    }
  }

  function isStuck(name: LockName): boolean {
    const sinceMs = takenSinceMs.get(name);
    if (sinceMs !== undefined) return nowMs() - sinceMs >= heldMsMax;
    takenSinceMs.set(name, nowMs());
    void locks?.request(nameOf(name), () => void takenSinceMs.delete(name));
    return false;
  }

  /** Undefined, without having worked: its turn did not come for so long. */
  async function patiently<T>(name: LockName, msMax: number, work: () => Promise<T>) {
    const patience = AbortSignal.timeout(msMax);
    let isHeld = false;
    try {
      return await request(name, { signal: patience }, () => {
        isHeld = true;
        return work();
      });
    } catch (error) {
      if (isHeld || !patience.aborted) throw error;
      return undefined;
    }
  }

  return {
    async hold(name, work) {
      if (!locks) return work();
      const held = await patiently(name, waitMsMax, work);
      return held ? held.value : work();
    },
    async tryHold(name, work) {
      if (!locks) return { value: await work() };
      const held = await request(name, { ifAvailable: true }, work);
      return held ?? (isStuck(name) ? request(name, { steal: true }, work) : undefined);
    },
    async inTurn(name, work) {
      if (!locks) return work();
      const held = (await patiently(name, heldMsMax, work)) ?? (await request(name, { steal: true }, work));
      assert(held, 'a stolen lock is held');
      return held.value;
    },
  };
}

function nameOf(name: LockName): string {
  return `packtrail-${name}`;
}
