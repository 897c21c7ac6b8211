// When to publish: a checkpoint soon after there is something new, a snapshot now and then, nothing while idle but one
// snapshot a day, so that devices' data does not expire.
import { errorTrace } from '../log.ts';
import type { Publisher } from './publisher.ts';
import type { SnapshotBuilder } from './snapshot-builder.ts';

const DAY_MS = 86_400_000;
/** A large country takes longer than the period; so much of the machine is left for everything else. */
const REST_TIMES = 4;
/** Between two tries while something fails; half a second each, so a quarter of a minute. */
const ROUNDS_LEFT_OUT_MAX = 30;

export type Schedule = { stop(): Promise<void> };

export type ScheduleParts = {
  logSize(): number;
  readonly ledger: Publisher;
  readonly builder: SnapshotBuilder;
  readonly clock: () => number;
  readonly log: (event: Record<string, unknown>) => void;
  readonly checkpointPeriodMs: number;
  readonly snapshotPeriodMs: number;
};

export function startSchedule(parts: ScheduleParts): Schedule {
  const { logSize, ledger, builder, clock, log, checkpointPeriodMs, snapshotPeriodMs } = parts;
  const running = new Map<string, Promise<void>>();
  /** By performance.now(). */
  let restUntilMs = 0;
  const troubles = new Map<string, { failures: number; roundsLeft: number }>();

  function isSnapshotDue(): boolean {
    const last = builder.last();
    if (!last) return logSize() > 0;
    if (performance.now() < restUntilMs) return false;
    if (builder.isUnderOldKeys()) return true;
    const ageMs = clock() - last.publishedMs;
    return ageMs >= (last.logSize === logSize() ? DAY_MS : snapshotPeriodMs);
  }

  // What is committed stays, only its publication waits. A disk that is full stays full until somebody comes: tried
  // and told at every round, it would be filled by that alone.
  function attempt(what: 'publish' | 'snapshot', task: () => Promise<unknown>): void {
    if (running.has(what) || mustWait(what)) return;
    const started = task()
      .then(() => void troubles.delete(what))
      .catch((error: unknown) => {
        const failures = (troubles.get(what)?.failures ?? 0) + 1;
        troubles.set(what, { failures, roundsLeft: Math.min(2 ** failures - 1, ROUNDS_LEFT_OUT_MAX) });
        log({ event: `${what}-failed`, failures, ...errorTrace(error) });
      })
      .finally(() => running.delete(what));
    running.set(what, started);
  }

  function mustWait(what: string): boolean {
    const trouble = troubles.get(what);
    if (!trouble || trouble.roundsLeft === 0) return false;
    trouble.roundsLeft -= 1;
    return true;
  }

  async function buildSnapshot(): Promise<void> {
    const startMs = performance.now();
    const { number, logSize: entries } = await builder.build();
    const endMs = performance.now();
    restUntilMs = endMs + REST_TIMES * (endMs - startMs);
    log({ event: 'snapshot-published', number, entries });
  }

  function round(): void {
    if (logSize() > ledger.published().size) attempt('publish', () => ledger.publish());
    if (isSnapshotDue()) attempt('snapshot', buildSnapshot);
  }

  const timer = setInterval(round, checkpointPeriodMs);
  timer.unref();

  async function stop(): Promise<void> {
    clearInterval(timer);
    await Promise.all(running.values());
  }

  return { stop };
}
