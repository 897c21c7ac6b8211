// What every TighteningStore does, whatever it is made of.
import { describe, expect, test } from 'vitest';
import type { HeldTightening, TighteningStore } from '../../../src/app/ports-tightening.ts';
import { NO_ID } from '../../../src/domain/blinding.ts';

export function heldTightening(index: number, change: Partial<HeldTightening> = {}): HeldTightening {
  return {
    ...{ index, operation: 'lock', eventId: 'ab'.repeat(32), expiry: 20311231, receivedMs: 5 },
    ...{ productId: '01'.repeat(16), batchId: '02'.repeat(16), packIds: ['03'.repeat(16)] },
    ...change,
  };
}

/** `open` gives a store that is empty. */
export function tighteningStoreSuite(name: string, open: () => Promise<TighteningStore>): void {
  describe(`${name} is a TighteningStore`, () => {
    test('keeps each as it came, in the order of the log', async () => {
      const store = await open();
      expect(await store.all()).toEqual([]);
      await store.add([]);
      const withdrawal = heldTightening(2, { operation: 'withdraw', batchId: NO_ID, expiry: 0, packIds: [] });
      await store.add([heldTightening(300), withdrawal]);
      await store.add([heldTightening(10, { operation: 'recall' })]);
      expect((await store.all()).map(({ index }) => index)).toEqual([2, 10, 300]);
      expect((await store.all())[0]).toEqual(withdrawal);
    });

    test('what is held under an index stays: it was heard of then', async () => {
      const store = await open();
      await store.add([heldTightening(7)]);
      await store.add([heldTightening(7, { receivedMs: 99 }), heldTightening(8)]);
      expect(await store.all()).toEqual([heldTightening(7), heldTightening(8)]);
    });

    test('drops what a snapshot contains, and that alone', async () => {
      const store = await open();
      await store.add([3, 4, 5].map((index) => heldTightening(index)));
      await store.sweep(4);
      expect((await store.all()).map(({ index }) => index)).toEqual([4, 5]);
      await store.sweep(100);
      expect(await store.all()).toEqual([]);
    });
  });
}
