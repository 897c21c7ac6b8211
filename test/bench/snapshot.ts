// What the README says of the snapshot: bytes a pack, the builder's speed and memory, look-ups, deltas, and that every
// issued pack is right. Each figure stands beside a plain table's, measured in the same run.
// node test/bench/snapshot.ts [--packs 10000000] [--strangers 20000000] [--full]
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { bytesToHex } from '../../src/domain/bytes.ts';
import { PACK_STATES } from '../../src/domain/pack.ts';
import { keyOf } from '../../src/domain/snapshot/batch-record.ts';
import { type BuiltPage, buildPackedPages, type PackedBatch } from '../../src/domain/snapshot/build.ts';
import { buildDelta } from '../../src/domain/snapshot/delta.ts';
import { lookUp } from '../../src/domain/snapshot/lookup.ts';
import { CODEC } from '../../src/domain/snapshot/manifest.ts';
import { queryMembers } from '../../src/domain/snapshot/members.ts';
import { batchPrefix, HASH_WORDS, hashPacks } from '../../src/domain/snapshot/pack-key.ts';
import { idAt } from '../../src/domain/snapshot/packs.ts';
import { openPage, recordIn, type VerifiedPage } from '../../src/domain/snapshot/page.ts';
import { type Country, createCountry } from '../support/synthetic-country.ts';
import {
  createRandom,
  entropyOf,
  randomIds,
  type SyntheticCountry,
  syntheticBatches,
  USUAL_SHARES,
} from '../support/synthetic-packs.ts';
import { type Figure, median, type Print, percentile, tableLines } from './figure.ts';

export type SnapshotBenchOptions = {
  /** Packs of the large country; a smaller one has a million. */
  readonly packs: number;
  /** Packs never issued that are looked up. */
  readonly strangers: number;
  /** Also 100 million packs, page by page. */
  readonly full: boolean;
};

export const SNAPSHOT_BENCH_DEFAULTS: SnapshotBenchOptions = {
  ...{ packs: 10_000_000, strangers: 20_000_000, full: false },
};

const SALT = '5a'.repeat(16);
const AS_OF_MS = Date.UTC(2026, 10, 22);
const MILLION = 1_000_000;
const BATCH_PACKS = 20_000;
/** Bits that no encoding of members with these odds of a false accept, and their states, can go below. */
const BOUND = CODEC.baseBits + entropyOf(USUAL_SHARES);

/** Figures for the table of the README. */
export async function benchSnapshot(
  print: Print,
  { packs, strangers, full }: SnapshotBenchOptions = SNAPSHOT_BENCH_DEFAULTS,
): Promise<readonly Figure[]> {
  print(`snapshot: states 70/28/2 %, bound f + H = ${BOUND.toFixed(3)} bits a pack`);
  const plain = benchPlainTable(print);
  benchBuild(print, { packs: MILLION, batchPacks: BATCH_PACKS }, plain, 1.05);
  for (const batchPacks of [5_000, 1_000, 100]) benchBuild(print, { packs: MILLION, batchPacks }, plain);
  const figures = [...benchBuild(print, { packs, batchPacks: BATCH_PACKS }, plain, 1.03)];
  if (full)
    figures.push(...benchBuild(print, { packs: 100 * MILLION, batchPacks: BATCH_PACKS }, plain, 1.03));
  figures.push(benchDelta(print, packs), ...benchMonth(print, strangers));
  return figures;
}

type PlainTable = { readonly bytesPerPack: number; readonly secondsPerPack: number };

/** The peer: the first 8 bytes of a SHA-256 for each pack, sorted, with 4 bits of state. */
function benchPlainTable(print: Print): PlainTable {
  const batches = [...syntheticBatches({ packs: MILLION, batchPacks: BATCH_PACKS })];
  const started = performance.now();
  const keys = new BigUint64Array(MILLION);
  let at = 0;
  for (const { batch, packs } of batches) {
    const prefix = Buffer.from(SALT + keyOf(batch), 'hex');
    for (let i = 0; i < packs.states.length; i++) {
      const hash = createHash('sha256')
        .update(prefix)
        .update(packs.ids.subarray(16 * i, 16 * i + 16));
      keys[at++] = hash.digest().readBigUInt64BE();
    }
  }
  keys.sort();
  const seconds = (performance.now() - started) / 1000;
  const gzipped = gzipSync(new Uint8Array(keys.buffer)).length / MILLION;
  print(
    `  plain table, 1M: 8.5 bytes a pack (keys gzipped: ${(gzipped + 0.5).toFixed(2)}), ` +
      rate(MILLION, seconds),
  );
  return { bytesPerPack: 8.5, secondsPerPack: seconds / MILLION };
}

