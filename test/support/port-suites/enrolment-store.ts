// What every EnrolmentStore does, whatever it is made of: identity, key and masters come and go together.
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, test } from 'vitest';
import type { Blinder, EnrolmentStore } from '../../../src/app/ports.ts';
import { utf8ToBytes } from '../../../src/domain/bytes.ts';
import { type EpochKeys, epochKeysOf } from '../../../src/domain/epoch-keys.ts';
import { deviceId } from '../../../src/domain/event.ts';
import {
  createSignerKey,
  encodeVerifierKey,
  SIGNATURE_KEY,
  verifierOf,
} from '../../../src/domain/ledger/note-key.ts';
import { makeTrust, type TrustText } from '../../../src/domain/ledger/trust.ts';
import type { Scope } from '../../../src/domain/snapshot/scope.ts';
import type { EnrolResponse } from '../../../src/domain/wire.ts';
import { blindPack, PACK } from '../sample-events.ts';

const vkeyOf = (name: string, seed: number) =>
  encodeVerifierKey(verifierOf(createSignerKey(name, SIGNATURE_KEY, new Uint8Array(32).fill(seed))));

/** In logs of one name; their keys follow from the seeds. */
export function trustUnder(...seeds: readonly number[]): TrustText {
  return trustOf('log.example', ...seeds);
}

export function trustOf(host: string, ...seeds: readonly number[]): TrustText {
  const trust = makeTrust({
    number: seeds.length,
    ledgerKeys: seeds.map((seed) => vkeyOf(`${host}/ledger`, seed)),
    snapshotKeys: seeds.map((seed) => vkeyOf(`${host}/snapshots`, seed + 100)),
  });
  if (!trust.ok) throw new Error(trust.detail);
  return trust.value;
}

/** Epoch 1 is under the master of sample-events.ts. */
export function epochKeys(keyIds: readonly number[], scope: Scope): readonly EpochKeys[] {
  return keyIds.map((keyId) => epochKeysOf({ keyId, master: new Uint8Array(32).fill(6 + keyId) }, scope));
}

