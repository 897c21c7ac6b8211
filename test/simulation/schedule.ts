// What decides when anything happens. Every call that leaves a tab (store, lock, key, network) and every message waits
// here until chance lets it go on, so any order of two tabs, a server and a network can come about, and a tab can be
// killed between any two of its awaits.
import type { Chance } from './chance.ts';
import type { Tally } from './tally.ts';

/** A tab. What a dead one has asked for is never answered; one that is asleep asks and hears nothing until it wakes. */
export type Process = { readonly name: string; isDead: boolean; isAsleep?: boolean };

type Waiting = {
  readonly process: Process;
  /** What one process asks of one lane happens in the order asked for; lanes overtake each other. */
  readonly lane: string;
  readonly label: string;
  /** Nothing before this time. */
  readonly fromMs: number;
  /** What is of one kind may happen at once. */
  readonly together?: string | undefined;
  perform(): Promise<void>;
};

export type Ask = Pick<Waiting, 'lane' | 'label' | 'together'> & { readonly fromMs?: number };

export type Schedule = {
  /** Resolves or rejects with what the work comes to, once it is its turn; never, where the process dies. */
  ask<T>(process: Process, ask: Ask, work: () => Promise<T>): Promise<T>;
  /** Lets things happen until nothing more can at this time, or so many have. */
  run(turnsMax?: number): Promise<void>;
  /** What it had asked for takes effect up to some point, and it never hears of any of it. */
  kill(process: Process): Promise<void>;
  readonly turns: () => number;
};

/** Far more than any step needs: something goes round in circles. */
const TURNS_MAX = 50_000;

export type ScheduleParts = {
  readonly chance: Chance;
  readonly tally: Tally;
  nowMs(): number;
  /** Whether things may happen at once: where each write counts they may not, since their order is the machine's. */
  mayJoin(): boolean;
  note(label: string): void;
};

export function createSchedule({ chance, tally, nowMs, mayJoin, note }: ScheduleParts): Schedule {
  let waiting: Waiting[] = [];
  let turns = 0;

  function ask<T>(process: Process, asked: Ask, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (process.isDead) return;
      const perform = async () => {
        try {
          const value = await work();
          if (!process.isDead) resolve(value);
        } catch (error) {
          if (!process.isDead) reject(error);
        }
      };
      waiting.push({ process, fromMs: 0, ...asked, perform });
    });
  }

  function ready(): readonly Waiting[] {
    const lanes = new Map<string, Waiting>();
    for (const each of waiting) {
      const key = `${each.process.name} ${each.lane}`;
      if (!lanes.has(key)) lanes.set(key, each);
    }
    // In an order of its own: that of asking depends on how fast this machine's modules are loaded.
    return [...lanes]
      .filter(([, { process, fromMs }]) => fromMs <= nowMs() && !process.isAsleep)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, each]) => each);
  }

  async function perform(...next: readonly Waiting[]): Promise<void> {
    waiting = waiting.filter((each) => !next.includes(each));
    turns += next.length;
    for (const { process, label } of next) note(`${process.name} ${label}`);
    await Promise.all(next.map((each) => each.perform()));
    await settled();
  }

  /** One of those that can happen, or one with all of its kind. */
  function drawn(now: readonly Waiting[]): readonly Waiting[] {
    const next = chance.pick(now);
    const { together } = next;
    if (together === undefined || !mayJoin() || chance.happens(0.5)) return [next];
    const all = now.filter((each) => each.together === together);
    if (all.length > 1) tally.add(`${together} at once`, all.length);
    return all;
  }

  async function run(turnsMax = TURNS_MAX): Promise<void> {
    await settled();
    for (let turn = 0; turn < turnsMax; turn++) {
      const now = ready();
      if (now.length === 0) return;
      await perform(...drawn(now));
    }
    if (turnsMax === TURNS_MAX) throw new Error('it never comes to rest');
  }

  async function kill(process: Process): Promise<void> {
    process.isDead = true;
    const asked = waiting.filter((each) => each.process === process);
    const done = chance.below(asked.length + 1);
    for (const each of asked.slice(0, done)) await perform(each);
    waiting = waiting.filter((each) => each.process !== process);
  }

  return { ask, run, kill, turns: () => turns };
}

/** Everything is promises over memory, so one turn of the event loop finishes whatever has been answered. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
