// A device recomputes the leaves of its own event from the receipt, with the keys of its scope, and finds them in the
// log: otherwise it could never let go of the event.
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  batchIdMessage,
  blindIdOf,
  containerIdMessage,
  containerSubkeyMessage,
  NO_ID,
  packIdMessage,
  productIdMessage,
  productSubkeyMessage,
} from '../../../src/domain/blinding.ts';
import { bytesToHex } from '../../../src/domain/bytes.ts';
import { type BlindEvent, encodeEntry, entriesOf } from '../../../src/domain/ledger/entry.ts';
import type { PlacedReceipt, Receipt } from '../../../src/domain/receipt.ts';
import { PACK, packs } from '../../support/sample-events.ts';
import {
  openTestLedger,
  type SignedEventOf,
  type TestDevice,
  type TestLedger,
} from '../../support/signed-events.ts';
import { readPublishedLog } from './log-reader.ts';

let on: TestLedger;
let maker: TestDevice;
let pharmacy: TestDevice;

beforeEach(async () => {
  on = await openTestLedger();
  maker = on.enrol('albus', 'plant', 'manufacturer');
  pharmacy = on.enrol('rose', 'main', 'pharmacy');
});
afterEach(() => on.remove());

/** Blinds with other code than the server's, from the masters that an enrolment hands out. */
function blindOnDevice({ event }: SignedEventOf, keyIds: readonly number[], device: TestDevice): BlindEvent {
  const master = on.ledger.masters[0]?.master ?? new Uint8Array(0);
  const subkey = (productCode: string) => hmac(sha256, master, productSubkeyMessage(productCode));
  const id = (key: Uint8Array, message: Uint8Array) => blindIdOf(hmac(sha256, key, message));
  const containerKey = hmac(sha256, master, containerSubkeyMessage());
  const { organisation, site } = device.record;
  return {
    actor: on.ledger.actorIds(organisation, site, device.record.device),
    packs: event.packs.map((pack, i) => ({
      keyId: keyIds[i] ?? -1,
      productId: id(subkey(pack.productCode), productIdMessage()),
      batchId: id(subkey(pack.productCode), batchIdMessage(pack.batch)),
      packId: id(subkey(pack.productCode), packIdMessage(pack.serial)),
    })),
    containerKeyIds: event.containers.map(() => 1),
    containerIds: event.containers.map((sscc) => id(containerKey, containerIdMessage(sscc))),
    batches: event.batches.map(({ productCode, batch }) => ({
      keyId: 1,
      productId: id(subkey(productCode), productIdMessage()),
      batchId: batch === null ? NO_ID : id(subkey(productCode), batchIdMessage(batch)),
    })),
  };
}

function expectLogged(signed: SignedEventOf, receipt: Receipt, device: TestDevice): PlacedReceipt {
  if (receipt.kind === 'rejected' || receipt.kind === 'gap') throw new Error(`not placed: ${receipt.kind}`);
  const { entries } = readPublishedLog(on.ledger.logFolder, on.ledger.ledgerKey);
  const recomputed = entriesOf(signed.event, signed.id, blindOnDevice(signed, receipt.keyIds, device), {
    receiptTimeMs: receipt.receiptTimeMs,
    undoesIndex: receipt.undoesIndex ?? undefined,
  }).map(encodeEntry);
  expect(recomputed.length).toBe(receipt.parts);
  const logged = entries.slice(receipt.index, receipt.index + receipt.parts);
  expect(logged.map(bytesToHex)).toEqual(recomputed.map(bytesToHex));
  return receipt;
}

test('receipts let a device find its events in the log, whatever they span', async () => {
  const other = { productCode: 'ppn:119000001525', batch: 'RHV311' };
  const mixed = [
    ...packs(3),
    ...packs(2, other),
    ...packs(6, { batch: 'B2' }).slice(3),
    ...packs(5, other).slice(2),
  ];
  const sent: [TestDevice, SignedEventOf][] = [
    [maker, maker.next('commission', mixed)],
    [maker, maker.next('commission', packs(4_500, { productCode: 'gtin:09506000100029' }))],
    [maker, maker.next('pack', mixed.slice(0, 7), { containers: ['095060001000000018'] })],
    [maker, maker.next('ship', [], { containers: ['095060001000000018', '095060001000000025'] })],
    [maker, maker.next('recall', [], { batches: [{ productCode: PACK.productCode, batch: 'B2' }] })],
    [maker, maker.next('withdraw', [], { batches: [{ productCode: other.productCode, batch: null }] })],
  ];
  const supplied = pharmacy.next('supply', [...packs(2), ...packs(6, { batch: 'B2' }).slice(3)]);
  sent.push([pharmacy, supplied], [pharmacy, pharmacy.next('undo', packs(1), { undoes: supplied.id })]);
  on.time.nowMs += 1_234;
  const receipts = await on.ledger.acceptEvents(sent.map(([, signed]) => signed));
  await on.ledger.publishNow();
  const placed = sent.map(([device, signed], i) => expectLogged(signed, receipts[i] as Receipt, device));
  expect(placed.map(({ parts }) => parts)).toEqual([3, 2, 3, 1, 1, 1, 2, 1]);
  expect(placed[6]).toMatchObject({ kind: 'conflict', conflicts: [{ pack: 2 }, { pack: 3 }, { pack: 4 }] });
});

test('two sites with the same name are two sites', () => {
  const ids = ['rose', 'lily'].map((name) => on.ledger.actorIds(name, 'main', '00'.repeat(16)));
  expect(ids[0]?.siteId).not.toBe(ids[1]?.siteId);
  expect(ids[0]?.deviceId).toBe(ids[1]?.deviceId);
});
