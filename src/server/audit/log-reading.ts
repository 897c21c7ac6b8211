// What an auditor reads of a log: its latest checkpoint, its entries in order, and proofs from its tiles that what it
// has read so far is a beginning of what the checkpoint signs.
import { equalBytes } from '../../domain/bytes.ts';
import { openCheckpoint, type VerifiedCheckpoint } from '../../domain/ledger/checkpoint.ts';
import { parseBundle } from '../../domain/ledger/entry-bundle.ts';
import { checkSuccessor } from '../../domain/ledger/follow.ts';
import { checkConsistency, leafHash } from '../../domain/ledger/merkle.ts';
import { type Policy, trustUnderPolicy } from '../../domain/ledger/policy.ts';
import {
  bundlePath,
  TILE_BYTES,
  TILE_WIDTH,
  type TileId,
  tileInTree,
  tilePath,
} from '../../domain/ledger/tile.ts';
import { planConsistency, proveConsistency } from '../../domain/ledger/tile-proof.ts';
import { CHECKPOINT_BYTES_MAX } from '../../domain/limits.ts';
import { BUNDLE_BYTES_MAX } from '../check/log-check.ts';
import { type LogSource, SourceError } from '../check/log-source.ts';
import { checkpointWords, openUnder } from '../check/log-trust.ts';
import { inOrder } from '../check/ordered-reads.ts';
import type { AuditFault } from './audit-fault.ts';

export type Opened =
  | {
      readonly checkpoint: VerifiedCheckpoint;
      /** Than the one seen before, of which it is a beginning. */
      readonly isOlder: boolean;
      readonly fault?: undefined;
    }
  | { readonly fault: AuditFault };

/**
 * The latest checkpoint, grown from the one seen before; or the one that the log asks to have looked into, which may
 * have been asked for before that was seen, and is of the same history then. Throws SourceError.
 */
export async function readCheckpoint(
  source: LogSource,
  policy: Policy,
  seenNote: string | undefined,
  wanted?: string,
): Promise<Opened> {
  const bytes =
    wanted === undefined ? await source.read('checkpoint', CHECKPOINT_BYTES_MAX) : Buffer.from(wanted);
  if (!bytes) throw new SourceError('unreachable', `${source.place} has no checkpoint: it is not a log.`);
  const opened = openUnder(bytes, policy);
  if (!opened.ok) {
    const words = `The checkpoint of ${source.place} does not stand: ${checkpointWords(opened.error, opened.detail)}.`;
    return { fault: { code: 'bad-log', words } };
  }
  const next = opened.value;
  const seen = seenNote === undefined ? undefined : reopen(seenNote, next.origin, policy);
  if (seenNote !== undefined && !seen) {
    const words = `${source.place} is ${next.origin}; what was audited so far is another log, or has another key.`;
    return { fault: { code: 'bad-log', words, evidence: [seenNote, next.note] } };
  }
  if (wanted !== undefined && seen && next.size < seen.size && (await isBeginning(source, next, seen)))
    return { checkpoint: next, isOlder: true };
  const proof = seen ? await readConsistency(source, seen.size, next.size) : [];
  const step = checkSuccessor(seen, next, proof);
  if (step.ok) return { checkpoint: next, isOlder: false };
  const words = {
    'rolled-back': `${next.origin} is smaller than it was: ${step.detail}.`,
    forked: `${next.origin} has two roots for one size: ${step.detail}.`,
    'bad-proof': `Nothing shows that ${next.origin} only grew: ${step.detail}.`,
  }[step.error];
  return { fault: { code: 'bad-log', words, evidence: step.evidence } };
}

function reopen(note: string, origin: string, policy: Policy): VerifiedCheckpoint | undefined {
  const trust = trustUnderPolicy(policy, origin);
  const opened = trust.ok ? openCheckpoint(Buffer.from(note), trust.value) : trust;
  return opened.ok ? opened.value : undefined;
}

export type EntryRun = { readonly first: number; readonly entries: readonly Uint8Array[] };

