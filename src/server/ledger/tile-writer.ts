// Writes the files of a log's growth: tiles and entry bundles, the unfinished ones too. What they hold comes from the
// store; a file is never changed once a checkpoint covers it.
import { equalBytes } from '../../domain/bytes.ts';
import { encodeBundle } from '../../domain/ledger/entry-bundle.ts';
import { bundlePath, TILE_WIDTH, type TileId, tilePath } from '../../domain/ledger/tile.ts';
import type { TreeHead } from '../../domain/ledger/tree-head.ts';
import type { NamedFile } from './file-thread.ts';
import type { LogFiles } from './log-files.ts';
import { LedgerRefusal } from './refusal.ts';
import type { StoredLog } from './store.ts';

export type TileWriter = {
  /**
   * Appends the entries up to `size` and writes the files of that growth, all or those that are not as they should be.
   * The last of them are handed back, to be published together with the checkpoint over them.
   */
  grow(tree: TreeHead, size: number, which: 'all' | 'damaged'): Promise<readonly NamedFile[]>;
  /** A partial tile is needed until the full one stands; readers of an older checkpoint then take that. */
  removeOutgrown(before: number, after: number): Promise<void>;
};

/** About 3 MB, of 8 KiB tiles and bundles of some 60 kB. */
const FILES_AT_ONCE = 96;

export function createTileWriter(origin: string, log: StoredLog, files: LogFiles): TileWriter {
  async function grow(tree: TreeHead, size: number, which: 'all' | 'damaged'): Promise<readonly NamedFile[]> {
    let written: NamedFile[] = [];
    const put = (path: string, bytes: Uint8Array) => {
      if (which === 'all' || !isFile(files.read(path), bytes)) written.push({ path, bytes });
    };
    while (tree.size() < size) {
      const start = tree.size();
      const index = Math.floor(start / TILE_WIDTH);
      const end = Math.min(size, (index + 1) * TILE_WIDTH);
      const full = log.leafHashes(start, end).flatMap((leaf) => tree.append(leaf));
      if (tree.size() !== end)
        throw new LedgerRefusal('damaged', `${origin}: entries before ${end} are missing.`);
      for (const { tile, bytes } of full) put(tilePath(tile), bytes);
      const bundle = { index, width: end - index * TILE_WIDTH };
      put(bundlePath(bundle), encodeBundle(log.entries(index * TILE_WIDTH, end)));
      if (written.length >= FILES_AT_ONCE) {
        await files.publish(written);
        written = [];
      }
    }
    for (const { tile, bytes } of tree.partialTiles()) put(tilePath(tile), bytes);
    return written;
  }

  async function removeOutgrown(before: number, after: number): Promise<void> {
    const outgrown = tilesOutgrown(before, after).flatMap(({ level, index, width }) => [
      folderOfPartials(tilePath({ level, index, width })),
      ...(level === 0 ? [folderOfPartials(bundlePath({ index, width }))] : []),
    ]);
    if (outgrown.length > 0) await files.remove(...outgrown);
  }

  return { grow, removeOutgrown };
}

function isFile(found: Uint8Array | undefined, bytes: Uint8Array): boolean {
  return found !== undefined && equalBytes(found, bytes);
}

/** Tiles that were partial in the old tree and are full in the new one, under a partial width. */
function tilesOutgrown(before: number, after: number): TileId[] {
  const tiles: TileId[] = [];
  for (let level = 0, had = before, has = after; had > 0; level++) {
    const index = Math.floor(had / TILE_WIDTH);
    if (had % TILE_WIDTH > 0 && Math.floor(has / TILE_WIDTH) > index) tiles.push({ level, index, width: 1 });
    had = index;
    has = Math.floor(has / TILE_WIDTH);
  }
  return tiles;
}

/** `tile/0/001.p/7` lies in `tile/0/001.p` */
function folderOfPartials(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
