// A page is one immutable file of a snapshot: the records of consecutive batches, which packs of them it holds in which
// state, and, in a delta, which packs of layers below have changed. Bytes become a VerifiedPage only when their SHA-256
// is the one that a verified manifest names.
import { sha256 } from '@noble/hashes/sha2.js';
import type { BlindId } from '../blinding.ts';
import { bytesToHex, createByteReader, createByteWriter } from '../bytes.ts';
import { PAGE_BYTES_MAX } from '../limits.ts';
import { assert, err, ok, type Result } from '../result.ts';
import { type BatchKey, keyOf, type PageBatch, readBatches, writeBatches } from './batch-record.ts';
import { type Changes, readChanges } from './changes.ts';
import type { PageRef } from './manifest.ts';
import { type Members, readMembers } from './members.ts';

export type { PageBatch } from './batch-record.ts';

const MAGIC = 0x50545231; // "PTR1": the codec ribbon-1

declare const verified: unique symbol;

/** Only openPage makes one of these. */
export type VerifiedPage = {
  /** The keys that the page answers for. */
  readonly first: string;
  readonly last: string;
  readonly batches: readonly PageBatch[];
  /** The key of each of them. */
  readonly batchKeys: readonly string[];
  readonly members: Members;
  readonly changes: Changes;
  readonly [verified]: true;
};

/** Layout, big-endian but for packed bits: magic u32, then batches, members and changes as their files have them. */
export function sealPage(
  { first, last, packs }: Pick<PageRef, 'first' | 'last' | 'packs'>,
  batches: readonly PageBatch[],
  members: Uint8Array,
  changes: Uint8Array,
): { bytes: Uint8Array; ref: PageRef } {
  const writer = createByteWriter();
  writer.u32(MAGIC);
  writeBatches(writer, batches);
  writer.raw(members);
  writer.raw(changes);
  const bytes = writer.done();
  assert(bytes.length <= PAGE_BYTES_MAX, 'a page fits IndexedDB inline');
  return {
    bytes,
    ref: {
      sha256: bytesToHex(sha256(bytes)),
      bytes: bytes.length,
      packs,
      first,
      last,
    },
  };
}

/** `wrong-hash`: not the bytes that the manifest names. `malformed`: the builder wrote nonsense. */
export function openPage(bytes: Uint8Array, ref: PageRef): Result<VerifiedPage, 'wrong-hash' | 'malformed'> {
  return openHashedPage(bytes, sha256(bytes), ref);
}

/** The same for a platform that has a faster SHA-256; `hash` is that of the bytes. */
export function openHashedPage(
  bytes: Uint8Array,
  hash: Uint8Array,
  ref: PageRef,
): Result<VerifiedPage, 'wrong-hash' | 'malformed'> {
  if (bytes.length !== ref.bytes || bytesToHex(hash) !== ref.sha256)
    return err('wrong-hash', `page ${ref.sha256.slice(0, 12)}`);
  const reader = createByteReader(bytes);
  if (reader.u32() !== MAGIC) return err('malformed', 'not a page');
  const batches = readBatches(reader);
  if (!batches) return err('malformed', 'page batches');
  const members = readMembers(reader);
  if (!members) return err('malformed', 'page members');
  const changes = readChanges(reader);
  if (!changes) return err('malformed', 'page changes');
  if (!reader.atEnd()) return err('malformed', 'page length');
  const { first, last } = ref;
  const batchKeys = batches.map(keyOf);
  return ok({
    first,
    last,
    batches,
    batchKeys,
    members,
    changes,
  } as unknown as VerifiedPage);
}

export function answersFor({ first, last }: Pick<VerifiedPage, 'first' | 'last'>, key: string): boolean {
  return first <= key && key <= last;
}

/** The page's record of a batch. */
export function recordIn(page: VerifiedPage, { productId, batchId }: BatchKey): PageBatch | undefined {
  const key = productId + batchId;
  const place = placeOf(page.batchKeys, key);
  return page.batchKeys[place] === key ? page.batches[place] : undefined;
}

/** The page's records of a product's batches. */
export function recordsOf({ batches, batchKeys }: VerifiedPage, productId: BlindId): readonly PageBatch[] {
  return batches.slice(placeOf(batchKeys, productId), placeOf(batchKeys, `${productId}g`));
}

/** How many keys are below this one. */
function placeOf(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
