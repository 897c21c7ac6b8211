import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NO_ID } from '../../../src/domain/blinding.ts';
import { bytesToHex } from '../../../src/domain/bytes.ts';
import { PAGE_BYTES_MAX } from '../../../src/domain/limits.ts';
import { expiryNumber, PACK_STATES, type PackState } from '../../../src/domain/pack.ts';
import { keyOf } from '../../../src/domain/snapshot/batch-record.ts';
import {
  type BuiltPage,
  buildPackedPages,
  buildPages,
  type PackedBatch,
} from '../../../src/domain/snapshot/build.ts';
import { lookUp } from '../../../src/domain/snapshot/lookup.ts';
import type { PageRef } from '../../../src/domain/snapshot/manifest.ts';
import { queryMembers } from '../../../src/domain/snapshot/members.ts';
import { batchPrefix, HASH_WORDS, hashPacks } from '../../../src/domain/snapshot/pack-key.ts';
import { idAt, LAST_ID } from '../../../src/domain/snapshot/packs.ts';
import { openPage, type VerifiedPage } from '../../../src/domain/snapshot/page.ts';
import { mangled } from '../../support/mangle.ts';
import { blindPack, PACK } from '../../support/sample-events.ts';
import { AS_OF_MS, batchesOf, type Issued, SALT } from '../../support/sample-snapshot.ts';
import {
  createRandom,
  entropyOf,
  randomIds,
  syntheticBatches,
  USUAL_SHARES,
} from '../../support/synthetic-packs.ts';

const UNIFORM = PACK_STATES.map(() => 1 / PACK_STATES.length);

function opened({ bytes, ref }: BuiltPage): VerifiedPage {
  const page = openPage(bytes, ref);
  if (!page.ok) throw new Error(page.detail);
  return page.value;
}

/** How many of a batch's packs come back with another state than theirs. */
function wrongIn(pages: readonly VerifiedPage[], { batch, packs }: PackedBatch): number {
  let wrong = 0;
  packs.states.forEach((state, i) => {
    const found = lookUp(pages, SALT, { ...batch, packId: idAt(packs, i) }, batch.expiry);
    if (found.kind !== 'hit' || found.state !== PACK_STATES[state]) wrong++;
  });
  return wrong;
}

function pagesOf(issued: readonly Issued[]): { opened: VerifiedPage[]; refs: PageRef[] } {
  const built = [...buildPages(batchesOf(issued), SALT, AS_OF_MS)];
  return { opened: built.map(opened), refs: built.map(({ ref }) => ref) };
}

const find = (pages: readonly VerifiedPage[], pack: typeof PACK) =>
  lookUp(pages, SALT, blindPack(pack), expiryNumber(pack.expiry));

test('every issued pack comes back with its state, a stranger misses', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PACK_STATES), { minLength: 1, maxLength: 60 }), (states) => {
      const issued = states.map((state: PackState, i) => ({
        pack: { ...PACK, serial: `S${i}`, batch: `B${i % 3}` },
        state,
      }));
      const { opened } = pagesOf(issued);
      for (const { pack, state } of issued) expect(find(opened, pack)).toMatchObject({ kind: 'hit', state });
      expect(find(opened, { ...PACK, serial: 'STRANGER', batch: 'B0' })).toMatchObject({ kind: 'miss' });
    }),
    { seed: 20261122, numRuns: 30 },
  );
});

