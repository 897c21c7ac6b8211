// What the bench of the phone runs in the page: the app's own sync, stores and look-up, over a real IndexedDB. And the
// peer, a row for each pack.

import { signal } from '@preact/signals-core';
import { createBrowserClock, createBrowserRandom } from '../../src/adapters/browser-clock.ts';
import { browserSha256 } from '../../src/adapters/browser-hash.ts';
import { createCheckpointStore } from '../../src/adapters/checkpoint-store.ts';
import { createDatabase } from '../../src/adapters/database.ts';
import { createLedgerHttp } from '../../src/adapters/ledger-http.ts';
import { createLocks } from '../../src/adapters/locks.ts';
import { createMemoryDeviceKey } from '../../src/adapters/memory-keys.ts';
import { createSettingsStore } from '../../src/adapters/settings-store.ts';
import { createSnapshotStore } from '../../src/adapters/snapshot-store.ts';
import { createStoragePromise } from '../../src/adapters/storage-promise.ts';
import { createLogFollower } from '../../src/app/checkpoint-follower.ts';
import { findBlind } from '../../src/app/pack-finder.ts';
import { createPageCache } from '../../src/app/page-cache.ts';
import { createSync } from '../../src/app/sync.ts';
import type { ScopeKeeper } from '../../src/app/sync-scope.ts';
import type { BlindPack } from '../../src/domain/blinding.ts';
import type { TrustText } from '../../src/domain/ledger/trust.ts';
import type { PackState } from '../../src/domain/pack.ts';
import { assert, ok } from '../../src/domain/result.ts';
import { allPages } from '../../src/domain/snapshot/scope.ts';
import { fixedTrust } from '../support/fixed-trust.ts';

/** A pack that was issued, with what is true of it. */
export type Sample = { readonly pack: BlindPack; readonly expiry: number; readonly state: PackState };

export type Synced = {
  readonly ms: number;
  readonly pages: number;
  readonly bytes: number;
  /** Times for which the page could not answer to a touch, above 50 ms. */
  readonly longTasksMs: readonly number[];
};

const ledger = createLedgerHttp({
  device: async () => ({
    id: 'ab'.repeat(16),
    key: createMemoryDeviceKey(new Uint8Array(32).fill(1)),
  }),
});

const EVERYTHING: ScopeKeeper = {
  scope: signal(null),
  changeScope: async (next) => ok(next),
  refresh: async () => undefined,
  reach: async () => ({ keyIds: [], blindProduct: async () => undefined }),
};

function openDevice(name: string, trustText: TrustText) {
  const trust = fixedTrust(trustText);
  const database = createDatabase(name);
  const snapshots = createSnapshotStore(database);
  const ports = {
    ...{ clock: createBrowserClock(), random: createBrowserRandom(), sha256: browserSha256 },
    ...{ ledger, snapshots, settings: createSettingsStore(database) },
    ...{ storagePromise: createStoragePromise(), locks: createLocks() },
  };
  const follower = createLogFollower({ ...ports, checkpoints: createCheckpointStore(database) }, trust);
  const sync = createSync({
    ...{ ports, trust, follower, keeper: EVERYTHING },
    pagesInScope: async (manifest) => allPages(manifest),
    onAdopted: async () => undefined,
  });
  return { database, snapshots, sync };
}

/** Into a database of its own, until the snapshot is in use. */
async function sync(name: string, trust: TrustText): Promise<Synced> {
  const longTasksMs: number[] = [];
  const observer = new PerformanceObserver((list) => {
    longTasksMs.push(...list.getEntries().map(({ duration }) => duration));
  });
  observer.observe({ entryTypes: ['longtask'] });
  const startedMs = performance.now();
  const device = openDevice(name, trust);
  await device.sync.load();
  await device.sync.syncNow();
  const ms = performance.now() - startedMs;
  const state = device.sync.state.value;
  assert(state.kind === 'idle', `the sync ended well: ${JSON.stringify(state)}`);
  const data = device.sync.data.value;
  assert(data.kind === 'held', 'the snapshot is in use');
  const pages = (await device.snapshots.heldPages()).size;
  // What has not been told of yet.
  longTasksMs.push(...observer.takeRecords().map(({ duration }) => duration));
  observer.disconnect();
  await device.database.close();
  return { ms, pages, bytes: data.bytes, longTasksMs };
}

