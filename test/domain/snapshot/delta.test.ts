import { sha256 } from '@noble/hashes/sha2.js';
import { expect, test } from 'vitest';
import { bytesToHex } from '../../../src/domain/bytes.ts';
import { PAGE_BYTES_MAX } from '../../../src/domain/limits.ts';
import { PACK_STATES } from '../../../src/domain/pack.ts';
import { keyOf } from '../../../src/domain/snapshot/batch-record.ts';
import { type BuiltPage, buildPackedPages } from '../../../src/domain/snapshot/build.ts';
import { type BatchChange, buildDelta } from '../../../src/domain/snapshot/delta.ts';
import { lookUp } from '../../../src/domain/snapshot/lookup.ts';
import { NO_PACKS } from '../../../src/domain/snapshot/packs.ts';
import { openPage, type VerifiedPage } from '../../../src/domain/snapshot/page.ts';
import { mangled } from '../../support/mangle.ts';
import { type Country, createCountry } from '../../support/synthetic-country.ts';
import { createRandom, randomIds } from '../../support/synthetic-packs.ts';

const SALT = '5a'.repeat(16);
const AS_OF_MS = Date.UTC(2026, 10, 22);

/** Layers as a device holds them, oldest first. */
type Layers = readonly (readonly VerifiedPage[])[];

function opened(pages: Iterable<BuiltPage>): VerifiedPage[] {
  return [...pages].map(({ bytes, ref }) => {
    const page = openPage(bytes, ref);
    if (!page.ok) throw new Error(page.detail);
    return page.value;
  });
}

function pagesFor(layers: Layers, key: string): VerifiedPage[] {
  return layers
    .toReversed()
    .flatMap((pages) => pages.filter(({ first, last }) => first <= key && key <= last));
}

/** How many of the country's packs the layers get wrong. */
function wrongIn(country: Country, layers: Layers, every = 1): number {
  let wrong = 0;
  for (const { batch, packs } of country.batches())
    for (let i = 0; i < packs.states.length; i += every) {
      const packId = bytesToHex(packs.ids.subarray(16 * i, 16 * i + 16));
      const found = lookUp(pagesFor(layers, keyOf(batch) + packId), SALT, { ...batch, packId }, batch.expiry);
      const isRight =
        found.kind === 'hit' &&
        found.state === PACK_STATES[packs.states[i] as number] &&
        found.batch.recalled === batch.recalled;
      if (!isRight) wrong++;
    }
  return wrong;
}

/** Packs that were never issued, each under one of the country's batches, that the layers take for issued. */
function falseAcceptsIn(country: Country, layers: Layers, perBatch: number): number {
  const random = createRandom(99);
  let accepted = 0;
  for (const { batch } of country.batches()) {
    const ids = randomIds(random, perBatch);
    for (let i = 0; i < perBatch; i++) {
      const packId = bytesToHex(ids.subarray(16 * i, 16 * i + 16));
      const pages = pagesFor(layers, keyOf(batch) + packId);
      if (lookUp(pages, SALT, { ...batch, packId }, batch.expiry).kind === 'hit') accepted++;
    }
  }
  return accepted;
}

function built(
  country: Country,
  changes: readonly BatchChange[],
  asOfMs = AS_OF_MS,
  newsBits?: number,
): BuiltPage[] {
  return [...buildDelta(changes, country.issuedBetween, SALT, asOfMs, newsBits)].filter(
    (page) => page !== undefined,
  );
}

const base = (country: Country) => opened(buildPackedPages(country.batches(), SALT, AS_OF_MS));
const delta = (country: Country, changes: readonly BatchChange[], newsBits?: number) =>
  opened(built(country, changes, AS_OF_MS, newsBits));

test('every issued pack is right through a base and thirty layers', () => {
  const country = createCountry({ packs: 12_000, batchPacks: 700 });
  const layers = [base(country)];
  expect(wrongIn(country, layers)).toBe(0);
  for (let day = 1; day <= 30; day++) {
    const changes = country.pass({ changed: 0.01, news: 0.01, recalls: day % 7 === 0 ? 1 : 0 });
    layers.push(delta(country, changes));
    if ([1, 2, 7, 30].includes(day)) expect(wrongIn(country, layers)).toBe(0);
  }
});

test('packs that a news part takes for its own keep their state', () => {
  const country = createCountry({ packs: 20_000, batchPacks: 1_000 });
  const layers = [base(country)];
  for (let day = 1; day <= 6; day++) {
    // With 8 bits, one in 256 of the packs in batches that got more is taken for new.
    const pages = delta(country, country.pass({ changed: day % 2 === 0 ? 0.01 : 0, news: 0.2 }), 8);
    if (day % 2 === 1) expect(pages.every(({ changes }) => changes.kind !== 'none')).toBe(true);
    layers.push(pages);
    expect(wrongIn(country, layers)).toBe(0);
  }
});

