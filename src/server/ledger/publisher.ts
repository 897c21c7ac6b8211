// Turns a log's entries, which the store holds, into its public form: tiles, entry bundles, then the signed
// checkpoint over them. The store is the truth and the files follow it; a checkpoint is published last, so whatever
// it covers can be read. A store that does not reach a published checkpoint, or gives another root, stops the server:
// to go on would be to fork the log in public.
import { equalBytes, utf8ToBytes } from '../../domain/bytes.ts';
import { openCheckpoint, signCheckpoint } from '../../domain/ledger/checkpoint.ts';
import { encodeBundle } from '../../domain/ledger/entry-bundle.ts';
import { type SignerKey, signerOf, verifierOf } from '../../domain/ledger/note-key.ts';
import { NO_QUORUM } from '../../domain/ledger/quorum.ts';
import { bundlePath, TILE_WIDTH, type TileId, tilePath } from '../../domain/ledger/tile.ts';
import type { TileReader } from '../../domain/ledger/tile-proof.ts';
import { createTreeHead, type TreeHead } from '../../domain/ledger/tree-head.ts';
import type { LogFiles, PublishedFile } from './log-files.ts';
import { behind, recoverHead } from './recovery.ts';
import { LedgerRefusal } from './refusal.ts';
import type { StoredLog } from './store.ts';

export type Published = { readonly size: number; readonly root: Uint8Array; readonly note: string };

export type Publisher = {
  published(): Published;
  /**
   * Publishes what `sizeOf` says when its turn comes (by default all that is committed), and answers with the
   * checkpoint of that very size.
   */
  publish(sizeOf?: () => number): Promise<Published>;
  readTile: TileReader;
};

export type PublisherParts = {
  readonly log: StoredLog;
  readonly files: LogFiles;
  /** Its name is the log's origin. */
  readonly key: SignerKey;
};

const CHECKPOINT = 'checkpoint';
/** About 3 MB, of 8 KiB tiles and bundles of some 60 kB. */
const FILES_AT_ONCE = 96;

/** Takes up where the files stand. Throws LedgerRefusal: `store-behind-checkpoint`, `forked` or `damaged`. */
export async function openPublisher(parts: PublisherParts): Promise<Publisher> {
  const { log, files, key } = parts;
  const signer = signerOf(key);
  const readTile: TileReader = (tile) =>
    files.read(tilePath(tile)) ?? files.read(tilePath({ ...tile, width: TILE_WIDTH }));
  const last = readPublished(parts);
  const recover = (checkpoint: Published) =>
    recoverHead({ origin: key.name, log, files, readTile, checkpoint });
  const recovered = last && (await recover(last));
  if (last && !recovered?.areFilesWhole) await grow(createTreeHead(), last.size, 'damaged');
  let head: TreeHead | undefined = recovered?.head ?? createTreeHead();
  let published = last ?? (await first(head));
  let queue: Promise<unknown> = Promise.resolve();

  async function first(tree: TreeHead): Promise<Published> {
    await grow(tree, log.size(), 'all');
    return sign(tree);
  }

  /** Appends the entries up to `size` and writes the files of that growth. */
  async function grow(tree: TreeHead, size: number, which: 'all' | 'damaged'): Promise<void> {
    let written: PublishedFile[] = [];
    const put = async (path: string, makeBytes: () => Uint8Array) => {
      const bytes = makeBytes();
      if (which === 'all' || !isFile(files.read(path), bytes)) written.push({ path, bytes });
    };
    while (tree.size() < size) {
      const start = tree.size();
      const index = Math.floor(start / TILE_WIDTH);
      const end = Math.min(size, (index + 1) * TILE_WIDTH);
      const full = log.leafHashes(start, end).flatMap((leaf) => tree.append(leaf));
      if (tree.size() !== end)
        throw new LedgerRefusal('damaged', `${key.name}: entries before ${end} are missing.`);
      for (const { tile, bytes } of full) await put(tilePath(tile), () => bytes);
      const bundle = { index, width: end - index * TILE_WIDTH };
      await put(bundlePath(bundle), () => encodeBundle(log.entries(index * TILE_WIDTH, end)));
      if (written.length >= FILES_AT_ONCE) {
        await files.publish(written);
        written = [];
      }
    }
    for (const { tile, bytes } of tree.partialTiles()) await put(tilePath(tile), () => bytes);
    await files.publish(written);
  }

  async function sign(tree: TreeHead): Promise<Published> {
    const checkpoint = { origin: key.name, size: tree.size(), root: tree.root(), extension: '' };
    const note = signCheckpoint(checkpoint, [signer]);
    await files.publish([{ path: CHECKPOINT, bytes: utf8ToBytes(note) }]);
    return { size: checkpoint.size, root: checkpoint.root, note };
  }

  async function step(size: number): Promise<Published> {
    if (size === published.size) return published;
    if (size < published.size) throw behind(key.name, published.size, size);
    // After a failure the head may be ahead of the files: build it again from what is published.
    const tree = head ?? (await recover(published)).head;
    head = undefined;
    const before = published.size;
    await grow(tree, size, 'all');
    published = await sign(tree);
    head = tree;
    await removeOutgrown(before);
    return published;
  }

  /** A partial tile is needed until the full one stands; readers of an older checkpoint then take that. */
  async function removeOutgrown(before: number): Promise<void> {
    const outgrown = tilesOutgrown(before, published.size).flatMap(({ level, index, width }) => [
      folderOfPartials(tilePath({ level, index, width })),
      ...(level === 0 ? [folderOfPartials(bundlePath({ index, width }))] : []),
    ]);
    if (outgrown.length > 0) await files.remove(...outgrown);
  }

  function publish(sizeOf: () => number = () => log.size()): Promise<Published> {
    const next = queue.then(() => step(sizeOf()));
    queue = next.catch(() => undefined);
    return next;
  }

  return { published: () => published, publish, readTile };
}

function readPublished({ files, key }: PublisherParts): Published | undefined {
  const bytes = files.read(CHECKPOINT);
  if (!bytes) return undefined;
  const trust = { origin: key.name, logKeys: [verifierOf(key)], witnesses: [], quorum: NO_QUORUM };
  const checkpoint = openCheckpoint(bytes, trust);
  if (!checkpoint.ok)
    throw new LedgerRefusal(
      'damaged',
      `The published checkpoint of ${key.name} is not ours: ${checkpoint.error}.`,
    );
  const { size, root } = checkpoint.value;
  return { size, root, note: Buffer.from(bytes).toString('utf8') };
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
