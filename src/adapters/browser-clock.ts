// Time and chance as the browser gives them.
import type { Clock, RandomSource } from '../app/ports.ts';

export function createBrowserClock(): Clock {
  return {
    nowMs: () => Date.now(),
    every(periodMs, task) {
      const timer = setInterval(task, periodMs);
      return () => clearInterval(timer);
    },
  };
}

export function createBrowserRandom(): RandomSource {
  return { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) };
}
