import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { expect, test } from 'vitest';
import { batchPrefix, hashPack, hashPacks } from '../../../src/domain/snapshot/pack-key.ts';
import { sipFinish, sipKeyed } from '../../../src/domain/snapshot/siphash.ts';
import { createRandom, randomIds } from '../../support/synthetic-packs.ts';

const SALT = '000102030405060708090a0b0c0d0e0f';
const PRODUCT = 'ab'.repeat(16);
const BATCH = '0123456789abcdef'.repeat(2);
const EXPIRY = 20301231;

/** The whole message at once: productId, batchId, expiry as a little-endian word, packId, padding and length. */
function hashWhole(
  salt: string,
  productId: string,
  batchId: string,
  expiry: number,
  packId: string,
): number[] {
  const message = new Uint8Array(56);
  message.set(hexToBytes(productId + batchId));
  new DataView(message.buffer).setUint32(32, expiry, true);
  message.set(hexToBytes(packId), 36);
  message[55] = 52;
  const output = new Int32Array(4);
  sipFinish(sipKeyed(new Int32Array(hexToBytes(salt).buffer)), new Int32Array(message.buffer), output, 0);
  return [...output];
}

test('the key of a pack is the hash of product, batch, expiry and pack, in one piece or many', () => {
  const ids = randomIds(createRandom(3), 50);
  const prefix = batchPrefix(SALT, PRODUCT, BATCH);
  const hashes = new Int32Array(51 * 4);
  hashPacks(prefix, EXPIRY, ids, hashes, 1);
  for (let i = 0; i < 50; i++) {
    const packId = bytesToHex(ids.subarray(16 * i, 16 * i + 16));
    const whole = hashWhole(SALT, PRODUCT, BATCH, EXPIRY, packId);
    expect([...hashPack(prefix, EXPIRY, packId)]).toEqual(whole);
    expect([...hashes.subarray(4 * i + 4, 4 * i + 8)]).toEqual(whole);
  }
  expect([...hashes.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
});

test('each of the four, and the salt, changes the key', () => {
  const other = 'cd'.repeat(16);
  const keys = [
    hashPack(batchPrefix(SALT, PRODUCT, BATCH), EXPIRY, other),
    hashPack(batchPrefix(other, PRODUCT, BATCH), EXPIRY, other),
    hashPack(batchPrefix(SALT, other, BATCH), EXPIRY, other),
    hashPack(batchPrefix(SALT, PRODUCT, other), EXPIRY, other),
    hashPack(batchPrefix(SALT, PRODUCT, BATCH), EXPIRY + 1, other),
    hashPack(batchPrefix(SALT, PRODUCT, BATCH), EXPIRY, PRODUCT),
  ];
  expect(new Set(keys.map(String)).size).toBe(keys.length);
});
