import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hexToBytes } from '@noble/hashes/utils.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { utf8ToBytes } from '../../../src/domain/bytes.ts';
import { openCheckpoint } from '../../../src/domain/ledger/checkpoint.ts';
import { leafHash } from '../../../src/domain/ledger/merkle.ts';
import { openProofFile, parseProofFile } from '../../../src/domain/ledger/proof-file.ts';
import { expiryNumber, type Pack } from '../../../src/domain/pack.ts';
import { type Finding, lookUp } from '../../../src/domain/snapshot/lookup.ts';
import {
  type Manifest,
  manifestId,
  type PageRef,
  pagesForProduct,
  parseManifest,
  parseSnapshotLeaf,
} from '../../../src/domain/snapshot/manifest.ts';
import { openPage, type VerifiedPage } from '../../../src/domain/snapshot/page.ts';
import { createServerBlinder } from '../../../src/server/ledger/server-blinder.ts';
import { PACK, packs } from '../../support/sample-events.ts';
import { openTestLedger, type TestDevice, type TestLedger } from '../../support/signed-events.ts';
import { must, readPublishedLog, trustIn } from './log-reader.ts';

const DAY_MS = 86_400_000;
let on: TestLedger;
let maker: TestDevice;
let pharmacy: TestDevice;

beforeEach(async () => {
  on = await openTestLedger();
  maker = on.enrol('albus', 'plant', 'manufacturer');
  pharmacy = on.enrol('rose', 'main', 'pharmacy');
});
afterEach(() => on.remove());

/** The latest snapshot as a device reads it: from the proof down, each step verified. */
function readLatest(): Manifest {
  const file = (path: string) => readFileSync(join(on.ledger.snapshotFolder, path));
  const proof = file('latest.tlog-proof');
  const leafBytes = must(parseProofFile(proof)).extra;
  if (!leafBytes) throw new Error('no leaf in the proof');
  must(openProofFile(proof, leafHash(leafBytes), trustIn(on.ledger.snapshotKey)));
  const leaf = must(parseSnapshotLeaf(leafBytes));
  if (leaf.kind !== 'manifest') throw new Error('a void leaf');
  const bytes = file(`manifest/${leaf.id}`);
  expect(manifestId(bytes)).toBe(leaf.id);
  return must(parseManifest(bytes));
}

/** The newest. */
function manifestsOf(count: number): Manifest[] {
  const folder = join(on.ledger.snapshotFolder, 'manifest');
  const all = readdirSync(folder).map((name) => must(parseManifest(readFileSync(join(folder, name)))));
  return all.sort((a, b) => b.number - a.number).slice(0, count);
}

function lookUpIn(manifest: Manifest, pack: Pack): Finding {
  return readerOf(manifest)(pack);
}

/** Opens each page once. */
function readerOf(manifest: Manifest): (pack: Pack) => Finding {
  const blinder = createServerBlinder(on.ledger.masters);
  const opened = new Map<PageRef, VerifiedPage>();
  const open = (ref: PageRef) => {
    const known = opened.get(ref);
    const page =
      known ?? must(openPage(readFileSync(join(on.ledger.snapshotFolder, 'page', ref.sha256)), ref));
    opened.set(ref, page);
    return page;
  };
  return (pack) => {
    const blind = blinder.pack(1, pack);
    const pages = pagesForProduct(manifest, blind.productId).map(open);
    return lookUp(pages, manifest.salt, blind, expiryNumber(pack.expiry));
  };
}

test('every pack has the state in the snapshot that it has in the ledger, and strangers have none', async () => {
  const products = ['gtin:09506000100012', 'gtin:09506000100029', 'ppn:119000001525'];
  const all = products.flatMap((productCode) =>
    ['B1', 'B2', 'B3'].flatMap((batch) => packs(600, { productCode, batch, expiry: '2030-06-30' })),
  );
  // A serial is a product's, not a batch's.
  const market = all.map((pack) => ({ ...pack, serial: `${pack.batch}${pack.serial}` }));
  await on.ledger.acceptEvents([
    maker.next('commission', market.slice(0, 2_700)),
    maker.next('commission', market.slice(2_700)),
  ]);
  const pick = (step: number) => market.filter((_, i) => i % 97 === step);
  const concerns = { productCode: 'gtin:09506000100029', batch: 'B2' };
  await on.ledger.acceptEvents([
    pharmacy.next('supply', pick(1)),
    pharmacy.next('destroy', pick(2)),
    pharmacy.next('lock', pick(3)),
    maker.next('recall', [], { batches: [concerns] }),
    maker.next('withdraw', [], { batches: [{ productCode: 'ppn:119000001525', batch: null }] }),
  ]);
  await on.ledger.buildSnapshotNow();
  const manifest = readLatest();
  expect(manifest).toMatchObject({ number: 1, packs: market.length, asOfMs: on.time.nowMs });
  const checkpoint = must(openCheckpoint(utf8ToBytes(manifest.checkpoint), trustIn(on.ledger.ledgerKey)));
  expect(checkpoint.size).toBe(readPublishedLog(on.ledger.logFolder, on.ledger.ledgerKey).checkpoint.size);
  const questions = [
    ...market,
    ...market.filter((_, i) => i % 50 === 0).map((pack) => ({ ...pack, batch: 'B9' })),
    ...market.filter((_, i) => i % 50 === 0).map((pack) => ({ ...pack, expiry: '2033-01-31' })),
    ...market.filter((_, i) => i % 50 === 0).map((pack) => ({ ...pack, serial: `X${pack.serial}` })),
  ];
  const read = readerOf(manifest);
  for (const pack of questions) {
    const { finding } = on.ledger.verify(pack);
    const found = read(pack);
    if (found.kind === 'hit' || found.kind === 'miss')
      expect({ ...found, batch: found.batch && statusOf(found.batch) }).toEqual(finding);
    else expect(found).toEqual(finding);
  }
});

