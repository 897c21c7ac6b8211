import { expect, test } from 'vitest';
import { createMemorySnapshotStore } from '../../src/adapters/memory-stores.ts';
import { createPageCache } from '../../src/app/page-cache.ts';
import type { PageRef } from '../../src/domain/snapshot/manifest.ts';
import { nobleSha256 } from '../support/app-fakes.ts';
import { syntheticPages } from '../support/snapshot-pages.ts';

const PAGES = syntheticPages(100_000, 20_000);
const REFS = PAGES.map(({ ref }) => ref);
const [A, B, C] = REFS as [PageRef, PageRef, PageRef];

async function world(bytesKeptMax?: number) {
  const snapshots = createMemorySnapshotStore();
  await snapshots.putPages(PAGES.map(({ ref, bytes }) => ({ sha256: ref.sha256, bytes })));
  const read: string[] = [];
  const counted = {
    ...snapshots,
    page: (hash: string) => {
      read.push(hash);
      return snapshots.page(hash);
    },
  };
  return {
    snapshots,
    read,
    cache: createPageCache({ snapshots: counted, sha256: nobleSha256 }, bytesKeptMax),
  };
}

test('reads a page once, while there is room', async () => {
  const { cache, read } = await world();
  expect(cache.held(A)).toBeUndefined();
  const page = await cache.load(A);
  expect(page).toMatchObject({ first: A.first, last: A.last });
  expect(await cache.load(A)).toBe(page);
  expect(cache.held(A)).toBe(page);
  expect(read).toEqual([A.sha256]);
});

test('room is counted in the bytes that unpacked pages take', async () => {
  // 50 kB packed, 190 kB unpacked: two of them.
  const { cache, read } = await world(450_000);
  for (const ref of [A, B, A, C, A]) await cache.load(ref);
  expect([A, B, C].map((ref) => cache.held(ref) !== undefined)).toEqual([true, false, true]);
  expect(read).toEqual([A, B, C].map((ref) => ref.sha256));
});

test('one page is always kept, however large', async () => {
  const { cache } = await world(1);
  await cache.load(A);
  expect(cache.held(A)).toBeDefined();
  await cache.load(B);
  expect([cache.held(A), cache.held(B) !== undefined]).toEqual([undefined, true]);
});

test('the same bytes under another range of keys are another page', async () => {
  const { cache } = await world();
  await cache.load(A);
  const narrower = { ...A, last: A.first };
  expect(cache.held(narrower)).toBeUndefined();
  expect(await cache.load(narrower)).toMatchObject({ first: A.first, last: A.first });
  expect(await cache.load(A)).toMatchObject({ first: A.first, last: A.last });
});

test('what the store gives is checked each time', async () => {
  const { cache, snapshots, read } = await world(1);
  await cache.load(A);
  await cache.load(B);
  const bytes = (await snapshots.page(A.sha256)) ?? new Uint8Array(1);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  await snapshots.putPages([{ sha256: A.sha256, bytes }]);
  expect(await cache.load(A)).toBeUndefined();
  expect(await cache.load({ ...C, sha256: 'ff'.repeat(32) })).toBeUndefined();
  expect(read.length).toBe(4);
});
