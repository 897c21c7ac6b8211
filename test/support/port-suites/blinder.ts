// What every Blinder computes: the ids of the domain's key tree, to the byte.
import { describe, expect, test } from 'vitest';
import type { Blinder } from '../../../src/app/ports.ts';
import { createEpochBlinder } from '../../../src/domain/epoch-blinder.ts';
import { packs } from '../sample-events.ts';

export type EpochMaster = { readonly keyId: number; readonly master: Uint8Array };

export function blinderSuite(
  name: string,
  create: (masters: readonly EpochMaster[]) => Promise<Blinder>,
): void {
  describe(`${name} is a Blinder`, () => {
    const masters = [3, 20, 5].map((keyId) => ({ keyId, master: new Uint8Array(32).fill(keyId) }));

    test('names its epochs newest first', async () => {
      expect((await create(masters)).keyIds).toEqual([20, 5, 3]);
      expect((await create([])).keyIds).toEqual([]);
    });

    test('gives the ids of the key tree under each epoch', async () => {
      const blinder = await create(masters);
      const pack = { productCode: 'ppn:119000001525', serial: 'S1', batch: 'B1' };
      for (const { keyId, master } of masters) {
        const expected = createEpochBlinder(keyId, master);
        expect(await blinder.blindPack(keyId, pack)).toEqual(expected.blindPack(pack));
        const { productId } = expected.blindPack(pack);
        expect(await blinder.blindProduct(keyId, pack.productCode)).toBe(productId);
        const sscc = '095060000000000015';
        expect(await blinder.blindContainer(keyId, sscc)).toBe(expected.blindContainer(sscc));
      }
    });

    test('stays right over more products than it keeps keys for, asked at once and again', async () => {
      const blinder = await create(masters);
      const expected = createEpochBlinder(5, new Uint8Array(32).fill(5));
      const many = packs(200).map((pack, i) => ({
        ...pack,
        productCode: `gtin:${String(i).padStart(14, '0')}`,
      }));
      for (const round of [many, many.toReversed()])
        expect(await Promise.all(round.map((pack) => blinder.blindPack(5, pack)))).toEqual(
          round.map((pack) => expected.blindPack(pack)),
        );
    });

    test('refuses an epoch that it has no master of', async () => {
      const blinder = await create(masters);
      const lost = { name: 'KeyError', code: 'lost' };
      await expect(blinder.blindPack(4, packs(1)[0] as ReturnType<typeof packs>[0])).rejects.toMatchObject(
        lost,
      );
      await expect(blinder.blindProduct(4, 'ppn:119000001525')).rejects.toMatchObject(lost);
      await expect(blinder.blindContainer(4, '095060000000000015')).rejects.toMatchObject(lost);
    });
  });
}
