// The records of batches that stand at the head of a page, in the order of their ids. What a record shares with the
// one before it (the product, the epoch of its keys) is left out, so that small batches cost little.
import { hexToBytes } from '@noble/hashes/utils.js';
import { BLIND_ID_BYTES, type BlindId } from '../blinding.ts';
import { bytesToHex } from '../bytes.ts';
import type { ByteReader, ByteWriter } from './ribbon.ts';

const FLAGS = {
  recalled: 1,
  withdrawn: 2,
  statesHeld: 4,
  otherProduct: 8,
  otherKey: 16,
} as const;
const FLAGS_MAX = 31;
/** The longest that a record can be. */
export const BATCH_BYTES_MAX = 1 + 2 * BLIND_ID_BYTES + 3 * 4;

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

export type BatchKey = Pick<PageBatch, 'productId' | 'batchId'>;

/** Hex sorts as its bytes do: product first. */
export const keyOf = ({ productId, batchId }: BatchKey): string => productId + batchId;

/**
 * Layout: records u16; for each, flags u8, the productId if the flags say so (as the first always does), batchId,
 * keyId u32 if the flags say so, expiry u32, packs u32.
 */
export function writeBatches(writer: ByteWriter, batches: readonly PageBatch[]): void {
  writer.u16(batches.length);
  batches.forEach((batch, i) => {
    const otherProduct = batch.productId !== batches[i - 1]?.productId;
    const otherKey = batch.keyId !== batches[i - 1]?.keyId;
    const { recalled, withdrawn, statesHeld } = batch;
    const flags = { recalled, withdrawn, statesHeld, otherProduct, otherKey };
    const names = Object.keys(FLAGS) as (keyof typeof FLAGS)[];
    writer.u8(names.reduce((sum, name) => sum + (flags[name] ? FLAGS[name] : 0), 0));
    if (otherProduct) writer.raw(hexToBytes(batch.productId));
    writer.raw(hexToBytes(batch.batchId));
    if (otherKey) writer.u32(batch.keyId);
    writer.u32(batch.expiry);
    writer.u32(batch.packs);
  });
}

/** Undefined unless these are records as written, each batch once and in order. */
export function readBatches(reader: ByteReader): readonly PageBatch[] | undefined {
  const count = reader.u16();
  const batches: PageBatch[] = [];
  let previous: PageBatch | undefined;
  for (let i = 0; i < count; i++) {
    const batch = readBatch(reader, previous);
    if (!batch || reader.failed()) return undefined;
    if (previous && keyOf(previous) >= keyOf(batch)) return undefined;
    batches.push(batch);
    previous = batch;
  }
  return batches;
}

function readBatch(reader: ByteReader, previous: PageBatch | undefined): PageBatch | undefined {
  const flags = reader.u8();
  const otherProduct = (flags & FLAGS.otherProduct) !== 0;
  const otherKey = (flags & FLAGS.otherKey) !== 0;
  const productId = otherProduct ? bytesToHex(reader.raw(BLIND_ID_BYTES)) : previous?.productId;
  const batchId = bytesToHex(reader.raw(BLIND_ID_BYTES));
  const keyId = otherKey ? reader.u32() : previous?.keyId;
  const expiry = reader.u32();
  const packs = reader.u32();
  if (productId === undefined || keyId === undefined || flags > FLAGS_MAX) return undefined;
  // One spelling: what is the same as before is left out.
  if ((otherProduct && productId === previous?.productId) || (otherKey && keyId === previous?.keyId))
    return undefined;
  const recalled = (flags & FLAGS.recalled) !== 0;
  const withdrawn = (flags & FLAGS.withdrawn) !== 0;
  const statesHeld = (flags & FLAGS.statesHeld) !== 0;
  return {
    productId,
    batchId,
    keyId,
    expiry,
    recalled,
    withdrawn,
    statesHeld,
    packs,
  };
}
