import { expect, test } from 'vitest';
import { codeBehind, findFaults, looksLikeWholeCode, tidyTyped } from '../../src/ui/typed-form.ts';

test.each([
  ['productCode', ' 0950 6000 100012 ', '09506000100012'],
  ['productCode', 'PZN - 9000 0015', '90000015'],
  ['productCode', 'ppn 119000001525', '119000001525'],
  ['serial', ' aB3\u00a0x ', 'aB3x'],
  ['serial', '(21)SHELF0001A', 'SHELF0001A'],
  ['batch', 'ALB311\n', 'ALB311'],
  ['expiry', '2031-10', '2031-10'],
  ['expiry', '10/2031', '2031-10'],
  ['expiry', '31.12.2031', '2031-12-31'],
  ['expiry', '2031.10.05', '2031-10-05'],
] as const)('%s: what a person types or pastes is made ready: %j', (field, raw, tidy) => {
  expect(tidyTyped(field, raw)).toBe(tidy);
});

const GOOD = { productCode: '09506000100012', serial: 'SHELF0001A', batch: 'ALB311', expiry: '2031-12' };

test('a plausible code has no faults', () => {
  expect(findFaults(GOOD)).toEqual([]);
  expect(findFaults({ ...GOOD, expiry: '2028-02-29' })).toEqual([]);
});

test.each([
  ['productCode', '123'],
  ['serial', ''],
  ['serial', 'X'.repeat(21)],
  ['batch', 'Ä1'],
  ['expiry', '2031-13'],
  ['expiry', '2031-02-30'],
  ['expiry', '31-12'],
] as const)('a fault is named by its field: %s %j', (field, value) => {
  expect(findFaults({ ...GOOD, [field]: value })).toEqual([field]);
});

test('a whole code in one field is read as a code', () => {
  expect(looksLikeWholeCode(']d20109506000100012')).toBe(true);
  expect(looksLikeWholeCode('010950600010001221SHELF0001A\x1d10ALB311')).toBe(true);
  expect(looksLikeWholeCode('09506000100012')).toBe(false);
  expect(looksLikeWholeCode('SHELF0001A')).toBe(false);
});

test('the human-readable line is what a scanner would deliver', () => {
  expect(codeBehind(' (01)09506000100012 (17)311231(10)ALB311(21)SHELF0001A ')).toBe(
    '01095060001000121731123110ALB311\x1d21SHELF0001A',
  );
  for (const other of [']d20109506000100012', '(01)', '(x)1', 'SHELF(1)'])
    expect(codeBehind(other)).toBe(other);
});
