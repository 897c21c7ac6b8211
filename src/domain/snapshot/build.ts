// The builder's pure part: batches in key order become pages. Bytes are a function of the fold's state, the salt and
// the as-of time alone, so that an auditor who rebuilds gets the same pages.
import { PAGE_BYTES_MAX } from '../limits.ts';
import { isExpired } from '../pack.ts';
import type { PageRef } from './manifest.ts';
import { batchBytes, encodePage, PAGE_PACKS_MAX, type PageBatchPacks } from './page.ts';

export const BUILDER_VERSION = 1;
const HEADER_BYTES = 10;

export type BuiltPage = { readonly bytes: Uint8Array; readonly ref: PageRef };

/**
 * Packs batches, sorted by product and batch with their packs sorted by id, greedily into pages. A batch too large
 * for a page is split by packId; the states of batches expired at `asOfMs` are dropped, their records stay.
 */
export function* buildPages(
  batches: Iterable<Omit<PageBatchPacks, 'statesHeld'>>,
  salt: string,
  asOfMs: number,
): Generator<BuiltPage> {
  let open: PageBatchPacks[] = [];
  let openBytes = HEADER_BYTES;
  for (const batch of batches) {
    const statesHeld = !isExpired(batch.expiry, asOfMs);
    const states = statesHeld ? batch.states : [];
    for (let at = 0; at === 0 || at < states.length; at += PAGE_PACKS_MAX) {
      const part = { ...batch, statesHeld, states: states.slice(at, at + PAGE_PACKS_MAX) };
      const bytes = batchBytes(part.states.length);
      if (open.length > 0 && openBytes + bytes > PAGE_BYTES_MAX) {
        yield encodePage(salt, open);
        open = [];
        openBytes = HEADER_BYTES;
      }
      open.push(part);
      openBytes += bytes;
    }
  }
  if (open.length > 0) yield encodePage(salt, open);
}
