// Builds a layer of a snapshot again from the auditor's own state and compares it, page by page, with what a manifest
// claims; then holds what else the manifest says to what the entries give. How pages are encoded is none of its
// business.
import { setImmediate } from 'node:timers/promises';
import { equalBytes } from '../../domain/bytes.ts';
import { PAGE_BYTES_MAX } from '../../domain/limits.ts';
import { baseSalt } from '../../domain/snapshot/layer-policy.ts';
import { layerPages } from '../../domain/snapshot/layers.ts';
import {
  CODEC,
  encodeManifest,
  type Layer,
  type Manifest,
  type PageRef,
} from '../../domain/snapshot/manifest.ts';
import type { LogSource } from '../check/log-source.ts';
import type { AuditFault } from './audit-fault.ts';
import type { AuditStore } from './audit-store.ts';
import { describeDifference } from './page-difference.ts';
import { asOf } from './replay.ts';

export type Claim = {
  readonly manifest: Manifest;
  readonly bytes: Uint8Array;
  /** Receipt time of the last of them; 0 where there is none. */
  readonly asOfMs: number;
  /** Theirs; undefined where there is none. */
  readonly market: string | undefined;
};

/** How many of its layers, from the base up, are those of a manifest that was found right. */
export function knownLayers({ salt, layers }: Manifest, right: Manifest | undefined): number {
  if (right?.salt !== salt) return 0;
  const differs = layers.findIndex(
    (layer, i) => !right.layers[i] || JSON.stringify(layer) !== JSON.stringify(right.layers[i]),
  );
  return differs < 0 ? layers.length : differs;
}

/**
 * Builds layer `at` from the state, which must stand at its size, and from the layers below it, which were found right;
 * keeps its pages. Throws SourceError.
 */
export async function compareLayer(
  store: AuditStore,
  manifest: Manifest,
  at: number,
  source: LogSource,
): Promise<AuditFault | undefined> {
  const { salt } = manifest;
  const layer = manifest.layers[at] as Layer;
  const below = manifest.layers.slice(0, at);
  const asOfMs = asOf(store);
  const fault = checkHead(store, layer, asOfMs, salt);
  if (fault) return fault;
  const { reading } = store.state;
  let count = 0;
  for (const built of layerPages({ below, salt, asOfMs, reading, readPage: store.page })) {
    // A large country takes long, and logs ask for cosignatures meanwhile.
    await setImmediate();
    if (!built) continue;
    const claimed = layer.pages[count];
    if (!claimed || !isSameRef(claimed, built.ref)) {
      const difference = { layer: at, at: count, claimed, built };
      return { code: 'page-differs', words: await describeDifference(store, manifest, difference, source) };
    }
    store.putPage(built);
    count += 1;
  }
  if (layer.pages.length === count) return undefined;
  const words = `Its ${layer.kind} over ${layer.logSize} entries has ${layer.pages.length} pages; the entries give ${count}.`;
  return { code: 'page-differs', words };
}

/** The salt is the base's; a delta has no choice of its own. */
function checkHead(store: AuditStore, layer: Layer, asOfMs: number, salt: string): AuditFault | undefined {
  if (layer.asOfMs !== asOfMs) {
    const words = `Its ${layer.kind} over ${layer.logSize} entries is as of ${layer.asOfMs}; the entries give ${asOfMs}.`;
    return { code: 'bad-manifest', words };
  }
  const expected = baseSalt(store.head('ledger').root());
  if (layer.kind === 'delta' || salt === expected) return undefined;
  const words = `Its salt ${salt} is not that of a base over ${layer.logSize} entries, which is ${expected}.`;
  return { code: 'bad-manifest', words };
}

/** Every byte of the manifest, once its layers have been found right. */
export function compareManifest({ manifest, bytes, asOfMs, market }: Claim): AuditFault | undefined {
  const packs = manifest.layers.flatMap(({ pages }) => pages).reduce((sum, page) => sum + page.packs, 0);
  const rebuilt: Manifest = { ...manifest, ...CODEC, market: market ?? manifest.market, asOfMs, packs };
  for (const name of Object.keys(rebuilt) as (keyof Manifest)[]) {
    if (name === 'layers' || manifest[name] === rebuilt[name]) continue;
    const words = `Its ${name} is ${manifest[name]}; the entries give ${rebuilt[name]}.`;
    return { code: 'bad-manifest', words };
  }
  if (equalBytes(encodeManifest(rebuilt), bytes)) return undefined;
  return { code: 'bad-manifest', words: 'Its bytes are not those that the entries give.' };
}

/** Published pages of a snapshot that was rebuilt, each compared once. Throws SourceError. */
export async function compareFiles(
  store: AuditStore,
  { layers }: Manifest,
  source: LogSource,
): Promise<AuditFault | undefined> {
  for (const { pages } of layers)
    for (const ref of pages) {
      if (store.isCompared(ref)) continue;
      const fault = await compareFile(source, store.page(ref), ref);
      if (fault) return fault;
      store.putCompared(ref);
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
  bytes: Uint8Array,
  ref: PageRef,
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