export function enrolResponse(publicKey: Uint8Array, change: Partial<EnrolResponse> = {}): EnrolResponse {
  return {
    ...{ device: deviceId(publicKey), market: 'demo', organisation: 'org-1', site: 'site-1' },
    ...{ siteName: 'Corner pharmacy', role: 'pharmacy', trust: trustUnder(1) },
    actor: { organisationId: '01'.repeat(16), siteId: '02'.repeat(16), deviceId: '03'.repeat(16) },
    products: null,
    keys: epochKeys([1, 2], null),
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
      expect(loaded?.enrolment).toEqual({ ...identity, enrolledMs: 1_800_000_000_000, retiredKeys: [] });
      expect(loaded?.key.publicKey).toEqual(key.publicKey);
      const message = utf8ToBytes('a message');
      const signature = (await loaded?.key.sign(message)) ?? new Uint8Array();
      expect(ed25519.verify(signature, message, key.publicKey)).toBe(true);
      expect(loaded?.blinder.keyIds).toEqual([2, 1]);
      expect(await loaded?.blinder.blindPack(1, PACK)).toEqual(blindPack(PACK));
    });

    test('takes over changed keys of the logs, and none that are older', async () => {
      const store = await open();
      const key = await store.createKey();
      await store.save(key, enrolResponse(key.publicKey), 1);
      await store.changeTrust(trustUnder(1, 2), ['gone+00000000+AA']);
      await store.changeTrust(trustUnder(1), []);
      const loaded = await store.load();
      const { trust, retiredKeys } = loaded?.enrolment ?? {};
      expect([trust, retiredKeys]).toEqual([trustUnder(1, 2), ['gone+00000000+AA']]);
      expect(loaded?.key.publicKey).toEqual(key.publicKey);
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

    const OTHER = 'ppn:119000001525';
    /** Which of two products it blinds, under each of its epochs. */
    const reach = async (blinder: Blinder | undefined) => {
      const found = [];
      for (const keyId of blinder?.keyIds ?? [])
        for (const productCode of [PACK.productCode, OTHER])
          if (await blinder?.blindProduct(keyId, productCode)) found.push([keyId, productCode]);
      return found;
    };
    const whole = [2, 1].flatMap((keyId) => [
      [keyId, PACK.productCode],
      [keyId, OTHER],
    ]);

    test('an entitlement to some products is the scope, and all that there are keys of', async () => {
      const store = await open();
      const key = await store.createKey();
      const products = [PACK.productCode];
      await store.save(key, enrolResponse(key.publicKey, { products, keys: epochKeys([1, 2], products) }), 1);
      const loaded = await store.load();
      expect([loaded?.scope, loaded?.enrolment.products]).toEqual([products, products]);
      expect(await reach(loaded?.blinder)).toEqual([
        [2, PACK.productCode],
        [1, PACK.productCode],
      ]);
      expect(await loaded?.blinder.blindPack(1, PACK)).toEqual(blindPack(PACK));
    });

    test('a scope grows, shrinks and becomes everything, with the keys of just that much', async () => {
      const store = await open();
      const key = await store.createKey();
      await store.save(key, enrolResponse(key.publicKey), 1);
      const expectHeld = async (blinder: Blinder | undefined, scope: Scope, held: unknown) => {
        expect(await reach(blinder)).toEqual(held);
        const loaded = await store.load();
        expect(loaded?.scope).toEqual(scope);
        expect(await reach(loaded?.blinder)).toEqual(held);
      };
      const first = [PACK.productCode];
      const under = (productCode: string) => [2, 1].map((keyId) => [keyId, productCode]);
      await expectHeld(
        await store.keepKeys(null, first, epochKeys([1, 2], first)),
        first,
        under(PACK.productCode),
      );
      const both = [...first, OTHER];
      await expectHeld(await store.keepKeys(first, both, epochKeys([1, 2], [OTHER])), both, whole);
      await expectHeld(await store.keepKeys(both, [OTHER], []), [OTHER], under(OTHER));
      await expectHeld(await store.keepKeys([OTHER], [], []), [], []);
      expect((await store.load())?.blinder.keyIds).toEqual([2, 1]);
      await expectHeld(await store.keepKeys([], null, epochKeys([1, 2], null)), null, whole);
      expect((await store.load())?.enrolment.site).toBe('site-1');
    });

    test('a scope that another tab has changed since stays as that one left it', async () => {
      const store = await open();
      const key = await store.createKey();
      await store.save(key, enrolResponse(key.publicKey), 1);
      const first = [PACK.productCode];
      await store.keepKeys(null, first, epochKeys([1, 2], first));
      expect(await store.keepKeys(null, [OTHER], epochKeys([1, 2], [OTHER]))).toBeUndefined();
      const loaded = await store.load();
      expect(loaded?.scope).toEqual(first);
      expect(await reach(loaded?.blinder)).toEqual([2, 1].map((keyId) => [keyId, PACK.productCode]));
    });

    test('enrolled anew with the same logs, knows the keys that have signed them before', async () => {
      const store = await open();
      const enrol = async (trust: TrustText) => {
        const key = await store.createKey();
        await store.save(key, enrolResponse(key.publicKey, { trust }), 1);
        return (await store.load())?.enrolment.retiredKeys;
      };
      const keysUnder = (seed: number) => [
        ...[vkeyOf('log.example/ledger', seed), vkeyOf('log.example/snapshots', seed + 100)],
      ];
      expect(await enrol(trustUnder(1))).toEqual([]);
      await store.changeTrust(trustUnder(2, 1), ['gone+00000000+AA']);
      expect(await enrol(trustUnder(3))).toEqual(
        expect.arrayContaining(['gone+00000000+AA', ...keysUnder(1), ...keysUnder(2)]),
      );
      expect(await enrol(trustOf('other.example', 3))).toEqual([]);
    });

    test('another epoch joins those that are held', async () => {
      const store = await open();
      const key = await store.createKey();
      await store.save(key, enrolResponse(key.publicKey, { keys: epochKeys([1], null) }), 1);
      expect((await store.keepKeys(null, null, epochKeys([2], null)))?.keyIds).toEqual([2, 1]);
      expect(await reach((await store.load())?.blinder)).toEqual(whole);
    });

    test('borrowed keys are not kept', async () => {
      const store = await open();
      const key = await store.createKey();
      const products = [PACK.productCode];
      await store.save(key, enrolResponse(key.publicKey, { products, keys: epochKeys([1], products) }), 1);
      expect(await reach(await store.borrow(epochKeys([1], [OTHER])))).toEqual([[1, OTHER]]);
      expect(await reach((await store.load())?.blinder)).toEqual([[1, PACK.productCode]]);
    });
  });
}
