import { expect, test } from 'vitest';
import { REJECTIONS, type Receipt, receiptShape } from '../../src/domain/receipt.ts';
import { integer, list, parseJson, record, text, variants } from '../../src/domain/shape.ts';
import { CONFLICT_REASONS } from '../../src/domain/transition.ts';
import {
  enrolRequestShape,
  eventsResponseShape,
  findingShape,
  trailResponseShape,
} from '../../src/domain/wire.ts';

const placed = {
  ...{ id: 'ab'.repeat(32), index: 5, parts: 1, receiptTimeMs: 9, undoesIndex: null, keyIds: [1] },
  ...{ containerKeyIds: [1], batchKeyIds: [2, 1], repeats: [0], locked: [], unchanged: [], alerts: [] },
};
const conflicts = [
  {
    pack: 0,
    why: 'not-active',
    state: 'supplied',
    alert: 'A7',
    winner: { where: 'another-location', index: 4 },
  },
] as const;
const RECEIPTS: readonly Receipt[] = [
  { kind: 'accepted', ...placed },
  { kind: 'duplicate', ...placed, conflicts: [] },
  { kind: 'conflict', ...placed, conflicts },
  { kind: 'rejected', id: placed.id, reason: 'bad-signature' },
  { kind: 'gap', id: placed.id, expected: 3 },
];

test('each kind of receipt crosses the wire unchanged', () => {
  const json = JSON.stringify({ receipts: RECEIPTS });
  expect(parseJson(json, eventsResponseShape)).toEqual({ ok: true, value: { receipts: RECEIPTS } });
});

test('a conflict from another location has no room for who or when', () => {
  const winner = { where: 'another-location', index: 4, receiptTimeMs: 1, user: 'user-1' };
  const told = { kind: 'conflict', ...placed, conflicts: [{ ...conflicts[0], winner }] };
  expect(receiptShape(told, '$').ok).toBe(false);
});

test('every code that a receipt may carry is accepted, any other is not', () => {
  for (const reason of REJECTIONS)
    expect(receiptShape({ kind: 'rejected', id: placed.id, reason }, '$').ok).toBe(true);
  for (const why of CONFLICT_REASONS)
    expect(receiptShape({ kind: 'conflict', ...placed, conflicts: [{ ...conflicts[0], why }] }, '$').ok).toBe(
      true,
    );
  expect(receiptShape({ kind: 'rejected', id: placed.id, reason: 'because' }, '$').ok).toBe(false);
});

test('no truncation of an answer is taken for an answer', () => {
  const json = JSON.stringify({ receipts: RECEIPTS });
  for (let length = 0; length < json.length; length++)
    expect(parseJson(json.slice(0, length), eventsResponseShape).ok).toBe(false);
});

test.each([
  ['a missing field', {}],
  ['a null', null],
  ['a list', []],
  ['a field too many', { code: 'x'.repeat(20), publicKey: 'AAAA', admin: true }],
  ['an overlong code', { code: 'x'.repeat(65), publicKey: 'AAAA' }],
  ['a code of other characters', { code: `${'x'.repeat(20)}/../`, publicKey: 'AAAA' }],
  ['a number for text', { code: 1_234_567_890, publicKey: 'AAAA' }],
])('an enrolment with %s is refused', (_, value) => {
  expect(enrolRequestShape(value, '$')).toMatchObject({ ok: false, error: 'malformed' });
});

test('inherited names are no variants and no fields', () => {
  expect(findingShape({ kind: 'constructor' }, '$').ok).toBe(false);
  expect(variants('kind', { a: record({ kind: text(1) }) })({ kind: 'toString' }, '$').ok).toBe(false);
  expect(record({ toString: text(5) })({}, '$').ok).toBe(false);
  expect(parseJson('{"__proto__":{"code":"x"}}', enrolRequestShape).ok).toBe(false);
});

test('lists are bounded before they are read', () => {
  const tooMany = Array.from({ length: 501 }, () => ({ kind: 'open' }));
  expect(trailResponseShape({ checkpoint: 'x', steps: tooMany }, '$')).toMatchObject({ ok: false });
  expect(list(integer(0), 2)([1, 2, 3], '$').ok).toBe(false);
});

test('numbers are whole and safe', () => {
  for (const value of [1.5, -1, Number.NaN, 2 ** 53, '1', 1n]) expect(integer(0)(value, '$').ok).toBe(false);
});
