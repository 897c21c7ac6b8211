// Where one page ends and the next begins: batches in key order fill a page up to what is sure to fit it, and one too
// large for the rest of a page goes on in the next.
import { type BlindId, NO_ID } from '../blinding.ts';
import { PAGE_BYTES_MAX } from '../limits.ts';
import { assert } from '../result.ts';
import { BATCH_BYTES_MAX, type PageBatch } from './batch-record.ts';
import { compareIds, idAt, idBefore, LAST_ID, type PackedPacks, slicePacks } from './packs.ts';

/** The rest is for headers, and for tables that take a few rows more than they have packs. */
const PAGE_BITS = Math.floor((PAGE_BYTES_MAX * 8 * 95) / 100);
const BATCH_BITS = BATCH_BYTES_MAX * 8;
/** Beside the fingerprint up to three bits of state, and one for overheads. */
const STATE_BITS = 4;
/** Up to 25 bits in the sieve, and four in the judge: itself and those that fall through with it. */
const CHANGE_BITS = 29;

/** What a layer says of a batch. */
export type BatchContent = {
  readonly batch: PageBatch;
  /** Whether pages carry the record: in a base always, in a delta where it is new or has changed. */
  readonly recorded: boolean;
  /** Packs that the layer is the first to hold; only where recorded. */
  readonly news: PackedPacks;
  /** Packs of layers below, with their new states. */
  readonly changed: PackedPacks;
};

/** A page's share of a batch; the page answers for ids from `from` to `to`. */
export type PagePart = BatchContent & {
  readonly from: BlindId;
  readonly to: BlindId;
};

/** Content by rising key; each list of parts makes a page. */
export function* cutPages(
  contents: Iterable<BatchContent>,
  fingerprintBits: number,
): Generator<readonly PagePart[]> {
  let parts: PagePart[] = [];
  let room = PAGE_BITS;
  for (const content of contents) {
    assert(content.recorded || content.news.states.length === 0, 'a batch with news has its record');
    let rest: BatchContent | undefined = content;
    let from = NO_ID;
    while (rest) {
      const share: Share = takeShare(rest, from, room, fingerprintBits + STATE_BITS);
      if (share.part) parts.push(share.part);
      room -= share.bits;
      rest = share.rest;
      if (!rest) break;
      yield parts;
      parts = [];
      room = PAGE_BITS;
      from = share.nextId;
    }
  }
  if (parts.length > 0) yield parts;
}

type Share = {
  readonly part: PagePart | undefined;
  readonly bits: number;
  readonly rest: BatchContent | undefined;
  /** Where the rest begins. */
  readonly nextId: BlindId;
};

// As many packs, by rising id, as there is room for; no part at all if there are some and none fits.
function takeShare(content: BatchContent, from: BlindId, room: number, newsBits: number): Share {
  const { recorded, news, changed } = content;
  let left = room - (recorded ? BATCH_BITS : 0);
  let i = 0;
  let j = 0;
  let nextIsNews = isNewsNext(content, i, j);
  while (nextIsNews !== undefined && left >= (nextIsNews ? newsBits : CHANGE_BITS)) {
    left -= nextIsNews ? newsBits : CHANGE_BITS;
    if (nextIsNews) i++;
    else j++;
    nextIsNews = isNewsNext(content, i, j);
  }
  const isWhole = nextIsNews === undefined && left >= 0;
  if (!isWhole && i + j === 0) return { part: undefined, bits: 0, rest: content, nextId: from };
  const nextId = nextIsNews === undefined ? NO_ID : nextIsNews ? idAt(news, i) : idAt(changed, j);
  const part = {
    ...content,
    news: slicePacks(news, 0, i),
    changed: slicePacks(changed, 0, j),
    // Without a record the page has nothing to say of packs before the first and after the last that it names.
    from: recorded ? from : idAt(changed, 0),
    to: !recorded ? idAt(changed, j - 1) : isWhole ? LAST_ID : idBefore(nextId),
  };
  const rest = isWhole
    ? undefined
    : {
        ...content,
        news: slicePacks(news, i),
        changed: slicePacks(changed, j),
      };
  return { part, bits: room - left, rest, nextId };
}

/** Whether the next pack by id is one of the news; undefined where none is left. */
function isNewsNext({ news, changed }: BatchContent, i: number, j: number): boolean | undefined {
  if (j === changed.states.length) return i < news.states.length ? true : undefined;
  return i < news.states.length && compareIds(news.ids, i, changed.ids, j) < 0;
}
