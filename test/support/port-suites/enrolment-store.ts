// What every EnrolmentStore does, whatever it is made of: identity, key and masters come and go together.
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, test } from 'vitest';
import type { EnrolmentStore } from '../../../src/app/ports.ts';
import { encodeBase64, utf8ToBytes } from '../../../src/domain/bytes.ts';
import { deviceId } from '../../../src/domain/event.ts';
import type { EnrolResponse } from '../../../src/domain/wire.ts';
import { blindPack, PACK } from '../sample-events.ts';

/** Epoch 1 is under the master of sample-events.ts. */
export function enrolResponse(publicKey: Uint8Array, change: Partial<EnrolResponse> = {}): EnrolResponse {
  return {
    ...{ device: deviceId(publicKey), market: 'demo', organisation: 'org-1', site: 'site-1' },
    ...{ siteName: 'Corner pharmacy', role: 'pharmacy', ledgerKey: 'l+1+x', snapshotKey: 's+2+y' },
    actor: { organisationId: '01'.repeat(16), siteId: '02'.repeat(16), deviceId: '03'.repeat(16) },
    keys: [
      { keyId: 1, master: encodeBase64(new Uint8Array(32).fill(7)) },
      { keyId: 2, master: encodeBase64(new Uint8Array(32).fill(8)) },
    ],
    former: null,
    ...change,
  };
}

/** `open` gives a store that is empty. */
export function enrolmentStoreSuite(name: string, open: () => Promise<EnrolmentStore>): void {
  describe(`${name} is an EnrolmentStore`, () => {
    test('holds nothing until a key has been saved', async () => {
      const store = await open();
      expect(await store.load()).toBeUndefined();
      await store.createKey();
      expect(await store.load()).toBeUndefined();
    });

    test('loads identity, key and masters together', async () => {
      const store = await open();
      const key = await store.createKey();
      const response = enrolResponse(key.publicKey);
      await store.save(key, response, 1_800_000_000_000);
      const loaded = await store.load();
      const { keys: _, ...identity } = response;
      expect(loaded?.enrolment).toEqual({ ...identity, enrolledMs: 1_800_000_000_000 });
      expect(loaded?.key.publicKey).toEqual(key.publicKey);
      const message = utf8ToBytes('a message');
      const signature = (await loaded?.key.sign(message)) ?? new Uint8Array();
      expect(ed25519.verify(signature, message, key.publicKey)).toBe(true);
      expect(loaded?.blinder.keyIds).toEqual([2, 1]);
      expect(await loaded?.blinder.blindPack(1, PACK)).toEqual(blindPack(PACK));
    });

    test('saves only under a key that it made, as a bug otherwise', async () => {
      const store = await open();
      const { alg, publicKey, sign } = await store.createKey();
      await expect(store.save({ alg, publicKey, sign }, enrolResponse(publicKey), 1)).rejects.toThrow(
        'assertion failed',
      );
      expect(await store.load()).toBeUndefined();
    });

    test('makes another key each time, and the last one saved counts', async () => {
      const store = await open();
      const [first, second] = [await store.createKey(), await store.createKey()];
      expect(first.publicKey).not.toEqual(second.publicKey);
      await store.save(first, enrolResponse(first.publicKey), 1);
      await store.save(second, enrolResponse(second.publicKey, { site: 'site-2' }), 2);
      const loaded = await store.load();
      expect(loaded?.enrolment.site).toBe('site-2');
      expect(loaded?.key.publicKey).toEqual(second.publicKey);
    });
  });
}
