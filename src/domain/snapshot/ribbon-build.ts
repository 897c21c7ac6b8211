// Builds a bumped ribbon: Gaussian elimination on the fly over rows of 64 bits, then back substitution. The bytes are
// a function of keys, values and their order alone: seeds are counted up, free rows are zero, arithmetic is integral.
import { HASH_WORDS, type PackHashes } from './pack-key.ts';
import {
  BUCKET_STARTS,
  BUMPING,
  type ByteWriter,
  fmix32,
  layerSeed,
  packedBytes,
  RIBBON_LAYERS_MAX,
  startOf,
  THRESHOLDS,
  WINDOW,
  windowHigh,
  windowLow,
  windowSeed,
} from './ribbon.ts';

/** A layer of so few keys keeps all of them: sending some on would cost more rows than it saves. */
const LAST_LAYER_KEYS = 512;
/** Each fails with a probability well below one half, so that this many never do. */
const ATTEMPTS_MAX = 250;

/** What a table holds: `values[i]` for the key whose hash is the i-th of `hashes`. */
export type RibbonKeys = {
  readonly hashes: PackHashes;
  readonly values: Int32Array;
};

/** Appends the table that readRibbon reads. `table` tells the tables of one page apart. */
export function writeRibbon(writer: ByteWriter, keys: RibbonKeys, table: number, bits: number): void {
  const layers: { rowCount: number; seed: number; parts: Uint8Array[] }[] = [];
  let members = countTo(keys.values.length);
  while (members.length > 0) {
    const i = layers.length;
    const bumping = i < RIBBON_LAYERS_MAX - 1 && members.length > LAST_LAYER_KEYS;
    const layer = bumping
      ? bumpingLayer(keys, members, layerSeed(table, i, 0))
      : lastLayer(keys, members, (attempt) => layerSeed(table, i, attempt));
    const parts = [pack(substituteBack(layer.rows), bits)];
    if (bumping) parts.unshift(pack(layer.thresholds, 2));
    layers.push({
      rowCount: layer.rows.length / ROW_WORDS,
      seed: bumping ? BUMPING : layer.attempt,
      parts,
    });
    members = layer.bumped;
  }
  writer.u8(layers.length);
  for (const { rowCount, seed, parts } of layers) {
    writer.u32(rowCount);
    writer.u8(seed);
    for (const bytes of parts) writer.raw(bytes);
  }
}

function countTo(end: number): Uint32Array<ArrayBuffer> {
  const counts = new Uint32Array(end);
  for (let i = 0; i < end; i++) counts[i] = i;
  return counts;
}

/** A row while it is being solved: window, low and high half, relative to its own place, and value. */
const ROW_WORDS = 3;

type SolvedLayer = {
  readonly rows: Int32Array;
  readonly attempt: number;
  /** Codes of thresholds, by bucket. */
  readonly thresholds: Uint8Array;
  readonly bumped: Uint32Array<ArrayBuffer>;
};

function bumpingLayer(keys: RibbonKeys, members: Uint32Array, seed: number): SolvedLayer {
  const rowCount = Math.ceil((members.length * 96) / 100) + WINDOW - 1;
  return solve(placed(keys, members, rowCount, seed), rowCount, 0, true) as SolvedLayer;
}

function lastLayer(keys: RibbonKeys, members: Uint32Array, seedOf: (attempt: number) => number): SolvedLayer {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const percent = 106 + 4 * Math.floor(attempt / 4);
    const rowCount = Math.ceil((members.length * percent) / 100) + WINDOW;
    const layer = solve(placed(keys, members, rowCount, seedOf(attempt)), rowCount, attempt, false);
    if (layer) return layer;
  }
  // Two packs with equal hashes and different values: 2^-64 for each pair of a page.
  throw new Error('assertion failed: no seed separates the keys of a page');
}

