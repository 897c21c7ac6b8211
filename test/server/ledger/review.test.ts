// Lost, cloned and restored devices: what they send is kept, and counts when an administrator says so.
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Receipt } from '../../../src/domain/receipt.ts';
import { PACK, packs } from '../../support/sample-events.ts';
import {
  openTestLedger,
  type SignedEventOf,
  type TestDevice,
  type TestLedger,
} from '../../support/signed-events.ts';

let on: TestLedger;
let pharmacy: TestDevice;

const first = PACK;
const second = { ...PACK, serial: 'S2' };

beforeEach(async () => {
  on = await openTestLedger();
  const maker = on.enrol('albus', 'plant', 'manufacturer');
  pharmacy = on.enrol('rose', 'main', 'pharmacy');
  await send(maker.next('commission', packs(10)));
});
afterEach(() => on.remove());

async function send(...events: (SignedEventOf & { isAfterLoss?: boolean })[]): Promise<string[]> {
  return (await on.ledger.acceptEvents(events)).map(answerOf);
}

function answerOf(receipt: Receipt): string {
  return receipt.kind === 'rejected' ? receipt.reason : receipt.kind;
}

const state = (pack: typeof PACK) => Reflect.get(on.ledger.verify(pack).finding, 'state');

test('the events of a clone are kept one by one, and released ones count in the order of their release', async () => {
  const clone = pharmacy.fork('supply', [second]);
  await send(pharmacy.next('supply', [first]));
  const after = on.enrol('rose', 'main', 'pharmacy');
  expect(await send(clone)).toEqual(['broken-chain']);
  const { device } = pharmacy.record;
  const next = pharmacy.fork('inspect', [second], { sequence: 2, previous: clone.id });
  const afterNext = pharmacy.fork('inspect', [second], { sequence: 3, previous: next.id });
  expect(await send(next, afterNext)).toEqual(['broken-chain', 'broken-chain']);
  const held = on.ledger.review.held(device, 10);
  expect(held.map(({ id, why }) => [id, why])).toEqual(
    [clone, next, afterNext].map(({ id }) => [id, 'broken-chain']),
  );
  expect(on.ledger.review.devices('', 10).find((each) => each.device === device)).toMatchObject({
    ...{ events: 1, held: 3, revoked: false },
  });
  expect(state(second)).toBe('active');
  expect(on.ledger.review.release(clone.id)).toMatchObject({
    ok: true,
    value: { kind: 'accepted', index: 2 },
  });
  expect(state(second)).toBe('supplied');
  expect(on.ledger.review.refuse(next.id).ok).toBe(true);
  await on.reopen();
  expect(await send(clone, next, afterNext)).toEqual(['duplicate', 'refused', 'broken-chain']);
  for (const id of [clone.id, next.id, 'ab'.repeat(32)]) {
    expect(on.ledger.review.release(id)).toMatchObject({ ok: false, error: 'not-held' });
    expect(on.ledger.review.refuse(id)).toMatchObject({ ok: false, error: 'not-held' });
  }
  // The chain itself goes on.
  expect(await send(pharmacy.next('inspect', [first]), after.next('inspect', [first]))).toEqual([
    ...['accepted', 'accepted'],
  ]);
});

test('a revoked device is heard, and what it did while it was honest can be released', async () => {
  const { device } = pharmacy.record;
  expect(on.ledger.review.setRevoked(device, true)).toBe(true);
  expect(on.ledger.review.setRevoked('00'.repeat(16), true)).toBe(false);
  const supplied = pharmacy.next('supply', [first]);
  const undone = pharmacy.next('undo', [first], { undoes: supplied.id });
  expect(await send(supplied, undone)).toEqual(['device-revoked', 'device-revoked']);
  expect(state(first)).toBe('active');
  // An undo has nothing to undo before its target counts; it stays where it was.
  expect(on.ledger.review.release(undone.id)).toMatchObject({ ok: false, error: 'unknown-undo-target' });
  expect(on.ledger.review.release(supplied.id)).toMatchObject({ ok: true });
  expect(state(first)).toBe('supplied');
  expect(on.ledger.review.release(undone.id)).toMatchObject({ ok: true });
  expect(state(first)).toBe('active');
  on.ledger.review.setRevoked(device, false);
  expect(await send(supplied, undone, pharmacy.next('supply', [second]))).toEqual([
    ...['duplicate', 'duplicate', 'accepted'],
  ]);
});

test('what is outside a device’s products is refused at its release as well', async () => {
  await send(pharmacy.next('supply', [first]));
  const clone = pharmacy.fork('supply', [second], { sequence: 1 });
  expect(await send(clone)).toEqual(['broken-chain']);
  on.ledger.addDevice({ ...pharmacy.record, products: new Set(['gtin:09506000100029']) });
  expect(on.ledger.review.release(clone.id)).toMatchObject({ ok: false, error: 'product-not-allowed' });
  expect(state(second)).toBe('active');
});

test('the chain goes on behind an event that is lost, and takes it in late should it turn up', async () => {
  const lost = pharmacy.next('supply', [first]);
  const later = pharmacy.next('supply', [second]);
  expect(await send(later)).toEqual(['gap']);
  expect(await send({ ...later, isAfterLoss: true })).toEqual(['accepted']);
  expect(await send({ ...later, isAfterLoss: true })).toEqual(['duplicate']);
  await on.reopen();
  const next = pharmacy.next('inspect', [second]);
  expect(await send(next)).toEqual(['accepted']);
  expect(await send(lost)).toEqual(['accepted']);
  expect(state(first)).toBe('supplied');
  expect(await send(pharmacy.next('inspect', [first]))).toEqual(['accepted']);
  await on.reopen();
  expect(on.ledger.nextSequence(pharmacy.record.device)).toBe(5);
});

test('a wrong signature is counted, also under an event that the ledger holds', async () => {
  const event = pharmacy.next('supply', [first]);
  await send(event);
  let forged = 0;
  const junk = { ...event, signature: new Uint8Array(64) };
  const [answer] = await on.ledger.acceptEvents([junk], (count) => {
    forged += count;
  });
  expect(answer?.kind).toBe('duplicate');
  expect(forged).toBe(1);
});
