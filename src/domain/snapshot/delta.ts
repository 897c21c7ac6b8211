// A delta says how the packs and batches of a country differ from what the layers below it say. Its change part is
// right for every pack issued so far: each is put to it, and so is each to the news part, which may take a pack for one
// of its own; such a pack is then named as changed, with the state that it has.
import { NO_ID } from '../blinding.ts';
import { isExpired } from '../pack.ts';
import { keyOf, type PageBatch } from './batch-record.ts';
import type { FoldedBatch } from './build.ts';
import {
  type ChangesDraft,
  createChangesDraft,
  encodeChanges,
  looksChanged,
  NO_CHANGES,
  tellApart,
} from './changes.ts';
import { type BatchContent, cutPages, type PagePart } from './cut.ts';
import { CODEC } from './manifest.ts';
import { type Members, queryMembers } from './members.ts';
import { batchPrefix, HASH_WORDS, hashPacks, type PackHashes, type PackSet } from './pack-key.ts';
import {
  holdsId,
  joinPacks,
  LAST_ID,
  mergePacks,
  NO_PACKS,
  type PackedPacks,
  packsBetween,
  pickPacks,
  slicePacks,
} from './packs.ts';
import { type BuiltPage, encodeMembers, finishPage, hashParts } from './page-build.ts';

const SLICE_PACKS = 16_384;

/** How a batch differs from what the layers below say. */
export type BatchChange = {
  readonly batch: FoldedBatch;
  /** The record differs: it is new, or counts other packs, or was recalled, or withdrawn, or the batch has expired. */
  readonly recorded: boolean;
  /** Packs that no layer below holds. */
  readonly news: PackedPacks;
  /** Packs that layers below hold in another state than this. */
  readonly changed: PackedPacks;
};

/** A batch all of whose packs, new ones included, can be had when needed. */
export type IssuedBatch = {
  readonly batch: Pick<PageBatch, 'productId' | 'batchId' | 'expiry' | 'packs'>;
  packs(): PackedPacks;
};

/** Batches issued so far whose keys (product, batch) lie between two, both included, in order. */
export type IssuedBetween = (first: string, last: string) => Iterable<IssuedBatch>;

/**
 * The pages of a delta, from changes in key order. Each is put to every pack issued in its range, which takes long in a
 * large country: whenever some thousand have been, undefined is yielded, so that a caller can let others have their turn.
 */
export function* buildDelta(
  changes: Iterable<BatchChange>,
  issuedBetween: IssuedBetween,
  salt: string,
  asOfMs: number,
  newsBits: number = CODEC.newsBits,
): Generator<BuiltPage | undefined> {
  for (const parts of cutPages(contentsOf(changes, asOfMs), newsBits))
    yield* buildDeltaPage(parts, heldOnly(issuedBetween, asOfMs), salt, newsBits);
}

function* contentsOf(changes: Iterable<BatchChange>, asOfMs: number): Generator<BatchContent> {
  for (const { batch, recorded, news, changed } of changes) {
    const statesHeld = !isExpired(batch.expiry, asOfMs);
    const packs = statesHeld ? { news, changed } : { news: NO_PACKS, changed: NO_PACKS };
    if (recorded || packs.changed.states.length > 0)
      yield { batch: { ...batch, statesHeld }, recorded, ...packs };
  }
}

// Nobody asks for the state of a pack whose batch has expired.
function heldOnly(issuedBetween: IssuedBetween, asOfMs: number): IssuedBetween {
  return function* (first, last) {
    for (const issued of issuedBetween(first, last))
      if (!isExpired(issued.batch.expiry, asOfMs)) yield issued;
  };
}