/** Keys in the order in which they are put in: by bucket, and the highest start first within one. */
type PlacedKeys = {
  readonly members: Uint32Array;
  readonly starts: Uint32Array;
  readonly lows: Int32Array;
  readonly highs: Int32Array;
  readonly values: Int32Array;
};

function placed(
  { hashes, values }: RibbonKeys,
  members: Uint32Array,
  rowCount: number,
  seed: number,
): PlacedKeys {
  const starts = rowCount - WINDOW + 1;
  const count = members.length;
  const ends = new Uint32Array(Math.ceil(starts / BUCKET_STARTS) * BUCKET_STARTS + 1);
  const startOfKey = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const start = startOf(fmix32((hashes[(members[i] as number) * HASH_WORDS + 1] as number) ^ seed), starts);
    startOfKey[i] = start;
    const place = (start ^ (BUCKET_STARTS - 1)) + 1;
    ends[place] = (ends[place] as number) + 1;
  }
  for (let i = 1; i < ends.length; i++) ends[i] = (ends[i] as number) + (ends[i - 1] as number);
  const keys = {
    members: new Uint32Array(count),
    starts: new Uint32Array(count),
    lows: new Int32Array(count),
    highs: new Int32Array(count),
    values: new Int32Array(count),
  };
  for (let i = 0; i < count; i++) {
    const start = startOfKey[i] as number;
    const place = start ^ (BUCKET_STARTS - 1);
    const to = ends[place] as number;
    ends[place] = to + 1;
    const member = members[i] as number;
    const a = fmix32((hashes[member * HASH_WORDS + 1] as number) ^ seed);
    const q = windowSeed(a, hashes[member * HASH_WORDS + 2] as number, seed);
    keys.members[to] = member;
    keys.starts[to] = start;
    keys.lows[to] = windowLow(q);
    keys.highs[to] = windowHigh(q, a);
    keys.values[to] = values[member] as number;
  }
  return keys;
}

/** Undefined if a key does not fit and the layer may not send it on. */
function solve(
  keys: PlacedKeys,
  rowCount: number,
  attempt: number,
  bumping: boolean,
): SolvedLayer | undefined {
  const { starts, members } = keys;
  const rows = new Int32Array(rowCount * ROW_WORDS);
  const thresholds = new Uint8Array(Math.ceil((rowCount - WINDOW + 1) / BUCKET_STARTS));
  const bumped = new Uint32Array(members.length);
  const pivots = new Int32Array(members.length);
  let bumpedCount = 0;
  for (let i = 0; i < members.length; i++) {
    const pivot = insert(rows, keys, i);
    pivots[i] = pivot;
    if (pivot !== FAILED) continue;
    if (!bumping) return undefined;
    const start = starts[i] as number;
    const bucket = Math.floor(start / BUCKET_STARTS);
    const code = THRESHOLDS.findIndex((threshold) => start % BUCKET_STARTS < threshold);
    const from = bucket * BUCKET_STARTS;
    const end = from + (THRESHOLDS[code] as number);
    thresholds[bucket] = code;
    // What went in last comes out first, so that no row that stays was reduced by one that goes.
    let first = i;
    while (first > 0 && inRange(starts[first - 1] as number, from, end)) {
      first--;
      remove(rows, pivots[first] as number);
    }
    let next = i + 1;
    while (next < members.length && inRange(starts[next] as number, from, end)) next++;
    bumped.set(members.subarray(first, next), bumpedCount);
    bumpedCount += next - first;
    i = next - 1;
  }
  return { rows, attempt, thresholds, bumped: bumped.slice(0, bumpedCount) };
}

const FAILED = -1;
/** The key's value follows from rows that are there already. */
const REDUNDANT = -2;

