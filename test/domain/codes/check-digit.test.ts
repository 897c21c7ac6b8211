import { expect, test } from 'vitest';
import {
  gs1CheckPair,
  gtinCheckDigit,
  hasGs1CheckDigit,
  isPpn,
  isPzn,
  ppnFromPzn,
  pznCheckDigit,
  pznFromPpn,
} from '../../../src/domain/codes/check-digit.ts';

test('GS1: the check digit of a GTIN, an SSCC and a GLN', () => {
  expect(gtinCheckDigit('0340094949770')).toBe('6');
  expect(hasGs1CheckDigit('006141411234567890')).toBe(true);
  expect(hasGs1CheckDigit('00614141123456789')).toBe(false);
  expect(hasGs1CheckDigit('0340094949770O')).toBe(false);
});

test('GS1: every change of one digit of a GTIN is caught', () => {
  const gtin = '03400949497706';
  for (let i = 0; i < 14; i++)
    for (const digit of '0123456789') {
      const changed = gtin.slice(0, i) + digit + gtin.slice(i + 1);
      expect(hasGs1CheckDigit(changed)).toBe(changed === gtin);
    }
});

test('GS1: the pair of check characters of a model number, as in the General Specifications', () => {
  expect(gs1CheckPair('1987654Ad4X4bL5ttr2310c')).toBe('2K');
});

test('PZN: 8 digits, or 7 from before 2013; a remainder of 10 is never issued', () => {
  expect(isPzn('03752864')).toBe(true);
  expect(isPzn('3752864')).toBe(true);
  expect(isPzn('03752865')).toBe(false);
  expect(isPzn('103752864')).toBe(false);
  expect(pznCheckDigit('0375286')).toBe('4');
  expect(pznCheckDigit('0000005')).toBe('2');
  expect(pznCheckDigit('0000200')).toBeUndefined();
});

test('PPN: from the PZN and back; both checks must hold', () => {
  expect(ppnFromPzn('03752864')).toBe('110375286414');
  expect(ppnFromPzn('3752864')).toBe('110375286414');
  expect(ppnFromPzn('03752865')).toBeUndefined();
  expect(pznFromPpn('110375286414')).toBe('03752864');
  expect(isPpn('110375286415')).toBe(false);
  expect(isPpn('111111111111')).toBe(false);
});