function statusOf({
  expiry,
  recalled,
  withdrawn,
}: {
  expiry: number;
  recalled: boolean;
  withdrawn: boolean;
}) {
  return { expiry, recalled, withdrawn };
}

const supplied = (serial: string) => pharmacy.next('supply', [{ ...PACK, serial }]);

test('what has not changed keeps its page, and the salt stays until a new base takes a fresh one', async () => {
  await on.ledger.acceptEvents([maker.next('commission', packs(20))]);
  await on.ledger.buildSnapshotNow();
  const first = readLatest();
  on.time.nowMs += 60_000;
  await on.ledger.buildSnapshotNow();
  const second = readLatest();
  expect(second).toMatchObject({ number: 2, salt: first.salt, packs: 20 });
  expect(second.layers).toMatchObject([first.layers[0], { kind: 'delta', logSize: 1, pages: [] }]);
  expect(second.publishedMs).toBe(first.publishedMs + 60_000);
  await on.reopen();
  on.time.nowMs += DAY_MS;
  await on.ledger.acceptEvents([supplied('S2')]);
  await on.ledger.buildSnapshotNow();
  const third = readLatest();
  expect(third).toMatchObject({ number: 3, salt: first.salt });
  expect(third.layers.map(({ kind }) => kind)).toEqual(['base', 'delta', 'delta']);
  expect(lookUpIn(third, PACK)).toMatchObject({ kind: 'hit', state: 'active' });
  on.time.nowMs += 30 * DAY_MS;
  await on.ledger.acceptEvents([supplied('S3')]);
  await on.ledger.buildSnapshotNow();
  const fourth = readLatest();
  expect(fourth.layers.map(({ kind, logSize }) => [kind, logSize])).toEqual([['base', 3]]);
  expect(fourth.salt).not.toBe(first.salt);
});

test('at most thirty daily layers, and one for the day so far', async () => {
  const market = packs(3_000);
  await on.ledger.acceptEvents([maker.next('commission', market)]);
  const layers: number[] = [];
  // Each day at the same hour, so the thirty-first delta is of the day on which the base is thirty days old but for an hour.
  for (let day = 0; day < 32; day++) {
    await on.ledger.buildSnapshotNow();
    layers.push(readLatest().layers.length);
    on.time.nowMs += day === 29 ? DAY_MS - 3_600_000 : DAY_MS;
    await on.ledger.acceptEvents([pharmacy.next('supply', market.slice(day, day + 1))]);
  }
  expect(layers).toEqual([...Array.from({ length: 31 }, (_, i) => i + 1), 1]);
});

test('a page that was damaged or lost below brings a new base', async () => {
  await on.ledger.acceptEvents([maker.next('commission', packs(20))]);
  await on.ledger.buildSnapshotNow();
  const [page = ''] = readdirSync(join(on.ledger.snapshotFolder, 'page'));
  for (const spoil of [
    (file: string) => writeFileSync(file, readFileSync(file).fill(1, 9)),
    (file: string) => rmSync(file),
  ]) {
    spoil(join(on.ledger.snapshotFolder, 'page', page));
    await on.ledger.buildSnapshotNow();
    expect(readLatest().layers.map(({ kind }) => kind)).toEqual(['base']);
    expect(lookUpIn(readLatest(), PACK)).toMatchObject({ kind: 'hit', state: 'active' });
  }
});

test('what fails in the thread that builds is told to whoever asked, and the next attempt starts another', async () => {
  await on.ledger.acceptEvents([maker.next('commission', packs(20))]);
  const store = join(on.folder, 'ledger.sqlite');
  renameSync(store, `${store}.away`);
  mkdirSync(store);
  await expect(on.ledger.buildSnapshotNow()).rejects.toThrow(/unable to open|file/);
  rmSync(store, { recursive: true });
  renameSync(`${store}.away`, store);
  await on.ledger.buildSnapshotNow();
  expect(readLatest()).toMatchObject({ number: 1, packs: 20 });
});

const pageNames = () => readdirSync(join(on.ledger.snapshotFolder, 'page')).sort();

