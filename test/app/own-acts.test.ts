// What this device's own acts make of a pack: in their order, and whatever the ledger's answers claim.
import { expect, test } from 'vitest';
import { createMemoryOutboxStore } from '../../src/adapters/memory-outbox.ts';
import { createJournal } from '../../src/app/journal.ts';
import type { OutboxRow, OutboxStore } from '../../src/app/outbox-ports.ts';
import { ownEffect } from '../../src/app/own-acts.ts';
import { encodeEvent, eventId } from '../../src/domain/event.ts';
import type { Operation } from '../../src/domain/pack.ts';
import type { PlacedReceipt } from '../../src/domain/receipt.ts';
import { PACK, sampleEvent } from '../support/sample-events.ts';

const DATA = { logSize: 100, state: 'active' } as const;

const DEVICE = sampleEvent('supply', [PACK]).device;

function rowOf(place: number, operation: Operation, undoes: string | null = null): OutboxRow {
  const bytes = encodeEvent(sampleEvent(operation, [PACK], { sequence: place, undoes }));
  const actor = { organisationId: '01'.repeat(16), siteId: '02'.repeat(16), deviceId: '03'.repeat(16) };
  return {
    ...{ place, sequence: place, id: eventId(bytes), bytes, signature: new Uint8Array(64) },
    ...{ signer: { device: DEVICE, publicKey: new Uint8Array(32), actor } },
    progress: { kind: 'waiting' },
  };
}

function receiptAt(id: string, index: number): PlacedReceipt {
  const place = { id, index, parts: 1, receiptTimeMs: 1, undoesIndex: null };
  const more = {
    keyIds: [1],
    containerKeyIds: [],
    batchKeyIds: [],
    repeats: [],
    locked: [],
    unchanged: [],
    alerts: [],
  };
  return { kind: 'accepted', ...place, ...more };
}

/** As a tab sees it that is opened now. */
async function effectIn(store: OutboxStore) {
  const { events } = await createJournal(store, DEVICE).read();
  return ownEffect(events, PACK, DATA)?.state;
}

async function supplied() {
  const store = createMemoryOutboxStore();
  const row = rowOf(1, 'supply');
  await store.append(await store.head(), row);
  return { store, row, receipt: receiptAt(row.id, 3), effect: () => effectIn(store) };
}

test('an act that waits comes after one before it that the ledger holds', async () => {
  const { store, row, receipt } = await supplied();
  const undo = rowOf(2, 'undo', row.id);
  await store.append(await store.head(), undo);
  await store.append(await store.head(), rowOf(3, 'destroy'));
  await store.advance([
    { row, settled: { id: row.id, bytes: row.bytes, receipt } },
    { row: undo, settled: { id: undo.id, bytes: undo.bytes, receipt: receiptAt(undo.id, 4) } },
  ]);
  expect(await effectIn(store)).toBe('destroyed');
});

test('an answer that says the data holds the event changes nothing before it is proven', async () => {
  const { store, row, receipt, effect } = await supplied();
  expect(await effect()).toBe('supplied');
  await store.advance([{ row, progress: { kind: 'placed', receipt } }]);
  expect(await effect()).toBe('supplied');
  await store.advance([{ row, settled: { id: row.id, bytes: row.bytes, receipt } }]);
  expect(await effect()).toBeUndefined();
});

test('nor does one that says somebody else was faster', async () => {
  const { store, row, receipt, effect } = await supplied();
  const conflict = { pack: 0, why: 'not-active', state: 'active', winner: null, alert: null } as const;
  const lie = { ...receipt, kind: 'conflict', conflicts: [conflict] } as unknown as PlacedReceipt;
  await store.advance([{ row, progress: { kind: 'placed', receipt: lie } }]);
  expect(await effect()).toBe('supplied');
  await store.advance([{ row, progress: { kind: 'unseen', receipt: lie } }]);
  expect(await effect()).toBeUndefined();
});

test('an undo of what turns out to have repeated a colleague takes nothing back, and is proven to', async () => {
  const { store, row, receipt, effect } = await supplied();
  const undo = rowOf(2, 'undo', row.id);
  await store.append(await store.head(), undo);
  expect(await effect()).toBeUndefined();
  const late = { ...receipt, index: 200, repeats: [0] };
  await store.advance([{ row, progress: { kind: 'unseen', receipt: late } }]);
  expect(await effect()).toBe('supplied');
  const unchanged = { ...receiptAt(undo.id, 201), unchanged: [0] };
  await store.advance([
    { row, settled: { id: row.id, bytes: row.bytes, receipt: late } },
    { row: undo, progress: { kind: 'unseen', receipt: unchanged } },
  ]);
  expect(await effect()).toBe('supplied');
});
