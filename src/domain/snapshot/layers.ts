// A layer of a snapshot, built from two things alone: the fold's state and the layers below. A server that publishes and
// an auditor that rebuilds both come here, and so to the same bytes.
import { NO_ID } from '../blinding.ts';
import { assert } from '../result.ts';
import { type BuiltPage, buildPackedPages, type FoldedBatch, type PackedBatch } from './build.ts';
import { type BatchChange, buildDelta, type IssuedBatch } from './delta.ts';
import { type Layer, type PageRef, pagesForPack } from './manifest.ts';
import { LAST_ID, type PackedPacks } from './packs.ts';
import { openPage, type VerifiedPage } from './page.ts';
import { changeSince } from './since.ts';

/** Pages of layers below that are kept open: some for each layer, as batches go by in order. */
const PAGES_OPEN_MAX = 128;

export type BatchReading = IssuedBatch & {
  readonly batch: FoldedBatch;
  /** At least those packs whose state an entry from this index on has brought about. */
  packsSince(logSize: number): PackedPacks;
};

/** The fold's state. */
export type FoldReading = {
  /** Batches whose keys (product, batch) lie between two, both included, in order. */
  batchesBetween(first: string, last: string): Iterable<BatchReading>;
};

export type LayerParts = {
  /** Layers that stay below, as planLayer has them; none below a base. */
  readonly below: readonly Layer[];
  /** Of these layers; a fresh one for a base. */
  readonly salt: string;
  readonly asOfMs: number;
  readonly reading: FoldReading;
  /** The bytes of a page of the layers below; none may be missing. */
  readPage(ref: PageRef): Uint8Array;
};

/** The layer's pages. Undefined comes between them, so that a caller can let others have their turn. */
export function layerPages(parts: LayerParts): Iterable<BuiltPage | undefined> {
  return parts.below.length === 0 ? basePages(parts) : deltaPages(parts);
}

const FIRST_BATCH = NO_ID + NO_ID;
const LAST_BATCH = LAST_ID + LAST_ID;

function* basePages({ reading, salt, asOfMs }: LayerParts): Generator<BuiltPage> {
  function* batches(): Generator<PackedBatch> {
    for (const { batch, packs } of reading.batchesBetween(FIRST_BATCH, LAST_BATCH))
      yield { batch, packs: packs() };
  }
  yield* buildPackedPages(batches(), salt, asOfMs);
}

function* deltaPages(parts: LayerParts): Generator<BuiltPage | undefined> {
  const { below: layers, salt, asOfMs, reading } = parts;
  const pageOf = createPageOpener(parts);
  const below = { salt, pagesFor: (key: string) => pagesForPack({ layers }, key).map(pageOf) };
  const logSize = layers.at(-1)?.logSize ?? 0;
  const changes: BatchChange[] = [];
  for (const { batch, packsSince } of reading.batchesBetween(FIRST_BATCH, LAST_BATCH)) {
    const change = changeSince(below, batch, packsSince(logSize), asOfMs);
    if (change) changes.push(change);
    yield;
  }
  yield* buildDelta(changes, reading.batchesBetween, salt, asOfMs);
}

function createPageOpener({ readPage }: LayerParts): (ref: PageRef) => VerifiedPage {
  const open = new Map<string, VerifiedPage>();
  return (ref) => {
    const known = open.get(ref.first + ref.sha256);
    if (known) return known;
    const page = openPage(readPage(ref), ref);
    assert(page.ok, 'a page of the snapshot before is whole');
    const oldest = open.keys().next();
    if (open.size >= PAGES_OPEN_MAX && !oldest.done) open.delete(oldest.value);
    open.set(ref.first + ref.sha256, page.value);
    return page.value;
  };
}
