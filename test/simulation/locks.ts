// Web Locks among the tabs of one simulated browser, below the app's own adapter: a tab that dies lets go, one that is
// asleep does not, and a lock can be stolen from it. Time is the history's.
import { createLocks } from '../../src/adapters/locks.ts';
import type { LockName, Locks } from '../../src/app/outbox-ports.ts';
import type { Process } from './schedule.ts';

export type BrowserLocks = {
  of(process: Process, waitMsMax?: number, nowMs?: () => number): Locks;
  /** What dead tabs hold or wait for goes to the next. */
  release(): void;
  holds(name: LockName, process: Process): boolean;
  /** It goes on without the lock of delivery, having waited for it for long enough, or took it, or lost it to such a one. */
  goesWithout(process: Process): boolean;
};

type Held = { readonly process: Process; lose(): void };
type Waiter = { readonly process: Process; readonly name: string; grant(): void };
type Request = LockManager['request'];

const DRAIN = 'packtrail-drain';

export function createBrowserLocks(nowMs: () => number): BrowserLocks {
  const holders = new Map<string, Held>();
  let waiters: readonly Waiter[] = [];
  const without = new Set<Process>();

  function next(name: string): void {
    holders.delete(name);
    waiters = waiters.filter(({ process }) => !process.isDead);
    const first = waiters.find((each) => each.name === name);
    waiters = waiters.filter((each) => each !== first);
    first?.grant();
  }

  function grant<T>(process: Process, name: string, callback: LockGrantedCallback<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const held: Held = { process, lose: () => reject(new DOMException('stolen', 'AbortError')) };
      holders.set(name, held);
      const work = Promise.resolve().then(() => callback({ name, mode: 'exclusive' }));
      const over = () => void (holders.get(name) === held && next(name));
      work.then(resolve, reject).finally(over);
    });
  }

  function wait<T>(process: Process, name: string, options: LockOptions, callback: LockGrantedCallback<T>) {
    return new Promise<T>((resolve, reject) => {
      const waiter = {
        ...{ process, name },
        grant: () => void grant(process, name, callback).then(resolve, reject),
      };
      waiters = [...waiters, waiter];
      options.signal?.addEventListener('abort', () => {
        if (!waiters.includes(waiter)) return;
        waiters = waiters.filter((each) => each !== waiter);
        if (name === DRAIN) without.add(process);
        reject(options.signal?.reason);
      });
    });
  }

  function managerOf(process: Process): { readonly request: Request } {
    async function request<T>(name: string, options: LockOptions, callback: LockGrantedCallback<T>) {
      const held = holders.get(name);
      if (!held || options.steal) {
        if (held && name === DRAIN) for (const each of [held.process, process]) without.add(each);
        else if (name === DRAIN) without.delete(process);
        held?.lose();
        return grant(process, name, callback);
      }
      return options.ifAvailable ? callback(null) : wait(process, name, options, callback);
    }
    const overloaded = (
      name: string,
      ...rest: [LockGrantedCallback<unknown>] | [LockOptions, LockGrantedCallback<unknown>]
    ) => (rest.length === 1 ? request(name, {}, rest[0]) : request(name, ...rest));
    return { request: overloaded as Request };
  }

  return {
    of: (process, waitMsMax, itsNowMs = nowMs) => {
      const wait = waitMsMax === undefined ? {} : { waitMsMax };
      return createLocks({ locks: managerOf(process), nowMs: itsNowMs, ...wait });
    },
    release() {
      for (const [name, { process }] of [...holders]) if (process.isDead) next(name);
    },
    holds: (name, process) => holders.get(`packtrail-${name}`)?.process === process,
    goesWithout: (process) => without.has(process),
  };
}