test('a delta of a few packs is a few bytes, and right', () => {
  const country = createCountry({ packs: 30_000, batchPacks: 1_000 });
  const layers = [base(country)];
  const changes = country.pass({ changed: 0.0002, news: 0 });
  const pages = built(country, changes);
  const changed = changes.reduce((sum, change) => sum + change.changed.states.length, 0);
  expect(changed).toBeGreaterThan(2);
  expect(pages).toHaveLength(1);
  expect(pages[0]?.bytes.length).toBe(4 + 2 + 1 + 1 + 1 + 5 * changed);
  expect(wrongIn(country, [...layers, opened(pages)])).toBe(0);
});

test('a delta without changes has no pages', () => {
  const country = createCountry({ packs: 100, batchPacks: 100 });
  expect(delta(country, [])).toEqual([]);
});

test('a whole batch changing, or every pack of the country, is right', () => {
  const country = createCountry({ packs: 6_000, batchPacks: 2_000, shares: [1] });
  const layers = [base(country), delta(country, country.pass({ changed: 1, news: 0 }))];
  expect(wrongIn(country, layers)).toBe(0);
});

test('a batch that has expired since says so, and its packs are no longer asked for', () => {
  const country = createCountry({ packs: 2_000, batchPacks: 1_000 });
  const [gone, kept] = country.batches();
  if (!gone || !kept) throw new Error('two batches');
  const layers = [base(country)];
  const expired = { ...gone.batch, expiry: 20261130 };
  const change = { batch: expired, recorded: true, news: NO_PACKS, changed: gone.packs };
  const later = AS_OF_MS + 30 * 86_400_000;
  layers.push(opened(built(country, [change], later)));
  const packId = bytesToHex(gone.packs.ids.subarray(0, 16));
  const pages = pagesFor(layers, keyOf(expired) + packId);
  expect(lookUp(pages, SALT, { ...expired, packId }, expired.expiry)).toMatchObject({
    kind: 'state-not-held',
  });
});

test('layers let few strangers in', () => {
  const country = createCountry({ packs: 20_000, batchPacks: 1_000 });
  const layers = [base(country)];
  for (let day = 1; day <= 10; day++)
    layers.push(delta(country, country.pass({ changed: 0.01, news: 0.05 }), 9));
  // The base lets 2^-16 in, and each layer 2^-9 in the tenth of the batches that it adds to.
  const tried = country.batches().length * 200;
  const expected = tried * (2 ** -16 + 1.5 * 2 ** -9);
  expect(falseAcceptsIn(country, layers, 200)).toBeLessThan(expected + 5 * Math.sqrt(expected));
});

test('the same changes give the same bytes', () => {
  const bytes = () => {
    const country = createCountry({ packs: 20_000, batchPacks: 1_000 });
    const changes = country.pass({ changed: 0.05, news: 0.05, recalls: 2 });
    return built(country, changes).map(({ ref }) => ref);
  };
  expect(bytes()).toEqual(bytes());
});

test('changes and news spread over pages whose ranges meet but do not overlap', () => {
  const country = createCountry({ packs: 120_000, batchPacks: 60_000 });
  const layers = [base(country)];
  const changes = country.pass({ changed: 0.3, news: 0.5, recalls: 1 });
  const refs = built(country, changes);
  expect(refs.length).toBeGreaterThan(3);
  for (const [i, { ref, bytes }] of refs.entries()) {
    expect(bytes.length).toBeLessThanOrEqual(PAGE_BYTES_MAX);
    expect(ref.first <= ref.last).toBe(true);
    if (i > 0) expect((refs[i - 1]?.ref.last ?? '') < ref.first).toBe(true);
  }
  layers.push(opened(refs));
  expect(wrongIn(country, layers)).toBe(0);
});

test('no changed byte of a delta’s page crashes or hangs a reader, under whatever hash', () => {
  const country = createCountry({ packs: 3_000, batchPacks: 1_000 });
  const layers = [base(country)];
  const changes = country.pass({ changed: 0.1, news: 0.1, recalls: 1 });
  const [first] = built(country, changes);
  const { batch, packs } = country.batches()[0] ?? {};
  if (!first || !batch || !packs) throw new Error('nothing built');
  const packId = bytesToHex(packs.ids.subarray(0, 16));
  for (const bytes of mangled(first.bytes)) {
    const page = openPage(bytes, { ...first.ref, bytes: bytes.length, sha256: bytesToHex(sha256(bytes)) });
    if (page.ok) lookUp([page.value, ...layers.flat()], SALT, { ...batch, packId }, batch.expiry);
    expect(openPage(bytes, first.ref).ok).toBe(false);
  }
});
