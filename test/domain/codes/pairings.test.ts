import { expect, test } from 'vitest';
import {
  checkExclusions,
  checkRepeats,
  checkRequisites,
  repeatedAis,
} from '../../../src/domain/codes/pairings.ts';

const GTIN: [string, string] = ['01', '03400949497706'];

test('requisites: one alternative of each group, with all its AIs', () => {
  expect(checkRequisites([GTIN, ['21', 'A']])).toBeUndefined();
  expect(checkRequisites([['21', 'A']])).toEqual({ code: 'pairing-missing', ai: '21' });
  expect(checkRequisites([GTIN, ['250', 'A']])).toEqual({ code: 'pairing-missing', ai: '250' });
  expect(checkRequisites([GTIN, ['7004', '1']])).toEqual({ code: 'pairing-missing', ai: '7004' });
  expect(checkRequisites([GTIN, ['10', 'A'], ['7004', '1']])).toBeUndefined();
  expect(checkRequisites([GTIN, ['3925', '12599'], ['3575', '654321']])).toBeUndefined();
});

test('exclusions: a pattern does not exclude the AI itself', () => {
  expect(checkExclusions([GTIN, ['02', GTIN[1]]])).toEqual({ code: 'pairing-forbidden', ai: '02' });
  expect(checkExclusions([['3333', '1']])).toBeUndefined();
  expect(checkExclusions([['3333', '1'], ['3338', '1'], GTIN])).toBeDefined();
});

test('repeats: the same value is told, another refused', () => {
  expect(repeatedAis([GTIN, ['21', 'A'], GTIN, GTIN])).toEqual(['01']);
  expect(checkRepeats([GTIN, GTIN])).toBeUndefined();
  expect(checkRepeats([['21', 'A'], GTIN, ['21', 'a']])).toEqual({ code: 'repeat-differs', ai: '21' });
});

test('a signature needs keys with their serial component', () => {
  expect(
    checkRequisites([
      ['253', '1234567890128'],
      ['8030', 'ABC123'],
    ]),
  ).toBeDefined();
  expect(
    checkRequisites([
      ['253', '1234567890128X'],
      ['8030', 'ABC123'],
    ]),
  ).toBeUndefined();
});
