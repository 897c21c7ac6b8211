import { expect, test } from 'vitest';
import { encodeEvent, eventId, type PackEvent } from '../../../src/domain/event.ts';
import type { PackOutcome } from '../../../src/domain/ledger/fold.ts';
import { receiptOf, rejectionOf, repeatOf } from '../../../src/domain/ledger/receipts.ts';
import { receiptShape } from '../../../src/domain/receipt.ts';
import { blindEvent, packs, sampleEvent } from '../../support/sample-events.ts';

const PLACE = { index: 40, parts: 1, receiptTimeMs: 5, undoesIndex: undefined };
const APPLIED: PackOutcome = { kind: 'applied', state: 'supplied' };

function lost(winnerIndex: number | undefined): PackOutcome {
  return { kind: 'conflict', why: 'not-active', state: 'supplied', winnerIndex };
}

function receipt(event: PackEvent, outcomes: readonly PackOutcome[]) {
  const winner = { user: 'user-9', operation: 'supply', receiptTimeMs: 3 } as const;
  const given = receiptOf(eventId(encodeEvent(event)), event, blindEvent(event), PLACE, outcomes, (index) => {
    if (index === 7) return { ...winner, organisation: 'org-1', site: 'site-1' };
    // Sites of two organisations may have the same name.
    return index === 8 ? { ...winner, organisation: 'org-2', site: 'site-1' } : undefined;
  });
  expect(receiptShape(given, '$')).toEqual({ ok: true, value: given });
  return given;
}

test('an event without conflicts is accepted, a repeat of our own included', () => {
  const event = sampleEvent('supply', packs(2));
  expect(receipt(event, [APPLIED, { kind: 'repeat', winnerIndex: 7 }])).toEqual({
    ...{ kind: 'accepted', id: eventId(encodeEvent(event)), index: 40, parts: 1, receiptTimeMs: 5 },
    ...{
      undoesIndex: null,
      keyIds: [1, 1],
      containerKeyIds: [],
      batchKeyIds: [],
      repeats: [1],
      locked: [],
      unchanged: [],
      alerts: [],
    },
  });
});

test('names the packs that an undo has locked, by their places in the event', () => {
  const event = sampleEvent('undo', packs(3), { undoes: 'ab'.repeat(32) });
  const outcomes = ['active', 'locked', 'active'].map((state) => ({ kind: 'applied', state }) as PackOutcome);
  expect(receipt(event, outcomes)).toMatchObject({ kind: 'accepted', repeats: [], locked: [1] });
  expect(receipt(sampleEvent('lock', packs(1)), [{ kind: 'applied', state: 'locked' }]).locked).toEqual([]);
});

test('names the packs that an undo has left as they were', () => {
  const event = sampleEvent('undo', packs(3), { undoes: 'ab'.repeat(32) });
  const outcomes = ['active', undefined, 'locked'].map(
    (state) => ({ kind: 'applied', state }) as PackOutcome,
  );
  expect(receipt(event, outcomes)).toMatchObject({ kind: 'accepted', locked: [2], unchanged: [1] });
  expect(receipt(sampleEvent('verify', packs(1)), outcomes.slice(1, 2)).unchanged).toEqual([]);
});

test('each conflict names its pack by its place in the event, whatever the order of the entries', () => {
  const mixed = packs(4).map((pack, i) => (i % 2 === 1 ? { ...pack, batch: 'B2' } : pack));
  const event = sampleEvent('supply', mixed);
  // Entries carry batch B1 first: a, c, then b, d.
  const given = receipt(event, [lost(7), lost(8), lost(undefined), APPLIED]);
  expect(given).toMatchObject({
    kind: 'conflict',
    conflicts: [
      { pack: 0, winner: { where: 'this-site', index: 7, user: 'user-9', receiptTimeMs: 3 } },
      { pack: 1, winner: null },
      { pack: 2, winner: { where: 'another-location', index: 8 } },
    ],
  });
});

test('an event that meets its own packs twice is its own winner', () => {
  const event = sampleEvent('commission', [...packs(1), ...packs(1)]);
  expect(receipt(event, [APPLIED, lost(40)])).toMatchObject({
    conflicts: [
      { pack: 1, winner: { where: 'this-site', index: 40, operation: 'commission', user: 'user-1' } },
    ],
  });
});

test('a winner of whom nothing is known is at another location', () => {
  expect(receipt(sampleEvent('supply', packs(1)), [lost(3)])).toMatchObject({
    conflicts: [{ winner: { where: 'another-location', index: 3 } }],
  });
});

test('a repeat is answered as at first', () => {
  const event = sampleEvent('supply', packs(1));
  const accepted = receipt(event, [APPLIED]);
  const conflict = receipt(event, [lost(7)]);
  expect(repeatOf(accepted)).toEqual({ ...accepted, kind: 'duplicate', conflicts: [] });
  expect(repeatOf(conflict)).toEqual({ ...conflict, kind: 'duplicate' });
  expect(repeatOf(repeatOf(conflict))).toEqual(repeatOf(conflict));
  const rejected = rejectionOf(accepted.id, 'wrong-market');
  expect(repeatOf(rejected)).toEqual(rejected);
});
