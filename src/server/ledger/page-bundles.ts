// The bundles in which a snapshot's pages travel, as files of their own: any web server or CDN then gives them out, by
// ranges too, with nothing behind it.
import { concatBytes } from '../../domain/bytes.ts';
import { type Bundle, bundlesOf } from '../../domain/snapshot/bundle.ts';
import type { Layer, PageRef } from '../../domain/snapshot/manifest.ts';
import type { LogFiles } from './log-files.ts';

/** Writes those that are missing, one at a time in memory. */
export async function writeBundles(
  files: LogFiles,
  layers: readonly Layer[],
  readPage: (ref: PageRef) => Uint8Array,
): Promise<void> {
  for (const { id, pages } of bundlesIn(layers)) {
    const path = `bundle/${id}`;
    if (!(await files.exists(path))) await files.write(path, concatBytes(...pages.map(readPage)));
  }
}

export function bundleNames(layers: readonly Layer[]): ReadonlySet<string> {
  return new Set(bundlesIn(layers).map(({ id }) => id));
}

function bundlesIn(layers: readonly Layer[]): readonly Bundle[] {
  return layers.flatMap(({ pages }) => bundlesOf(pages));
}
