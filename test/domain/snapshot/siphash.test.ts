import { expect, test } from 'vitest';
import { sipAbsorb, sipFinish, sipKeyed } from '../../../src/domain/snapshot/siphash.ts';
import { createRandom } from '../../support/synthetic-packs.ts';

/** From `vectors_sip128` of the authors' reference implementation: key 00 to 0f, message 00, 01, 02, ... */
const VECTORS = [
  'a3817f04ba25a8e66df67214c7550293',
  'da87c1d86b99af44347659119b22fc45',
  '8177228da4a45dc7fca38bdef60affe4',
  '9c70b60c5267a94e5f33b6b02985ed51',
  'f88164c12d9c8faf7d0f6e7c7bcd5579',
  '1368875980776f8854527a07690e9627',
  '14eeca338b208613485ea0308fd7a15e',
  'a1f1ebbed8dbc153c0b84aa61ff08239',
  '3b62a9ba6258f5610f83e264f31497b4',
];

const counted = (length: number) => Uint8Array.from({ length }, (_, i) => i);
const words = (bytes: Uint8Array) => new Int32Array(bytes.slice().buffer);

function padded(message: Uint8Array): Int32Array {
  const bytes = new Uint8Array((Math.floor(message.length / 8) + 1) * 8);
  bytes.set(message);
  bytes[bytes.length - 1] = message.length & 255;
  return words(bytes);
}

function hash(key: Uint8Array, message: Uint8Array, shared = 0): string {
  const state = sipKeyed(words(key));
  if (shared > 0) sipAbsorb(state, words(message.slice(0, shared)));
  const output = new Int32Array(6);
  sipFinish(state, padded(message).slice(shared / 4), output, 2);
  return Buffer.from(output.buffer, 8).toString('hex');
}

// The paper's own words, on 64-bit integers.
function hashByTheBook(key: Uint8Array, message: Uint8Array): string {
  const mask = (1n << 64n) - 1n;
  const wordAt = (bytes: Uint8Array, at: number) => Buffer.from(bytes).readBigUInt64LE(at);
  const rotl = (x: bigint, by: bigint) => ((x << by) | (x >> (64n - by))) & mask;
  const [k0, k1] = [wordAt(key, 0), wordAt(key, 8)];
  let v0 = k0 ^ 0x736f6d6570736575n;
  let v1 = k1 ^ 0x646f72616e646f6dn ^ 0xeen;
  let v2 = k0 ^ 0x6c7967656e657261n;
  let v3 = k1 ^ 0x7465646279746573n;
  function rounds(count: number): void {
    for (let i = 0; i < count; i++) {
      v0 = (v0 + v1) & mask;
      v1 = rotl(v1, 13n) ^ v0;
      v0 = rotl(v0, 32n);
      v2 = (v2 + v3) & mask;
      v3 = rotl(v3, 16n) ^ v2;
      v0 = (v0 + v3) & mask;
      v3 = rotl(v3, 21n) ^ v0;
      v2 = (v2 + v1) & mask;
      v1 = rotl(v1, 17n) ^ v2;
      v2 = rotl(v2, 32n);
    }
  }
  const blocks = new Uint8Array(padded(message).buffer);
  for (let at = 0; at < blocks.length; at += 8) {
    const word = wordAt(blocks, at);
    v3 ^= word;
    rounds(2);
    v0 ^= word;
  }
  v2 ^= 0xeen;
  rounds(4);
  const output = Buffer.alloc(16);
  output.writeBigUInt64LE(v0 ^ v1 ^ v2 ^ v3);
  v1 ^= 0xddn;
  rounds(4);
  output.writeBigUInt64LE(v0 ^ v1 ^ v2 ^ v3, 8);
  return output.toString('hex');
}

test('the reference vectors', () => {
  expect(VECTORS.map((_, length) => hash(counted(16), counted(length)))).toEqual(VECTORS);
  expect(VECTORS.map((_, length) => hashByTheBook(counted(16), counted(length)))).toEqual(VECTORS);
});

test('any key and message hash as by the book, with any beginning shared', () => {
  const random = createRandom(7);
  const bytes = (length: number) => Uint8Array.from({ length }, random);
  for (let length = 0; length < 300; length++) {
    const key = bytes(16);
    const message = bytes(length);
    const expected = hashByTheBook(key, message);
    expect(hash(key, message)).toBe(expected);
    expect(hash(key, message, (random() % (Math.floor(length / 8) + 1)) * 8)).toBe(expected);
  }
});
