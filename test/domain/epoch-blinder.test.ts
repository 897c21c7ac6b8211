import { expect, test } from 'vitest';
import { NO_ID } from '../../src/domain/blinding.ts';
import { createEpochBlinder } from '../../src/domain/epoch-blinder.ts';
import { blindPack, PACK, sampleEvent } from '../support/sample-events.ts';

const blinder = createEpochBlinder(1, new Uint8Array(32).fill(7));
const actor = { organisation: 'o', site: 's', device: 'd' };

test('gives the ids of the key tree', () => {
  expect(blinder.blindPack(PACK)).toEqual(blindPack(PACK));
});

test('no id can pass for one of another kind, product or epoch', () => {
  const same = 'SAME';
  const pack = blinder.blindPack({ productCode: same, batch: same, serial: same });
  const otherProduct = blinder.blindPack({ productCode: 'OTHER', batch: same, serial: same });
  const other = createEpochBlinder(2, new Uint8Array(32).fill(8));
  const otherPack = other.blindPack({ productCode: same, batch: same, serial: same });
  const actors = blinder.blindActor({ organisation: same, site: same, device: same });
  const ids = [pack, otherProduct, otherPack].flatMap((each) => [each.productId, each.batchId, each.packId]);
  const all = [...ids, ...Object.values(actors), blinder.blindContainer(same), other.blindContainer(same)];
  expect(new Set(all).size).toBe(all.length);
});

test('two organisations may call their sites the same', () => {
  const ours = blinder.blindActor({ ...actor, organisation: 'o' });
  const theirs = blinder.blindActor({ ...actor, organisation: 'p' });
  expect([ours.siteId === theirs.siteId, ours.deviceId === theirs.deviceId]).toEqual([false, true]);
});

test('blinds everything that an event names, a withdrawal without a batch', () => {
  const recall = { productCode: PACK.productCode, batch: PACK.batch };
  const batches = [recall, { productCode: PACK.productCode, batch: null }];
  const event = sampleEvent('receive', [PACK], { containers: ['095060000000000015'], batches });
  const { productId, batchId } = blindPack(PACK);
  expect(blinder.blindEvent({ ...event, ...actor })).toEqual({
    actor: blinder.blindActor(actor),
    packs: [blindPack(PACK)],
    containerKeyIds: [1],
    containerIds: [blinder.blindContainer('095060000000000015')],
    batches: [
      { keyId: 1, productId, batchId },
      { keyId: 1, productId, batchId: NO_ID },
    ],
  });
});
