import { expect, test } from 'vitest';
import { NO_ID } from '../../../src/domain/blinding.ts';
import { type BatchRecord, batchKey, type PackRecord, packKey } from '../../../src/domain/ledger/fold.ts';
import { blindEventOf, type KnownEvents } from '../../../src/server/ledger/blind-event.ts';
import { createServerBlinder } from '../../../src/server/ledger/server-blinder.ts';
import { blindEvent, blindPack, PACK, sampleEvent } from '../../support/sample-events.ts';

const first = { keyId: 1, master: new Uint8Array(32).fill(7) };
const second = { keyId: 2, master: new Uint8Array(32).fill(8) };
const blinder = createServerBlinder([first, second]);
const actor = blinder.actor('rose', 'main', '0a'.repeat(16));

const old = blindPack(PACK);
/** Before the second epoch began. */
const WITHDRAWN = 'ppn:119000001525';
const packedInto = blinder.containerId(1, '095060001000000018');
/** A ledger that knows one batch with one pack, commissioned in the first epoch. */
const { keyId, productId, batchId } = old;
const pack: PackRecord = {
  ...{ state: 'active', keyId, productId, batchId, winnerIndex: 0, winnerSiteId: NO_ID },
  conflictOpen: false,
};
const batch: BatchRecord = { keyId, productId, batchId, expiry: 0, packs: 1, recalled: false };
const known: KnownEvents = {
  withdrawn: (id) => id === blinder.productId(1, WITHDRAWN),
  mentions: (id) => (id === packedInto ? [3] : []),
  pack: (key) => (key === packKey(productId, old.packId) ? pack : undefined),
  batch: (key) => (key === batchKey(productId, batchId) ? batch : undefined),
};

test('under one epoch the ids are those of anybody with its master', () => {
  const event = sampleEvent('ship', [PACK], { containers: ['095060001000000018'] });
  const { packs, containerIds, containerKeyIds } = blindEvent(event);
  const only = blindEventOf(event, actor, createServerBlinder([first]), known);
  expect(only).toMatchObject({ packs, containerIds, containerKeyIds });
});

test('a known pack, and whatever joins a known batch, keeps its epoch; the rest is of the newest', () => {
  const event = sampleEvent('commission', [
    PACK,
    { ...PACK, serial: 'NEW' },
    { ...PACK, serial: 'NEWER', batch: 'B2' },
    { ...PACK, batch: 'B2' },
    // The same serial again is the same pack, though its batch alone would be of another epoch.
    { ...PACK, serial: 'NEW', batch: 'B2' },
    { ...PACK, serial: 'NEWER' },
  ]);
  const { packs } = blindEventOf(event, actor, blinder, known);
  expect(packs.map((blind) => blind.keyId)).toEqual([1, 1, 2, 1, 1, 2]);
  expect(packs[4]?.packId).toBe(packs[1]?.packId);
  expect(packs[3]?.packId).toBe(old.packId);
});

test('a recall finds its batch; a withdrawal holds under every epoch', () => {
  const { productCode } = PACK;
  const recall = sampleEvent('recall', [], {
    batches: ['B1', 'B2'].map((name) => ({ productCode, batch: name })),
  });
  expect(blindEventOf(recall, actor, blinder, known).batches.map((named) => named.keyId)).toEqual([1, 2]);
  const withdraw = sampleEvent('withdraw', [], { batches: [{ productCode, batch: null }] });
  const { batches } = blindEventOf(withdraw, actor, blinder, known);
  expect(batches.map((named) => [named.keyId, named.batchId])).toEqual([
    [1, NO_ID],
    [2, NO_ID],
  ]);
  expect(batches[0]?.productId).toBe(old.productId);
});

test('actors keep their ids when an epoch is added', () => {
  expect(createServerBlinder([first]).actor('rose', 'main', '0a'.repeat(16))).toEqual(actor);
});

test('a container keeps the epoch in which the log first named it', () => {
  const event = sampleEvent('ship', [], { containers: ['095060001000000018', '095060001000000025'] });
  const { containerKeyIds, containerIds } = blindEventOf(event, actor, blinder, known);
  expect(containerKeyIds).toEqual([1, 2]);
  expect(containerIds[0]).toBe(packedInto);
});

test('what is made of a withdrawn product joins an epoch in which that holds', () => {
  const event = sampleEvent('commission', [{ ...PACK, productCode: WITHDRAWN, batch: 'LATER' }]);
  expect(blindEventOf(event, actor, blinder, known).packs[0]?.keyId).toBe(1);
});