// Reduces the key's row by those in its way until it finds a place of its own.
function insert(rows: Int32Array, keys: PlacedKeys, i: number): number {
  let place = keys.starts[i] as number;
  let low = keys.lows[i] as number;
  let high = keys.highs[i] as number;
  let value = keys.values[i] as number;
  for (;;) {
    const at = place * ROW_WORDS;
    const there = rows[at] as number;
    if (there === 0) {
      rows[at] = low;
      rows[at + 1] = high;
      rows[at + 2] = value;
      return place;
    }
    low ^= there;
    high ^= rows[at + 1] as number;
    value ^= rows[at + 2] as number;
    if (low === 0) {
      if (high === 0) return value === 0 ? REDUNDANT : FAILED;
      low = high;
      high = 0;
      place += 32;
    }
    const zeros = 31 - Math.clz32(low & -low);
    if (zeros > 0) {
      low = (low >>> zeros) | (high << (32 - zeros));
      high >>>= zeros;
      place += zeros;
    }
  }
}

function remove(rows: Int32Array, pivot: number): void {
  if (pivot >= 0) rows.fill(0, pivot * ROW_WORDS, (pivot + 1) * ROW_WORDS);
}

function inRange(start: number, from: number, end: number): boolean {
  return start >= from && start < end;
}

// From the last row to the first, each value becomes its own XOR with those that its window selects. The sums of
// every four rows are kept in a table of 16, so that a window of 64 takes 16 steps.
function substituteBack(rows: Int32Array): Int32Array {
  const count = rows.length / ROW_WORDS;
  const groups = Math.ceil(count / 4);
  const values = new Int32Array(groups * 4);
  const sums = new Int32Array((groups + 17) * 16);
  for (let group = groups - 1; group >= 0; group--) {
    for (let place = 3; place >= 0; place--) {
      const at = (group * 4 + place) * ROW_WORDS;
      const low = (rows[at] ?? 0) as number;
      if (low === 0) continue;
      const high = rows[at + 1] as number;
      const shift = 4 - place;
      values[group * 4 + place] =
        (rows[at + 2] as number) ^
        inGroup(values, group * 4 + place, low, shift) ^
        sumOf(sums, group + 1, (low >>> shift) | (high << (32 - shift))) ^
        sumOf(sums, group + 9, high >>> shift);
    }
    addSums(sums, group, values);
  }
  return values.subarray(0, count);
}

// The up to three rows above within the row's own group of four.
function inGroup(values: Int32Array, at: number, low: number, shift: number): number {
  let value = 0;
  for (let k = 1; k < shift; k++) value ^= (values[at + k] as number) & -((low >>> k) & 1);
  return value;
}

function sumOf(sums: Int32Array, group: number, bits: number): number {
  const at = group * 16;
  return (
    (sums[at + (bits & 15)] as number) ^
    (sums[at + 16 + ((bits >>> 4) & 15)] as number) ^
    (sums[at + 32 + ((bits >>> 8) & 15)] as number) ^
    (sums[at + 48 + ((bits >>> 12) & 15)] as number) ^
    (sums[at + 64 + ((bits >>> 16) & 15)] as number) ^
    (sums[at + 80 + ((bits >>> 20) & 15)] as number) ^
    (sums[at + 96 + ((bits >>> 24) & 15)] as number) ^
    (sums[at + 112 + (bits >>> 28)] as number)
  );
}

function addSums(sums: Int32Array, group: number, values: Int32Array): void {
  const at = group * 16;
  for (let k = 0; k < 4; k++) {
    const value = values[group * 4 + k] as number;
    for (let i = 0; i < 1 << k; i++) sums[at + (1 << k) + i] = (sums[at + i] as number) ^ value;
  }
}

/** Packs values of `bits` bits from the lowest bit up. */
function pack(values: ArrayLike<number>, bits: number): Uint8Array {
  const bytes = new Uint8Array(packedBytes(values.length, bits));
  let buffer = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    buffer |= (values[i] as number) << held;
    held += bits;
    while (held >= 8) {
      bytes[at++] = buffer & 255;
      buffer >>>= 8;
      held -= 8;
    }
  }
  if (held > 0) bytes[at] = buffer;
  return bytes;
}
