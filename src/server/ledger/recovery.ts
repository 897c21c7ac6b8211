// Where a log's writer takes up after a stop. The published tiles at the tree's right edge give the root that the
// signed checkpoint states, so the leaves need not be hashed again, however many there are; the store must hold the
// same last entries. Where either is not so, the whole store is asked: it is the truth, and either the files are lost
// and can be made anew, or the store is another history and the server stops.
import { equalBytes } from '../../domain/bytes.ts';
import { HASH_BYTES } from '../../domain/ledger/merkle.ts';
import {
  bundlePath,
  bundlesOfGrowth,
  TILE_WIDTH,
  tileInTree,
  tilePath,
  tilesOfGrowth,
} from '../../domain/ledger/tile.ts';
import { rootFromTiles, type TileReader } from '../../domain/ledger/tile-proof.ts';
import { createTreeHead, restoreTreeHead, type TreeHead } from '../../domain/ledger/tree-head.ts';
import type { LogFiles } from './log-files.ts';
import { LedgerRefusal } from './refusal.ts';
import type { StoredLog } from './store.ts';

export type Recovered = { readonly head: TreeHead; readonly areFilesWhole: boolean };

export type RecoveryParts = {
  readonly origin: string;
  readonly log: StoredLog;
  readonly files: LogFiles;
  readonly readTile: TileReader;
  readonly checkpoint: SignedHead;
};

/** Of a checkpoint whose signature by the log has been verified. */
export type SignedHead = { readonly size: number; readonly root: Uint8Array };

/** Throws LedgerRefusal: `store-behind-checkpoint` or `forked`. */
export async function recoverHead(parts: RecoveryParts): Promise<Recovered> {
  const { origin, log, checkpoint } = parts;
  const { size, root } = checkpoint;
  if (size > log.size()) throw behind(origin, size, log.size());
  const restored = restoreFromTiles(parts);
  const head = restored ?? replay(log, size);
  if (!equalBytes(head.root(), root)) throw forked(origin, size);
  const areFilesWhole = restored !== undefined && (await areAllFilesThere(parts.files, size));
  return { head, areFilesWhole };
}

/**
 * Holds the store to what witnesses have seen of this log: they remember where a restored backup does not. Up to
 * `published` the tiles are known to be the store's. Throws LedgerRefusal: `store-behind-checkpoint` or `forked`.
 */
export function checkWitnessed(
  origin: string,
  log: StoredLog,
  readTile: TileReader,
  published: number,
  witnessed: readonly SignedHead[],
): void {
  for (const { size, root } of witnessed) {
    if (size > log.size()) throw behind(origin, size, log.size());
    const fromTiles = size <= published ? rootFromTiles(size, readTile) : undefined;
    const isSame = fromTiles?.ok === true && equalBytes(fromTiles.value, root);
    if (!isSame && !equalBytes(replay(log, size).root(), root)) throw forked(origin, size);
  }
}

function replay(log: StoredLog, size: number): TreeHead {
  const head = createTreeHead();
  for (let start = 0; start < size; start += TILE_WIDTH)
    for (const leaf of log.leafHashes(start, Math.min(size, start + TILE_WIDTH))) head.append(leaf);
  return head;
}

function restoreFromTiles({
  log,
  readTile,
  checkpoint: { size, root },
}: RecoveryParts): TreeHead | undefined {
  const head = restoreTreeHead(size, readTile);
  if (!head.ok || !equalBytes(head.value.root(), root)) return undefined;
  return isTailOfStore(log, readTile, size) ? head.value : undefined;
}

/**
 * Whether the store's last entries are the published ones: those of the last two tiles. An entry holds its event and
 * its time, so two histories that have parted do not meet again.
 */
function isTailOfStore(log: StoredLog, readTile: TileReader, size: number): boolean {
  const last = Math.floor((size - 1) / TILE_WIDTH);
  for (let index = Math.max(0, last - 1); index <= last; index++) {
    const tile = tileInTree(0, index, size);
    const bytes = tile && readTile(tile);
    if (!tile) continue;
    const leaves = log.leafHashes(index * TILE_WIDTH, index * TILE_WIDTH + tile.width);
    if (!bytes || leaves.length !== tile.width) return false;
    const isSame = (leaf: Uint8Array, i: number) =>
      equalBytes(leaf, bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES));
    if (!leaves.every(isSame)) return false;
  }
  return true;
}

/** One listing for a thousand tiles. */
async function areAllFilesThere(files: LogFiles, size: number): Promise<boolean> {
  const listed = new Map<string, ReadonlySet<string>>();
  const isThere = async (path: string) => {
    const cut = path.lastIndexOf('/');
    const folder = path.slice(0, cut);
    const names = listed.get(folder) ?? new Set(await files.list(folder));
    listed.set(folder, names);
    return names.has(path.slice(cut + 1));
  };
  for (const tile of tilesOfGrowth(0, size)) if (!(await isThere(tilePath(tile)))) return false;
  for (const bundle of bundlesOfGrowth(0, size)) if (!(await isThere(bundlePath(bundle)))) return false;
  return true;
}

export function behind(origin: string, published: number, held: number): LedgerRefusal {
  const words = `${origin}: a checkpoint over ${published} entries has been published, but the store holds ${held}. `;
  return new LedgerRefusal(
    'store-behind-checkpoint',
    `${words}It looks like a restored backup; going on would fork the log. Restore the newest store.`,
  );
}

function forked(origin: string, size: number): LedgerRefusal {
  const words = `${origin}: the store's first ${size} entries give another root than the published checkpoint. `;
  return new LedgerRefusal(
    'forked',
    `${words}Going on would fork the log. Restore the store that signed it.`,
  );
}
