// Rebuilds a published log from nothing but its entries and compares: each tile, each partial tile, and the root of
// each checkpoint when the tree reaches its size. One pass in the log's order, so that the first fault it meets is the
// first there is, with no more in memory than the files under way.
import { encodeBase64, equalBytes } from '../../domain/bytes.ts';
import type { Checkpoint } from '../../domain/ledger/checkpoint.ts';
import { parseBundle } from '../../domain/ledger/entry-bundle.ts';
import { checkInclusion, HASH_BYTES, leafHash } from '../../domain/ledger/merkle.ts';
import {
  bundlePath,
  TILE_BYTES,
  TILE_WIDTH,
  type TileId,
  tileInTree,
  tilePath,
} from '../../domain/ledger/tile.ts';
import { planInclusion, proveInclusion } from '../../domain/ledger/tile-proof.ts';
import { createTreeHead, partialTileIds, type TreeHead } from '../../domain/ledger/tree-head.ts';
import { ENTRY_BYTES_MAX } from '../../domain/limits.ts';
import type { LeafCheck } from './entry-order.ts';
import { type LogSource, SourceError } from './log-source.ts';
import { inOrder } from './ordered-reads.ts';

export const BUNDLE_BYTES_MAX = TILE_WIDTH * (2 + ENTRY_BYTES_MAX);

/** Stable codes for programs; `words` for people. */
export type Fault = {
  readonly code:
    | 'missing'
    | 'malformed'
    | 'bad-entry'
    | 'bad-tile'
    | 'bad-root'
    | 'bad-checkpoint'
    | 'bad-file';
  /** The file that is wrong, as far as that can be told. */
  readonly path: string;
  readonly entry?: number;
  readonly words: string;
};

/** A checkpoint that somebody could hold the log to, and where it was found. */
export type KnownCheckpoint = Pick<Checkpoint, 'size' | 'root'> & { readonly path: string };

export type LogCounts = { entries: number; bundles: number; tiles: number; checkpoints: number };

export type LogCheck = { readonly counts: Readonly<LogCounts>; readonly fault: Fault | undefined };

/** Throws SourceError. `others` are at most as large as `latest`. */
export async function checkLog(
  source: LogSource,
  latest: KnownCheckpoint,
  others: readonly KnownCheckpoint[],
  leaves: LeafCheck,
): Promise<LogCheck> {
  const pass = createPass(source, latest, others, leaves);
  const parallel = source.isRemote ? 16 : 4;
  for await (const [file, found] of inOrder(filesOf(latest.size), parallel, (one) => readFile(source, one))) {
    const fault = file.kind === 'bundle' ? pass.bundle(file, found) : await pass.tile(file, found);
    if (fault) return { counts: pass.counts, fault };
  }
  return { counts: pass.counts, fault: pass.end() };
}

type LogFile = { readonly kind: 'bundle' | 'tile'; readonly tile: TileId; readonly path: string };
/** `width` is more than was asked for where a full file stands in for a partial one. */
type Found = { readonly bytes: Uint8Array; readonly width: number } | undefined;

/** Each bundle, then the tiles that it completes, lowest level first; at the end the partial tiles above. */
function* filesOf(size: number): Generator<LogFile> {
  const tileFile = (tile: TileId): LogFile => ({ kind: 'tile', tile, path: tilePath(tile) });
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const tile = tileInTree(0, index, size) as TileId;
    yield { kind: 'bundle', tile, path: bundlePath(tile) };
    yield tileFile(tile);
    for (let level = 1, done = index + 1; tile.width === TILE_WIDTH && done % TILE_WIDTH === 0; level++) {
      done /= TILE_WIDTH;
      yield tileFile({ level, index: done - 1, width: TILE_WIDTH });
    }
  }
  for (const tile of partialTileIds(size)) if (tile.level > 0) yield tileFile(tile);
}

/** C2SP tlog-tiles: a partial file may be gone once the full one is there. */
async function readFile(source: LogSource, { kind, tile, path }: LogFile): Promise<Found> {
  const bytesMax = kind === 'bundle' ? BUNDLE_BYTES_MAX : TILE_BYTES;
  const bytes = await source.read(path, bytesMax);
  if (bytes || tile.width === TILE_WIDTH) return bytes && { bytes, width: tile.width };
  const full = { ...tile, width: TILE_WIDTH };
  const whole = await source.read(kind === 'bundle' ? bundlePath(full) : tilePath(full), bytesMax);
  return whole && { bytes: whole, width: TILE_WIDTH };
}

