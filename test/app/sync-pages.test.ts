// A country's pages over a line that drops, crawls and lies: what came whole is kept, what is damaged never is.
import { describe, expect, test } from 'vitest';
import { createMemorySnapshotStore } from '../../src/adapters/memory-stores.ts';
import { StoreError } from '../../src/app/ports.ts';
import { loadPages, type PageLoad } from '../../src/app/sync-pages.ts';
import { planRuns } from '../../src/domain/snapshot/bundle.ts';
import { createFakeClock, idle, nobleSha256 } from '../support/app-fakes.ts';
import { baseOf, bundleLine, type Line, syntheticPages } from '../support/snapshot-pages.ts';

// Two bundles.
const PAGES = syntheticPages(1_600_000, 20_000);
const BYTES = PAGES.reduce((sum, { bytes }) => sum + bytes.length, 0);
const HASHES = new Set(PAGES.map(({ ref }) => ref.sha256));
const LAYERS = [baseOf(PAGES)];

function world(change: Partial<Line> = {}, pages = PAGES) {
  const clock = createFakeClock();
  const snapshots = createMemorySnapshotStore();
  const { line, ledger } = bundleLine(pages);
  Object.assign(line, change);
  const seen: Parameters<PageLoad['onProgress']>[0][] = [];
  const stored: string[] = [];
  const ports = {
    ...{ clock, snapshots, random: { bytes: (length: number) => new Uint8Array(length) } },
    sha256: nobleSha256,
    ledger: ledger as PageLoad['ports']['ledger'],
  };

  /** Loads what is missing; time goes on as long as it takes. */
  async function load() {
    const held = await snapshots.heldPages();
    const missing = new Set([...HASHES].filter((hash) => !held.has(hash)));
    let isDone = false;
    const loading = loadPages({
      ...{ ports, runs: planRuns(LAYERS, missing) },
      onStored: (hash) => stored.push(hash),
      onProgress: (state) => seen.push(state),
    }).finally(() => {
      isDone = true;
    });
    const startedMs = clock.nowMs();
    while (!isDone) {
      await idle();
      if (!line.onPart) await clock.advance(250);
    }
    return { result: await loading, ms: clock.nowMs() - startedMs };
  }
  async function bytesHeld() {
    const held = await snapshots.heldPages();
    return PAGES.reduce((sum, { ref, bytes }) => sum + (held.has(ref.sha256) ? bytes.length : 0), 0);
  }

  return { ...{ clock, snapshots, ports, line, load, seen, stored, bytesHeld } };
}

async function expectWhole({ snapshots }: ReturnType<typeof world>) {
  expect(await snapshots.heldPages()).toEqual(HASHES);
  for (const { ref, bytes } of PAGES) expect(await snapshots.page(ref.sha256)).toEqual(bytes);
}

describe('a good line', () => {
  test('a country comes in a request a bundle, each byte once', async () => {
    const at = world();
    expect((await at.load()).result).toMatchObject({ ok: true });
    expect(at.line.asked).toHaveLength(2);
    expect(at.line.bytes).toBe(BYTES);
    expect(at.stored).toHaveLength(HASHES.size);
    await expectWhole(at);
  });

  test('parts may be of any size', async () => {
    const pages = PAGES.slice(0, 3);
    for (const partBytes of [1_007, 61_440, 3_000_000]) {
      const at = world({ partBytes }, pages);
      const runs = planRuns([baseOf(pages)], HASHES);
      const ignored = { onStored: () => undefined, onProgress: () => undefined };
      expect(await loadPages({ ports: at.ports, runs, ...ignored })).toMatchObject({ ok: true });
      for (const { ref, bytes } of pages) expect(await at.snapshots.page(ref.sha256)).toEqual(bytes);
    }
  });
});