function* buildDeltaPage(
  parts: readonly PagePart[],
  issuedBetween: IssuedBetween,
  salt: string,
  newsBits: number,
): Generator<BuiltPage | undefined> {
  const news = hashParts(salt, parts, 'news');
  const { bytes: members, members: opened } = encodeMembers(news, newsBits);
  const corrected: PagePart[] = [];
  for (const part of parts) {
    const more = yield* falselyHeld(part, opened, issuedBetween, salt);
    corrected.push({ ...part, changed: mergePacks(part.changed, more) });
  }
  const changed = hashParts(salt, corrected, 'changed');
  const changes = yield* drawChanges(corrected, changed, issuedBetween, salt);
  yield finishPage({ parts: corrected, news, members, changed, changes });
}

/** Work that stops now and then, and comes to T. */
type Steps<T> = Generator<undefined, T>;

/** Packs issued before that the page's news part takes for packs of its own. */
function* falselyHeld(
  part: PagePart,
  members: Members,
  issuedBetween: IssuedBetween,
  salt: string,
): Steps<PackedPacks> {
  const found: PackedPacks[] = [];
  if (!part.recorded || members.kind === 'none') return NO_PACKS;
  for (const issued of issuedBetween(keyOf(part.batch), keyOf(part.batch)))
    for (const slice of hashed(issued, packsBetween(issued.packs(), part.from, part.to), salt)) {
      found.push(falselyHeldIn(slice, part, members));
      yield;
    }
  return joinPacks(found);
}

function falselyHeldIn({ packs, hashes }: HashedSlice, part: PagePart, members: Members): PackedPacks {
  const places: number[] = [];
  for (let i = 0; i < packs.states.length; i++) {
    const isHeld = queryMembers(members, hashes, i) >= 0;
    if (isHeld && !holdsId(part.news, packs.ids, i) && !holdsId(part.changed, packs.ids, i)) places.push(i);
  }
  return pickPacks(packs, places);
}

/** The page's changes, to which every pack issued in its range has been put. */
function* drawChanges(
  parts: readonly PagePart[],
  changed: PackSet,
  issuedBetween: IssuedBetween,
  salt: string,
): Steps<Uint8Array> {
  const first = parts[0];
  const last = parts.at(-1);
  if (!first || !last || changed.states.length === 0) return NO_CHANGES;
  const firstKey = keyOf(first.batch);
  const lastKey = keyOf(last.batch);
  let issuedCount = 0;
  for (const { batch } of issuedBetween(firstKey, lastKey)) issuedCount += batch.packs;
  const draft = createChangesDraft(changed, issuedCount);
  const changedIn = new Map(parts.map((part) => [keyOf(part.batch), part.changed]));
  for (const issued of issuedBetween(firstKey, lastKey)) {
    const key = keyOf(issued.batch);
    const from = key === firstKey ? first.from : NO_ID;
    const to = key === lastKey ? last.to : LAST_ID;
    for (const slice of hashed(issued, packsBetween(issued.packs(), from, to), salt)) {
      putTo(draft, slice, changedIn.get(key) ?? NO_PACKS);
      yield;
    }
  }
  return encodeChanges(draft);
}

function putTo(draft: ChangesDraft, { packs, hashes }: HashedSlice, changed: PackedPacks): void {
  for (let i = 0; i < packs.states.length; i++)
    if (looksChanged(draft, hashes, i) && !holdsId(changed, packs.ids, i)) tellApart(draft, hashes, i);
}

type HashedSlice = { readonly packs: PackedPacks; readonly hashes: PackHashes };

/** A batch's packs with their hashes, some thousand at a time; the hashes are overwritten by the next. */
function* hashed({ batch }: IssuedBatch, packs: PackedPacks, salt: string): Generator<HashedSlice> {
  const prefix = batchPrefix(salt, batch.productId, batch.batchId);
  const hashes = new Int32Array(Math.min(SLICE_PACKS, packs.states.length) * HASH_WORDS);
  for (let at = 0; at < packs.states.length; at += SLICE_PACKS) {
    const slice = slicePacks(packs, at, at + SLICE_PACKS);
    hashPacks(prefix, batch.expiry, slice.ids, hashes, 0);
    yield { packs: slice, hashes };
  }
}
