// Locks among pages, on the Web Locks that Node has too: two of our adapters stand for two tabs, since locks belong to
// whoever asked.
import { afterEach, expect, test, vi } from 'vitest';
import { createLocks } from '../../src/adapters/locks.ts';

const MINUTE_MS = 60_000;

afterEach(() => void vi.useRealTimers());

function holding(locks = createLocks()) {
  let end = (_value: string) => {};
  const held = locks.tryHold('drain', () => new Promise<string>((resolve) => (end = resolve)));
  return { held, end: (value: string) => end(value) };
}

/** Lets the locks' own callbacks run. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

test('one works, the others are told that somebody is at it, or wait', async () => {
  const [here, there] = [createLocks(), createLocks()];
  const first = holding(here);
  await settle();
  expect(await there.tryHold('drain', async () => 'second')).toBeUndefined();
  const waiting = there.hold('drain', async () => 'third');
  first.end('first');
  expect(await Promise.all([first.held, waiting])).toEqual([{ value: 'first' }, 'third']);
  expect(await there.tryHold('drain', async () => 'fourth')).toEqual({ value: 'fourth' });
});

test('what fails under a lock fails as it is, and lets go', async () => {
  const locks = createLocks();
  const failing = () => Promise.reject(new TypeError('of its own'));
  await expect(locks.tryHold('drain', failing)).rejects.toThrow('of its own');
  await expect(locks.hold('drain', failing)).rejects.toThrow('of its own');
  expect(await locks.hold('drain', async () => 'next')).toBe('next');
});

test('a tab that is asleep with the lock loses it, and ends what it was at when it wakes', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const asleep = holding();
  await settle();
  const there = createLocks();
  const take = () => there.tryHold('drain', async () => 'taken');
  expect(await take()).toBeUndefined();
  vi.advanceTimersByTime(14 * MINUTE_MS);
  expect(await take()).toBeUndefined();
  vi.advanceTimersByTime(MINUTE_MS);
  expect(await take()).toEqual({ value: 'taken' });
  asleep.end('late');
  expect(await asleep.held).toEqual({ value: 'late' });
});

test('a lock that goes from hand to hand is taken from nobody', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const there = createLocks();
  for (let round = 0; round < 5; round++) {
    const busy = holding();
    await settle();
    expect(await there.tryHold('drain', async () => 'taken')).toBeUndefined();
    vi.advanceTimersByTime(10 * MINUTE_MS);
    busy.end('done');
    expect(await busy.held).toEqual({ value: 'done' });
    await settle();
  }
});

test('a turn is waited for, and taken from a tab that does not wake', async () => {
  const [here, there] = [createLocks(), createLocks({ heldMsMax: 50 })];
  const steps: string[] = [];
  const first = here.inTurn('sync', async () => {
    await settle();
    steps.push('first done');
    throw new Error('of its own');
  });
  const second = there.inTurn('sync', async () => steps.push('second'));
  await expect(first).rejects.toThrow('of its own');
  expect(await second).toBe(2);
  expect(steps).toEqual(['first done', 'second']);
  let wake = (_value: string) => {};
  const asleep = here.inTurn('sync', () => new Promise<string>((resolve) => (wake = resolve)));
  expect(await there.inTurn('sync', async () => 'taken')).toBe('taken');
  wake('late');
  expect(await asleep).toBe('late');
});
