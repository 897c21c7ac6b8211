// What every DeviceKey does: signatures that anyone can check under the public half.
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { describe, expect, test } from 'vitest';
import type { DeviceKey } from '../../../src/app/ports.ts';
import { utf8ToBytes } from '../../../src/domain/bytes.ts';
import { algorithmOf } from '../../../src/domain/event.ts';

/** `create` makes another key each time. */
export function deviceKeySuite(name: string, create: () => Promise<DeviceKey>): void {
  describe(`${name} is a DeviceKey`, () => {
    test('signs what it is given, however the bytes lie in memory', async () => {
      const key = await create();
      expect(algorithmOf(key.publicKey)).toBe(key.alg);
      const buffer = utf8ToBytes('before, the message, after');
      for (const message of [buffer, buffer.subarray(8, 19), new Uint8Array(0), new Uint8Array(1_000_000)]) {
        const signature = await key.sign(message);
        expect(signature).toHaveLength(64);
        const isSigned =
          key.alg === 'Ed25519'
            ? ed25519.verify(signature, message, key.publicKey, { zip215: false })
            : p256.verify(signature, message, key.publicKey, { lowS: false });
        expect(isSigned).toBe(true);
      }
    });

    test('is another key each time', async () => {
      expect((await create()).publicKey).not.toEqual((await create()).publicKey);
    });
  });
}
