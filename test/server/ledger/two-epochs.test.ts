// After a new epoch the ledger goes on as one: packs, batches and containers keep the ids that they had, and a device
// recomputes the leaves of whatever it recorded from what the receipt says, as the app does it.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMemoryBlinder } from '../../../src/adapters/memory-keys.ts';
import { blindOwnEvent } from '../../../src/app/own-event.ts';
import { NO_ID } from '../../../src/domain/blinding.ts';
import { bytesToHex, parseBase64 } from '../../../src/domain/bytes.ts';
import { epochKeysOf } from '../../../src/domain/epoch-keys.ts';
import { encodeEntry, entriesOf, parseEntry } from '../../../src/domain/ledger/entry.ts';
import { DEMO_MARKET } from '../../../src/domain/market.ts';
import { OPERATIONS, type Pack } from '../../../src/domain/pack.ts';
import type { PlacedReceipt } from '../../../src/domain/receipt.ts';
import { addEpoch } from '../../../src/server/ledger/epochs.ts';
import { PACK, packs } from '../../support/sample-events.ts';
import {
  openTestLedger,
  type SignedEventOf,
  type TestDevice,
  type TestLedger,
} from '../../support/signed-events.ts';
import { must, readPublishedLog } from './log-reader.ts';

const { productCode } = PACK;
const [CONTAINER, OTHER_CONTAINER] = ['095060001000000018', '095060001000000025'];
/** Of a batch that the first epoch has, and of one that is made in the second. */
const old = packs(16);
const fresh = packs(16, { batch: 'B2' }).map((pack, i) => ({ ...pack, serial: `N${i}` }));

let on: TestLedger;
let maker: TestDevice;
let wholesaler: TestDevice;
let pharmacy: TestDevice;
let recorded: [TestDevice, SignedEventOf, PlacedReceipt][];

beforeEach(async () => {
  on = await openTestLedger();
  maker = on.enrol('albus', 'plant', 'manufacturer');
  wholesaler = on.enrol('north', 'depot', 'wholesaler');
  pharmacy = on.enrol('rose', 'main', 'pharmacy');
  recorded = [];
  await act(maker, 'commission', old);
  await act(maker, 'pack', old, { containers: [CONTAINER] });
  await on.ledger.publishNow();
  await on.ledger.close();
  must(addEpoch(on.folder, randomBytes));
  await on.reopen();
});
afterEach(() => on.remove());

async function act(device: TestDevice, ...what: Parameters<TestDevice['next']>): Promise<PlacedReceipt> {
  const signed = device.next(...what);
  const [receipt] = await on.ledger.acceptEvents([signed]);
  if (!receipt || !('index' in receipt)) throw new Error(`not placed: ${JSON.stringify(receipt)}`);
  recorded.push([device, signed, receipt]);
  return receipt;
}

/** Everything recorded so far, as its device finds it in the published log. */
async function expectAllFound(): Promise<void> {
  await on.ledger.publishNow();
  const { entries } = readPublishedLog(on.ledger.logFolder, on.ledger.ledgerKey);
  const blinder = createMemoryBlinder(on.ledger.masters.map((epoch) => epochKeysOf(epoch, null)));
  for (const [{ record }, { event, id }, receipt] of recorded) {
    const actor = on.ledger.actorIds(record.organisation, record.site, record.device);
    const blind = must(await blindOwnEvent({ event, receipt }, actor, blinder));
    const { receiptTimeMs, undoesIndex } = receipt;
    const sequenced = { receiptTimeMs, undoesIndex: undoesIndex ?? undefined };
    const expected = entriesOf(event, id, blind, sequenced).map((entry) => bytesToHex(encodeEntry(entry)));
    expect(expected).toHaveLength(receipt.parts);
    const logged = entries.slice(receipt.index, receipt.index + receipt.parts);
    expect(logged.map(bytesToHex)).toEqual(expected);
  }
}

const states = (...asked: Pack[]) =>
  asked.map((pack) => {
    const { finding } = on.ledger.verify(pack);
    return finding.kind === 'hit' ? finding.state : finding.kind;
  });

