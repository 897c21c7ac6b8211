// Pages travel in bundles: neighbouring pages of a layer, one after the other in one immutable file, so that a country
// takes a few requests rather than hundreds. Which pages a bundle holds follows from the manifest alone; its name is the
// SHA-256 of its pages' hashes, so that whoever knows the manifest knows what to ask for, and what must come.
import { sha256 } from '@noble/hashes/sha2.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { bytesToHex, concatBytes } from '../bytes.ts';
import { BUNDLE_BYTES_MAX } from '../limits.ts';
import type { Layer, PageRef } from './manifest.ts';

export type Bundle = { readonly id: string; readonly pages: readonly PageRef[] };

/** Neighbouring pages of a bundle; the first of them begins at byte `from`. */
export type PageRun = { readonly bundle: string; readonly from: number; readonly pages: readonly PageRef[] };

/** The bundles of a layer with these pages. */
export function bundlesOf(pages: readonly PageRef[]): readonly Bundle[] {
  const bundles: PageRef[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const page of pages) {
    if (bytes + page.bytes > BUNDLE_BYTES_MAX) {
      bundles.push([]);
      bytes = 0;
    }
    bundles.at(-1)?.push(page);
    bytes += page.bytes;
  }
  return bundles.map((each) => ({ id: bundleId(each), pages: each }));
}

function bundleId(pages: readonly PageRef[]): string {
  return bytesToHex(sha256(concatBytes(...pages.map((page) => hexToBytes(page.sha256)))));
}

/** What to ask for to have the wanted pages and no others; a page that several layers name is asked for once. */
export function planRuns(layers: readonly Layer[], wanted: ReadonlySet<string>): readonly PageRun[] {
  const left = new Set(wanted);
  const bundles = layers.flatMap(({ pages }) => bundlesOf(pages));
  return bundles.flatMap((bundle) => runsOf(bundle, (page) => left.delete(page.sha256)));
}

/** The same of one run: what is left of it once the others have come. */
export function runsLeft(run: PageRun, isLeft: (page: PageRef) => boolean): readonly PageRun[] {
  return runsOf({ id: run.bundle, pages: run.pages }, isLeft).map((each) => ({
    ...each,
    from: run.from + each.from,
  }));
}

function runsOf({ id, pages }: Bundle, isWanted: (page: PageRef) => boolean): PageRun[] {
  const runs: { bundle: string; from: number; pages: PageRef[] }[] = [];
  let at = 0;
  let isOpen = false;
  for (const page of pages) {
    const wanted = isWanted(page);
    if (wanted && !isOpen) runs.push({ bundle: id, from: at, pages: [] });
    if (wanted) runs.at(-1)?.pages.push(page);
    isOpen = wanted;
    at += page.bytes;
  }
  return runs;
}

export function bytesIn(pages: readonly PageRef[]): number {
  return pages.reduce((sum, page) => sum + page.bytes, 0);
}
