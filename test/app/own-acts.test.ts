// What this device's own acts make of a pack while the ledger's answer to them is not proven.
import { expect, test } from 'vitest';
import { createMemoryOutboxStore } from '../../src/adapters/memory-outbox.ts';
import { createJournal } from '../../src/app/journal.ts';
import type { OutboxRow } from '../../src/app/outbox-ports.ts';
import { ownEffect } from '../../src/app/own-acts.ts';
import { encodeEvent, eventId } from '../../src/domain/event.ts';
import type { PlacedReceipt } from '../../src/domain/receipt.ts';
import { PACK, sampleEvent } from '../support/sample-events.ts';

const DATA = { logSize: 100, state: 'active' } as const;

async function supplied() {
  const store = createMemoryOutboxStore();
  const event = sampleEvent('supply', [PACK]);
  const bytes = encodeEvent(event);
  const actor = { organisationId: '01'.repeat(16), siteId: '02'.repeat(16), deviceId: '03'.repeat(16) };
  const row: OutboxRow = {
    ...{ place: 1, sequence: 1, id: eventId(bytes), bytes, signature: new Uint8Array(64) },
    ...{ signer: { device: event.device, publicKey: new Uint8Array(32), actor } },
    progress: { kind: 'waiting' },
  };
  await store.append(await store.head(), row);
  const place = { id: row.id, index: 3, parts: 1, receiptTimeMs: 1, undoesIndex: null };
  const more = { keyIds: [1], containerKeyIds: [], batchKeyIds: [], repeats: [], locked: [], alerts: [] };
  const receipt: PlacedReceipt = { kind: 'accepted', ...place, ...more };
  const effect = async () =>
    ownEffect((await createJournal(store, event.device).read()).events, PACK, DATA)?.state;
  return { store, row, receipt, effect };
}

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
