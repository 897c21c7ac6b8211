// Finds a pack in the snapshot that the device holds: blinds it under each epoch that the device has keys of, loads
// the pages that may hold it, and looks wider when they do not.
import type { BlindPack } from '../domain/blinding.ts';
import { expiryNumber, type Pack } from '../domain/pack.ts';
import { type Finding, lookUp } from '../domain/snapshot/lookup.ts';
import {
  type Manifest,
  type PageRef,
  pagesForPackOrBatch,
  pagesForProduct,
} from '../domain/snapshot/manifest.ts';
import type { VerifiedSnapshot } from '../domain/snapshot/open.ts';
import type { VerifiedPage } from '../domain/snapshot/page.ts';
import type { PageCache } from './page-cache.ts';
import type { Blinder } from './ports.ts';

/** `damaged` names the page that is missing or not what the manifest says. */
export type Found =
  | { readonly kind: 'found'; readonly finding: Finding }
  | { readonly kind: 'outside-scope' }
  | { readonly kind: 'damaged'; readonly page: PageRef };

/** Looking for a mismatch reads a product's other pages; 64 of them hash in a fraction of a second. */
const PRODUCT_PAGES_MAX = 64;

/** Throws StoreError and KeyError. */
export async function findPack(
  snapshot: VerifiedSnapshot,
  pages: PageCache,
  blinder: Blinder,
  pack: Pack,
): Promise<Found> {
  let best: Finding = { kind: 'miss', batch: null };
  let isInScope = false;
  for (const keyId of blinder.keyIds) {
    const blind = await blinder.blindPack(keyId, pack);
    if (!blind) continue;
    isInScope = true;
    const found = await findBlind(snapshot.manifest, pages, blind, expiryNumber(pack.expiry));
    if (found.kind === 'damaged') return found;
    if (weight(found.finding) > weight(best)) best = found.finding;
    if (best.kind === 'hit') break;
  }
  return isInScope ? { kind: 'found', finding: best } : { kind: 'outside-scope' };
}

/** By the ids of one epoch; `expiry` is yyyymmdd. Throws StoreError. */
export async function findBlind(
  manifest: Manifest,
  pages: PageCache,
  blind: BlindPack,
  expiry: number,
): Promise<Exclude<Found, { readonly kind: 'outside-scope' }>> {
  const { salt } = manifest;
  const near = await loadAll(pages, pagesForPackOrBatch(manifest, blind));
  if (near.kind === 'damaged') return near;
  const finding = lookUp(near.pages, salt, blind, expiry);
  if (finding.kind !== 'miss') return { kind: 'found', finding };
  const wide = await loadAll(pages, pagesForProduct(manifest, blind.productId).slice(0, PRODUCT_PAGES_MAX));
  if (wide.kind === 'damaged') return wide;
  const wider = lookUp(wide.pages, salt, blind, expiry);
  return { kind: 'found', finding: weight(wider) > weight(finding) ? wider : finding };
}

type Loaded =
  | { readonly kind: 'loaded'; readonly pages: readonly VerifiedPage[] }
  | Extract<Found, { readonly kind: 'damaged' }>;

async function loadAll(cache: PageCache, refs: readonly PageRef[]): Promise<Loaded> {
  const pages: VerifiedPage[] = [];
  for (const ref of refs) {
    // Waiting, even for nothing, takes longer than looking.
    const page = cache.held(ref) ?? (await cache.load(ref));
    if (!page) return { kind: 'damaged', page: ref };
    pages.push(page);
  }
  return { kind: 'loaded', pages };
}

/** Two epochs may have an answer each; the one that says more counts. */
function weight(finding: Finding): number {
  switch (finding.kind) {
    case 'hit':
      return 4;
    case 'state-not-held':
      return 3;
    case 'mismatch':
      return 2;
    case 'miss':
      return finding.batch ? 1 : 0;
  }
}