const rate = (packs: number, seconds: number) => `${Math.round(packs / seconds / 1000)}k packs/s`;

/** Builds a country page by page, every pack looked up in the page that it went into; keeps nothing. */
function benchBuild(
  print: Print,
  country: SyntheticCountry,
  plain: PlainTable,
  bar?: number,
): readonly Figure[] {
  let makingMs = 0;
  function* batches(): Generator<PackedBatch> {
    const source = syntheticBatches(country);
    for (;;) {
      const started = performance.now();
      const next = source.next();
      makingMs += performance.now() - started;
      if (next.done) return;
      yield next.value;
    }
  }
  const started = performance.now();
  const cpuStarted = process.cpuUsage();
  let bytes = 0;
  let pages = 0;
  for (const page of buildPackedPages(batches(), SALT, AS_OF_MS)) {
    bytes += page.bytes.length;
    pages++;
  }
  const seconds = (performance.now() - started - makingMs) / 1000;
  const { user, system } = process.cpuUsage(cpuStarted);
  const { packs, batchPacks } = country;
  const name = `${packs / MILLION}M packs`;
  const here = bytes / packs;
  const timeRatio = seconds / packs / plain.secondsPerPack;
  print(
    `  ${name} in batches of ${batchPacks}: ${(here * 8).toFixed(3)} bits a pack, ${((here * 8) / BOUND).toFixed(4)} x the bound` +
      `${bar ? ` (bar ${bar})` : ''}, ${pages} pages; ${rate(packs, seconds)} checked (bar 300k; ` +
      `${((user + system - makingMs * 1000) / packs).toFixed(2)} us of CPU a pack), ` +
      `peak RSS ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB (bar 1024)`,
  );
  return [
    {
      ...{ figure: `snapshot of ${name}, bytes a pack`, here: here.toFixed(3) },
      ...{
        peer: `${plain.bytesPerPack.toFixed(3)} (sorted 8-byte hashes)`,
        ratio: here / plain.bytesPerPack,
      },
    },
    {
      ...{ figure: `building it, each pack checked`, here: rate(packs, seconds) },
      ...{ peer: `${rate(1, plain.secondsPerPack)} (the same, unchecked)`, ratio: timeRatio },
    },
  ];
}

function opened({ bytes, ref }: BuiltPage): VerifiedPage {
  const page = openPage(bytes, ref);
  if (!page.ok) throw new Error(page.detail);
  return page.value;
}

/** Bits that no encoding of which packs have changed, and to what, can go below. */
function changeBound(issued: number, changed: Uint8Array): number {
  const share = changed.length / issued;
  const which = issued * entropyOf([share, 1 - share]);
  const counts = PACK_STATES.map((_, state) =>
    changed.reduce((sum, one) => sum + (one === state ? 1 : 0), 0),
  );
  return which + changed.length * entropyOf(counts.map((count) => count / changed.length));
}

function benchDelta(print: Print, packs: number): Figure {
  const country = createCountry({ packs, batchPacks: BATCH_PACKS });
  const changes = country.pass({ changed: 0.01, news: 0 });
  const states = Uint8Array.from(changes.flatMap(({ changed }) => [...changed.states]));
  const started = performance.now();
  let bytes = 0;
  for (const page of buildDelta(changes, country.issuedBetween, SALT, AS_OF_MS))
    bytes += page?.bytes.length ?? 0;
  const seconds = (performance.now() - started) / 1000;
  const ratio = (bytes * 8) / changeBound(packs, states);
  const plain = states.length * 8.5;
  const name = `1 % of ${packs / MILLION}M packs changed`;
  print(
    `  delta, ${name}: ${kb(bytes)}, ${ratio.toFixed(3)} x its bound (bar 1.3); ` +
      `every pack issued put to it in ${seconds.toFixed(1)} s`,
  );
  return {
    figure: `delta, ${name}`,
    here: kb(bytes),
    peer: `${kb(plain)} (their hashes)`,
    ratio: bytes / plain,
  };
}

