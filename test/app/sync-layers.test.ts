// A device that holds a base and some days fetches the days after, and nothing twice.

import { signal } from '@preact/signals-core';
import { expect, test } from 'vitest';
import { createNoLocks } from '../../src/adapters/memory-outbox.ts';
import {
  createMemoryCheckpointStore,
  createMemorySettingsStore,
  createMemorySnapshotStore,
  createMemoryStoragePromise,
} from '../../src/adapters/memory-stores.ts';
import { createLogFollower } from '../../src/app/checkpoint-follower.ts';
import type { LedgerClient } from '../../src/app/ports.ts';
import { createSync, type Sync, type SyncContext } from '../../src/app/sync.ts';
import { createPageChooser } from '../../src/app/sync-scope.ts';
import { PACK_STATES } from '../../src/domain/pack.ts';
import { ok } from '../../src/domain/result.ts';
import { keyOf } from '../../src/domain/snapshot/batch-record.ts';
import { type BuiltPage, buildPackedPages } from '../../src/domain/snapshot/build.ts';
import { bundlesOf } from '../../src/domain/snapshot/bundle.ts';
import { buildDelta } from '../../src/domain/snapshot/delta.ts';
import { lookUp } from '../../src/domain/snapshot/lookup.ts';
import { pagesForPack } from '../../src/domain/snapshot/manifest.ts';
import { idAt } from '../../src/domain/snapshot/packs.ts';
import { openPage, type VerifiedPage } from '../../src/domain/snapshot/page.ts';
import { createFakeClock, nobleSha256 } from '../support/app-fakes.ts';
import { createCountryLedger } from '../support/country-ledger.ts';
import { fixedTrust } from '../support/fixed-trust.ts';
import { bundleLine, SALT } from '../support/snapshot-pages.ts';
import { type Country, createCountry } from '../support/synthetic-country.ts';

const refsOf = (pages: readonly BuiltPage[]) => pages.map(({ ref }) => ref);
const bytesOf = (pages: readonly BuiltPage[]) => pages.reduce((sum, { bytes }) => sum + bytes.length, 0);
const hashesOf = (layers: readonly (readonly BuiltPage[])[]) =>
  new Set(layers.flat().map(({ ref }) => ref.sha256));

test('each sync fetches the layers that are new, drops the one that was replaced, and reads through all', async () => {
  const country = createCountry({ packs: 60_000, batchPacks: 3_000 });
  const clock = createFakeClock();
  const published = createCountryLedger();
  const lines = new Map<string, ReturnType<typeof bundleLine>>();
  const bundle: LedgerClient['bundle'] = (id, from, length) =>
    (lines.get(id) ?? bundleLine([])).ledger.bundle(id, from, length);
  const fetched = () => [...new Set(lines.values())].reduce((sum, { line }) => sum + line.bytes, 0);
  const publish = (layers: readonly (readonly BuiltPage[])[]) => {
    for (const pages of layers) {
      const line = bundleLine(pages);
      for (const { id } of bundlesOf(refsOf(pages))) if (!lines.has(id)) lines.set(id, line);
    }
    published.publish(layers.map(refsOf), clock.nowMs(), SALT);
  };
  const snapshots = createMemorySnapshotStore();
  const random = { bytes: (length: number) => new Uint8Array(length) };
  const ledger = { ...published.client, bundle } as SyncContext['ports']['ledger'];
  const settings = createMemorySettingsStore();
  const storagePromise = createMemoryStoragePromise();
  const locks = createNoLocks();
  const ports = { clock, random, ledger, locks, snapshots, settings, storagePromise, sha256: nobleSha256 };
  const trust = fixedTrust(published.trust);
  const follower = createLogFollower({ ...ports, checkpoints: createMemoryCheckpointStore() }, trust);
  const blinder = { keyIds: [1], blindProduct: async () => '00'.repeat(16) };
  const sync = createSync({
    ...{ ports, trust, follower },
    keeper: {
      ...{ scope: signal(null), refresh: async () => undefined },
      ...{ changeScope: async (scope) => ok(scope), reach: async () => blinder },
    },
    pagesInScope: createPageChooser(blinder),
    onAdopted: async () => undefined,
  });
  await sync.load();

  const layers = [[...buildPackedPages(country.batches(), SALT, 0)]];
  publish(layers);
  await sync.syncNow();
  expect(fetched()).toBe(bytesOf(layers.flat()));
  for (let day = 0; day < 4; day++) {
    clock.jump(86_400_000);
    const changes = country.pass({ changed: 0.01, news: 0.01, recalls: day === 1 ? 1 : 0 });
    const delta = [...buildDelta(changes, country.issuedBetween, SALT, 0)].filter(
      (page) => page !== undefined,
    );
    const before = fetched();
    layers.push(delta);
    publish(layers);
    await sync.syncNow();
    expect(sync.state.value).toEqual({ kind: 'idle' });
    expect(fetched() - before).toBe(bytesOf(delta));
    expect(await snapshots.heldPages()).toEqual(hashesOf(layers));
  }
  expect(await wrongIn(sync, snapshots, country)).toBe(0);
  // The layer of the day so far makes way: the one in its place is another, or as here none.
  layers.pop();
  publish(layers);
  await sync.syncNow();
  expect(await snapshots.heldPages()).toEqual(hashesOf(layers));
  expect(sync.held.current()?.manifest.layers.length).toBe(4);
});

/** Packs that the device reads otherwise than the country has them. */
async function wrongIn(
  sync: Sync,
  snapshots: ReturnType<typeof createMemorySnapshotStore>,
  country: Country,
): Promise<number> {
  const manifest = sync.held.current()?.manifest;
  if (!manifest) throw new Error('a snapshot is in use');
  const opened = new Map<string, VerifiedPage>();
  for (const ref of manifest.layers.flatMap(({ pages }) => pages)) {
    const page = openPage((await snapshots.page(ref.sha256)) ?? new Uint8Array(0), ref);
    if (!page.ok) throw new Error(page.detail);
    opened.set(ref.sha256, page.value);
  }
  let wrong = 0;
  for (const { batch, packs } of country.batches())
    for (const [i, state] of packs.states.entries()) {
      const packId = idAt(packs, i);
      const refs = pagesForPack(manifest, keyOf(batch) + packId);
      const pages = refs.map(({ sha256 }) => opened.get(sha256) as VerifiedPage);
      const found = lookUp(pages, manifest.salt, { ...batch, packId }, batch.expiry);
      if (found.kind !== 'hit' || found.state !== PACK_STATES[state]) wrong++;
    }
  return wrong;
}
