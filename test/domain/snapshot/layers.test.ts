import { expect, test } from 'vitest';
import { bytesToHex } from '../../../src/domain/bytes.ts';
import { PACK_STATES } from '../../../src/domain/pack.ts';
import { keyOf } from '../../../src/domain/snapshot/batch-record.ts';
import { LAYER_POLICY, planLayer } from '../../../src/domain/snapshot/layer-policy.ts';
import { type BatchReading, type FoldReading, layerPages } from '../../../src/domain/snapshot/layers.ts';
import { lookUp } from '../../../src/domain/snapshot/lookup.ts';
import {
  type Manifest,
  type PageRef,
  pagesForPack,
  parseManifest,
} from '../../../src/domain/snapshot/manifest.ts';
import { idAt, pickPacks } from '../../../src/domain/snapshot/packs.ts';
import { openPage, type VerifiedPage } from '../../../src/domain/snapshot/page.ts';
import { sampleSnapshot } from '../../support/sample-snapshot.ts';
import { type Country, createCountry, type Day } from '../../support/synthetic-country.ts';

const HOUR_MS = 3_600_000;
const MIDNIGHT_MS = Date.UTC(2026, 10, 22);

/** A ledger over an invented country: one entry for each time that something happened. */
function createLedger(country: Country) {
  const lastIndex = new Map<string, number>();
  let logSize = 1;

  function pass(day: Day): void {
    for (const { batch, news, changed } of country.pass(day))
      for (const packs of [news, changed])
        for (const i of packs.states.keys()) lastIndex.set(keyOf(batch) + idAt(packs, i), logSize);
    logSize += 1;
  }

  function* batchesBetween(first: string, last: string): Generator<BatchReading> {
    for (const { batch, packs } of country.batches()) {
      const key = keyOf(batch);
      if (key < first || key > last) continue;
      const isSince = (size: number) => (i: number) => (lastIndex.get(key + idAt(packs, i)) ?? 0) >= size;
      const packsSince = (size: number) => pickPacks(packs, [...packs.states.keys()].filter(isSince(size)));
      yield { batch, packs: () => packs, packsSince };
    }
  }

  return { pass, logSize: () => logSize, reading: { batchesBetween } satisfies FoldReading };
}

/** Publishes snapshots, and reads them back. */
function createPublisher(ledger: ReturnType<typeof createLedger>) {
  const files = new Map<string, Uint8Array>();
  let manifest: Manifest | undefined;

  function publish(asOfMs: number): Manifest {
    const freshSalt = bytesToHex(new Uint8Array(16).fill(ledger.logSize()));
    const below = planLayer(manifest, asOfMs, { ...LAYER_POLICY, deltaPercentMax: 1_000 });
    const salt = manifest && below.length > 0 ? manifest.salt : freshSalt;
    const readPage = ({ sha256 }: PageRef) => files.get(sha256) as Uint8Array;
    const pages: PageRef[] = [];
    for (const built of layerPages({ below, salt, asOfMs, reading: ledger.reading, readPage })) {
      if (!built) continue;
      files.set(built.ref.sha256, built.bytes);
      pages.push(built.ref);
    }
    const kind = below.length > 0 ? 'delta' : 'base';
    const layers = [...below, { kind, logSize: ledger.logSize(), asOfMs, pages } as const];
    const parsed = parseManifest(sampleSnapshot([], { layers, salt }).manifest);
    if (!parsed.ok) throw new Error(parsed.detail);
    manifest = parsed.value;
    return manifest;
  }

  const opened = new Map<string, VerifiedPage>();
  const open = (ref: PageRef) => {
    const page = openPage(files.get(ref.sha256) as Uint8Array, ref);
    if (!page.ok) throw new Error(page.detail);
    opened.set(ref.sha256, page.value);
    return page.value;
  };
  return { publish, open: (ref: PageRef) => opened.get(ref.sha256) ?? open(ref) };
}

test('snapshot after snapshot, every pack is as the ledger has it', () => {
  const country = createCountry({ packs: 4_000, batchPacks: 400 });
  const ledger = createLedger(country);
  const { publish, open } = createPublisher(ledger);
  const kinds: string[] = [];
  for (let hour = 0; hour < 4 * 24; hour += 8) {
    if (hour > 0)
      ledger.pass({ changed: 0.02, news: hour % 24 === 0 ? 0.02 : 0, recalls: hour === 16 ? 1 : 0 });
    const manifest = publish(MIDNIGHT_MS + hour * HOUR_MS);
    kinds.push(manifest.layers.map(({ kind }) => kind.charAt(0)).join(''));
    let wrong = 0;
    for (const { batch, packs } of country.batches())
      packs.states.forEach((state, i) => {
        const packId = idAt(packs, i);
        const pages = pagesForPack(manifest, keyOf(batch) + packId).map(open);
        const found = lookUp(pages, manifest.salt, { ...batch, packId }, batch.expiry);
        const isRight = found.kind === 'hit' && found.state === PACK_STATES[state];
        if (!isRight || found.batch.recalled !== batch.recalled) wrong++;
      });
    expect(wrong).toBe(0);
  }
  // The day's delta is replaced until the day is over.
  expect(kinds).toEqual([
    'b',
    'bd',
    'bd',
    'bdd',
    'bdd',
    'bdd',
    'bddd',
    'bddd',
    'bddd',
    'bdddd',
    'bdddd',
    'bdddd',
  ]);
});

test('whoever has the same state and the same snapshot before builds the same', () => {
  const layers = () => {
    const ledger = createLedger(createCountry({ packs: 3_000, batchPacks: 300 }));
    const { publish } = createPublisher(ledger);
    publish(MIDNIGHT_MS);
    ledger.pass({ changed: 0.05, news: 0.05 });
    publish(MIDNIGHT_MS + HOUR_MS);
    ledger.pass({ changed: 0.05, news: 0 });
    return publish(MIDNIGHT_MS + 2 * HOUR_MS).layers;
  };
  expect(layers()).toEqual(layers());
});
