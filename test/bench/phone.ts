// A country in a phone's browser: a sync of ten million packs into IndexedDB over loopback, every page checked, beside
// one row for each pack; and look-ups there, ids given, through a base and through thirty layers of days above it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { concatBytes } from '../../src/domain/bytes.ts';
import { PACK_STATES } from '../../src/domain/pack.ts';
import { type BuiltPage, buildPackedPages, type PackedBatch } from '../../src/domain/snapshot/build.ts';
import { bundlesOf } from '../../src/domain/snapshot/bundle.ts';
import { buildDelta } from '../../src/domain/snapshot/delta.ts';
import { idAt } from '../../src/domain/snapshot/packs.ts';
import { buildHarness, launchProfile, serveFolder } from '../support/chromium.ts';
import { createCountryLedger } from '../support/country-ledger.ts';
import { SALT } from '../support/snapshot-pages.ts';
import { createCountry } from '../support/synthetic-country.ts';
import { syntheticBatches } from '../support/synthetic-packs.ts';
import { type Figure, median, type Print, percentile } from './figure.ts';
import type { Sample } from './phone-page.ts';

export type PhoneOptions = {
  /** Packs of the country that is synced. */
  readonly packs: number;
  /** Packs of the base that lies below thirty layers. */
  readonly layeredPacks: number;
  readonly layers: number;
  /** Packs of the peer: one row each. */
  readonly rows: number;
  readonly rounds: number;
  readonly syncs: number;
};

export const PHONE_DEFAULTS: PhoneOptions = {
  ...{ packs: 10_000_000, layeredPacks: 300_000, layers: 30, rows: 50_000, rounds: 50, syncs: 3 },
};

export type PhoneFigures = {
  readonly syncMs: readonly number[];
  readonly longTasksMs: readonly number[];
  readonly rowsMs: number;
  readonly warmUs: readonly number[];
  readonly layeredUs: readonly number[];
  readonly coldMs: readonly number[];
};

const BATCH_PACKS = 20_000;
const WARM_BATCHES = 5;

export async function benchPhone(
  print: Print,
  options: PhoneOptions = PHONE_DEFAULTS,
): Promise<readonly Figure[]> {
  const { packs, rows, layers, layeredPacks } = options;
  const { syncMs, longTasksMs, rowsMs, warmUs, layeredUs, coldMs } = await runPhone(print, options);
  const ms = median(syncMs);
  // Its inserts grow slower as the table grows, so this flatters it.
  const rowsAllMs = (rowsMs / rows) * packs;
  print(
    `phone: ${packs / 1e6}M packs synced and checked in ${syncMs.map((each) => `${Math.round(each)}`).join(', ')} ms ` +
      `(bar 3000); ${rows} rows in ${Math.round(rowsMs)} ms, so ${Math.round(rowsAllMs / 1000)} s for all: ` +
      `${Math.round(rowsAllMs / ms)} x (bar 1000)`,
  );
  print(
    `  tasks over 50 ms on the main thread: ${longTasksMs.length} in ${syncMs.length} syncs` +
      `${longTasksMs.length > 0 ? `, the longest ${Math.round(Math.max(...longTasksMs))} ms` : ''}`,
  );
  const us = (times: readonly number[]) =>
    `p50 ${median(times).toFixed(2)} us, p95 ${percentile(times, 0.95).toFixed(2)} us`;
  print(`  warm look-up in the base: ${us(warmUs)} (bar 5)`);
  print(`  warm look-up through a base of ${layeredPacks} and ${layers} layers: ${us(layeredUs)} (bar 100)`);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((p) => percentile(coldMs, p).toFixed(1));
  print(
    `  in a page not in memory: p50 ${p50} ms, p95 ${p95} ms, p99 ${p99} ms (bar 25), ${coldMs.length} pages`,
  );
  return [
    {
      figure: `sync of ${packs / 1e6}M packs into IndexedDB in Chromium, checked`,
      ...{ here: `${(ms / 1000).toFixed(2)} s`, ratio: ms / rowsAllMs },
      peer: `${Math.round(rowsAllMs / 1000)} s (a row a pack, from ${rows} rows)`,
    },
  ];
}

