import { expect, test } from 'vitest';
import { keptUntil } from '../../src/domain/retention.ts';

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
