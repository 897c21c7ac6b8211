// Says in plain words how a page that a manifest names differs from the one that the entries give: where the published
// page can still be read, down to the first batch or pack of which it says something else.
import { packKey } from '../../domain/ledger/fold.ts';
import { PAGE_BYTES_MAX } from '../../domain/limits.ts';
import { isExpired } from '../../domain/pack.ts';
import type { BuiltPage } from '../../domain/snapshot/build.ts';
import { lookUp } from '../../domain/snapshot/lookup.ts';
import type { Manifest, PageRef } from '../../domain/snapshot/manifest.ts';
import { openPage, type VerifiedPage } from '../../domain/snapshot/page.ts';
import type { LogSource } from '../check/log-source.ts';
import type { BatchState, FoldState } from './fold-state.ts';

export type PageDifference = {
  readonly at: number;
  readonly claimed: PageRef | undefined;
  readonly built: BuiltPage;
};

/** Throws SourceError. */
export async function describeDifference(
  state: FoldState,
  manifest: Manifest,
  { at, claimed, built }: PageDifference,
  source: LogSource,
): Promise<string> {
  const { ref } = built;
  if (!claimed) return `It has ${at} pages; the entries give a page ${at} too, with ${ref.packs} packs.`;
  const words = `Page ${at}: the entries give ${refWords(ref)}, the manifest names ${refWords(claimed)}.`;
  const file = await source.read(`page/${claimed.sha256}`, PAGE_BYTES_MAX);
  const page = file && openPage(file, claimed);
  if (!page?.ok) return `${words} The page that it names cannot be read, so nothing more can be told.`;
  return `${words} ${firstDifference(state, manifest, ref, page.value)}`;
}

function refWords({ sha256, packs, bytes }: PageRef): string {
  return `${packs} packs in ${bytes} bytes with SHA-256 ${sha256.slice(0, 16)}...`;
}

function firstDifference(state: FoldState, manifest: Manifest, ref: PageRef, page: VerifiedPage): string {
  for (const batch of state.batches()) {
    const key = batch.productId + batch.batchId;
    if (key > ref.last) break;
    if (key < ref.first.slice(0, key.length)) continue;
    const here = batch.states.filter(({ packId }) => isWithin(ref, key + packId));
    const difference = isExpired(batch.expiry, manifest.asOfMs)
      ? undefined
      : differenceIn({ ...batch, states: here }, manifest.salt, state, page);
    if (difference !== undefined) return difference;
  }
  return 'No pack that was issued reads differently, so it is a batch, or the way in which they are written.';
}

function isWithin({ first, last }: PageRef, key: string): boolean {
  return first <= key && key <= last;
}

function differenceIn(
  { keyId, productId, batchId, expiry, recalled, withdrawn, states }: BatchState,
  salt: string,
  state: FoldState,
  page: VerifiedPage,
): string | undefined {
  for (const { packId, state: folded } of states) {
    const found = lookUp([page], salt, { keyId, productId, batchId, packId }, expiry);
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