/** Without bars or words, for a test too. */
export async function runPhone(print: Print, options: PhoneOptions): Promise<PhoneFigures> {
  const { packs, layeredPacks, layers, rows, rounds, syncs: times } = options;
  const country = buildCountry(packs);
  print(`phone: ${country.files.size} files of ${packs} packs built`);
  const layered = buildLayers(layeredPacks, layers);
  print(`phone: ${layers} layers over ${layeredPacks} packs built`);
  const out = await buildHarness(`import ${JSON.stringify(join(import.meta.dirname, 'phone-page.ts'))};`);
  const profile = await mkdtemp(join(tmpdir(), 'packtrail-phone-'));
  let served = country;
  const site = await serveFolder(out, (path) => served.files.get(path));
  try {
    const first = await openPhone(profile, site.url);
    const syncs: Awaited<ReturnType<typeof window.phone.sync>>[] = [];
    for (let i = 0; i < times; i++)
      syncs.push(
        await first.page.evaluate(([name, trust]) => window.phone.sync(name, trust), [
          `base-${i}`,
          country.trust,
        ] as const),
      );
    for (const { pages } of syncs) expectEqual(pages, country.pages, 'pages held');
    const rowsMs = await first.page.evaluate((count) => window.phone.writeRows(count), rows);
    served = layered;
    await first.page.evaluate(([name, trust]) => window.phone.sync(name, trust), [
      'layered',
      layered.trust,
    ] as const);
    await first.close();
    // As after the phone was switched on: nothing of the database is in the browser's memory.
    const { page, close } = await openPhone(profile, site.url);
    const coldMs = await page.evaluate(
      ([trust, samples]) => window.phone.lookUpCold('base-0', trust, samples),
      [country.trust, country.samples.filter((_, i) => i % SAMPLES_PER_BATCH === 0)] as const,
    );
    const warm = (name: string, { trust, samples }: Served) =>
      page.evaluate(([of, by, some, times]) => window.phone.lookUpWarm(of, by, some, times), [
        name,
        trust,
        warmSamples(samples),
        rounds,
      ] as const);
    const warmUs = await warm('base-0', country);
    const layeredUs = await warm('layered', layered);
    await close();
    const longTasksMs = syncs.flatMap((each) => each.longTasksMs);
    return { syncMs: syncs.map(({ ms }) => ms), longTasksMs, rowsMs, warmUs, layeredUs, coldMs };
  } finally {
    await site.close();
    await Promise.all([out, profile].map((folder) => rm(folder, { recursive: true, force: true })));
  }
}

type Served = {
  /** By path, as the ledger's server gives them out. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly trust: ReturnType<typeof createCountryLedger>['trust'];
  /** Packs in the order of their pages. */
  readonly samples: readonly Sample[];
  readonly pages: number;
};

const SAMPLES_PER_BATCH = 10;

function buildCountry(packs: number): Served {
  const samples: Sample[] = [];
  function* batches(): Generator<PackedBatch> {
    for (const each of syntheticBatches({ packs, batchPacks: BATCH_PACKS })) {
      samples.push(...samplesOf(each));
      yield each;
    }
  }
  return publish([[...buildPackedPages(batches(), SALT, 0)]], samples);
}

/** A base, and days of 0.5 % changed and 1 % new above it. */
function buildLayers(packs: number, days: number): Served {
  const country = createCountry({ packs, batchPacks: BATCH_PACKS });
  const layers: (readonly BuiltPage[])[] = [[...buildPackedPages(country.batches(), SALT, 0)]];
  for (let day = 0; day < days; day++) {
    const changes = country.pass({ changed: 0.005, news: 0.01, toppedUp: 1 });
    const pages = [...buildDelta(changes, country.issuedBetween, SALT, 0)];
    layers.push(pages.filter((page) => page !== undefined));
  }
  return publish(layers, country.batches().flatMap(samplesOf));
}

function samplesOf({ batch, packs }: PackedBatch): readonly Sample[] {
  const { productId, batchId, keyId, expiry } = batch;
  const step = Math.max(1, Math.floor(packs.states.length / SAMPLES_PER_BATCH));
  return Array.from({ length: Math.floor(packs.states.length / step) }, (_, i) => ({
    pack: { keyId, productId, batchId, packId: idAt(packs, i * step) },
    expiry,
    state: PACK_STATES[packs.states[i * step] as number] as Sample['state'],
  }));
}

function publish(layers: readonly (readonly BuiltPage[])[], samples: readonly Sample[]): Served {
  const ledger = createCountryLedger();
  const refs = layers.map((pages) => pages.map(({ ref }) => ref));
  const id = ledger.publish(refs, Date.now(), SALT);
  const { manifest, proof } = ledger.latest();
  const json = (value: object) => Buffer.from(JSON.stringify(value));
  const files = new Map<string, Uint8Array>([
    ['/api/challenge', json({ challenge: 'a-challenge-for-the-bench' })],
    ['/api/session', json({ token: 'a-token-for-the-bench', expiresMs: 0, nextSequence: 1 })],
    ['/snapshot/latest.tlog-proof', Buffer.from(proof)],
    [`/snapshot/manifest/${id}`, manifest],
    ...ledger.logFiles(),
  ]);
  const bytesOf = new Map(layers.flat().map(({ ref, bytes }) => [ref.sha256, bytes]));
  for (const pages of refs)
    for (const bundle of bundlesOf(pages)) {
      const bytes = bundle.pages.map(({ sha256 }) => bytesOf.get(sha256) ?? new Uint8Array(0));
      files.set(`/snapshot/bundle/${bundle.id}`, concatBytes(...bytes));
    }
  return { files, trust: ledger.trust, samples, pages: bytesOf.size };
}

/** Of a few batches, as a counter or a pallet has them. */
function warmSamples(samples: readonly Sample[]): readonly Sample[] {
  const few = samples.slice(0, WARM_BATCHES * SAMPLES_PER_BATCH);
  return Array.from({ length: 1_000 }, (_, i) => few[i % few.length] as Sample);
}

async function openPhone(profile: string, url: string): Promise<{ page: Page; close(): Promise<void> }> {
  const context = await launchProfile(profile);
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => 'phone' in window);
  return { page, close: () => context.close() };
}

function expectEqual(found: number, expected: number, what: string): void {
  if (found !== expected) throw new Error(`${what}: ${found} instead of ${expected}`);
}