function createPass(
  source: LogSource,
  latest: KnownCheckpoint,
  others: readonly KnownCheckpoint[],
  leaves: LeafCheck,
) {
  const counts: LogCounts = { entries: 0, bundles: 0, tiles: 0, checkpoints: 0 };
  const head = createTreeHead();
  const due = [...others].sort((a, b) => a.size - b.size);
  /** Tiles that the entries give and whose files have not been met yet. */
  const own = new Map<string, Uint8Array>();

  /** Holds the log to the other checkpoints of its present size. */
  function meet(): Fault | undefined {
    for (let known = due[0]; known?.size === head.size(); known = due[0]) {
      due.shift();
      if (!equalBytes(known.root, head.root())) return wrongRoot(known, head);
      counts.checkpoints += 1;
    }
    return undefined;
  }

  function bundle({ path, tile }: LogFile, found: Found): Fault | undefined {
    if (!found) return missingBundle(source, path, counts);
    const entries = parseBundle(found.bytes, found.width);
    if (!entries.ok) return { code: 'malformed', path, words: `It does not hold ${found.width} entries.` };
    for (const [at, bytes] of entries.value.slice(0, tile.width).entries()) {
      const entry = tile.index * TILE_WIDTH + at;
      const wrong = leaves.check(entry, bytes);
      if (wrong !== undefined) return { code: 'bad-entry', path, entry, words: `Entry ${entry}: ${wrong}.` };
      const early = meet();
      if (early) return early;
      for (const full of head.append(leafHash(bytes))) own.set(tilePath(full.tile), full.bytes);
      counts.entries += 1;
    }
    if (head.size() === latest.size)
      for (const partial of head.partialTiles()) own.set(tilePath(partial.tile), partial.bytes);
    counts.bundles += 1;
    return undefined;
  }

  async function tile({ path, tile: id }: LogFile, found: Found): Promise<Fault | undefined> {
    const rebuilt = own.get(path) as Uint8Array;
    own.delete(path);
    if (!found) return { code: 'missing', path, words: 'It is missing.' };
    if (found.bytes.length !== found.width * HASH_BYTES)
      return {
        code: 'malformed',
        path,
        words: `It holds ${found.bytes.length} bytes, not ${found.width} hashes.`,
      };
    const published = found.bytes.subarray(0, rebuilt.length);
    counts.tiles += 1;
    if (equalBytes(published, rebuilt)) return undefined;
    const at = firstDifference(published, rebuilt);
    if (id.level === 0) return blame(source, latest, id, at, rebuilt, published);
    const below = tilePath({ level: id.level - 1, index: id.index * TILE_WIDTH + at, width: TILE_WIDTH });
    return { code: 'bad-tile', path, words: `Its hash ${at} is not that of ${below}.` };
  }

  function end(): Fault | undefined {
    const early = meet();
    if (early) return early;
    const lacking = leaves.end();
    if (lacking !== undefined)
      return {
        code: 'bad-entry',
        path: latest.path,
        entry: latest.size - 1,
        words: `At the end, ${lacking}.`,
      };
    if (!equalBytes(latest.root, head.root())) return wrongRoot(latest, head);
    counts.checkpoints += 1;
    return undefined;
  }

  return { counts, bundle, tile, end };
}

function missingBundle(source: LogSource, path: string, counts: LogCounts): Fault {
  // A server answers a reader without the right as if there were nothing.
  if (source.isRemote && counts.bundles === 0)
    throw new SourceError(
      'denied',
      `${source.place}${path} is not served: entry bundles are for readers with a token (--token).`,
    );
  return { code: 'missing', path, words: 'It is missing.' };
}

function wrongRoot({ path, size, root }: KnownCheckpoint, head: TreeHead): Fault {
  const words = `It says that ${size} entries have the root ${encodeBase64(root)}; they have ${encodeBase64(head.root())}.`;
  return { code: 'bad-root', path, words };
}

/** Counted in hashes. */
function firstDifference(a: Uint8Array, b: Uint8Array): number {
  return Math.floor(a.findIndex((byte, at) => byte !== b[at]) / HASH_BYTES);
}

/** An entry and its hash in the tile disagree: the one that leads to the signed root is right. */
async function blame(
  source: LogSource,
  { size: treeSize, root }: KnownCheckpoint,
  id: TileId,
  at: number,
  rebuilt: Uint8Array,
  published: Uint8Array,
): Promise<Fault> {
  const entry = id.index * TILE_WIDTH + at;
  const tiles = new Map<string, Uint8Array>();
  for (const tile of planInclusion(entry, treeSize)) {
    const found = await readFile(source, { kind: 'tile', tile, path: tilePath(tile) });
    if (found) tiles.set(tilePath(tile), found.bytes.subarray(0, tile.width * HASH_BYTES));
  }
  const proof = proveInclusion(entry, treeSize, (tile) => tiles.get(tilePath(tile)));
  const leads = (hashes: Uint8Array) => {
    const leaf = hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
    const claim = { leafIndex: entry, treeSize, leafHash: leaf, root };
    return proof.ok && checkInclusion({ ...claim, proof: proof.value }).ok;
  };
  const [tile, bundle] = [tilePath(id), bundlePath(id)];
  if (leads(rebuilt))
    return {
      code: 'bad-tile',
      path: tile,
      entry,
      words: `Its hash of entry ${entry} is not that of the entry.`,
    };
  if (leads(published))
    return {
      code: 'bad-entry',
      path: bundle,
      entry,
      words: `Entry ${entry} is not the one that was logged.`,
    };
  const words = `Entry ${entry} does not have the hash that ${tile} gives it, and neither leads to the signed root.`;
  return { code: 'bad-entry', path: bundle, entry, words };
}
