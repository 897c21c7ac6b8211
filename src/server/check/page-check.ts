// The pages that the last manifests name, and the bundles in which they travel: each file must be the bytes that the
// manifest says, and open as a page.
import { concatBytes, equalBytes } from '../../domain/bytes.ts';
import { BUNDLE_BYTES_MAX, PAGE_BYTES_MAX } from '../../domain/limits.ts';
import { type Bundle, bundlesOf } from '../../domain/snapshot/bundle.ts';
import type { Manifest, PageRef } from '../../domain/snapshot/manifest.ts';
import { openPage } from '../../domain/snapshot/page.ts';
import type { Fault } from './log-check.ts';
import type { LogSource } from './log-source.ts';
import { inOrder } from './ordered-reads.ts';

/** Pages and bundles that were compared, and those of earlier manifests that have been swept away. */
export type PageCounts = { read: number; gone: number };

export type PageCheck = { readonly pages: Readonly<PageCounts>; readonly fault: Fault | undefined };

/**
 * `manifests` are the last few, newest first; a log that is written meanwhile may sweep pages of all but the newest.
 * Throws SourceError.
 */
export async function checkPages(source: LogSource, manifests: readonly Manifest[]): Promise<PageCheck> {
  const pages = { read: 0, gone: 0 };
  const done = new Set<string>();
  for (const [age, { layers }] of manifests.entries())
    for (const layer of layers)
      for (const bundle of bundlesOf(layer.pages)) {
        if (done.has(bundle.id)) continue;
        done.add(bundle.id);
        const fault = await checkBundle(source, bundle, pages, age > 0);
        if (fault) return { pages, fault };
      }
  return { pages, fault: undefined };
}

async function checkBundle(
  source: LogSource,
  { id, pages }: Bundle,
  counts: PageCounts,
  mayBeGone: boolean,
): Promise<Fault | undefined> {
  const path = `bundle/${id}`;
  const files: Uint8Array[] = [];
  const read = ({ sha256 }: PageRef) => source.read(`page/${sha256}`, PAGE_BYTES_MAX);
  for await (const [ref, bytes] of inOrder(pages, source.isRemote ? 8 : 2, read)) {
    const fault = bytes ? checkPage(bytes, ref) : missing(`page/${ref.sha256}`);
    if (!bytes && mayBeGone) counts.gone += 1;
    else if (fault) return fault;
    if (!bytes) continue;
    files.push(bytes);
    counts.read += 1;
  }
  const bundle = await source.read(path, BUNDLE_BYTES_MAX);
  if (!bundle && !mayBeGone) return missing(path);
  if (!bundle) counts.gone += 1;
  // Where pages are gone there is nothing to compare it with.
  if (!bundle || files.length < pages.length) return undefined;
  counts.read += 1;
  const words = 'It does not hold the pages that its name says, one after the other.';
  return equalBytes(bundle, concatBytes(...files)) ? undefined : { code: 'bad-file', path, words };
}

function checkPage(bytes: Uint8Array, ref: PageRef): Fault | undefined {
  const page = openPage(bytes, ref);
  const path = `page/${ref.sha256}`;
  if (page.ok) return undefined;
  return page.error === 'wrong-hash'
    ? { code: 'bad-file', path, words: 'Its bytes are not those that the manifest names.' }
    : { code: 'malformed', path, words: `It does not open: ${page.detail}.` };
}

function missing(path: string): Fault {
  return { code: 'missing', path, words: 'A manifest of the last few names it, and it is missing.' };
}
