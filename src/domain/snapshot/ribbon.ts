// A bumped ribbon (Dillinger, Huebschle-Schneider, Sanders and Walzer, "Fast succinct retrieval and approximate
// membership using ribbon", 2022): a table that returns the right value of r bits for every key it was built over,
// and noise for any other, in about r bits a key. A key's value is the XOR of the rows that its 64-bit window selects.
// A bucket too full for its keys sends those that start low in it to the next, smaller layer.
import type { createByteReader, createByteWriter } from '../bytes.ts';
import { HASH_WORDS, type PackHashes } from './pack-key.ts';

/** Bits of a key's window, and so the fewest rows that a layer can have. */
export const WINDOW = 64;
export const BUCKET_STARTS = 128;
/** A bucket's two bits say how many of its 128 starts are sent on. */
export const THRESHOLDS = [0, 24, 56, 128] as const;
export const RIBBON_LAYERS_MAX = 5;
/** A field of 25 bits that starts anywhere in a byte still lies in one 32-bit word. */
export const VALUE_BITS_MAX = 25;
/** In place of a seed: the layer sends keys on. Such a layer takes any seed, so it has the first. */
export const BUMPING = 255;

type RibbonLayer = {
  readonly seed: number;
  /** Places at which a window can start. */
  readonly starts: number;
  readonly thresholds: Uint8Array | undefined;
  readonly rows: Int32Array;
};

export type ByteReader = ReturnType<typeof createByteReader>;
export type ByteWriter = ReturnType<typeof createByteWriter>;

export type Ribbon = readonly RibbonLayer[];

/** The value of the key whose hash stands at `at` (counted in keys), or -1, which no key of the table gets. */
export function queryRibbon(ribbon: Ribbon, hashes: PackHashes, at: number): number {
  const h1 = hashes[at * HASH_WORDS + 1] as number;
  const h2 = hashes[at * HASH_WORDS + 2] as number;
  for (let i = 0; i < ribbon.length; i++) {
    const { seed, starts, thresholds, rows } = ribbon[i] as RibbonLayer;
    const a = fmix32(h1 ^ seed);
    const start = startOf(a, starts);
    if (thresholds && start % BUCKET_STARTS < (thresholds[Math.floor(start / BUCKET_STARTS)] as number))
      continue;
    const q = windowSeed(a, h2, seed);
    return select(rows, start, windowLow(q)) ^ select(rows, start + 32, windowHigh(q, a));
  }
  return -1;
}

// The XOR of the rows that the bits select. All 32 steps are taken: that is quicker than to look for the set bits.
function select(rows: Int32Array, at: number, bits: number): number {
  let value = 0;
  for (let i = 0; i < 32; i += 4) {
    value ^=
      ((rows[at + i] as number) & -((bits >>> i) & 1)) ^
      ((rows[at + i + 1] as number) & -((bits >>> (i + 1)) & 1)) ^
      ((rows[at + i + 2] as number) & -((bits >>> (i + 2)) & 1)) ^
      ((rows[at + i + 3] as number) & -((bits >>> (i + 3)) & 1));
  }
  return value;
}

// Where a key starts and which rows its window selects, from its words h1 and h2 and the layer's seed.
export function layerSeed(table: number, layer: number, attempt: number): number {
  return (table << 16) | (layer << 8) | attempt;
}

/** The finaliser of MurmurHash3: every bit in changes every bit out with probability one half. */
export function fmix32(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/** Products stay below 2^53, and exact, as long as a layer has at most 2^20 rows. */
export function startOf(a: number, starts: number): number {
  return Math.floor(((a >>> 0) * starts) / 4_294_967_296);
}

export function windowSeed(a: number, h2: number, seed: number): number {
  return fmix32((h2 + Math.imul(seed, 0x9e3779b1)) ^ a);
}

/** The lowest bit is always set: a window starts where it says. */
export function windowLow(q: number): number {
  return fmix32(q ^ 0x5bd1e995) | 1;
}

export function windowHigh(q: number, a: number): number {
  return fmix32((q + 0x27d4eb2f) ^ a);
}

/**
 * Reads a table of values of `bits` bits. Layout: layers u8; for each, rows u32, seed u8 (255 for a layer that sends
 * keys on, as all but the last do), then thresholds in 2 bits each if it does, then the rows; both packed from the
 * lowest bit up and filled with zeros to a whole byte. Undefined if it is anything else, and then nothing is allocated
 * beyond what the bytes at hand can fill.
 */
export function readRibbon(reader: ByteReader, table: number, bits: number): Ribbon | undefined {
  const count = reader.u8();
  if (count > RIBBON_LAYERS_MAX) return undefined;
  const layers: RibbonLayer[] = [];
  for (let i = 0; i < count; i++) {
    const rowCount = reader.u32();
    const attempt = reader.u8();
    const starts = rowCount - WINDOW + 1;
    const bumping = attempt === BUMPING;
    if (reader.failed() || starts < 1 || rowCount > ROWS_MAX || (!bumping && i < count - 1)) return undefined;
    const buckets = Math.ceil(starts / BUCKET_STARTS);
    const codes = bumping ? unpack(reader.raw(packedBytes(buckets, 2)), buckets, 2) : undefined;
    const rows = codes === null ? null : unpack(reader.raw(packedBytes(rowCount, bits)), rowCount, bits);
    if (reader.failed() || codes === null || rows === null) return undefined;
    const thresholds = codes && Uint8Array.from(codes, (code) => THRESHOLDS[code] as number);
    layers.push({
      seed: layerSeed(table, i, bumping ? 0 : attempt),
      starts,
      thresholds,
      rows,
    });
  }
  return layers;
}

const ROWS_MAX = 1_048_576;

export function packedBytes(count: number, bits: number): number {
  return Math.ceil((count * bits) / 8);
}

/** Null if the bytes are too few, or the bits that fill the last byte are not zero. */
function unpack(bytes: Uint8Array, count: number, bits: number): Int32Array | null {
  if (bytes.length !== packedBytes(count, bits)) return null;
  const values = new Int32Array(count);
  const mask = (1 << bits) - 1;
  let buffer = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    while (held < bits) {
      buffer |= (bytes[at++] as number) << held;
      held += 8;
    }
    values[i] = buffer & mask;
    buffer >>>= bits;
    held -= bits;
  }
  return buffer === 0 ? values : null;
}
