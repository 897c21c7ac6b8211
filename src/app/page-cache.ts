// Pages on their way from the store to a verdict. What the store gives is checked against the hash in the verified
// manifest each time it is read; verified pages are kept, the least recently used dropped first.
import type { PageRef } from '../domain/snapshot/manifest.ts';
import { openPage, type VerifiedPage } from '../domain/snapshot/page.ts';
import type { SnapshotStore } from './ports-snapshot.ts';

/** 64 pages of 60 KiB are under 4 MiB. */
const PAGES_KEPT_MAX = 64;

export type PageCache = {
  /** Undefined: missing, or not the bytes that the manifest names. Throws StoreError. */
  load(ref: PageRef): Promise<VerifiedPage | undefined>;
};

export function createPageCache(store: Pick<SnapshotStore, 'page'>): PageCache {
  const kept = new Map<string, VerifiedPage>();

  async function load(ref: PageRef): Promise<VerifiedPage | undefined> {
    const page = kept.get(ref.sha256) ?? (await read(ref));
    if (!page) return undefined;
    kept.delete(ref.sha256);
    kept.set(ref.sha256, page);
    const oldest = kept.keys().next();
    if (kept.size > PAGES_KEPT_MAX && !oldest.done) kept.delete(oldest.value);
    return page;
  }

  async function read(ref: PageRef): Promise<VerifiedPage | undefined> {
    const bytes = await store.page(ref.sha256);
    const opened = bytes && openPage(bytes, ref);
    return opened?.ok ? opened.value : undefined;
  }

  return { load };
}
