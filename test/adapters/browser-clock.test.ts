import { afterEach, expect, test, vi } from 'vitest';
import { createBrowserClock, createBrowserRandom } from '../../src/adapters/browser-clock.ts';

afterEach(() => vi.useRealTimers());

test('tells the time, and calls again and again until it is told to stop', () => {
  vi.useFakeTimers({ now: 1_800_000_000_000 });
  const clock = createBrowserClock();
  expect(clock.nowMs()).toBe(1_800_000_000_000);
  const task = vi.fn();
  const stop = clock.every(1_000, task);
  vi.advanceTimersByTime(3_500);
  expect(task).toHaveBeenCalledTimes(3);
  stop();
  vi.advanceTimersByTime(10_000);
  expect(task).toHaveBeenCalledTimes(3);
});

test('gives as many random bytes as asked, others each time', () => {
  const random = createBrowserRandom();
  expect(random.bytes(0)).toHaveLength(0);
  expect(random.bytes(16)).toHaveLength(16);
  expect(random.bytes(16)).not.toEqual(random.bytes(16));
});
