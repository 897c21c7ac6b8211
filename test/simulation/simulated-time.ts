// The process's own clocks while a history is played: what reads the time by itself (rate limits, time-outs, a turn's
// length) reads the history's, so that nothing depends on how fast this machine is just now.

export type SimulatedTime = {
  /** Requests whose time is up are told so. */
  pass(): void;
  /** When such a request's time is up. */
  dueMs(signal: AbortSignal): number | undefined;
  giveBack(): void;
};

const YEARS_MS = 20 * 365 * 86_400_000;
let histories = 0;

export function takeTime(nowMs: () => number): SimulatedTime {
  const [dateNow, timeout] = [Date.now, AbortSignal.timeout];
  let waiting: { readonly dueMs: number; readonly controller: AbortController }[] = [];
  const due = new WeakMap<AbortSignal, number>();
  // Later than in any history before: a counter of the one before must not go on.
  histories += 1;
  const aheadMs = histories * YEARS_MS;
  Date.now = () => nowMs() + aheadMs;
  performance.now = () => 0;
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    const { signal } = controller;
    waiting.push({ dueMs: nowMs() + ms, controller });
    due.set(signal, nowMs() + ms);
    return signal;
  };
  return {
    pass() {
      const now = nowMs();
      for (const { dueMs, controller } of waiting) if (dueMs <= now) controller.abort();
      waiting = waiting.filter(({ dueMs }) => dueMs > now);
    },
    dueMs: (signal) => due.get(signal),
    giveBack() {
      Date.now = dateNow;
      AbortSignal.timeout = timeout;
      // The prototype's shows again.
      Reflect.deleteProperty(performance, 'now');
    },
  };
}
