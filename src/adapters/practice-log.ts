// A transparency log in the browser's memory: the real tree, tiles and signed checkpoints, so that what practice shows
// has passed the same checks as an enrolled device's ledger.
import { signCheckpoint } from '../domain/ledger/checkpoint.ts';
import { HASH_BYTES, leafHash } from '../domain/ledger/merkle.ts';
import {
  createSignerKey,
  encodeVerifierKey,
  SIGNATURE_KEY,
  signerOf,
  verifierOf,
} from '../domain/ledger/note-key.ts';
import { parseTilePath, type TileId } from '../domain/ledger/tile.ts';
import { proveInclusion } from '../domain/ledger/tile-proof.ts';
import { createTreeHead, type TileData } from '../domain/ledger/tree-head.ts';
import { assert } from '../domain/result.ts';

export type PracticeLog = {
  /** Verifier key (C2SP signed-note); its name is the log's origin. */
  readonly vkey: string;
  size(): number;
  /** Returns the entry's index. */
  append(entry: Uint8Array): number;
  entry(index: number): Uint8Array | undefined;
  /** Signed, over everything appended so far. */
  checkpoint(): string;
  /** Undefined where no tree of this log has such a tile. */
  tile(path: string): Uint8Array | undefined;
  /** The path of the entry to the root of `checkpoint()`. */
  prove(index: number): readonly Uint8Array[];
};

/** `seed`: 32 random bytes. */
export function createPracticeLog(origin: string, seed: Uint8Array): PracticeLog {
  const key = createSignerKey(origin, SIGNATURE_KEY, seed);
  const head = createTreeHead();
  const entries: Uint8Array[] = [];
  // A narrower tile is the beginning of a wider one, so the widest of each serves trees of every size.
  const tiles = new Map<string, Uint8Array>();
  let note: string | undefined;

  function keep({ tile: { level, index }, bytes }: TileData): void {
    tiles.set(`${level}/${index}`, bytes);
  }

  function readTile({ level, index, width }: TileId): Uint8Array | undefined {
    const bytes = tiles.get(`${level}/${index}`);
    return bytes && bytes.length >= width * HASH_BYTES ? bytes.slice(0, width * HASH_BYTES) : undefined;
  }

  return {
    vkey: encodeVerifierKey(verifierOf(key)),
    size: head.size,
    append(entry) {
      entries.push(entry);
      head.append(leafHash(entry)).forEach(keep);
      head.partialTiles().forEach(keep);
      note = undefined;
      return entries.length - 1;
    },
    entry: (index) => entries[index],
    checkpoint() {
      const checkpoint = { origin, size: head.size(), root: head.root(), extension: '' };
      note ??= signCheckpoint(checkpoint, [signerOf(key)]);
      return note;
    },
    tile(path) {
      const tile = parseTilePath(path);
      return tile.ok && tile.value.kind === 'tile' ? readTile(tile.value) : undefined;
    },
    prove(index) {
      const proof = proveInclusion(index, head.size(), readTile);
      assert(proof.ok, `entry ${index} is in the tree`);
      return proof.value;
    },
  };
}
