// What a manifest says of itself, against the ones before it: its number, its times, and on which layers it rests. None
// of these follow from the entries, so here is where a builder could still choose.
import { FOLD_VERSION } from '../../domain/ledger/fold.ts';
import { SNAPSHOT_VALID_MS_MAX } from '../../domain/limits.ts';
import { BUILDER_VERSION } from '../../domain/snapshot/build.ts';
import { planLayer } from '../../domain/snapshot/layer-policy.ts';
import type { Layer, Manifest } from '../../domain/snapshot/manifest.ts';
import type { AuditFault } from './audit-fault.ts';

export type ManifestPast = {
  /** Manifests in the snapshot log up to and including this one, voided or not. */
  readonly ordinal: number;
  /** The last that is not voided. */
  readonly last: { readonly publishedMs: number; readonly size: number } | undefined;
};

/** Between the clocks of two machines. */
const CLOCKS_APART_MS_MAX = 10 * 60_000;

/** `size` is that of the ledger checkpoint in it. */
export function checkOrder(
  manifest: Manifest,
  { size }: { readonly size: number },
  { ordinal, last }: ManifestPast,
  nowMs: number,
): string | undefined {
  const { number, publishedMs, expiresMs } = manifest;
  if (number !== ordinal) return `it has the number ${number}, but is manifest ${ordinal} of its log`;
  const top = manifest.layers.at(-1);
  if (top?.logSize !== size)
    return `its last layer is over ${top?.logSize} entries, its checkpoint over ${size}`;
  if (last && size < last.size) return `it holds ${size} entries, the one before it ${last.size}`;
  if (last && publishedMs < last.publishedMs)
    return `it was published at ${iso(publishedMs)}, before the one above it at ${iso(last.publishedMs)}`;
  if (publishedMs > nowMs + CLOCKS_APART_MS_MAX)
    return `it says that it was published at ${iso(publishedMs)}; here it is ${iso(nowMs)}`;
  if (expiresMs <= publishedMs || expiresMs - publishedMs > SNAPSHOT_VALID_MS_MAX)
    return `it was published at ${iso(publishedMs)} and expires at ${iso(expiresMs)}`;
  return undefined;
}

/**
 * Whether it rests on the layers on which the policy puts it, after the manifest that stood last when it was made. A
 * new base may come at any time, as where pages were lost: it hides nothing, and costs devices a download.
 */
export function checkPlan(manifest: Manifest, before: Manifest | undefined): string | undefined {
  const below = manifest.layers.slice(0, -1);
  if (below.length === 0) return undefined;
  const planned = planLayer(before, manifest.asOfMs);
  if (JSON.stringify(below) === JSON.stringify(planned) && manifest.salt === before?.salt) return undefined;
  return `it rests on ${layerWords(below)}; after the manifest before it, it has to rest on ${layerWords(planned)}, with the salt of that one`;
}

function layerWords(layers: readonly Layer[]): string {
  if (layers.length === 0) return 'none: a new base';
  return layers
    .map(({ kind, logSize, pages }) => `a ${kind} over ${logSize} (${pages.length} pages)`)
    .join(', ');
}

/** Of a builder's versions this software knows one each. */
export function unsupported({ foldVersion, builderVersion }: Manifest): AuditFault | undefined {
  if (foldVersion === FOLD_VERSION && builderVersion === BUILDER_VERSION) return undefined;
  const words = `It was built by fold ${foldVersion} and builder ${builderVersion}; this software has ${FOLD_VERSION} and ${BUILDER_VERSION}.`;
  return { code: 'unsupported', words };
}

function iso(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}
