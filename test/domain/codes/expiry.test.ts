import { expect, test } from 'vitest';
import { parseExpiry, parseMonthExpiry, resolveYear } from '../../../src/domain/codes/expiry.ts';

test('the century puts a year within 49 years before and 50 after now', () => {
  expect(resolveYear(76, 2026)).toBe(2076);
  expect(resolveYear(77, 2026)).toBe(1977);
  expect(resolveYear(99, 2026)).toBe(1999);
  expect(resolveYear(0, 2026)).toBe(2000);
  expect(resolveYear(0, 2060)).toBe(2100);
  expect(resolveYear(10, 2060)).toBe(2110);
  expect(resolveYear(11, 2060)).toBe(2011);
  for (let now = 1980; now < 2180; now++)
    for (let yy = 0; yy < 100; yy++) {
      const year = resolveYear(yy, now);
      expect(year % 100).toBe(yy);
      expect(year - now).toBeGreaterThanOrEqual(-49);
      expect(year - now).toBeLessThanOrEqual(50);
    }
});

test('day 00 is the last day of the month, and marked', () => {
  expect(parseExpiry('261100', 2026)).toEqual({ iso: '2026-11-30', dayUnspecified: true });
  expect(parseExpiry('280200', 2026)).toEqual({ iso: '2028-02-29', dayUnspecified: true });
  expect(parseExpiry('270200', 2026)).toEqual({ iso: '2027-02-28', dayUnspecified: true });
  expect(parseExpiry('261130', 2026)).toEqual({ iso: '2026-11-30', dayUnspecified: false });
});

test.each(['261131', '260001', '261301', '270229', '2611', '2611301', '26113O', ''])(
  '%j is no date',
  (yymmdd) => expect(parseExpiry(yymmdd, 2026)).toBeUndefined(),
);

test('whether a day exists depends on the century', () => {
  expect(parseExpiry('000229', 2026)?.iso).toBe('2000-02-29');
  expect(parseExpiry('000229', 2090)).toBeUndefined();
});

test('a month where a date belongs is told by its year, and is never a date besides', () => {
  for (let year = 2013; year < 2100; year++)
    for (const month of ['01', '12'])
      for (const digits of [`${year}${month}`, `${month}${year}`]) {
        expect(parseExpiry(digits, 2026)).toBeUndefined();
        expect(parseMonthExpiry(digits)).toEqual({ iso: `${year}-${month}-31`, dayUnspecified: true });
      }
  expect(parseMonthExpiry('202802')?.iso).toBe('2028-02-29');
  for (const digits of ['202113', '202100', '132021', '190112', '20211', '2021101', '']) {
    expect(parseMonthExpiry(digits)).toBeUndefined();
  }
});
