// A device holds what its scope needs and no more, at every moment of a change.

import { signal } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { createNoLocks } from '../../src/adapters/memory-outbox.ts';
import {
  createMemoryCheckpointStore,
  createMemorySettingsStore,
  createMemorySnapshotStore,
} from '../../src/adapters/memory-stores.ts';
import { createLogFollower } from '../../src/app/checkpoint-follower.ts';
import { StoreError } from '../../src/app/ports.ts';
import { createSync, type SyncContext } from '../../src/app/sync.ts';
import { createPageChooser, type ScopeKeeper } from '../../src/app/sync-scope.ts';
import { ok } from '../../src/domain/result.ts';
import { pagesForProduct } from '../../src/domain/snapshot/manifest.ts';
import type { Scope } from '../../src/domain/snapshot/scope.ts';
import { createFakeClock, idle, nobleSha256 } from '../support/app-fakes.ts';
import { createCountryLedger } from '../support/country-ledger.ts';
import { fixedTrust } from '../support/fixed-trust.ts';
import { baseOf, bundleLine, SALT, syntheticPages } from '../support/snapshot-pages.ts';
import { syntheticBatch } from '../support/synthetic-packs.ts';

// Twenty products of 40,000 packs, two pages and more each.
const PAGES = syntheticPages(800_000, 4_000);
const LAYERS = [baseOf(PAGES)];
const codeOf = (product: number) => `gtin:${String(product).padStart(14, '0')}`;
const idOf = (code: string) => syntheticBatch(10 * Number(code.slice(5)), 1).productId;
const hashesOf = (...products: readonly number[]) =>
  new Set(
    products
      .flatMap((product) => pagesForProduct({ layers: LAYERS }, idOf(codeOf(product))))
      .map(({ sha256 }) => sha256),
  );
const bytesOf = (hashes: ReadonlySet<string>) =>
  PAGES.reduce((sum, { ref }) => sum + (hashes.has(ref.sha256) ? ref.bytes : 0), 0);
const ALL = new Set(PAGES.map(({ ref }) => ref.sha256));

const BLINDER = { keyIds: [1], blindProduct: async (_: number, code: string) => idOf(code) };

function world() {
  const clock = createFakeClock();
  const snapshots = createMemorySnapshotStore();
  const scope = signal<Scope>(null);
  const epochs = { here: [1], there: [1] };
  const own = {
    get keyIds() {
      return epochs.here;
    },
    blindProduct: BLINDER.blindProduct,
  };
  const keeper: ScopeKeeper = {
    scope,
    async changeScope(next) {
      scope.value = next;
      return ok(next);
    },
    async refresh() {
      epochs.here = epochs.there;
    },
    reach: async () => BLINDER,
  };
  const checkpoints = createMemoryCheckpointStore();
  const country = createCountryLedger();
  country.publish([PAGES.map(({ ref }) => ref)], clock.nowMs(), SALT);
  const { line, ledger: bundles } = bundleLine(PAGES);
  const ledger = { ...country.client, ...bundles } as SyncContext['ports']['ledger'];
  const random = { bytes: (length: number) => new Uint8Array(length) };
  const settings = createMemorySettingsStore();
  const space = { left: undefined as number | undefined };
  const storagePromise = { spaceLeft: async () => space.left };
  const locks = createNoLocks();
  const ports = { clock, random, ledger, locks, snapshots, settings, storagePromise, sha256: nobleSha256 };

  /** The app is opened. */
  async function open() {
    const trust = fixedTrust(country.trust);
    const follower = createLogFollower({ ...ports, checkpoints }, trust);
    const sync = createSync({
      ...{ ports, trust, follower, keeper },
      pagesInScope: createPageChooser(own),
      onAdopted: async () => undefined,
    });
    await sync.load();
    return sync;
  }
  return { clock, snapshots, country, line, ports, open, space, epochs };
}

type World = ReturnType<typeof world>;

async function settled({ state }: Awaited<ReturnType<World['open']>>): Promise<void> {
  const isBusy = () => state.value.kind === 'checking' || state.value.kind === 'loading';
  for (let quiet = 0; quiet < 5; quiet = isBusy() ? 0 : quiet + 1) await idle();
}

