// Builds a snapshot again from the auditor's own state and compares it with what a manifest claims: page by page, then
// every byte of the manifest. How pages are encoded is none of its business.
import { equalBytes } from '../../domain/bytes.ts';
import { PAGE_BYTES_MAX } from '../../domain/limits.ts';
import { buildPages } from '../../domain/snapshot/build.ts';
import { CODEC, encodeManifest, type Manifest, type PageRef } from '../../domain/snapshot/manifest.ts';
import type { LogSource } from '../check/log-source.ts';
import type { AuditFault } from './audit-fault.ts';
import type { FoldState } from './fold-state.ts';
import { describeDifference } from './page-difference.ts';

export type Claim = {
  readonly manifest: Manifest;
  readonly bytes: Uint8Array;
  /** Entries below its checkpoint. */
  readonly size: number;
  /** Receipt time of the last of them; 0 where there is none. */
  readonly asOfMs: number;
  /** Theirs; undefined where there is none. */
  readonly market: string | undefined;
};

export type Rebuilt = { readonly pages: number; readonly packs: number };

/** The state must stand at the manifest's checkpoint. `isLatest`: its page files are compared too. Throws SourceError. */
export async function compareRebuilt(
  state: FoldState,
  { manifest, bytes, size, asOfMs, market }: Claim,
  source: LogSource,
  isLatest: boolean,
): Promise<AuditFault | Rebuilt> {
  if (manifest.layers.length > 1) {
    const words = `It has ${manifest.layers.length} layers; this software rebuilds a base alone.`;
    return { code: 'unsupported', words };
  }
  const pages: PageRef[] = [];
  const layer = { kind: 'base' as const, logSize: size, asOfMs, pages };
  const sameButPages = { ...manifest, ...CODEC, market: market ?? manifest.market, asOfMs };
  const early = fieldDifference(manifest, {
    ...sameButPages,
    packs: manifest.packs,
    layers: manifest.layers,
  });
  if (early !== undefined) return { code: 'bad-manifest', words: early };

  const claimed = manifest.layers[0]?.pages ?? [];
  for (const built of buildPages(state.batches(), manifest.salt, asOfMs)) {
    const at = pages.length;
    const ref = claimed[at];
    if (!ref || !isSameRef(ref, built.ref)) {
      const words = await describeDifference(state, manifest, { at, claimed: ref, built }, source);
      return { code: 'page-differs', words };
    }
    const strange = isLatest ? await compareFile(source, built) : undefined;
    if (strange) return strange;
    pages.push(built.ref);
  }
  if (claimed.length > pages.length) {
    const words = `It has ${claimed.length} pages; the entries give ${pages.length}.`;
    return { code: 'page-differs', words };
  }
  const packs = pages.reduce((sum, page) => sum + page.packs, 0);
  const rebuilt: Manifest = { ...sameButPages, packs, layers: [layer] };
  if (equalBytes(encodeManifest(rebuilt), bytes)) return { pages: pages.length, packs };
  const words = fieldDifference(manifest, rebuilt) ?? 'Its bytes are not those that the entries give.';
  return { code: 'bad-manifest', words };
}

function fieldDifference(claimed: Manifest, rebuilt: Manifest): string | undefined {
  for (const name of Object.keys(rebuilt) as (keyof Manifest)[]) {
    if (name === 'layers') {
      const [a, b] = [claimed.layers[0], rebuilt.layers[0]];
      if (a?.kind !== b?.kind || a?.logSize !== b?.logSize || a?.asOfMs !== b?.asOfMs)
        return `Its layer is a ${a?.kind} over ${a?.logSize} entries as of ${a?.asOfMs}; the entries give a ${b?.kind} over ${b?.logSize} as of ${b?.asOfMs}.`;
    } else if (claimed[name] !== rebuilt[name])
      return `Its ${name} is ${claimed[name]}; the entries give ${rebuilt[name]}.`;
  }
  return undefined;
}

function isSameRef(a: PageRef, b: PageRef): boolean {
  return (
    a.sha256 === b.sha256 &&
    a.bytes === b.bytes &&
    a.packs === b.packs &&
    a.first === b.first &&
    a.last === b.last
  );
}

async function compareFile(
  source: LogSource,
  { bytes, ref }: { readonly bytes: Uint8Array; readonly ref: PageRef },
): Promise<AuditFault | undefined> {
  const path = `page/${ref.sha256}`;
  const file = await source.read(path, PAGE_BYTES_MAX);
  if (!file)
    return { code: 'gone', words: `${source.place} has no ${path}, which the latest manifest names.` };
  if (equalBytes(file, bytes)) return undefined;
  const at = bytes.findIndex((byte, i) => byte !== file[i]);
  const where = at < 0 ? `It goes on after byte ${bytes.length}.` : `They first differ at byte ${at}.`;
  return {
    code: 'file-differs',
    words: `${path} is not the page that its name and the entries give. ${where}`,
  };
}
