import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBundle, parseBundle } from '../../../src/domain/ledger/entry-bundle.ts';

const SEED = 20260924;
const entries = [Uint8Array.of(1, 2, 3), new Uint8Array(0), Uint8Array.of(0, 0)];

test('entries come back as they went', () => {
  const some = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 256 });
  fc.assert(
    fc.property(some, (list) => {
      expect(parseBundle(encodeBundle(list), list.length)).toEqual({ ok: true, value: list });
    }),
    { seed: SEED, numRuns: 50 },
  );
});

test('an entry of 65,535 bytes fits', () => {
  const parsed = parseBundle(encodeBundle([new Uint8Array(65_535)]), 1);
  expect(parsed.ok && parsed.value[0]?.length).toBe(65_535);
});

test('the width of the path is the number of entries, no more and no less', () => {
  const bytes = encodeBundle(entries);
  for (const width of [0, 1, 2, 4, 256, 257, -1, 1.5, Number.NaN])
    expect(parseBundle(bytes, width).ok, String(width)).toBe(false);
});

test('every truncation and every flipped byte is refused or encodes back to itself', () => {
  const bytes = encodeBundle(entries);
  for (let at = 0; at < bytes.length; at++) {
    expect(parseBundle(bytes.subarray(0, at), 3).ok).toBe(false);
    for (const mask of [0x01, 0x80, 0xff]) {
      const mangled = bytes.slice();
      mangled[at] = (mangled[at] as number) ^ mask;
      const parsed = parseBundle(mangled, 3);
      if (parsed.ok) expect(encodeBundle(parsed.value)).toEqual(mangled);
    }
  }
});