test('every operation, on packs of both epochs at once, is found in the log by its device', async () => {
  expect((await act(maker, 'commission', [...fresh, ...packs(17).slice(16)])).keyIds).toEqual([
    ...fresh.map(() => 2),
    1,
  ]);
  await act(maker, 'pack', [old[0] as Pack, ...fresh], { containers: [OTHER_CONTAINER] });
  for (const operation of ['ship', 'receive'] as const) {
    const both = { containers: [OTHER_CONTAINER, CONTAINER] };
    expect((await act(wholesaler, operation, [], both)).containerKeyIds).toEqual([2, 1]);
    await act(wholesaler, operation, [old[0] as Pack, fresh[0] as Pack], { containers: [CONTAINER] });
  }
  const pairs = old.map((pack, i) => [pack, fresh[i] as Pack]);
  const acts = OPERATIONS.filter((each) => DEMO_MARKET.allowed.wholesaler.includes(each));
  const apart = ['pack', 'ship', 'receive', 'undo', 'outage'];
  for (const operation of acts.filter((each) => !apart.includes(each)))
    expect((await act(wholesaler, operation, pairs.shift() ?? [])).kind).toBe('accepted');
  const target = recorded.find(([, { event }]) => event.operation === 'supply')?.[1];
  const undo = await act(wholesaler, 'undo', target?.event.packs ?? [], { undoes: target?.id ?? '' });
  expect([undo.kind, undo.keyIds]).toEqual(['accepted', [1, 2]]);
  const outage = { reason: 'No line.', outage: { startMs: 1, endMs: null } };
  if (acts.includes('outage')) await act(wholesaler, 'outage', [], outage);
  await expectAllFound();
});

test('a recall finds the batch of its epoch, and a withdrawal the product in all of them', async () => {
  await act(maker, 'commission', fresh);
  const named = (...batches: (string | null)[]) => ({
    batches: batches.map((batch) => ({ productCode, batch })),
  });
  expect((await act(maker, 'recall', [], named('B1'))).batchKeyIds).toEqual([1]);
  const supplied = await act(pharmacy, 'supply', [old[0] as Pack, fresh[0] as Pack]);
  expect(supplied).toMatchObject({ kind: 'conflict', conflicts: [{ pack: 0, why: 'recalled' }] });
  expect((await act(maker, 'recall', [], named('B9', 'B2', 'B1'))).batchKeyIds).toEqual([2, 2, 1]);
  expect((await act(maker, 'withdraw', [], named(null))).batchKeyIds).toEqual([1, 2]);
  const both = await act(pharmacy, 'supply', [old[1] as Pack, fresh[1] as Pack]);
  expect(both).toMatchObject({ conflicts: [{ why: 'withdrawn' }, { why: 'withdrawn' }] });
  await expectAllFound();
  const { entries } = must(on.ledger.tightenings(0));
  const ids = entries.map(({ entry }) => must(parseEntry(must(parseBase64(entry)))));
  expect(new Set(ids.map(({ productId }) => productId)).size).toBe(2);
  expect(ids.filter(({ batchId }) => batchId === NO_ID)).toHaveLength(2);
});

test('a serial is one pack in every epoch, and keeps its journey', async () => {
  const [first, second] = old as [Pack, Pack];
  expect(await act(maker, 'commission', [{ ...first, batch: 'B7' }])).toMatchObject({
    ...{ kind: 'conflict', keyIds: [1] },
    conflicts: [{ why: 'already-commissioned' }],
  });
  await act(maker, 'ship', [], { containers: [CONTAINER] });
  await act(pharmacy, 'supply', [first]);
  expect(states(first, second)).toEqual(['supplied', 'active']);
  await expectAllFound();
  const { steps } = must(on.ledger.trail(second, { ...maker.record, role: 'authority' }));
  expect(
    steps.map((step) => step.kind === 'open' && must(parseEntry(must(parseBase64(step.entry)))).operation),
  ).toEqual(['commission', 'pack', 'ship']);
});

test('a receipt that names epochs wrongly proves nothing', async () => {
  await act(maker, 'withdraw', [], { batches: [{ productCode, batch: null }] });
  const [device, { event }, receipt] = recorded.at(-1) as (typeof recorded)[number];
  const { organisation, site, device: id } = device.record;
  const blinder = createMemoryBlinder(on.ledger.masters.map((epoch) => epochKeysOf(epoch, [])));
  const blind = (change: Partial<PlacedReceipt>) =>
    blindOwnEvent(
      { event, receipt: { ...receipt, ...change } as PlacedReceipt },
      on.ledger.actorIds(organisation, site, id),
      blinder,
    );
  for (const change of [{ batchKeyIds: [] }, { containerKeyIds: [1] }, { keyIds: [1] }, { undoesIndex: 0 }])
    expect(await blind(change)).toMatchObject({ ok: false, error: 'bad-proof' });
  // An epoch that there is not; a product outside the scope.
  for (const change of [{ batchKeyIds: [1, 99] }, {}])
    expect(await blind(change)).toMatchObject({ ok: false, error: 'out-of-reach' });
});
