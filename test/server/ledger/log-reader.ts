// Reads a published log as a stranger would: from its files alone, computing the root from the entries themselves.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex } from '../../../src/domain/bytes.ts';
import {
  type CheckpointTrust,
  openCheckpoint,
  type VerifiedCheckpoint,
} from '../../../src/domain/ledger/checkpoint.ts';
import { parseBundle } from '../../../src/domain/ledger/entry-bundle.ts';
import { leafHash, treeRoot } from '../../../src/domain/ledger/merkle.ts';
import { parseVerifierKey } from '../../../src/domain/ledger/note-key.ts';
import { NO_QUORUM } from '../../../src/domain/ledger/quorum.ts';
import { bundlePath, bundlesOfGrowth, tilePath, tilesOfGrowth } from '../../../src/domain/ledger/tile.ts';
import { planRoot, rootFromTiles } from '../../../src/domain/ledger/tile-proof.ts';
import type { Result } from '../../../src/domain/result.ts';

export type ReadLog = { readonly checkpoint: VerifiedCheckpoint; readonly entries: readonly Uint8Array[] };

export function trustIn(vkey: string): CheckpointTrust {
  const key = must(parseVerifierKey(vkey));
  return { origin: key.name, logKeys: [key], witnesses: [], quorum: NO_QUORUM };
}

/** Throws where anything is missing or does not agree. */
export function readPublishedLog(folder: string, vkey: string): ReadLog {
  const checkpoint = must(openCheckpoint(readFileSync(join(folder, 'checkpoint')), trustIn(vkey)));
  const { size, root } = checkpoint;
  const entries = [...bundlesOfGrowth(0, size)].flatMap((bundle) =>
    must(parseBundle(readFileSync(join(folder, bundlePath(bundle))), bundle.width)),
  );
  const fromEntries = treeRoot(entries.map(leafHash));
  if (entries.length !== size || bytesToHex(fromEntries) !== bytesToHex(root))
    throw new Error(`the entries give another root than the checkpoint over ${size}`);
  for (const tile of tilesOfGrowth(0, size))
    if (!existsSync(join(folder, tilePath(tile)))) throw new Error(`${tilePath(tile)} is missing`);
  const tiles = new Map(
    planRoot(size).map((tile) => [tilePath(tile), readFileSync(join(folder, tilePath(tile)))]),
  );
  const fromTiles = must(rootFromTiles(size, (tile) => tiles.get(tilePath(tile))));
  if (bytesToHex(fromTiles) !== bytesToHex(root)) throw new Error('the tiles give another root');
  return { checkpoint, entries };
}

/** For what a test knows to be good. */
export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error}: ${result.detail}`);
  return result.value;
}
