import { expect, test } from 'vitest';
import { meetsQuorum, NO_QUORUM, type Quorum } from '../../../src/domain/ledger/quorum.ts';

const key = (name: string, keyId = '00000001') => ({ name, keyId });
const witness = (name: string): Quorum => ({ kind: 'witness', key: key(name) });
const group = (threshold: number, ...members: Quorum[]): Quorum => ({ kind: 'group', threshold, members });

test('no quorum asks nobody', () => {
  expect(meetsQuorum(NO_QUORUM, [])).toBe(true);
});

test('a witness is its name and its key', () => {
  expect(meetsQuorum(witness('a'), [key('a')])).toBe(true);
  expect(meetsQuorum(witness('a'), [key('b')])).toBe(false);
  expect(meetsQuorum(witness('a'), [key('a', '00000002')])).toBe(false);
});

test('two of three, and any of two others', () => {
  const quorum = group(
    2,
    group(2, witness('x1'), witness('x2'), witness('x3')),
    group(1, witness('y1'), witness('y2')),
  );
  const by = (...names: string[]) =>
    meetsQuorum(
      quorum,
      names.map((name) => key(name)),
    );
  expect(by('x1', 'x3', 'y2')).toBe(true);
  expect(by('x1', 'x2', 'x3', 'y1', 'y2')).toBe(true);
  expect(by('x1', 'x2', 'x3')).toBe(false);
  expect(by('x1', 'y1', 'y2')).toBe(false);
  // The same witness twice is one witness.
  expect(by('x1', 'x1', 'y1')).toBe(false);
  expect(by()).toBe(false);
});

test('a threshold of none is met, one above its members never', () => {
  expect(meetsQuorum(group(0, witness('a')), [])).toBe(true);
  expect(meetsQuorum(group(2, witness('a')), [key('a')])).toBe(false);
});
