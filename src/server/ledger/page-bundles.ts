// The bundles in which a snapshot's pages travel, as files of their own: any web server or CDN then gives them out, by
// ranges too, with nothing behind it.
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { concatBytes } from '../../domain/bytes.ts';
import { type Bundle, bundlesOf, bytesIn } from '../../domain/snapshot/bundle.ts';
import type { Layer, PageRef } from '../../domain/snapshot/manifest.ts';
import type { LogFiles } from './log-files.ts';

/** Writes those that are missing or damaged, one at a time in memory. */
export async function writeBundles(
  files: LogFiles,
  layers: readonly Layer[],
  readPage: (ref: PageRef) => Uint8Array,
): Promise<void> {
  for (const { id, pages } of bundlesIn(layers)) {
    const path = `bundle/${id}`;
    // It is what devices fetch, and its name says nothing of its own bytes.
    if (!holds(files.read(path), pages)) await files.write(path, concatBytes(...pages.map(readPage)));
    // Hashing a bundle takes milliseconds; a country has several.
    await setImmediate();
  }
}

function holds(bytes: Uint8Array | undefined, pages: readonly PageRef[]): boolean {
  if (bytes?.length !== bytesIn(pages)) return false;
  let at = 0;
  return pages.every((page) => {
    const from = at;
    at += page.bytes;
    return createHash('sha256').update(bytes.subarray(from, at)).digest('hex') === page.sha256;
  });
}

export function bundleNames(layers: readonly Layer[]): ReadonlySet<string> {
  return new Set(bundlesIn(layers).map(({ id }) => id));
}

function bundlesIn(layers: readonly Layer[]): readonly Bundle[] {
  return layers.flatMap(({ pages }) => bundlesOf(pages));
}
