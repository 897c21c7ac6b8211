import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesToHex, concatBytes } from '../../../src/domain/bytes.ts';
import { BUNDLE_BYTES_MAX, PAGE_BYTES_MAX } from '../../../src/domain/limits.ts';
import { bundlesOf, bytesIn, planRuns, runsLeft } from '../../../src/domain/snapshot/bundle.ts';
import type { Layer, PageRef } from '../../../src/domain/snapshot/manifest.ts';

const pageOf = (n: number, bytes: number): PageRef => ({
  ...{ sha256: n.toString(16).padStart(64, '0'), bytes, packs: 1 },
  ...{ first: n.toString(16).padStart(96, '0'), last: n.toString(16).padStart(96, '0') },
});
const layerOf = (pages: readonly PageRef[]): Layer => ({ kind: 'base', logSize: 1, asOfMs: 0, pages });

const pageLists = fc
  .array(fc.integer({ min: 1, max: PAGE_BYTES_MAX }), { maxLength: 300 })
  .map((sizes) => sizes.map((bytes, n) => pageOf(n, bytes)));

test('bundles are all pages in their order, none over a few megabytes', () => {
  fc.assert(
    fc.property(pageLists, (pages) => {
      const bundles = bundlesOf(pages);
      expect(bundles.flatMap((bundle) => bundle.pages)).toEqual(pages);
      for (const bundle of bundles) expect(bytesIn(bundle.pages)).toBeLessThanOrEqual(BUNDLE_BYTES_MAX);
      for (const [i, { pages: next }] of bundles.slice(1).entries())
        expect(bytesIn([...(bundles[i]?.pages ?? []), ...next.slice(0, 1)])).toBeGreaterThan(
          BUNDLE_BYTES_MAX,
        );
    }),
    { numRuns: 30 },
  );
});

test('a bundle is named by the hashes of its pages', () => {
  const pages = [pageOf(1, 10), pageOf(2, 10)];
  const hashes = pages.map(({ sha256: hash }) => Uint8Array.from(Buffer.from(hash, 'hex')));
  expect(bundlesOf(pages)).toEqual([{ id: bytesToHex(sha256(concatBytes(...hashes))), pages }]);
});

test('runs ask for what is wanted, once, and for nothing else', () => {
  fc.assert(
    fc.property(pageLists, fc.infiniteStream(fc.boolean()), (pages, choices) => {
      const wanted = new Set(pages.filter(() => choices.next().value).map(({ sha256: hash }) => hash));
      const layers = [layerOf(pages), layerOf(pages.slice(0, 2))];
      const runs = planRuns(layers, wanted);
      expect(runs.flatMap((run) => run.pages.map(({ sha256: hash }) => hash))).toEqual([...wanted]);
      for (const run of runs) {
        const bundle = bundlesOf(pages).find(({ id }) => id === run.bundle);
        const at = bundle?.pages.indexOf(run.pages[0] as PageRef) ?? -1;
        expect(bundle?.pages.slice(at, at + run.pages.length)).toEqual(run.pages);
        expect(run.from).toBe(bytesIn(bundle?.pages.slice(0, at) ?? []));
      }
    }),
    { numRuns: 30 },
  );
});

test('what is left of a run lies where it did in its bundle', () => {
  const pages = [5, 6, 7, 8, 9].map((bytes, n) => pageOf(n, bytes));
  const [run] = planRuns([layerOf(pages)], new Set(pages.slice(1).map(({ sha256: hash }) => hash)));
  if (!run) throw new Error('one run');
  const isLeft = ({ bytes }: PageRef) => bytes !== 7;
  expect(runsLeft(run, isLeft)).toEqual([
    { bundle: run.bundle, from: 5, pages: [pages[1]] },
    { bundle: run.bundle, from: 18, pages: [pages[3], pages[4]] },
  ]);
});
