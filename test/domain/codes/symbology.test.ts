import { expect, test } from 'vitest';
import { splitIdentifier, stripAffixes } from '../../../src/domain/codes/symbology.ts';

test('the identifier is split off only where one stands', () => {
  expect(splitIdentifier(']d201')).toEqual({ identifier: ']d2', symbology: 'gs1', data: '01' });
  expect(splitIdentifier('0103')).toEqual({ identifier: '', symbology: 'none', data: '0103' });
  expect(splitIdentifier(']')).toEqual({ identifier: '', symbology: 'none', data: ']' });
  expect(splitIdentifier(']zz')).toEqual({ identifier: ']zz', symbology: 'unsupported', data: '' });
});

test('a code page at the start is passed over where the identifier announces it', () => {
  expect(splitIdentifier(']Q2\\000026https://x')).toMatchObject({ symbology: 'plain', data: 'https://x' });
  expect(splitIdentifier(']d5\\00000301')).toMatchObject({ symbology: 'gs1-unlisted', data: '01' });
  expect(splitIdentifier(']Q1\\000026https://x').data).toBe('\\000026https://x');
  expect(splitIdentifier(']d401').data).toBe('01');
});

test.each(['A]d201Z', ']d2A01Z', ']d201Z', 'A]d201', ']d201'])(
  'prefix A and suffix Z come off %s',
  (text) => {
    expect(stripAffixes(text, { prefix: 'A', suffix: 'Z' })).toBe(']d201');
  },
);

test('a suffix may stand before the EOT of an envelope', () => {
  expect(stripAffixes('[)>\x1e06\x1dSX\x1eZ\x04', { prefix: '', suffix: 'Z' })).toBe(
    '[)>\x1e06\x1dSX\x1e\x04',
  );
});

test('an affix with the spaces of the calibration code stays', () => {
  expect(stripAffixes('01a    b', { prefix: '', suffix: 'a    b' })).toBe('01a    b');
});
