// What every Blinder computes: the ids of the domain's key tree, to the byte, and none for what it holds no key of.
import { describe, expect, test } from 'vitest';
import type { Blinder } from '../../../src/app/ports.ts';
import { createEpochBlinder } from '../../../src/domain/epoch-blinder.ts';
import { type EpochKeys, epochKeysOf } from '../../../src/domain/epoch-keys.ts';
import { packs } from '../sample-events.ts';

export function blinderSuite(name: string, create: (keys: readonly EpochKeys[]) => Promise<Blinder>): void {
  describe(`${name} is a Blinder`, () => {
    const masters = [3, 20, 5].map((keyId) => ({ keyId, master: new Uint8Array(32).fill(keyId) }));
    const keys = masters.map((epoch) => epochKeysOf(epoch, null));
    const pack = { productCode: 'ppn:119000001525', serial: 'S1', batch: 'B1' };
    const sscc = '095060000000000015';

    test('names its epochs newest first', async () => {
      expect((await create(keys)).keyIds).toEqual([20, 5, 3]);
      expect((await create([])).keyIds).toEqual([]);
    });

    test.each([
      ['masters', null],
      ['the subkeys of a scope', ['gtin:09506000100012', pack.productCode]],
    ])('with %s gives the ids of the key tree under each epoch', async (_, scope) => {
      const blinder = await create(masters.map((epoch) => epochKeysOf(epoch, scope)));
      for (const { keyId, master } of masters) {
        const expected = createEpochBlinder(keyId, master);
        expect(await blinder.blindPack(keyId, pack)).toEqual(expected.blindPack(pack));
        const { productId } = expected.blindPack(pack);
        expect(await blinder.blindProduct(keyId, pack.productCode)).toBe(productId);
        expect(await blinder.blindContainer(keyId, sscc)).toBe(expected.blindContainer(sscc));
      }
    });

    test('has no ids for a product outside its scope, but those of every container', async () => {
      const blinder = await create(masters.map((epoch) => epochKeysOf(epoch, ['gtin:09506000100012'])));
      expect(blinder.keyIds).toEqual([20, 5, 3]);
      expect(await blinder.blindProduct(5, pack.productCode)).toBeUndefined();
      expect(await blinder.blindPack(5, pack)).toBeUndefined();
      const none = await create([epochKeysOf({ keyId: 3, master: new Uint8Array(32).fill(3) }, [])]);
      expect(await none.blindPack(3, pack)).toBeUndefined();
      expect(await none.blindContainer(3, sscc)).toBe(await blinder.blindContainer(3, sscc));
    });

    test('stays right over more products than it keeps keys for, asked at once and again', async () => {
      const blinder = await create(keys);
      const expected = createEpochBlinder(5, new Uint8Array(32).fill(5));
      const many = packs(200).map((each, i) => ({
        ...each,
        productCode: `gtin:${String(i).padStart(14, '0')}`,
      }));
      for (const round of [many, many.toReversed()])
        expect(await Promise.all(round.map((each) => blinder.blindPack(5, each)))).toEqual(
          round.map((each) => expected.blindPack(each)),
        );
    });

    test('refuses an epoch that it has no keys of', async () => {
      const blinder = await create(keys);
      const lost = { name: 'KeyError', code: 'lost' };
      await expect(blinder.blindPack(4, pack)).rejects.toMatchObject(lost);
      await expect(blinder.blindProduct(4, 'ppn:119000001525')).rejects.toMatchObject(lost);
      await expect(blinder.blindContainer(4, sscc)).rejects.toMatchObject(lost);
    });
  });
}