/** Entries [from, to) of the log as the checkpoint of `treeSize` has it, a bundle at a time. Throws SourceError. */
export async function* readEntries(
  source: LogSource,
  from: number,
  to: number,
  treeSize: number,
): AsyncGenerator<EntryRun> {
  const read = (tile: TileId) => readBundle(source, tile);
  for await (const [tile, entries] of inOrder(bundles(from, to, treeSize), source.isRemote ? 16 : 4, read)) {
    const start = tile.index * TILE_WIDTH;
    const first = Math.max(from, start);
    yield { first, entries: entries.slice(first - start, Math.min(to, start + TILE_WIDTH) - start) };
  }
}

function* bundles(from: number, to: number, treeSize: number): Generator<TileId> {
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < to; index++) {
    const tile = tileInTree(0, index, treeSize);
    if (tile) yield tile;
  }
}

async function readBundle(source: LogSource, tile: TileId): Promise<readonly Uint8Array[]> {
  const found = await readFile(source, tile, bundlePath, BUNDLE_BYTES_MAX);
  const path = `${source.place}/${bundlePath(tile)}`;
  if (!found) {
    const help = source.isRemote ? ': entry bundles are for readers with a token (--token)' : '';
    throw new SourceError('unreachable', `${path} is missing${help}.`);
  }
  const entries = parseBundle(found.bytes, found.width);
  if (!entries.ok) throw new SourceError('unreachable', `${path} does not hold ${found.width} entries.`);
  return entries.value.slice(0, tile.width);
}

/** C2SP tlog-tiles: a partial file may be gone once the full one is there. */
async function readFile(
  source: LogSource,
  tile: TileId,
  pathOf: (tile: TileId) => string,
  bytesMax: number,
): Promise<{ bytes: Uint8Array; width: number } | undefined> {
  const bytes = await source.read(pathOf(tile), bytesMax);
  if (bytes || tile.width === TILE_WIDTH) return bytes && { bytes, width: tile.width };
  const whole = await source.read(pathOf({ ...tile, width: TILE_WIDTH }), bytesMax);
  return whole && { bytes: whole, width: TILE_WIDTH };
}

/** Tiles that are missing or wrong give a proof that does not hold, and the check says so. */
export async function readConsistency(
  source: LogSource,
  oldSize: number,
  newSize: number,
): Promise<readonly Uint8Array[]> {
  const tiles = new Map<string, Uint8Array>();
  for (const tile of planConsistency(oldSize, newSize)) {
    const found = await readFile(source, tile, tilePath, TILE_BYTES);
    if (found) tiles.set(tilePath(tile), found.bytes);
  }
  const proof = proveConsistency(oldSize, newSize, (tile) => tiles.get(tilePath(tile)));
  return proof.ok ? proof.value : [];
}

/** Whether this root over so many entries is that of a beginning of the log. Throws SourceError. */
export async function isBeginning(
  source: LogSource,
  { size, root }: { readonly size: number; readonly root: Uint8Array },
  whole: VerifiedCheckpoint,
): Promise<boolean> {
  if (size === 0) return true;
  if (size === whole.size) return equalBytes(root, whole.root);
  const proof = await readConsistency(source, size, whole.size);
  return checkConsistency({ oldSize: size, oldRoot: root, newSize: whole.size, newRoot: whole.root, proof })
    .ok;
}

/** The first entry of [from, to) that does not have the hash that the log's own tile gives it. */
export async function findStrangeEntry(
  source: LogSource,
  from: number,
  to: number,
  treeSize: number,
): Promise<number | undefined> {
  for await (const { first, entries } of readEntries(source, from, to, treeSize)) {
    const tile = tileInTree(0, Math.floor(first / TILE_WIDTH), treeSize);
    const hashes = tile && (await readFile(source, tile, tilePath, TILE_BYTES))?.bytes;
    if (!tile || !hashes) return undefined;
    for (const [i, entry] of entries.entries()) {
      const at = (first + i - tile.index * TILE_WIDTH) * 32;
      if (!equalBytes(leafHash(entry), hashes.subarray(at, at + 32))) return first + i;
    }
  }
  return undefined;
}
