import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compareBytes,
  createByteReader,
  createByteWriter,
  encodeBase64,
  parseBase64,
  parseHex,
  parseUtf8,
} from '../../src/domain/bytes.ts';

const SEED = { seed: 20261122 };

test('base64 agrees with Node, both ways', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = encodeBase64(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64'));
      expect(parseBase64(text)).toEqual({ ok: true, value: bytes });
    }),
    SEED,
  );
});

test.each(['A', 'AA', 'AA=', 'AB==', 'AAB=', 'A===', '====', 'AA==\n', 'AA-_', ' AA='])(
  'refuses base64 %j',
  (text) => {
    expect(parseBase64(text).ok).toBe(false);
  },
);

test('UTF-8 agrees with a strict TextDecoder', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const check = (bytes: Uint8Array) => {
    let expected: string | undefined;
    try {
      expected = decoder.decode(bytes);
    } catch {
      expected = undefined;
    }
    const read = parseUtf8(bytes);
    expect(read.ok ? read.value : undefined).toBe(expected);
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 8 }), check), { ...SEED, numRuns: 5_000 });
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => check(new TextEncoder().encode(text))),
    SEED,
  );
  // Overlong forms, surrogates and points past U+10FFFF.
  for (const hex of ['c080', 'e08080', 'eda080', 'f0808080', 'f4908080', 'f8888080', 'e282', 'ff'])
    check(Uint8Array.from(Buffer.from(hex, 'hex')));
});

test('fields read back as written, and a reader past its end says so', () => {
  const writer = createByteWriter();
  writer.u8(200);
  writer.u16(60_000);
  writer.u32(4_000_000_000);
  writer.u64(Number.MAX_SAFE_INTEGER);
  const bytes = writer.done();
  const reader = createByteReader(bytes);
  expect([reader.u8(), reader.u16(), reader.u32(), reader.u64()]).toEqual([
    200,
    60_000,
    4_000_000_000,
    Number.MAX_SAFE_INTEGER,
  ]);
  expect(reader.atEnd()).toBe(true);
  expect(reader.u8()).toBe(0);
  expect(reader.failed()).toBe(true);
  expect(createByteReader(new Uint8Array(8).fill(255)).u64()).toBe(0);
});

test('hex has one spelling, and byte order is that of unsigned numbers', () => {
  expect(parseHex('0A', 1).ok).toBe(false);
  expect(parseHex('0a0', 1).ok).toBe(false);
  expect(parseHex('0a', 1)).toEqual({ ok: true, value: Uint8Array.of(10) });
  expect(compareBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 200))).toBeLessThan(0);
  expect(compareBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBeGreaterThan(0);
});
