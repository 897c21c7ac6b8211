import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NO_PREVIOUS } from '../../../../src/domain/event.ts';
import { batchKey } from '../../../../src/domain/ledger/fold.ts';
import { openSqliteStore } from '../../../../src/server/ledger/sqlite/sqlite-store.ts';
import type { Store, StoredEvent } from '../../../../src/server/ledger/store.ts';

const DEVICE = '0d'.repeat(16);
const PRODUCT = '0a'.repeat(16);
const BATCH = '0b'.repeat(16);
const KEY = batchKey(PRODUCT, BATCH);

let folder: string;
let store: Store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packtrail-store-'));
  store = openSqliteStore(join(folder, 'ledger.sqlite'));
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

function event(sequence: number): StoredEvent {
  const id = String(sequence).padStart(64, '0');
  return {
    ...{ id, bytes: new Uint8Array(3), signature: new Uint8Array(64), device: DEVICE, sequence },
    ...{ organisation: 'rose', site: 'main', user: 'user-1', operation: 'supply', receiptTimeMs: 1 },
    ...{ index: undefined, receipt: { kind: 'rejected', id, reason: 'not-your-site' } },
  };
}

function write(sequence: number): void {
  store.addEvent(event(sequence), true);
  store.ledgerLog.append(new Uint8Array([sequence]), new Uint8Array(32));
  const ids = { productId: PRODUCT, batchId: BATCH };
  store.putBatch(KEY, { ...ids, keyId: 1, expiry: 20311231, packs: sequence, recalled: false });
  if (sequence > 1) store.putWithdrawn(PRODUCT);
}

const state = () => ({
  chain: store.chain(DEVICE),
  size: store.ledgerLog.size(),
  packs: store.batch(KEY)?.packs,
  withdrawn: store.withdrawn(PRODUCT),
});

test('a transaction that fails leaves no trace, not even in what the store remembers', () => {
  expect(state().chain).toEqual({ nextSequence: 1, previous: NO_PREVIOUS });
  store.transaction(() => write(1));
  const before = state();
  expect(before).toMatchObject({ chain: { nextSequence: 2 }, size: 1, packs: 1, withdrawn: false });
  const fail = () =>
    store.transaction(() => {
      write(2);
      expect(state()).toMatchObject({ chain: { nextSequence: 3 }, size: 2, packs: 2, withdrawn: true });
      throw new Error('no room on the disk');
    });
  expect(fail).toThrow('no room');
  expect(state()).toEqual(before);
  store.transaction(() => write(2));
  expect(store.ledgerLog.entries(0, 9)).toEqual([new Uint8Array([1]), new Uint8Array([2])]);
});

test('a store that is opened again says the same', () => {
  store.transaction(() => write(1));
  store.transaction(() => write(2));
  const before = state();
  store.close();
  store = openSqliteStore(join(folder, 'ledger.sqlite'));
  expect(state()).toEqual(before);
});