describe('a bad line', () => {
  for (const breakBy of ['throw', 'end'] as const)
    test(`breaks after each 200 kB (${breakBy}): it takes longer, and hardly more bytes`, async () => {
      const at = world({ breakAfter: () => 200_000, breakBy });
      expect((await at.load()).result).toMatchObject({ ok: true });
      await expectWhole(at);
      // Each break costs the page it was in, and no more.
      expect(at.line.bytes - BYTES).toBeLessThan(at.line.asked.length * 61_440);
      expect(new Set(at.stored).size).toBe(at.stored.length);
    });

  test('is gone: after a few tries it is told, and the next sync goes on from there', async () => {
    const at = world({ breakAfter: (request) => (request > 2 ? 0 : 900_000) });
    const { result, ms } = await at.load();
    expect(result).toMatchObject({ ok: false, error: 'offline' });
    expect(ms).toBeLessThan(60_000);
    const bytesHeld = await at.bytesHeld();
    expect(bytesHeld).toBeGreaterThan(800_000);
    at.line.breakAfter = undefined;
    const before = at.line.bytes;
    expect((await at.load()).result).toMatchObject({ ok: true });
    expect(at.line.bytes - before).toBe(BYTES - bytesHeld);
    await expectWhole(at);
  });

  test('is so slow that a kill finds nearly all of it stored', async () => {
    const at = world();
    let parts = 0;
    at.line.onPart = async () => {
      parts += 1;
      // Killed: nothing is heard of it any more.
      if (parts > 60) await new Promise(() => undefined);
      await at.clock.advance(500);
    };
    void loadPages({
      ...{ ports: at.ports, runs: planRuns(LAYERS, HASHES), onStored: () => undefined },
      onProgress: (state) => at.seen.push(state),
    });
    for (let turn = 0; turn < 400; turn++) await idle();
    // Of two bundles at once, each a page that is not yet whole and what came in its last second.
    expect(await at.bytesHeld()).toBeGreaterThan(at.line.bytes - 4 * 61_440);
  });

  test('tells how much has come and how long it will take', async () => {
    const at = world({ partBytes: 10_000 });
    let tick = Promise.resolve();
    // Two bundles at once, a part each of them in 100 ms of the clock: 100 kB a second and more.
    at.line.onPart = () => {
      tick = tick.then(() => at.clock.advance(100));
      return tick;
    };
    await at.load();
    const last = at.seen.at(-1);
    expect(last).toMatchObject({ bytesDone: BYTES, bytesTotal: BYTES });
    const half = at.seen.find(({ bytesDone }) => bytesDone > BYTES / 2);
    const msExpected = (BYTES - (half?.bytesDone ?? 0)) / 100;
    expect(half?.msLeft).toBeGreaterThan(msExpected * 0.8);
    expect(half?.msLeft).toBeLessThan(msExpected * 1.2);
    expect(at.seen[0]?.msLeft).toBeUndefined();
  });
});

describe('a bundle that is not what it must be', () => {
  // In both bundles.
  const spoilt = 100_000;

  test('damaged once on its way: only that page is asked for again', async () => {
    let isSpoilt = true;
    const at = world({
      spoil: (_, offset, byte) => {
        if (offset !== spoilt || !isSpoilt) return byte;
        isSpoilt = false;
        return byte ^ 1;
      },
    });
    // What is spoilt is so in each bundle of the first round.
    expect((await at.load()).result).toMatchObject({ ok: true });
    expect(at.line.bytes).toBeLessThan(BYTES + 2 * 61_440);
    await expectWhole(at);
  });

  test('damaged at its source: every other page is kept, and the sync has failed', async () => {
    const at = world({ spoil: (_, offset, byte) => (offset === spoilt ? byte ^ 1 : byte) });
    expect((await at.load()).result).toMatchObject({ ok: false, error: 'wrong-hash' });
    const held = await at.snapshots.heldPages();
    expect(HASHES.size - held.size).toBe(2);
    for (const hash of held) expect(HASHES.has(hash)).toBe(true);
  });

  test('every bit of a page counts', async () => {
    const page = PAGES[0];
    if (!page) throw new Error('a page');
    for (let at = 0; at < page.bytes.length; at += 997) {
      const one = world({ spoil: (_, offset, byte) => (offset === at ? byte ^ (1 << (at % 8)) : byte) }, [
        page,
      ]);
      const runs = planRuns([baseOf([page])], HASHES);
      const ignored = { onStored: () => undefined, onProgress: () => undefined };
      expect(await loadPages({ ports: one.ports, runs, ...ignored })).toMatchObject({ error: 'wrong-hash' });
      expect((await one.snapshots.heldPages()).size).toBe(0);
    }
  });

  test('one that the server does not have does not keep the others from coming', async () => {
    const at = world();
    const { bundle } = at.ports.ledger;
    const lost = planRuns(LAYERS, HASHES)[0]?.bundle;
    at.ports.ledger.bundle = (id, from, length) => bundle(id === lost ? 'ff'.repeat(32) : id, from, length);
    expect((await at.load()).result).toMatchObject({ ok: false, error: 'outgrown' });
    const kept = planRuns(LAYERS, HASHES)
      .slice(1)
      .flatMap(({ pages }) => pages);
    expect((await at.snapshots.heldPages()).size).toBe(kept.length);
  });
});

test('a full disk ends it at once; what was stored stays', async () => {
  const at = world();
  const { putPages } = at.snapshots;
  let writes = 0;
  at.snapshots.putPages = async (pages) => {
    writes += 1;
    if (writes > 2) throw new StoreError('full');
    return putPages(pages);
  };
  expect((await at.load()).result).toMatchObject({ ok: false, error: 'storage-full' });
  expect((await at.snapshots.heldPages()).size).toBe(at.stored.length);
  expect(at.stored.length).toBeGreaterThan(0);
  expect(at.line.bytes).toBeLessThan(BYTES);
});
