// Finds a pack in the snapshot that the device holds: blinds it under each epoch that the device has keys of, loads
// the pages that may hold it, and looks wider when they do not.
import { NO_ID } from '../domain/blinding.ts';
import { expiryNumber, type Pack } from '../domain/pack.ts';
import { type Finding, lookUp } from '../domain/snapshot/lookup.ts';
import { type Manifest, type PageRef, pagesForPack, pagesForProduct } from '../domain/snapshot/manifest.ts';
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
    const near = nearPages(snapshot.manifest, blind.productId, blind.batchId, blind.packId);
    const wide = pagesForProduct(snapshot.manifest, blind.productId).slice(0, PRODUCT_PAGES_MAX);
    for (const refs of [near, wide]) {
      const loaded = await loadAll(pages, refs);
      if (loaded.kind === 'damaged') return loaded;
      const finding = lookUp(loaded.pages, snapshot.manifest.salt, blind, expiryNumber(pack.expiry));
      if (weight(finding) > weight(best)) best = finding;
      if (finding.kind !== 'miss') break;
    }
    if (best.kind === 'hit') break;
  }
  return isInScope ? { kind: 'found', finding: best } : { kind: 'outside-scope' };
}

/**
 * The pages whose range holds the pack, and those whose range holds its batch's bare record: a recall alone, or a
 * batch whose packs' states are no longer held. Newest layer first.
 */
function nearPages(manifest: Manifest, productId: string, batchId: string, packId: string): PageRef[] {
  const batch = productId + batchId;
  const near = new Set([...pagesForPack(manifest, batch + packId), ...pagesForPack(manifest, batch + NO_ID)]);
  return pagesForProduct(manifest, batch).filter((ref) => near.has(ref));
}

type Loaded =
  | { readonly kind: 'loaded'; readonly pages: readonly VerifiedPage[] }
  | Extract<Found, { readonly kind: 'damaged' }>;

async function loadAll(cache: PageCache, refs: readonly PageRef[]): Promise<Loaded> {
  const pages: VerifiedPage[] = [];
  for (const ref of refs) {
    const page = await cache.load(ref);
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
