// The builder's pure part: batches in key order become the pages of a base. Bytes are a function of the fold's state,
// the salt and the as-of time alone, so that an auditor who rebuilds gets the same pages.
import { isExpired } from '../pack.ts';
import type { PageBatch } from './batch-record.ts';
import { NO_CHANGES } from './changes.ts';
import { type BatchContent, cutPages, type PagePart } from './cut.ts';
import { CODEC } from './manifest.ts';
import { NO_PACKS, type PackedPacks, type PackWithState, packPacks } from './packs.ts';
import { type BuiltPage, encodeMembers, finishPage, hashParts } from './page-build.ts';

export type { BuiltPage } from './page-build.ts';

/** Of how pages are cut and encoded, and of the policy and the salt of layers. */
export const BUILDER_VERSION = 3;

/** A batch as the fold has it; whether its packs' states are held is for the builder to say. */
export type FoldedBatch = Omit<PageBatch, 'statesHeld'>;

export type BatchPacks = FoldedBatch & { readonly states: readonly PackWithState[] };

/**
 * Packs batches, sorted by product and batch with their packs sorted by id, into pages. The states of batches expired
 * at `asOfMs` are dropped, their records stay.
 */
export function* buildPages(
  batches: Iterable<BatchPacks>,
  salt: string,
  asOfMs: number,
): Generator<BuiltPage> {
  function* packed(): Generator<PackedBatch> {
    for (const { states, ...batch } of batches) yield { batch, packs: packPacks(states) };
  }
  yield* buildPackedPages(packed(), salt, asOfMs);
}

export type PackedBatch = {
  readonly batch: FoldedBatch;
  readonly packs: PackedPacks;
};

/** The same from packs that are packed already. */
export function* buildPackedPages(
  batches: Iterable<PackedBatch>,
  salt: string,
  asOfMs: number,
): Generator<BuiltPage> {
  for (const parts of cutPages(contentsOf(batches, asOfMs), CODEC.baseBits)) yield buildPage(parts, salt);
}

function* contentsOf(batches: Iterable<PackedBatch>, asOfMs: number): Generator<BatchContent> {
  for (const { batch, packs } of batches) {
    const statesHeld = !isExpired(batch.expiry, asOfMs);
    const news = statesHeld ? packs : NO_PACKS;
    yield {
      batch: { ...batch, statesHeld },
      recorded: true,
      news,
      changed: NO_PACKS,
    };
  }
}

function buildPage(parts: readonly PagePart[], salt: string): BuiltPage {
  const news = hashParts(salt, parts, 'news');
  const { bytes: members } = encodeMembers(news, CODEC.baseBits);
  return finishPage({
    parts,
    news,
    members,
    changed: hashParts(salt, parts, 'changed'),
    changes: NO_CHANGES,
  });
}
