import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ScheduleParts, startSchedule } from '../../../src/server/ledger/schedule.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a disk that stays full is tried ever more rarely, told in words, and not waited for longer than a while', async () => {
  const lines: Record<string, unknown>[] = [];
  let isFull = true;
  let publishedSize = 1;
  const ledger: Pick<ScheduleParts['ledger'], 'published' | 'publish'> = {
    published: () => ({ size: publishedSize }) as ReturnType<ScheduleParts['ledger']['published']>,
    async publish() {
      if (isFull) throw Object.assign(new Error('write'), { code: 'ENOSPC' });
      publishedSize = 2;
      return this.published();
    },
  };
  const last = { publishedMs: 0, logSize: 2 };
  const builder = { last: () => last, isUnderOldKeys: () => false };
  const schedule = startSchedule({
    ...{ logSize: () => 2, clock: () => 0, log: (event) => lines.push(event) },
    ...{ checkpointPeriodMs: 500, snapshotPeriodMs: 30_000 },
    // Of both, this is all that is asked here.
    ledger: ledger as ScheduleParts['ledger'],
    builder: builder as ScheduleParts['builder'],
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.length).toBeLessThan(10);
  expect(lines[0]).toMatchObject({ event: 'publish-failed', failures: 1, code: 'ENOSPC' });
  expect(lines[0]?.words).toContain('Free some space');

  isFull = false;
  await vi.advanceTimersByTimeAsync(16_000);
  expect(publishedSize).toBe(2);
  const told = lines.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(lines).toHaveLength(told);
  await schedule.stop();
});

test('a build that takes longer than the period leaves four times as long for everything else', async () => {
  let builds = 0;
  let publishedMs = 0;
  const took = 60_000;
  const ledger: Pick<ScheduleParts['ledger'], 'published'> = {
    published: () => ({ size: 1 }) as ReturnType<ScheduleParts['ledger']['published']>,
  };
  const builder: Pick<ScheduleParts['builder'], 'last' | 'isUnderOldKeys' | 'build'> = {
    last: () => ({ ...RECORD, publishedMs }),
    isUnderOldKeys: () => false,
    async build() {
      builds += 1;
      await new Promise((resolve) => setTimeout(resolve, took));
      publishedMs = performance.now();
      return RECORD;
    },
  };
  const schedule = startSchedule({
    ...{ logSize: () => 1, clock: () => performance.now(), log: () => undefined },
    ...{ checkpointPeriodMs: 500, snapshotPeriodMs: 30_000 },
    ledger: ledger as ScheduleParts['ledger'],
    builder: builder as ScheduleParts['builder'],
  });
  // One begins every five minutes, after the first half.
  await vi.advanceTimersByTimeAsync(30 * 60_000);
  expect(builds).toBe(6);
  await schedule.stop();
});

const RECORD = { number: 1, manifest: '', leafIndex: 0, publishedMs: 0, logSize: 0 };
