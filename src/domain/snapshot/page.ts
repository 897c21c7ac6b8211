// A page is one immutable file of a snapshot: consecutive batches, each with its record and the states of its packs.
// This codec, "plain-1", keeps sorted 8-byte keys and a 4-bit state; denser ones can take its place behind the same
// functions. Bytes become a VerifiedPage only when their SHA-256 is the one that a verified manifest names.
import { sha256 } from '@noble/hashes/sha2.js';
import { hexToBytes } from '@noble/hashes/utils.js';
import { type BlindId, NO_ID } from '../blinding.ts';
import { bytesToHex, compareBytes, concatBytes, createByteReader, createByteWriter } from '../bytes.ts';
import { PAGE_BYTES_MAX } from '../limits.ts';
import { PACK_STATES, type PackState } from '../pack.ts';
import { assert, err, ok, type Result } from '../result.ts';
import type { PageRef } from './manifest.ts';

const MAGIC = 0x50545031; // "PTP1"
const KEY_BYTES = 8;
const HEADER_BYTES = 10;
const BATCH_BYTES = 16 + 16 + 4 + 4 + 1 + 4 + 4;

/** What a page says of a batch; stays when the batch has expired and its packs' states have been dropped. */
export type PageBatch = {
  readonly productId: BlindId;
  readonly batchId: BlindId;
  readonly keyId: number;
  /** yyyymmdd, 0 where only a recall has named the batch so far. */
  readonly expiry: number;
  readonly recalled: boolean;
  /** The whole product has been withdrawn. */
  readonly withdrawn: boolean;
  readonly statesHeld: boolean;
  /** Packs of the whole batch, which may span pages. */
  readonly packs: number;
};

export type PageBatchPacks = PageBatch & {
  readonly states: readonly { readonly packId: BlindId; readonly state: PackState }[];
};

/** Packs of one batch that a page of its own can hold. */
export const PAGE_PACKS_MAX =
  Math.floor((PAGE_BYTES_MAX - HEADER_BYTES - BATCH_BYTES) / (KEY_BYTES + 0.5)) - 1;

/** Bytes that a batch with so many packs takes in a page. */
export function batchBytes(packs: number): number {
  return BATCH_BYTES + packs * KEY_BYTES + Math.ceil(packs / 2);
}

/** The stored key binds product, batch, expiry and pack, so that a hit shows that all of them belong together. */
function storedKey(salt: string, batch: PageBatch, packId: BlindId): Uint8Array {
  const writer = createByteWriter();
  writer.raw(hexToBytes(salt + batch.productId + batch.batchId));
  writer.u32(batch.expiry);
  writer.raw(hexToBytes(packId));
  return sha256(writer.done()).subarray(0, KEY_BYTES);
}

/**
 * Layout, big-endian: magic u32, batches u16, packs u32; then per batch productId, batchId, keyId u32, expiry u32,
 * flags u8 (1 recalled, 2 withdrawn, 4 states held), packs of the batch u32, packs here u32, sorted keys of 8 bytes,
 * states in 4 bits each (first in the high half), in the order of the keys.
 */
export function encodePage(
  salt: string,
  batches: readonly PageBatchPacks[],
): { bytes: Uint8Array; ref: PageRef } {
  const writer = createByteWriter();
  writer.u32(MAGIC);
  writer.u16(batches.length);
  writer.u32(batches.reduce((sum, batch) => sum + batch.states.length, 0));
  for (const batch of batches) {
    writer.raw(hexToBytes(batch.productId + batch.batchId));
    writer.u32(batch.keyId);
    writer.u32(batch.expiry);
    writer.u8((batch.recalled ? 1 : 0) | (batch.withdrawn ? 2 : 0) | (batch.statesHeld ? 4 : 0));
    writer.u32(batch.packs);
    writer.u32(batch.states.length);
    const rows = batch.states.map(({ packId, state }) => ({ key: storedKey(salt, batch, packId), state }));
    rows.sort((a, b) => compareBytes(a.key, b.key));
    writer.raw(concatBytes(...rows.map((row) => row.key)));
    const states = new Uint8Array(Math.ceil(rows.length / 2));
    rows.forEach((row, i) => {
      states[i >> 1] = (states[i >> 1] ?? 0) | (PACK_STATES.indexOf(row.state) << (i % 2 === 0 ? 4 : 0));
    });
    writer.raw(states);
  }
  const bytes = writer.done();
  assert(bytes.length <= PAGE_BYTES_MAX, 'a page fits IndexedDB inline');
  return { bytes, ref: refOf(bytes, batches) };
}

