import { expect, test } from 'vitest';
import { createByteReader, createByteWriter } from '../../../src/domain/bytes.ts';
import { queryRibbon, readRibbon } from '../../../src/domain/snapshot/ribbon.ts';
import { writeRibbon } from '../../../src/domain/snapshot/ribbon-build.ts';
import { mangled } from '../../support/mangle.ts';
import { createRandom, type Random } from '../../support/synthetic-packs.ts';

const TABLE = 2;

function keysOf(random: Random, count: number, bits: number) {
  const hashes = Int32Array.from({ length: count * 4 }, random);
  const values = Int32Array.from({ length: count }, () => random() >>> (32 - bits));
  return { hashes, values };
}

function encode(keys: ReturnType<typeof keysOf>, bits: number): Uint8Array {
  const writer = createByteWriter();
  writeRibbon(writer, keys, TABLE, bits);
  return writer.done();
}

function read(bytes: Uint8Array, bits: number) {
  const reader = createByteReader(bytes);
  const ribbon = readRibbon(reader, TABLE, bits);
  return reader.atEnd() ? ribbon : undefined;
}

test('every key of a table gets its value, whatever the size of either', () => {
  const random = createRandom(11);
  for (const count of [0, 1, 2, 7, 64, 511, 512, 513, 514, 700, 1_500, 4_000, 24_000])
    for (const bits of [1, 2, 7, 8, 17, 24, 25]) {
      const keys = keysOf(random, count, bits);
      const ribbon = read(encode(keys, bits), bits);
      if (!ribbon) throw new Error(`${count} keys of ${bits} bits do not read back`);
      let wrong = 0;
      for (let i = 0; i < count; i++) if (queryRibbon(ribbon, keys.hashes, i) !== keys.values[i]) wrong++;
      expect(wrong).toBe(0);
    }
});

test('a table takes about one row a key', () => {
  const random = createRandom(12);
  const rowsPerKey = (count: number) => (encode(keysOf(random, count, 17), 17).length * 8) / 17 / count;
  expect(rowsPerKey(4_000)).toBeLessThan(1.04);
  expect(rowsPerKey(16_000)).toBeLessThan(1.012);
  expect(rowsPerKey(23_000)).toBeLessThan(1.01);
});

test('the same keys give the same bytes', () => {
  const keys = keysOf(createRandom(13), 5_000, 9);
  expect(encode(keys, 9)).toEqual(encode(keys, 9));
});

test('equal keys with equal values share their row', () => {
  const keys = keysOf(createRandom(14), 600, 9);
  keys.hashes.copyWithin(4, 0, 4);
  keys.values.copyWithin(1, 0, 1);
  const ribbon = read(encode(keys, 9), 9);
  expect(ribbon && [0, 1].map((i) => queryRibbon(ribbon, keys.hashes, i))).toEqual([
    keys.values[0],
    keys.values[0],
  ]);
});

test('strangers get noise, each value as often as the next', () => {
  const random = createRandom(15);
  const ribbon = read(encode(keysOf(random, 20_000, 4), 4), 4);
  if (!ribbon) throw new Error('unreadable');
  const strangers = keysOf(random, 160_000, 4).hashes;
  const counts = new Array<number>(16).fill(0);
  for (let i = 0; i < 160_000; i++) {
    const value = queryRibbon(ribbon, strangers, i);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  // 10,000 each; five standard deviations of 97.
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(485);
});

test('a changed byte gives another table or none, and never a crash', () => {
  const random = createRandom(16);
  const keys = keysOf(random, 600, 3);
  const bytes = encode(keys, 3);
  for (const other of mangled(bytes)) {
    const ribbon = read(other, 3);
    if (ribbon) for (let i = 0; i < 20; i++) expect(queryRibbon(ribbon, keys.hashes, i)).toBeLessThan(8);
  }
});

test('a table that claims more rows than there are bytes is refused before any is made', () => {
  for (const rows of [0, 63, 1_048_577, 0xffffffff]) {
    const writer = createByteWriter();
    writer.u8(1);
    writer.u32(rows);
    writer.u8(0);
    expect(read(writer.done(), 25)).toBeUndefined();
  }
});
