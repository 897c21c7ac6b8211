// Web Locks in memory, among the apps that a test opens on one world.
import type { Locks } from '../../src/app/outbox-ports.ts';

export function createMemoryLocks(): Locks {
  const turns = new Map<string, Promise<unknown>>();
  const held = new Set<string>();
  async function run<T>(name: string, work: () => Promise<T>): Promise<T> {
    held.add(name);
    try {
      return await work();
    } finally {
      held.delete(name);
    }
  }
  function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (turns.get(name) ?? Promise.resolve()).then(() => run(name, work));
    turns.set(
      name,
      turn.catch(() => undefined),
    );
    return turn;
  }
  return {
    ...{ inTurn, hold: inTurn },
    tryHold: async (name, work) => (held.has(name) ? undefined : { value: await run(name, work) }),
  };
}