async function synced(scope: Scope = null) {
  const at = world();
  const sync = await at.open();
  if (scope) await sync.changeScope(scope);
  await sync.syncNow();
  await settled(sync);
  return { ...at, sync };
}

describe('a scope of products', () => {
  test('fetches the pages that its products lie in, and no byte more', async () => {
    const { line, snapshots, sync } = await synced([codeOf(3), codeOf(17), codeOf(999)]);
    const wanted = hashesOf(3, 17);
    expect(wanted.size).toBeLessThan(8);
    expect(await snapshots.heldPages()).toEqual(wanted);
    expect(line.bytes).toBe(bytesOf(wanted));
    expect(sync.data.value).toMatchObject({ kind: 'held', bytes: bytesOf(wanted) });
    expect([sync.held.covers(codeOf(3)), sync.held.covers(codeOf(4))]).toEqual([true, false]);
  });

  test('of nothing holds nothing, and says so of every product', async () => {
    const { line, snapshots, sync } = await synced([]);
    expect([(await snapshots.heldPages()).size, line.bytes]).toEqual([0, 0]);
    expect(sync.data.value).toMatchObject({ kind: 'held', packs: 0, bytes: 0 });
    expect(sync.held.covers(codeOf(0))).toBe(false);
  });

  test('is loaded under the keys of epochs that began since, too', async () => {
    const at = world();
    at.epochs.here = [];
    const sync = await at.open();
    await sync.changeScope([codeOf(3)]);
    await settled(sync);
    expect(await at.snapshots.heldPages()).toEqual(hashesOf(3));
  });

  test('is the same after the app was closed', async () => {
    const { open } = await synced([codeOf(3)]);
    const again = await open();
    expect(again.scope.value).toEqual([codeOf(3)]);
    expect(again.data.value).toMatchObject({ kind: 'held', scope: [codeOf(3)] });
    expect(again.held.covers(codeOf(4))).toBe(false);
  });

  test('its size is told before anything is fetched', async () => {
    const { sync, line } = await synced([codeOf(3)]);
    const before = line.bytes;
    const size = await sync.sizeOf([codeOf(3), codeOf(12)]);
    const wanted = bytesOf(hashesOf(3, 12));
    expect(size).toMatchObject({ ok: true, value: { bytes: wanted, bytesToLoad: wanted - before } });
    expect(await sync.sizeOf(null)).toMatchObject({ value: { bytes: bytesOf(ALL), packs: 800_000 } });
    expect(line.bytes).toBe(before);
    expect(await (await world().open()).sizeOf(null)).toMatchObject({ ok: false, error: 'no-data' });
  });
});

