// Pages on their way from the store to a verdict. What the store gives is checked against the hash in the verified
// manifest each time it is read; verified pages are kept, the least recently used dropped first.
import type { PageRef } from '../domain/snapshot/manifest.ts';
import { openHashedPage, type VerifiedPage } from '../domain/snapshot/page.ts';
import type { Ports } from './ports.ts';

/**
 * Unpacked, where a row of some bits is four bytes, a page of 50 kB takes 200 to 300 kB and one of changes fourteen
 * times its size. So this is about a hundred pages: those of what is at hand, with thirty deltas above it.
 */
const BYTES_KEPT_MAX = 24 * 1_048_576;

export type PageCache = {
  /** A page that is in memory. */
  held(ref: PageRef): VerifiedPage | undefined;
  /** Undefined: missing, or not the bytes that the manifest names. Throws StoreError. */
  load(ref: PageRef): Promise<VerifiedPage | undefined>;
};

type Kept = { readonly page: VerifiedPage; readonly bytes: number };

export function createPageCache(
  { snapshots, sha256 }: Pick<Ports, 'snapshots' | 'sha256'>,
  bytesKeptMax: number = BYTES_KEPT_MAX,
): PageCache {
  const kept = new Map<string, Kept>();
  let bytesKept = 0;

  function held(ref: PageRef): VerifiedPage | undefined {
    const known = kept.get(ref.sha256);
    // Two layers may have the same bytes for different ranges of keys.
    if (known?.page.first !== ref.first || known.page.last !== ref.last) return undefined;
    kept.delete(ref.sha256);
    kept.set(ref.sha256, known);
    return known.page;
  }

  async function load(ref: PageRef): Promise<VerifiedPage | undefined> {
    const known = held(ref);
    if (known) return known;
    const page = await read(ref);
    if (page) keep(ref.sha256, { page, bytes: memoryOf(page) });
    return page;
  }

  function keep(sha256: string, each: Kept): void {
    // Another look-up may have read it meanwhile.
    drop(sha256);
    kept.set(sha256, each);
    bytesKept += each.bytes;
    for (const oldest of kept.keys()) {
      if (bytesKept <= bytesKeptMax || kept.size === 1) break;
      drop(oldest);
    }
  }

  function drop(sha256: string): void {
    bytesKept -= kept.get(sha256)?.bytes ?? 0;
    kept.delete(sha256);
  }

  async function read(ref: PageRef): Promise<VerifiedPage | undefined> {
    const bytes = await snapshots.page(ref.sha256);
    const opened = bytes && openHashedPage(bytes, await sha256(bytes), ref);
    return opened?.ok ? opened.value : undefined;
  }

  return { held, load };
}

/** Of an object, a list or a number in one; engines differ by less than what this has to tell apart. */
const VALUE_BYTES = 16;

/** About what a value made of plain objects, lists, text and typed arrays takes. */
function memoryOf(value: unknown): number {
  if (typeof value === 'string') return VALUE_BYTES + value.length;
  if (ArrayBuffer.isView(value)) return VALUE_BYTES + value.byteLength;
  if (typeof value !== 'object' || value === null) return VALUE_BYTES;
  return Object.values(value).reduce<number>((sum, each) => sum + memoryOf(each), VALUE_BYTES);
}
