// Says in plain words how a page that a manifest names differs from the one that the entries give: where the published
// page can still be read, down to the first batch or pack of which it, with the layers below it, says something else.
import { packKey } from '../../domain/ledger/fold.ts';
import { PAGE_BYTES_MAX } from '../../domain/limits.ts';
import { isExpired, PACK_STATES } from '../../domain/pack.ts';
import { assert } from '../../domain/result.ts';
import { keyOf } from '../../domain/snapshot/batch-record.ts';
import type { BuiltPage } from '../../domain/snapshot/build.ts';
import type { BatchReading } from '../../domain/snapshot/layers.ts';
import { lookUp } from '../../domain/snapshot/lookup.ts';
import { type Layer, type Manifest, type PageRef, pagesForPack } from '../../domain/snapshot/manifest.ts';
import { idAt } from '../../domain/snapshot/packs.ts';
import { answersFor, openPage, type VerifiedPage } from '../../domain/snapshot/page.ts';
import type { LogSource } from '../check/log-source.ts';
import type { AuditStore } from './audit-store.ts';

export type PageDifference = {
  /** Its place among the layers, and the page's in it. */
  readonly layer: number;
  readonly at: number;
  readonly claimed: PageRef | undefined;
  readonly built: BuiltPage;
};

type Readers = {
  readonly salt: string;
  /** Newest layer first, as a device that held these layers would read them. */
  pagesFor(key: string): readonly VerifiedPage[];
};

/** Throws SourceError. */
export async function describeDifference(
  store: AuditStore,
  manifest: Manifest,
  { layer, at, claimed, built }: PageDifference,
  source: LogSource,
): Promise<string> {
  const { kind, logSize, asOfMs } = manifest.layers[layer] as Layer;
  const { ref } = built;
  const name = `${kind} over ${logSize} entries`;
  if (!claimed) {
    const words = `Its ${name} has ${at} pages; the entries give a page ${at} too, with ${ref.packs} new packs.`;
    return `${words} ${firstDifference(store, ref, readersOf(store, manifest, layer), asOfMs)}`;
  }
  const words = `Page ${at} of its ${name}: the entries give ${refWords(ref)}, the manifest names ${refWords(claimed)}.`;
  const file = await source.read(`page/${claimed.sha256}`, PAGE_BYTES_MAX);
  const page = file && openPage(file, claimed);
  if (!page?.ok) return `${words} The page that it names cannot be read, so nothing more can be told.`;
  const readers = readersOf(store, manifest, layer, page.value);
  return `${words} ${firstDifference(store, ref, readers, asOfMs)}`;
}

function refWords({ sha256, packs, bytes }: PageRef): string {
  return `${packs} packs in ${bytes} bytes with SHA-256 ${sha256.slice(0, 16)}...`;
}

/** `page` is the one that the layer itself has there, if any. */
function readersOf(store: AuditStore, manifest: Manifest, layer: number, page?: VerifiedPage): Readers {
  const layers = manifest.layers.slice(0, layer);
  // Those in the range of one page: some for each layer.
  const opened = new Map<PageRef, VerifiedPage>();
  const open = (ref: PageRef): VerifiedPage => {
    const known = opened.get(ref);
    if (known) return known;
    const read = openPage(store.page(ref), ref);
    assert(read.ok, 'a page that was found right is one');
    opened.set(ref, read.value);
    return read.value;
  };
  const pagesFor = (key: string) => [
    ...(page && answersFor(page, key) ? [page] : []),
    ...pagesForPack({ layers }, key).map(open),
  ];
  return { salt: manifest.salt, pagesFor };
}

const BATCH_HEX = 64;

function firstDifference(
  store: AuditStore,
  { first, last }: PageRef,
  readers: Readers,
  asOfMs: number,
): string {
  const { reading } = store.state;
  for (const batch of reading.batchesBetween(first.slice(0, BATCH_HEX), last.slice(0, BATCH_HEX))) {
    if (isExpired(batch.batch.expiry, asOfMs)) continue;
    const difference = differenceIn(batch, { first, last }, readers, store);
    if (difference !== undefined) return difference;
  }
  return 'No pack that was issued reads differently, so it is a batch, or the way in which they are written.';
}

function differenceIn(
  { batch, packs }: BatchReading,
  { first, last }: Pick<PageRef, 'first' | 'last'>,
  { salt, pagesFor }: Readers,
  { state }: AuditStore,
): string | undefined {
  const { keyId, productId, batchId, expiry, recalled, withdrawn } = batch;
  const all = packs();
  for (const [i, code] of all.states.entries()) {
    const packId = idAt(all, i);
    const key = keyOf(batch) + packId;
    if (key < first || key > last) continue;
    const folded = PACK_STATES[code];
    const found = lookUp(pagesFor(key), salt, { keyId, productId, batchId, packId }, expiry);
    const pack = `Pack ${packId} of product ${productId}, batch ${batchId}`;
    const index = state.pack(packKey(productId, packId))?.winnerIndex;
    const by = `by the entries, "${folded}" since entry ${index}`;
    if (found.kind !== 'hit') return `${pack} is, ${by}; in the page it is not found (${found.kind}).`;
    if (found.state !== folded) return `${pack} is, ${by}; the page says "${found.state}".`;
    if (found.batch.recalled !== recalled || found.batch.withdrawn !== withdrawn)
      return `Batch ${batchId} of product ${productId} is, by the entries, ${statusWords({ recalled, withdrawn })}; the page says ${statusWords(found.batch)}.`;
  }
  return undefined;
}

function statusWords({ recalled, withdrawn }: { recalled: boolean; withdrawn: boolean }): string {
  return `${recalled ? 'recalled' : 'not recalled'} and ${withdrawn ? 'withdrawn' : 'not withdrawn'}`;
}