test('a batch too large for one page is split in order, each page fits, none is lost', () => {
  const count = 30_000;
  const [batch] = [...syntheticBatches({ packs: count, batchPacks: count, shares: UNIFORM })];
  if (!batch) throw new Error('no batch');
  const built = [...buildPackedPages([batch], SALT, AS_OF_MS)];
  expect(built).toHaveLength(2);
  expect(Math.max(...built.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(PAGE_BYTES_MAX);
  const refs = built.map(({ ref }) => ref);
  expect(refs[0]?.first).toBe(keyOf(batch.batch) + NO_ID);
  expect(refs[1]?.last).toBe(keyOf(batch.batch) + LAST_ID);
  expect(refs[0]?.last.localeCompare(refs[1]?.first ?? '')).toBeLessThan(0);
  expect(refs.reduce((sum, ref) => sum + ref.packs, 0)).toBe(count);
  expect(wrongIn(built.map(opened), batch)).toBe(0);
});

test('a wrong batch or expiry on the print is a mismatch, not a miss', () => {
  const { opened } = pagesOf([
    { pack: PACK, state: 'active' },
    { pack: { ...PACK, serial: 'S2', batch: 'B2' }, state: 'active' },
  ]);
  expect(find(opened, { ...PACK, batch: 'B2' })).toEqual({ kind: 'mismatch', field: 'batch' });
  expect(find(opened, { ...PACK, batch: 'B3' })).toEqual({ kind: 'mismatch', field: 'batch' });
  expect(find(opened, { ...PACK, expiry: '2032-12-31' })).toEqual({ kind: 'mismatch', field: 'expiry' });
  expect(find(opened, { ...PACK, productCode: 'gtin:09506000100029' })).toEqual({
    kind: 'miss',
    batch: null,
  });
});

test('states of expired batches are dropped, their records stay', () => {
  const old = { ...PACK, batch: 'OLD', expiry: '2024-06-30' };
  const { opened, refs } = pagesOf([{ pack: old, state: 'supplied', recalled: true }]);
  expect(find(opened, old)).toMatchObject({
    kind: 'state-not-held',
    batch: { recalled: true, expiry: 20240630 },
  });
  expect(find(opened, { ...old, expiry: '2034-06-30' })).toEqual({ kind: 'mismatch', field: 'expiry' });
  expect(refs[0]?.packs).toBe(0);
});

test('the newest layer wins', () => {
  const newer = pagesOf([{ pack: PACK, state: 'supplied' }]).opened;
  const older = pagesOf([{ pack: PACK, state: 'active' }]).opened;
  expect(find([...newer, ...older], PACK)).toMatchObject({ state: 'supplied' });
  expect(find([...older, ...newer], PACK)).toMatchObject({ state: 'active' });
});

test('no changed byte of a page is taken', () => {
  const [page] = [...buildPages(batchesOf([{ pack: PACK, state: 'active' }]), SALT, AS_OF_MS)];
  if (!page) throw new Error('no page');
  for (const other of mangled(page.bytes)) expect(openPage(other, page.ref).ok).toBe(false);
});

test('no changed byte of a page crashes or hangs a reader, under whatever hash', () => {
  // A list, a ribbon without states, one with a pair beside it, and one with three bits of state.
  for (const [count, shares] of [
    [3, USUAL_SHARES],
    [700, [1]],
    [700, [0.9, 0.05, 0.05]],
    [300, UNIFORM],
  ] as const) {
    const batches = [...syntheticBatches({ packs: count, batchPacks: Math.ceil(count / 2), shares })];
    const [built] = [...buildPackedPages(batches, SALT, AS_OF_MS)];
    const [first] = batches;
    if (!built || !first) throw new Error('nothing built');
    for (const bytes of mangled(built.bytes)) {
      const ref = { ...built.ref, bytes: bytes.length, sha256: bytesToHex(sha256(bytes)) };
      const page = openPage(bytes, ref);
      if (page.ok) lookUp([page.value], SALT, { ...first.batch, packId: idAt(first.packs, 0) }, 20301231);
    }
  }
});

test('a page that claims more than it has is refused', () => {
  const magic = [0x50, 0x54, 0x52, 0x31];
  for (const rest of [
    [0xff, 0xff],
    [0, 0, 3],
    [0, 0, 1, 255],
    [0, 0, 2, 16, 0, 1, 0, 1, 0, 0x0f, 0xff, 0xff, 0],
    [0, 0, 2, 16, 0, 1, 0, 1, 0xff, 0xff, 0xff, 0xff, 0],
    [0, 0, 0, 2, 1, 0, 1, 1, 0, 0x0f, 0xff, 0xff, 255],
  ]) {
    const bytes = Uint8Array.from([...magic, ...rest]);
    const ref = {
      ...{ sha256: bytesToHex(sha256(bytes)), bytes: bytes.length, packs: 1 },
      ...{ first: '00'.repeat(48), last: 'ff'.repeat(48) },
    };
    expect(openPage(bytes, ref)).toMatchObject({ ok: false, error: 'malformed' });
  }
});

test.each([
  ['all active', [1], 16],
  ['all supplied', [0, 1], 16],
  ['as usual', USUAL_SHARES, 16 + entropyOf(USUAL_SHARES)],
  ['nearly all active', [0.98, 0.015, 0.004, 0, 0, 0, 0, 0.001], 16 + 0.16],
  ['half and half', [0.5, 0.5], 17],
  ['any state as likely', UNIFORM, 19],
])('states %s: every pack is right, in little more than the least that would do', (_, shares, bound) => {
  const batches = [...syntheticBatches({ packs: 46_000, batchPacks: 9_200, shares })];
  const built = [...buildPackedPages(batches, SALT, AS_OF_MS)];
  const bytes = built.reduce((sum, page) => sum + page.bytes.length, 0);
  expect((bytes * 8) / 46_000 / bound).toBeLessThan(1.03);
  expect(batches.reduce((sum, batch) => sum + wrongIn(built.map(opened), batch), 0)).toBe(0);
});

test.each([1, 2, 10, 50, 80, 200, 600])('a page of %i packs is right, and small', (count) => {
  const [batch] = [...syntheticBatches({ packs: count, batchPacks: count })];
  if (!batch) throw new Error('no batch');
  const built = [...buildPackedPages([batch], SALT, AS_OF_MS)];
  expect(wrongIn(built.map(opened), batch)).toBe(0);
  // A list's five bytes a pack, or those of a ribbon and its sixty-odd spare rows.
  expect(built[0]?.bytes.length).toBeLessThan(60 + Math.min(5 * count, 2.6 * count + 190));
});

test('packs never issued pass as rarely as their fingerprints allow', () => {
  const batches = [...syntheticBatches({ packs: 40_000, batchPacks: 20_000 })];
  const pages = [...buildPackedPages(batches, SALT, AS_OF_MS)].map(opened);
  const random = createRandom(5);
  const tried = 1_000_000;
  let accepted = 0;
  for (const { batch } of batches) {
    const hashes = new Int32Array((tried / 2) * HASH_WORDS);
    const prefix = batchPrefix(SALT, batch.productId, batch.batchId);
    hashPacks(prefix, batch.expiry, randomIds(random, tried / 2), hashes, 0);
    for (let i = 0; i < tried / 2; i++)
      if (pages[0] && queryMembers(pages[0].members, hashes, i) >= 0) accepted++;
  }
  // 15.3 expected, within four standard deviations.
  expect(Math.abs(accepted - tried / 65_536)).toBeLessThan(4 * Math.sqrt(tried / 65_536));
});

test('small batches pay for their records, not for tables of their own', () => {
  const bitsPerPack = (batchPacks: number) => {
    const batches = syntheticBatches({ packs: 50_000, batchPacks });
    const bytes = [...buildPackedPages(batches, SALT, AS_OF_MS)].reduce(
      (sum, page) => sum + page.bytes.length,
      0,
    );
    return (bytes * 8) / 50_000;
  };
  expect(bitsPerPack(5_000)).toBeLessThan(17.5);
  expect(bitsPerPack(1_000)).toBeLessThan(17.7);
  expect(bitsPerPack(100)).toBeLessThan(19.7);
});

test('the same batches give the same bytes, on any machine', () => {
  const hashes = () =>
    [...buildPackedPages(syntheticBatches({ packs: 30_000, batchPacks: 7_000 }), SALT, AS_OF_MS)].map(
      ({ ref }) => ref.sha256.slice(0, 16),
    );
  expect(hashes()).toEqual(hashes());
  expect(hashes()).toEqual(['ba42c912f9e93120', '22e02cfd15d49758']);
});
