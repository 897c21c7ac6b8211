import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CSET82 } from '../../../src/domain/codes/character-sets.ts';
import { encodeDigitalLink, parseDigitalLink } from '../../../src/domain/codes/digital-link.ts';
import { conformsToGs1, readScan } from '../../../src/domain/codes/scan.ts';
import { mangled } from './mangled.ts';

const PACK = 'https://id.gs1.org/01/03400949497706/10/AB12/21/X9%2FZ?17=271200&linkType=gs1:epil';

test('key and qualifiers from the path, further fields from the query', () => {
  expect(parseDigitalLink(PACK, 2026)).toEqual({
    ais: [
      ['01', '03400949497706'],
      ['10', 'AB12'],
      ['21', 'X9/Z'],
      ['17', '271200'],
    ],
    problems: [],
    notes: [],
  });
});

test('a plus is itself in the path and a space in the query', () => {
  expect(parseDigitalLink('https://a/01/03400949497706/21/A+B', 2026).ais[1]).toEqual(['21', 'A+B']);
  expect(parseDigitalLink('https://a/01/03400949497706?240=A+B', 2026).problems).toEqual([
    { code: 'character', ai: '240' },
  ]);
});

test.each([
  ['https://a/01/03400949497706/21/X9Z/10/AB12', 'link-order'],
  ['https://a/01/03400949497706/10/AB12/21/X9Z/17/271200', 'link-order'],
  ['https://a/01/03400949497706?21=X9Z', 'link-attribute'],
  ['https://a/01/03400949497706?10=AB12', 'link-attribute'],
  ['https://a/01/03400949497706?17=271200&17=271200', 'link-attribute'],
  ['https://a/01/03400949497706/21/X9Z/', 'link-without-key'],
  ['https://a/', 'link-without-key'],
  ['https://a', 'link-malformed'],
  ['https:///01/03400949497706', 'link-malformed'],
  ['https://a b/01/03400949497706', 'link-malformed'],
  ['HtTpS://a/01/03400949497706', 'link-malformed'],
  ['https://a/01/340094949771', 'check-digit'],
  ['https://a/01/34009494977', 'too-short'],
  ['https://a/01/03400949497707', 'check-digit'],
  ['https://a/01/03400949497706/21/', 'value-empty'],
  ['https://a/01/03400949497706/21/A%00', 'character'],
])('%s is refused: %s', (uri, code) => {
  expect(parseDigitalLink(uri, 2026).problems.map((problem) => problem.code)).toContain(code);
});

test('an unknown AI in the query is kept and noted', () => {
  const parsed = parseDigitalLink('https://a/01/03400949497706?89=X', 2026);
  expect(parsed.ais[1]).toEqual(['89', 'X']);
  expect(parsed.notes).toEqual([{ code: 'unknown-ai', ai: '89' }]);
});

test('damage never throws, and never yields more text than there was', () => {
  for (const text of mangled(PACK)) {
    const { ais } = parseDigitalLink(text, 2026);
    expect(ais.flat().join('').length).toBeLessThanOrEqual(text.length);
  }
});

test('what is written is read back', () => {
  const text82 = fc.string({ unit: fc.constantFrom(...CSET82), minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(text82, text82, text82, (batch, serial, other) => {
      const ais: [string, string][] = [
        ['01', '03400949497706'],
        ['10', batch],
        ['21', serial],
        ['17', '271200'],
        ['240', other],
      ];
      const uri = encodeDigitalLink(ais);
      expect(parseDigitalLink(uri ?? '', 2026)).toEqual({ ais, problems: [], notes: [] });
    }),
    { seed: 20_260_924, numRuns: 500 },
  );
});

test('no link without a key, nor with a field that may not stand in one', () => {
  expect(encodeDigitalLink([['10', 'AB12']])).toBeUndefined();
  expect(
    encodeDigitalLink([
      ['01', '03400949497706'],
      ['8200', 'https://example.com'],
    ]),
  ).toBeUndefined();
});

test.each([
  [
    'https://a/gtin/03400949497706/lot/AB12',
    [
      ['01', '03400949497706'],
      ['10', 'AB12'],
    ],
  ],
  ['https://a/01/3400949497706', [['01', '03400949497706']]],
])('%s, as earlier versions allowed it, is read and noted', (uri, ais) => {
  expect(parseDigitalLink(uri, 2026)).toEqual({
    ais,
    problems: [],
    notes: [{ code: 'link-outdated', ai: undefined }],
  });
  expect(conformsToGs1(readScan(uri, Date.UTC(2026, 8, 24)))).toBe(false);
});