async function openLookUp(name: string, trust: TrustText) {
  const device = openDevice(name, trust);
  await device.sync.load();
  const snapshot = device.sync.held.current();
  assert(snapshot, 'the stored snapshot is good');
  const fresh = () => createPageCache({ snapshots: device.snapshots, sha256: browserSha256 });
  const look = async (cache: ReturnType<typeof fresh>, { pack, expiry, state }: Sample) => {
    const found = await findBlind(snapshot.manifest, cache, pack, expiry);
    assert(found.kind === 'found' && found.finding.kind === 'hit', 'an issued pack is found');
    assert(found.finding.state === state, 'in its state');
  };
  return { fresh, look };
}

/** Microseconds a look-up, in rounds over the same packs, whose pages are in memory after the first. */
async function lookUpWarm(
  name: string,
  trust: TrustText,
  samples: readonly Sample[],
  rounds: number,
): Promise<readonly number[]> {
  const { fresh, look } = await openLookUp(name, trust);
  const cache = fresh();
  const times: number[] = [];
  for (let round = -2; round < rounds; round++) {
    const startedMs = performance.now();
    for (const sample of samples) await look(cache, sample);
    if (round >= 0) times.push(((performance.now() - startedMs) * 1_000) / samples.length);
  }
  return times;
}

/** Milliseconds of each look-up, every one in a page that has to be read, checked and unpacked first. */
async function lookUpCold(
  name: string,
  trust: TrustText,
  samples: readonly Sample[],
): Promise<readonly number[]> {
  const { fresh, look } = await openLookUp(name, trust);
  const times: number[] = [];
  for (const sample of samples) {
    const startedMs = performance.now();
    await look(fresh(), sample);
    times.push(performance.now() - startedMs);
  }
  return times;
}

const ROWS_PER_TRANSACTION = 4_000;
const SERIAL_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** Milliseconds for one row a pack, found by product code and serial, as a plain app would keep them. */
async function writeRows(count: number): Promise<number> {
  const opening = indexedDB.open(`rows-${count}`, 1);
  opening.onupgradeneeded = () =>
    opening.result.createObjectStore('packs', { keyPath: ['productCode', 'serial'] });
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const startedMs = performance.now();
  for (let from = 0; from < count; from += ROWS_PER_TRANSACTION) {
    const random = crypto.getRandomValues(new Uint8Array(16 * ROWS_PER_TRANSACTION));
    const tx = database.transaction('packs', 'readwrite', { durability: 'relaxed' });
    for (let i = 0; i < Math.min(ROWS_PER_TRANSACTION, count - from); i++) {
      const letters = random.subarray(16 * i, 16 * i + 16);
      const serial = Array.from(letters, (byte) => SERIAL_LETTERS[byte % 32]).join('');
      const productCode = `gtin:${String(Math.floor((from + i) / 20_000)).padStart(14, '0')}`;
      const row = { productCode, serial, batch: 'LOT4711', expiry: 20301231, state: i % 3 };
      tx.objectStore('packs').put(row);
    }
    await new Promise((resolve, reject) => {
      tx.oncomplete = resolve;
      tx.onabort = () => reject(tx.error);
    });
  }
  const ms = performance.now() - startedMs;
  database.close();
  return ms;
}

const phone = { sync, lookUpWarm, lookUpCold, writeRows };
declare global {
  interface Window {
    phone: typeof phone;
  }
}
window.phone = phone;