describe('a change of scope', () => {
  test('drops pages at once, with no network either', async () => {
    const { sync, ports, snapshots } = await synced();
    expect(await snapshots.heldPages()).toEqual(ALL);
    ports.ledger.latestSnapshot = () => new Promise(() => undefined);
    expect(await sync.changeScope([codeOf(5)])).toMatchObject({ ok: true });
    expect(await snapshots.heldPages()).toEqual(hashesOf(5));
    expect(sync.held.covers(codeOf(6))).toBe(false);
    expect((await snapshots.current())?.scope).toEqual([codeOf(5)]);
  });

  test('fetches only what is missing', async () => {
    const { sync, line, snapshots } = await synced([codeOf(5)]);
    const before = line.bytes;
    await sync.changeScope([codeOf(5), codeOf(6), codeOf(15)]);
    await settled(sync);
    expect(await snapshots.heldPages()).toEqual(hashesOf(5, 6, 15));
    expect(line.bytes - before).toBe(bytesOf(hashesOf(5, 6, 15)) - bytesOf(hashesOf(5)));
    await sync.changeScope(null);
    await settled(sync);
    expect(await snapshots.heldPages()).toEqual(ALL);
    expect(line.bytes).toBe(bytesOf(ALL));
  });

  test('a new product counts once its data is there, a former one from the start not', async () => {
    const { sync, line, ports } = await synced([codeOf(5), codeOf(6)]);
    const { bundle } = ports.ledger;
    let give = () => {};
    const gate = new Promise<void>((resolve) => {
      give = resolve;
    });
    ports.ledger.bundle = async (...asked) => {
      await gate;
      return bundle(...asked);
    };
    await sync.changeScope([codeOf(6), codeOf(7)]);
    const covered = () => [5, 6, 7].map((product) => sync.held.covers(codeOf(product)));
    expect(covered()).toEqual([false, true, false]);
    give();
    await settled(sync);
    expect(covered()).toEqual([false, true, true]);
    expect(line.asked.length).toBeGreaterThan(0);
  });

  test('while a sync runs leaves nothing behind that was not chosen', async () => {
    for (const next of [[codeOf(5)], [codeOf(5), codeOf(19)], []]) {
      const at = world();
      const sync = await at.open();
      const running = sync.syncNow();
      for (let turn = 0; turn < 40; turn++) await idle();
      expect(at.line.bytes).toBeGreaterThan(0);
      await sync.changeScope(next);
      await running;
      await settled(sync);
      expect(await at.snapshots.heldPages()).toEqual(hashesOf(...next.map((code) => Number(code.slice(5)))));
      expect(sync.data.value).toMatchObject({ scope: next });
    }
  });

  test('that finds the disk full keeps what was there', async () => {
    const { sync, snapshots } = await synced([codeOf(5)]);
    const { putPages } = snapshots;
    snapshots.putPages = () => Promise.reject(new StoreError('full'));
    await sync.changeScope(null);
    await settled(sync);
    expect(sync.state.value).toEqual({ kind: 'failed', why: 'storage-full' });
    expect(sync.data.value).toMatchObject({ kind: 'held', scope: [codeOf(5)] });
    expect([sync.held.covers(codeOf(5)), sync.held.covers(codeOf(6))]).toEqual([true, false]);
    snapshots.putPages = putPages;
    await sync.syncNow();
    expect(await snapshots.heldPages()).toEqual(ALL);
  });

  test('in another tab is taken over', async () => {
    const { sync, open, snapshots } = await synced();
    const other = await open();
    await other.changeScope([codeOf(5)]);
    expect(await snapshots.heldPages()).toEqual(hashesOf(5));
    expect(sync.held.covers(codeOf(6))).toBe(true);
    expect(await sync.held.reload()).toBe(true);
    expect(sync.held.covers(codeOf(6))).toBe(false);
  });
});

test('a newer snapshot of the same products brings only pages that have changed', async () => {
  const { sync, country, clock, line, snapshots } = await synced([codeOf(5)]);
  const before = line.bytes;
  await clock.advance(1_000);
  const id = country.publish([PAGES.map(({ ref }) => ref)], clock.nowMs(), SALT);
  await sync.syncNow();
  expect(sync.data.value).toMatchObject({ manifestId: id, scope: [codeOf(5)] });
  expect(line.bytes).toBe(before);
  expect(await snapshots.heldPages()).toEqual(hashesOf(5));
});

describe('a storage that is full', () => {
  test('is not filled up: nothing is fetched that leaves no space for events', async () => {
    const at = world();
    const sync = await at.open();
    at.space.left = bytesOf(ALL) + 1_000_000;
    await sync.syncNow();
    expect([sync.state.value, at.line.bytes]).toEqual([{ kind: 'failed', why: 'storage-full' }, 0]);
    at.space.left = bytesOf(ALL) + 20_000_000;
    await sync.syncNow();
    expect([sync.state.value, at.line.bytes]).toEqual([{ kind: 'idle' }, bytesOf(ALL)]);
  });

  test('gets back what a download took that came to nothing, and what is in use stays', async () => {
    const at = await synced([codeOf(3)]);
    const { putPages } = at.snapshots;
    let writes = 0;
    at.snapshots.putPages = async (pages) => {
      writes += 1;
      if (writes > 1) throw new StoreError('full');
      await putPages(pages.slice(0, 2));
      throw new StoreError('full');
    };
    await at.sync.changeScope(null);
    await settled(at.sync);
    expect(at.sync.state.value).toEqual({ kind: 'failed', why: 'storage-full' });
    expect(await at.snapshots.heldPages()).toEqual(hashesOf(3));
    at.snapshots.putPages = putPages;
    await at.sync.syncNow();
    expect(await at.snapshots.heldPages()).toEqual(ALL);
  });
});