test('pages that nobody needs are removed after an hour, every manifest stays', async () => {
  const grow = async (i: number) => {
    await on.ledger.acceptEvents([maker.next('commission', [{ ...PACK, serial: `R${i}` }])]);
    await on.ledger.buildSnapshotNow();
  };
  for (let i = 0; i < 5; i++) await grow(i);
  // The base, and a delta for each after it.
  expect(pageNames().length).toBe(5);
  on.time.nowMs += 3_600_000;
  await grow(5);
  expect(readdirSync(join(on.ledger.snapshotFolder, 'manifest')).length).toBe(6);
  const named = new Set(
    // The newest, and the one that was offered before it, which some are still fetching.
    manifestsOf(2)
      .flatMap(({ layers }) => layers.flatMap(({ pages }) => pages))
      .map(({ sha256 }) => sha256),
  );
  expect(pageNames()).toEqual([...named].sort());
  const log = readPublishedLog(on.ledger.snapshotFolder, on.ledger.snapshotKey);
  expect(log.checkpoint.size).toBe(6);
  expect(readLatest().number).toBe(6);
});

test('a bundle that was damaged is written again', async () => {
  await on.ledger.acceptEvents([maker.next('commission', packs(20))]);
  await on.ledger.buildSnapshotNow();
  const folder = join(on.ledger.snapshotFolder, 'bundle');
  const [bundle = ''] = readdirSync(folder);
  const whole = readFileSync(join(folder, bundle));
  writeFileSync(join(folder, bundle), Buffer.from(whole).fill(1, 9));
  await on.ledger.buildSnapshotNow();
  expect(readFileSync(join(folder, bundle))).toEqual(whole);
});

test('a snapshot holds what its checkpoint covers, whatever is written meanwhile', async () => {
  await on.ledger.acceptEvents([maker.next('commission', packs(3_000))]);
  const building = on.ledger.buildSnapshotNow();
  const writing = Array.from({ length: 20 }, (_, i) =>
    on.ledger.acceptEvents([maker.next('commission', [{ ...PACK, serial: `W${i}` }])]),
  );
  await Promise.all([building, ...writing]);
  const manifest = readLatest();
  const { size } = must(openCheckpoint(utf8ToBytes(manifest.checkpoint), trustIn(on.ledger.ledgerKey)));
  expect(manifest.packs).toBe(3_000 + size - 1);
});

test('with deltas, a device reads base and layers as the ledger has it, and fetches little', async () => {
  const market = packs(2_000).map((pack, i) => ({ ...pack, batch: `B${i % 4}` }));
  await on.ledger.acceptEvents([maker.next('commission', market)]);
  const kinds: string[] = [];
  for (let day = 0; day < 4; day++) {
    for (let hour = 0; hour < 2; hour++) {
      await on.ledger.buildSnapshotNow();
      const manifest = readLatest();
      kinds.push(manifest.layers.map(({ kind }) => kind.charAt(0)).join(''));
      const read = readerOf(manifest);
      const wrong = market.filter((pack) => {
        const { finding } = on.ledger.verify(pack);
        const found = read(pack);
        if (found.kind !== 'hit' || finding.kind !== 'hit') return true;
        return found.state !== finding.state || found.batch.recalled !== finding.batch.recalled;
      });
      expect(wrong).toEqual([]);
      on.time.nowMs += 3_600_000;
      const more = { ...PACK, serial: `D${day}H${hour}` };
      market.push(more);
      await on.ledger.acceptEvents([
        maker.next('commission', [more]),
        pharmacy.next('supply', market.slice(day * 40 + hour * 17, day * 40 + hour * 17 + 9)),
      ]);
    }
    if (day === 2)
      await on.ledger.acceptEvents([
        maker.next('recall', [], { batches: [{ productCode: PACK.productCode, batch: 'B1' }] }),
      ]);
    on.time.nowMs += DAY_MS;
  }
  expect(kinds).toEqual(['b', 'bd', 'bd', 'bdd', 'bdd', 'bddd', 'bddd', 'bdddd']);
  const [base, ...deltas] = readLatest().layers.map(({ pages }) =>
    pages.reduce((sum, page) => sum + page.bytes, 0),
  );
  expect(deltas.length).toBe(4);
  for (const delta of deltas) expect(delta * 10).toBeLessThan(base ?? 0);
});

test('an empty ledger gives an empty snapshot, and only on request', async () => {
  expect(existsSync(join(on.ledger.snapshotFolder, 'latest.tlog-proof'))).toBe(false);
  await on.ledger.buildSnapshotNow();
  expect(readLatest()).toMatchObject({ number: 1, packs: 0, asOfMs: 0 });
  expect(hexToBytes(readLatest().salt).length).toBe(16);
});

test('a snapshot whose files were lost is built again at the start', async () => {
  await on.ledger.acceptEvents([maker.next('commission', packs(20))]);
  await on.ledger.buildSnapshotNow();
  for (const name of ['manifest', 'page', 'latest.tlog-proof'])
    rmSync(join(on.ledger.snapshotFolder, name), { recursive: true });
  await on.reopen();
  expect(readLatest().number).toBe(2);
  expect(lookUpIn(readLatest(), PACK)).toMatchObject({ kind: 'hit', state: 'active' });
});