function refOf(bytes: Uint8Array, batches: readonly PageBatchPacks[]): PageRef {
  const first = batches[0];
  const last = batches.at(-1);
  assert(first && last, 'a page holds a batch');
  return {
    sha256: bytesToHex(sha256(bytes)),
    bytes: bytes.length,
    packs: batches.reduce((sum, batch) => sum + batch.states.length, 0),
    first: first.productId + first.batchId + (first.states[0]?.packId ?? NO_ID),
    last: last.productId + last.batchId + (last.states.at(-1)?.packId ?? NO_ID),
  };
}

declare const verified: unique symbol;

/** One batch's part of a verified page, its keys and states left packed. */
type BatchPart = { readonly batch: PageBatch; readonly keys: Uint8Array; readonly states: Uint8Array };

/** Only openPage makes one of these. */
export type VerifiedPage = { readonly parts: readonly BatchPart[]; readonly [verified]: true };

/** `wrong-hash`: not the bytes that the manifest names. `malformed`: the builder wrote nonsense. */
export function openPage(bytes: Uint8Array, ref: PageRef): Result<VerifiedPage, 'wrong-hash' | 'malformed'> {
  if (bytes.length !== ref.bytes || bytesToHex(sha256(bytes)) !== ref.sha256)
    return err('wrong-hash', `page ${ref.sha256.slice(0, 12)}`);
  const reader = createByteReader(bytes);
  if (reader.u32() !== MAGIC) return err('malformed', 'not a page');
  const batchCount = reader.u16();
  const packCount = reader.u32();
  if (batchCount * BATCH_BYTES + packCount * KEY_BYTES > bytes.length) return err('malformed', 'page counts');
  const parts: BatchPart[] = [];
  let packsRead = 0;
  for (let i = 0; i < batchCount; i++) {
    const part = readPart(reader);
    if (!part) return err('malformed', 'page batch');
    parts.push(part);
    packsRead += part.keys.length / KEY_BYTES;
  }
  if (packsRead !== packCount || !reader.atEnd()) return err('malformed', 'page length');
  return ok({ parts } as unknown as VerifiedPage);
}

function readPart(reader: ReturnType<typeof createByteReader>): BatchPart | undefined {
  const productId = bytesToHex(reader.raw(16));
  const batchId = bytesToHex(reader.raw(16));
  const keyId = reader.u32();
  const expiry = reader.u32();
  const flags = reader.u8();
  const packs = reader.u32();
  const here = reader.u32();
  const keys = reader.raw(here * KEY_BYTES);
  const states = reader.raw(Math.ceil(here / 2));
  if (reader.failed() || flags > 7) return undefined;
  for (let i = 0; i < here; i++) if (stateAt(states, i) === undefined) return undefined;
  const flag = { recalled: (flags & 1) !== 0, withdrawn: (flags & 2) !== 0, statesHeld: (flags & 4) !== 0 };
  return { batch: { productId, batchId, keyId, expiry, packs, ...flag }, keys, states };
}

function stateAt(states: Uint8Array, i: number): PackState | undefined {
  return PACK_STATES[((states[i >> 1] ?? 0) >> (i % 2 === 0 ? 4 : 0)) & 15];
}

/** The pack's state if this part of a page holds it under exactly this batch and expiry. */
export function stateInPart(
  part: BatchPart,
  salt: string,
  packId: BlindId,
  expiry: number,
): PackState | undefined {
  const key = storedKey(salt, { ...part.batch, expiry }, packId);
  let low = 0;
  let high = part.keys.length / KEY_BYTES;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compareBytes(part.keys.subarray(middle * KEY_BYTES, (middle + 1) * KEY_BYTES), key);
    if (order === 0) return stateAt(part.states, middle);
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return undefined;
}
