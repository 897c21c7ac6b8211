import { describe, expect, test } from 'vitest';
import { DEMO_MARKET } from '../../src/domain/market.ts';
import { isMisread, MISREADS, type Misread, ownCauseOf, suspicionsOf } from '../../src/domain/misread.ts';
import type { Pack } from '../../src/domain/pack.ts';

const PRINTED: Pack = {
  productCode: 'gtin:09506000100012',
  serial: 'Sy1Az7q',
  batch: 'Lb3',
  expiry: '2031-02-28',
};

/** The cause under which the printed pack is suspected behind what was read. */
function causeOf(read: Partial<Pack>): Misread | undefined {
  return suspicionsOf({ ...PRINTED, ...read }).find(
    ({ pack }) => JSON.stringify(pack) === JSON.stringify(PRINTED),
  )?.cause;
}

describe('what may have happened to a code', () => {
  test.each([
    ['Caps Lock', { serial: 'sY1aZ7Q', batch: 'lB3' }, 'caps-lock'],
    ['Caps Lock while the serial was typed', { serial: 'sY1aZ7Q' }, 'caps-lock'],
    ['a German keyboard', { serial: 'Sz1Ay7q' }, 'keyboard-layout'],
    ['a French keyboard', { serial: 'Sy1Qw7a' }, 'keyboard-layout'],
    ['a national number glued to the serial', { serial: 'Sy1Az7q71412345' }, 'lost-separator'],
    ['a serial glued to the batch', { batch: 'Lb321Sy1Az7q' }, 'lost-separator'],
    ['a date of the century before', { expiry: '1931-02-28' }, 'wrong-century'],
    ['the first day for a month alone', { expiry: '2031-02-01' }, 'unspecified-day'],
  ] as const)('%s', (_, read, cause) => {
    expect(causeOf(read)).toBe(cause);
  });

  test('another serial, batch or date is no misreading', () => {
    for (const read of [{ serial: 'Sy1Az7r' }, { batch: 'Lb4' }, { expiry: '2031-03-31' }, { serial: '' }])
      expect(causeOf(read)).toBeUndefined();
  });

  test('never the pack as read, nor one twice, and never many', () => {
    for (const serial of ['1', 'A', '101010101010101010', 'azqwyz', '2121212121', 'x'.repeat(50)]) {
      const suspicions = suspicionsOf({ ...PRINTED, serial });
      const keys = suspicions.map(({ pack }) => JSON.stringify(pack));
      expect(keys).not.toContain(JSON.stringify({ ...PRINTED, serial }));
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys.length).toBeLessThanOrEqual(24);
      expect(suspicions.every(({ pack }) => pack.productCode === PRINTED.productCode)).toBe(true);
    }
  });
});

test('the site itself: a moment ago, or recorded here and not sent yet', () => {
  const { doubleScan } = DEMO_MARKET;
  const late = doubleScan.toleranceMs + 1;
  expect(ownCauseOf({ sinceMs: 5_000, isSent: true }, doubleScan)).toBe('double-scan');
  expect(ownCauseOf({ sinceMs: late, isSent: false }, doubleScan)).toBe('own-pending-event');
  expect(ownCauseOf({ sinceMs: late, isSent: true }, doubleScan)).toBeUndefined();
  expect(MISREADS.every(isMisread) && !isMisread('double-scan') && !isMisread(undefined)).toBe(true);
});
