// Removes pages and bundles that nobody needs any more: not as soon as a newer snapshot is out, since devices on slow
// lines and auditors who compare files are still reading what they began with.
import type { Manifest } from '../../domain/snapshot/manifest.ts';
import type { LogFiles } from './log-files.ts';
import { bundleNames } from './page-bundles.ts';

/** A country's first download over a slow line. */
const KEPT_MS = 3_600_000;

/** Keeps what these manifests name, and what they have named within the hour or since this was made. */
export type PageSweep = (manifests: readonly Manifest[]) => Promise<void>;

export function createPageSweep(files: LogFiles, clock: () => number): PageSweep {
  const unnamedSince = new Map<string, number>();

  async function sweepOne(path: string, isNamed: boolean): Promise<void> {
    const sinceMs = unnamedSince.get(path) ?? clock();
    const isOver = !isNamed && clock() - sinceMs >= KEPT_MS;
    if (isNamed || isOver) unnamedSince.delete(path);
    else unnamedSince.set(path, sinceMs);
    if (isOver) await files.remove(path);
  }

  return async (manifests) => {
    const layers = manifests.flatMap((manifest) => manifest.layers);
    const named = {
      page: new Set(layers.flatMap(({ pages }) => pages.map(({ sha256 }) => sha256))),
      bundle: bundleNames(layers),
    };
    for (const folder of ['page', 'bundle'] as const)
      for (const name of await files.list(folder))
        await sweepOne(`${folder}/${name}`, named[folder].has(name));
  };
}
