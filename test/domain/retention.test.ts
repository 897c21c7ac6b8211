import { expect, test } from 'vitest';
import { type ClockMemory, keptUntil, lookAtClock } from '../../src/domain/retention.ts';

const RULES = { retention: { afterExpiryYears: 1, afterReleaseYears: 5 } };
const RECORD_MS = Date.UTC(2027, 2, 4);
const until = (...expiries: string[]) => keptUntil(RECORD_MS, expiries, RULES);

test('a year past the expiry or five past the record, whichever is longer, by the pack that keeps longest', () => {
  expect(until()).toBe('2032-03-04');
  expect(until('2028-06-30')).toBe('2032-03-04');
  expect(until('2032-06-30')).toBe('2033-06-30');
  expect(until('2028-06-30', '2032-06-30', '2029-01-31')).toBe('2033-06-30');
});

test('an expiry that no medicine has keeps nothing for ever', () => {
  expect(until('9999-12-31')).toBe('2032-03-04');
  expect(until('9999-12-31', '2036-01-31')).toBe('2037-01-31');
});

test('other markets, other years', () => {
  const rules = { retention: { afterExpiryYears: 0, afterReleaseYears: 6 } };
  expect(keptUntil(RECORD_MS, ['2033-02-28'], rules)).toBe('2033-03-04');
});

const DAY_MS = 86_400_000;
const START: ClockMemory = { seenMs: RECORD_MS, leap: null };

/** Looked at after each of these numbers of days: on which it is believed. */
function believedAfter(...days: number[]): number[] {
  let [memory, nowMs] = [START, RECORD_MS];
  const at: number[] = [];
  for (const each of days) {
    nowMs += each * DAY_MS;
    memory = lookAtClock(memory, nowMs);
    if (!memory.leap) at.push((nowMs - RECORD_MS) / DAY_MS);
  }
  return at;
}

const DAYS = (count: number) => Array.from({ length: count }, () => 1);

test('a clock that goes on is believed, over a week without a look too', () => {
  expect(believedAfter(0, 1, 7, -3, 2)).toEqual([0, 1, 8, 5, 7]);
});

test('one that leapt ahead is believed when it has run on for thirty days, and is set right at any time', () => {
  expect(believedAfter(3_650, ...DAYS(31))).toEqual([3_680, 3_681]);
  // Another leap begins them anew.
  expect(believedAfter(3_650, ...DAYS(29), 400, ...DAYS(30))).toEqual([4_109]);
  expect(believedAfter(3_650, ...DAYS(10), -3_650, 1)).toEqual([10, 11]);
  // Back a part of the way, and then the rest.
  expect(believedAfter(3_650, ...DAYS(10), -1_000, ...DAYS(29), -2_650, 1)).toEqual([39, 40]);
});
