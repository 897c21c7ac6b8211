import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CSET82 } from '../../../src/domain/codes/character-sets.ts';
import { encodeIfa, openEnvelope, parseIfa } from '../../../src/domain/codes/ifa.ts';
import { mangled } from './mangled.ts';

const PACK = encodeIfa({ ppn: '110375286414', batch: 'AB12', expiry: '271200', serial: 'X9Z' });

test('format 06, to the byte', () => {
  expect(PACK).toBe('[)>\x1e06\x1d9N110375286414\x1d1TAB12\x1dD271200\x1dSX9Z\x1e\x04');
  expect(openEnvelope(PACK)).toEqual({
    format: '06',
    body: '9N110375286414\x1d1TAB12\x1dD271200\x1dSX9Z',
  });
});

test('a keyboard that drops RS or EOT, not both', () => {
  expect(openEnvelope('[)>\x0006\x1dSX\x00\x04')).toEqual({ format: '06', body: 'SX' });
  expect(openEnvelope('[)>\x1e06\x1dSX\x1e')).toEqual({ format: '06', body: 'SX' });
  expect(openEnvelope('[)>\x1e06\x1dSX')).toBe('envelope-broken');
});

test('separators lost', () => {
  expect(openEnvelope('[)>069N1103752864141TAB12D271200SX9Z')).toBe('separator-lost');
  expect(parseIfa('9N1103752864141TAB12\x1dD271200', 2026).problems).toEqual([
    { code: 'separator-lost', ai: '9N' },
  ]);
  expect(parseIfa('D2712001TAB12', 2026).problems).toEqual([{ code: 'separator-lost', ai: 'D' }]);
});

test('unknown data identifiers are kept and noted', () => {
  const parsed = parseIfa('9N110375286414\x1d30Pwhatever\x1dSX9Z', 2026);
  expect(parsed.ais[1]).toEqual(['30P', 'whatever']);
  expect(parsed.notes).toEqual([{ code: 'unknown-ai', ai: '30P' }]);
  expect(parsed.problems).toEqual([]);
});

test.each([
  ['9N110375286415', 'check-digit'],
  ['9N11037528641a', 'character'],
  ['8P04150037528640', 'check-digit'],
  ['1TA B', 'character'],
  ['S123456789012345678901', 'too-long'],
  ['S', 'value-empty'],
  ['D271301', 'date'],
  ['16D20271301', 'date'],
  ['-', 'ai-unreadable'],
])('%s is refused: %s', (field, code) => {
  expect(parseIfa(field, 2026).problems.map((problem) => problem.code)).toEqual([code]);
});

test('damage never throws, and never yields more text than there was', () => {
  for (const text of mangled(PACK)) {
    const envelope = openEnvelope(text);
    if (typeof envelope === 'string') continue;
    const { ais } = parseIfa(envelope.body, 2026);
    expect(ais.flat().join('').length).toBeLessThanOrEqual(text.length);
  }
});

test('a code that is cut off is never read', () => {
  for (let i = 0; i < PACK.length - 1; i++) expect(typeof openEnvelope(PACK.slice(0, i))).toBe('string');
});

test('what is written is read back', () => {
  const text82 = fc.string({ unit: fc.constantFrom(...CSET82), minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(text82, text82, (batch, serial) => {
      const envelope = openEnvelope(encodeIfa({ ppn: '110375286414', batch, expiry: '271200', serial }));
      expect(typeof envelope === 'string' ? envelope : parseIfa(envelope.body, 2026)).toEqual({
        ais: [
          ['9N', '110375286414'],
          ['1T', batch],
          ['D', '271200'],
          ['S', serial],
        ],
        problems: [],
        notes: [],
      });
    }),
    { seed: 20_260_924, numRuns: 500 },
  );
});
