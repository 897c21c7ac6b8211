// When to try again after a failure: exponentially later, with jitter so that a country's devices do not come back
// together when a server does.
import type { Clock, RandomSource } from './ports.ts';

const FIRST_DELAY_MS = 1_000;
const DELAY_MS_MAX = 600_000;

/** A server may ask to be left alone, but not for ever. */
export const RETRY_AFTER_MS_MAX = 3_600_000;

/** How long to wait after so many failures before the one at hand. */
export function retryDelayMs(random: RandomSource, failuresBefore: number): number {
  const fullMs = Math.min(DELAY_MS_MAX, FIRST_DELAY_MS * 2 ** Math.min(failuresBefore, 20));
  const fraction = (random.bytes(1)[0] ?? 0) / 256;
  return fullMs * (0.5 + fraction / 2);
}

export type RetrySchedule = {
  isDue(): boolean;
  /** Until when the server asked to be left alone; undefined: it may be asked now. */
  leftAloneUntilMs(): number | undefined;
  /** `retryAfterMs`: for how long the server asked to be left alone. */
  failed(retryAfterMs?: number): void;
  /** A sign of better times: what the server asked for still holds. */
  reset(): void;
};

export function createRetrySchedule(clock: Clock, random: RandomSource): RetrySchedule {
  let failures = 0;
  let failedMs = 0;
  let delayMs = 0;
  let leftAloneMs = 0;

  function failed(retryAfterMs = 0): void {
    delayMs = retryDelayMs(random, failures);
    // Later than asked for, each device by another while, so that they do not all come back at once.
    leftAloneMs =
      Math.min(RETRY_AFTER_MS_MAX, retryAfterMs) + (retryAfterMs > 0 ? retryDelayMs(random, 0) : 0);
    failures += 1;
    failedMs = clock.nowMs();
  }

  function leftAloneUntilMs(): number | undefined {
    const sinceMs = clock.nowMs() - failedMs;
    return sinceMs >= 0 && sinceMs < leftAloneMs ? failedMs + leftAloneMs : undefined;
  }

  // A clock that was set back would otherwise hold everything up until it has caught up.
  function isDue(): boolean {
    const sinceMs = clock.nowMs() - failedMs;
    const waitMs = Math.max(leftAloneMs, failures === 0 ? 0 : delayMs);
    return sinceMs >= waitMs || sinceMs < 0;
  }

  function reset(): void {
    failures = 0;
  }

  return { isDue, leftAloneUntilMs, failed, reset };
}
