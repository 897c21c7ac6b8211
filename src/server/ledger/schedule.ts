// When to publish: a checkpoint soon after there is something new, a snapshot now and then, nothing while idle but one
// snapshot a day, so that devices' data does not expire.
import { errorTrace } from '../log.ts';
import type { Publisher } from './publisher.ts';
import type { SnapshotBuilder } from './snapshot-builder.ts';

const DAY_MS = 86_400_000;

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

  function isSnapshotDue(): boolean {
    const last = builder.last();
    if (!last) return logSize() > 0;
    if (builder.isUnderOldKeys()) return true;
    const ageMs = clock() - last.publishedMs;
    return ageMs >= (last.logSize === logSize() ? DAY_MS : snapshotPeriodMs);
  }

  // A failure is reported and tried again at the next round: what is committed stays, only its publication waits.
  function attempt(what: 'publish' | 'snapshot', task: () => Promise<unknown>): void {
    if (running.has(what)) return;
    const started = task()
      .then(() => undefined)
      .catch((error: unknown) => log({ event: `${what}-failed`, ...errorTrace(error) }))
      .finally(() => running.delete(what));
    running.set(what, started);
  }

  async function buildSnapshot(): Promise<void> {
    const { number, logSize: entries } = await builder.build();
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
