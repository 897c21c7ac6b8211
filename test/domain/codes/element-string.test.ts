import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CSET82 } from '../../../src/domain/codes/character-sets.ts';
import { gtinCheckDigit } from '../../../src/domain/codes/check-digit.ts';
import { encodeElementString, parseElementString } from '../../../src/domain/codes/element-string.ts';
import { mangled } from './mangled.ts';

const PACK = '01034009494977061727120010AB12\x1d21X9Z';

test('fields of fixed length need no separator and tolerate one', () => {
  const ais = [
    ['01', '03400949497706'],
    ['17', '271200'],
    ['10', 'AB12'],
    ['21', 'X9Z'],
  ];
  expect(parseElementString(PACK, 2026)).toEqual({ ais, problems: [], notes: [] });
  const separated = '0103400949497706\x1d17271200\x1d10AB12\x1d21X9Z\x1d';
  expect(parseElementString(separated, 2026)).toEqual({ ais, problems: [], notes: [] });
});

test('an unknown AI is kept and noted, cut by its prefix where that fixes a length', () => {
  const parsed = parseElementString(`${PACK}\x1d89free text\x1d1881181022A`, 2026);
  expect(parsed.ais.slice(4)).toEqual([
    ['89', 'free text'],
    ['18', '811810'],
    ['22', 'A'],
  ]);
  expect(parsed.problems).toEqual([]);
  expect(parsed.notes).toEqual([
    { code: 'unknown-ai', ai: '89' },
    { code: 'unknown-ai', ai: '18' },
  ]);
});

test('what is wrong with a field is said, and the fields after it are still read', () => {
  const parsed = parseElementString('01034009494977071727133210A B\x1d21X9Z', 2026);
  expect(parsed.problems).toEqual([
    { code: 'check-digit', ai: '01' },
    { code: 'date', ai: '17' },
    { code: 'character', ai: '10' },
  ]);
  expect(parsed.ais.at(-1)).toEqual(['21', 'X9Z']);
});

test.each([
  ['the batch swallowed the serial', '010340094949770617300828109YPRTCC7JD21X6U48A9', '10'],
  ['the batch swallowed expiry and serial', '010340094949770610AB1727123121X9', '10'],
  ['the serial swallowed the batch', '01034009494977061730082821X9Z10AB12', '21'],
  ['the serial grew too long', '010340094949770621X9ZX9ZX9Z17300828109YPRTCC7JD', '21'],
  ['the national number swallowed the serial', '010340094949770617300828710123456782121X9', '710'],
])('separators lost: %s', (_, text, ai) => {
  expect(parseElementString(text, 2026).problems).toEqual([{ code: 'separator-lost', ai }]);
});

test('a separator anywhere shows that the scanner sends them', () => {
  expect(parseElementString('01034009494977061730082810AB21CD\x1d', 2026).problems).toEqual([]);
});

test('a value that is complete without separators is not suspect', () => {
  expect(parseElementString('010034928158905817131028100U42275AA', 2026).problems).toEqual([]);
  expect(parseElementString('010340094949770621X9Z\x1d1730082810AB21CD', 2026).problems).toEqual([]);
});

test('a GTIN that is one digit short puts the rest out of step', () => {
  expect(parseElementString('010340094949770717271007102Q1TJ2\x1d21AB', 2026).problems).not.toEqual([]);
  const byChance = '0134009494977062' + '7271007102Q1TJ2\x1d21AB';
  expect(parseElementString(byChance, 2026).problems).toEqual([{ code: 'separator-lost', ai: undefined }]);
});

test('damage never throws, and never yields more text than there was', () => {
  for (const text of mangled(PACK)) {
    const { ais } = parseElementString(text, 2026);
    expect(encodeElementString(ais).replaceAll('\x1d', '').length).toBeLessThanOrEqual(text.length);
  }
});

test('what is written is read back', () => {
  const text82 = fc.string({ unit: fc.constantFrom(...CSET82), minLength: 1, maxLength: 20 });
  const gtin = fc
    .integer({ min: 0, max: 9_999_999_999_999 })
    .map((n) => String(n).padStart(13, '0'))
    .map((body) => body + gtinCheckDigit(body));
  const pack = fc.shuffledSubarray(['01', '21', '10', '17'], { minLength: 4 });
  fc.assert(
    fc.property(pack, gtin, text82, text82, (order, product, batch, serial) => {
      const values = new Map([
        ['01', product],
        ['10', batch],
        ['21', serial],
        ['17', '271200'],
      ]);
      const ais = order.map((ai): [string, string] => [ai, values.get(ai) ?? '']);
      expect(parseElementString(encodeElementString(ais), 2026)).toEqual({ ais, problems: [], notes: [] });
    }),
    { seed: 20_260_924, numRuns: 500 },
  );
});

test('any text at all is read without throwing', () => {
  const character = fc.constantFrom(...'0123456789ABx\x1d\x1e /%€');
  fc.assert(
    fc.property(fc.string({ unit: character, maxLength: 120 }), (text) => {
      const { ais } = parseElementString(text, 2026);
      expect(ais.reduce((sum, [ai, value]) => sum + ai.length + value.length, 0)).toBeLessThanOrEqual(
        text.length,
      );
    }),
    { seed: 20_260_924, numRuns: 2_000 },
  );
});
