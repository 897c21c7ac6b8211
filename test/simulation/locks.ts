// Web Locks among the tabs of one simulated browser: a tab that dies lets go, and one that has waited for as long as a
// user would goes on without.
import type { LockName, Locks as LocksPort } from '../../src/app/outbox-ports.ts';
import type { Process } from './schedule.ts';

type Name = LockName | 'snapshots';
type Locks = {
  hold<T>(name: Name, work: () => Promise<T>): Promise<T>;
  tryHold: LocksPort['tryHold'];
};

export type BrowserLocks = {
  of(process: Process): Locks;
  /** What dead tabs hold or wait for goes to the next. */
  release(): void;
  holds(name: LockName, process: Process): boolean;
  /** Whoever waits has waited for long enough; not the service worker, which waits for a minute to post. */
  losePatience(): void;
};

type Waiter = { readonly process: Process; grant(): void };

export function createBrowserLocks(): BrowserLocks {
  const holders = new Map<Name, Process>();
  let waiters: (Waiter & { readonly name: Name })[] = [];

  function next(name: Name): void {
    holders.delete(name);
    const first = waiters.find((each) => each.name === name && !each.process.isDead);
    waiters = waiters.filter((each) => each !== first && !each.process.isDead);
    if (!first) return;
    holders.set(name, first.process);
    first.grant();
  }

  async function run<T>(name: Name, process: Process, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      if (holders.get(name) === process) next(name);
    }
  }

  return {
    of: (process) => ({
      async hold(name, work) {
        if (holders.has(name)) await new Promise<void>((grant) => waiters.push({ name, process, grant }));
        else holders.set(name, process);
        return run(name, process, work);
      },
      async tryHold(name, work) {
        if (holders.has(name)) return undefined;
        holders.set(name, process);
        return { value: await run(name, process, work) };
      },
    }),
    release() {
      for (const [name, process] of [...holders]) if (process.isDead) next(name);
    },
    holds: (name, process) => holders.get(name) === process,
    losePatience() {
      const given = waiters.filter(({ name }) => name !== 'drain');
      waiters = waiters.filter(({ name }) => name === 'drain');
      for (const each of given) if (!each.process.isDead) each.grant();
    },
  };
}