const kb = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`;

/** A base of a million and thirty days: sizes, every pack looked up, strangers, and the time that a look-up takes. */
function benchMonth(print: Print, strangers: number): readonly Figure[] {
  const country = createCountry({ packs: MILLION, batchPacks: BATCH_PACKS });
  const base = [...buildPackedPages(country.batches(), SALT, AS_OF_MS)];
  const layers = [base.map(opened)];
  print(`  base of 1M: ${checkEvery(country, layers)}`);
  print(`  never issued, put to the base: ${tryStrangers(country, layers, strangers, 2 ** -16)}`);
  const warm = timeLookUps(country, layers);
  const inMap = timeMap(country);
  print(
    `  warm look-up in the base: ${timeWords(warm)} (bar 5 us); in a Map of hex ids: ${timeWords(inMap)}`,
  );
  let deltaBytes = 0;
  for (let day = 1; day <= 30; day++) {
    const changes = country.pass({ changed: 0.005, news: 0.01, toppedUp: 1 });
    const steps = [...buildDelta(changes, country.issuedBetween, SALT, AS_OF_MS)];
    const delta = steps.filter((page) => page !== undefined);
    deltaBytes += sizeOf(delta);
    layers.push(delta.map(opened));
    if (day === 1)
      print(`  a day of 0.5 % changed and 1 % new: ${kb(sizeOf(delta))} on a base of ${kb(sizeOf(base))}`);
  }
  const renewed = sizeOf([...buildPackedPages(country.batches(), SALT, AS_OF_MS)]);
  print(`  base and 30 layers: ${checkEvery(country, layers)}`);
  print(`  never issued, put to 31 layers: ${tryStrangers(country, layers, strangers, 2 ** -15)}`);
  const layered = timeLookUps(country, layers);
  print(`  warm look-up through 31 layers: ${timeWords(layered)} (bar 100 us)`);
  return [
    {
      ...{ figure: 'thirty days of deltas, 1M packs', here: kb(deltaBytes) },
      ...{ peer: `${kb(renewed)} (a new base)`, ratio: deltaBytes / renewed },
    },
    lookUpFigure('warm look-up in the base', warm, inMap),
    lookUpFigure('warm look-up through 31 layers', layered, inMap),
  ];
}

function lookUpFigure(figure: string, here: readonly number[], inMap: readonly number[]): Figure {
  const us = (rounds: readonly number[]) => `${median(rounds).toFixed(2)} us`;
  return {
    figure,
    here: us(here),
    peer: `${us(inMap)} (a Map of hex ids)`,
    ratio: median(here) / median(inMap),
  };
}

const sizeOf = (pages: readonly BuiltPage[]) => pages.reduce((sum, { bytes }) => sum + bytes.length, 0);

type Layers = readonly (readonly VerifiedPage[])[];

function pagesFor(layers: Layers, key: string): VerifiedPage[] {
  const found: VerifiedPage[] = [];
  for (let i = layers.length - 1; i >= 0; i--) {
    const page = layers[i]?.find(({ last }) => key <= last);
    if (page && page.first <= key) found.push(page);
  }
  return found;
}

function checkEvery(country: Country, layers: Layers): string {
  let wrong = 0;
  for (const { batch, packs } of country.batches())
    for (let i = 0; i < packs.states.length; i++) {
      const packId = idAt(packs, i);
      const found = lookUp(pagesFor(layers, keyOf(batch) + packId), SALT, { ...batch, packId }, batch.expiry);
      if (found.kind !== 'hit' || found.state !== PACK_STATES[packs.states[i] as number]) wrong++;
    }
  return `${wrong} of ${country.packs()} packs wrong (bar 0)`;
}

/** Serials that were never issued, spread over the batches, put to the layers as a look-up does. */
function tryStrangers(country: Country, layers: Layers, count: number, oddsMax: number): string {
  const random = createRandom(77);
  const batches = country.batches();
  const perBatch = Math.ceil(count / batches.length);
  const hashes = new Int32Array(HASH_WORDS);
  let accepted = 0;
  for (const { batch } of batches) {
    const prefix = batchPrefix(SALT, batch.productId, batch.batchId);
    const ids = randomIds(random, perBatch);
    const pages = layers.flat().filter((page) => recordIn(page, batch) && page.members.kind !== 'none');
    for (let i = 0; i < perBatch; i++) {
      const id = ids.subarray(16 * i, 16 * i + 16);
      hashPacks(prefix, batch.expiry, id, hashes, 0);
      const held = pages.some((page) => queryMembers(page.members, hashes, 0) >= 0);
      if (held) accepted += isHit(layers, batch, bytesToHex(id)) ? 1 : 0;
    }
  }
  const tried = perBatch * batches.length;
  const expected = tried * oddsMax;
  const sigmas = (accepted - expected) / Math.sqrt(expected);
  return `${accepted} of ${tried} accepted, ${expected.toFixed(0)} at 2^${Math.log2(oddsMax)}, ${sigmas.toFixed(1)} standard deviations off`;
}

function isHit(layers: Layers, batch: PackedBatch['batch'], packId: string): boolean {
  const pages = pagesFor(layers, keyOf(batch) + packId);
  return lookUp(pages, SALT, { ...batch, packId }, batch.expiry).kind === 'hit';
}

const TIMED_ROUNDS = 50;
const TIMED_PACKS = 1_000;

/** Microseconds a look-up, in rounds of a thousand packs: ids given in hex, pages in memory. */
function timeLookUps(country: Country, layers: Layers): readonly number[] {
  return timed(sampleOf(country), ({ batch, packId, key }) =>
    lookUp(pagesFor(layers, key), SALT, { ...batch, packId }, batch.expiry),
  );
}

function timeMap(country: Country): readonly number[] {
  const states = new Map<string, number>();
  for (const { batch, packs } of country.batches())
    for (let i = 0; i < packs.states.length; i++)
      states.set(keyOf(batch) + idAt(packs, i), packs.states[i] as number);
  return timed(sampleOf(country), ({ key }) => states.get(key));
}

const timeWords = (rounds: readonly number[]) =>
  `p50 ${median(rounds).toFixed(2)} us, p99 of rounds ${percentile(rounds, 0.99).toFixed(2)} us`;

type Sample = { readonly batch: PackedBatch['batch']; readonly packId: string; readonly key: string };

function sampleOf(country: Country): Sample[] {
  const random = createRandom(5);
  const batches = country.batches();
  return Array.from({ length: TIMED_ROUNDS * TIMED_PACKS }, () => {
    const { batch, packs } = batches[random() % batches.length] as PackedBatch;
    const at = (random() % packs.states.length) * 16;
    const packId = bytesToHex(packs.ids.subarray(at, at + 16));
    return { batch, packId, key: keyOf(batch) + packId };
  });
}

/** Keeps the compiler from dropping work whose outcome nobody reads. */
const sink: unknown[] = [];

function timed(sample: readonly Sample[], work: (one: Sample) => unknown): readonly number[] {
  const rounds: number[] = [];
  for (let at = 0; at < sample.length; at += TIMED_PACKS) {
    const started = performance.now();
    for (let i = at; i < at + TIMED_PACKS; i++) sink[i & 1] = work(sample[i] as Sample);
    rounds.push(((performance.now() - started) * 1000) / TIMED_PACKS);
  }
  return rounds;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { packs: { type: 'string' }, strangers: { type: 'string' }, full: { type: 'boolean' } },
  });
  const { packs, strangers, full } = SNAPSHOT_BENCH_DEFAULTS;
  const figures = await benchSnapshot(console.log, {
    ...{ packs: Number(values.packs ?? packs), strangers: Number(values.strangers ?? strangers) },
    full: values.full ?? full,
  });
  console.log(tableLines(figures).join('\n'));
}
