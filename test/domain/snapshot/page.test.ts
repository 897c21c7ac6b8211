import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PAGE_BYTES_MAX } from '../../../src/domain/limits.ts';
import { expiryNumber, PACK_STATES, type PackState } from '../../../src/domain/pack.ts';
import { buildPages } from '../../../src/domain/snapshot/build.ts';
import { lookUp } from '../../../src/domain/snapshot/lookup.ts';
import type { PageRef } from '../../../src/domain/snapshot/manifest.ts';
import { openPage, PAGE_PACKS_MAX, type VerifiedPage } from '../../../src/domain/snapshot/page.ts';
import { mangled } from '../../support/mangle.ts';
import { blindPack, PACK, packs } from '../../support/sample-events.ts';
import { AS_OF_MS, batchesOf, type Issued, SALT } from '../../support/sample-snapshot.ts';

function pagesOf(issued: readonly Issued[]): { opened: VerifiedPage[]; refs: PageRef[]; sizes: number[] } {
  const built = [...buildPages(batchesOf(issued), SALT, AS_OF_MS)];
  const opened = built.map(({ bytes, ref }) => {
    const page = openPage(bytes, ref);
    if (!page.ok) throw new Error(page.detail);
    return page.value;
  });
  return { opened, refs: built.map(({ ref }) => ref), sizes: built.map(({ bytes }) => bytes.length) };
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
  const count = PAGE_PACKS_MAX + 5;
  const issued = packs(count).map((pack, i) => ({ pack, state: PACK_STATES[i % 8] ?? 'active' }));
  const { opened, refs, sizes } = pagesOf(issued);
  expect(opened).toHaveLength(2);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(PAGE_BYTES_MAX);
  expect(refs[0]?.last.localeCompare(refs[1]?.first ?? '')).toBeLessThan(0);
  for (const { pack, state } of issued.slice(0, 300))
    expect(find(opened, pack)).toMatchObject({ kind: 'hit', state });
  expect(refs.reduce((sum, ref) => sum + ref.packs, 0)).toBe(count);
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

test('nonsense under a right hash is refused, not read', async () => {
  const { sha256 } = await import('@noble/hashes/sha2.js');
  const [page] = [
    ...buildPages(batchesOf(packs(3).map((pack) => ({ pack, state: 'active' as const }))), SALT, AS_OF_MS),
  ];
  if (!page) throw new Error('no page');
  let refused = 0;
  for (const bytes of mangled(page.bytes)) {
    const ref = { ...page.ref, bytes: bytes.length, sha256: Buffer.from(sha256(bytes)).toString('hex') };
    const opened = openPage(bytes, ref);
    if (!opened.ok) refused++;
    else find([opened.value], PACK);
  }
  expect(refused).toBeGreaterThan(page.bytes.length);
});
