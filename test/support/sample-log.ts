// A log with every checkpoint, proof and file that it ever could have published, for tests of those who read logs.
// Proofs follow RFC 6962 s2.1 word by word and not our own tiles, so that a fault there cannot hide here.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { signCheckpoint } from '../../src/domain/ledger/checkpoint.ts';
import { encodeBundle } from '../../src/domain/ledger/entry-bundle.ts';
import { leafHash, treeRoot } from '../../src/domain/ledger/merkle.ts';
import {
  createSignerKey,
  encodeVerifierKey,
  SIGNATURE_KEY,
  type SignerKey,
  signerOf,
  verifierOf,
} from '../../src/domain/ledger/note-key.ts';
import { bundlePath, bundlesOfGrowth, TILE_WIDTH, tilePath } from '../../src/domain/ledger/tile.ts';
import { createTreeHead } from '../../src/domain/ledger/tree-head.ts';

export type SampleLog = {
  readonly key: SignerKey;
  readonly vkey: string;
  readonly entries: readonly Uint8Array[];
  root(size: number): Uint8Array;
  /** The signed note. */
  checkpoint(size: number): string;
  consistency(oldSize: number, size: number): readonly Uint8Array[];
  inclusion(index: number, size: number): readonly Uint8Array[];
  /** Writes what a log of that size serves. */
  write(folder: string, size: number): void;
};

export function sampleKey(name: string, seed: number): SignerKey {
  return createSignerKey(name, SIGNATURE_KEY, new Uint8Array(32).fill(seed));
}

/** The same entries up to an index and others from there make a fork. */
export function sampleLog(entries: readonly Uint8Array[], key = sampleKey('log.example/one', 1)): SampleLog {
  const leaves = entries.map(leafHash);
  const range = (start: number, end: number) => treeRoot(leaves.slice(start, end));

  function consistency(old: number, start: number, end: number, isWhole: boolean): Uint8Array[] {
    const length = end - start;
    if (old === length) return isWhole ? [] : [range(start, end)];
    const left = splitPoint(length);
    if (old <= left) return [...consistency(old, start, start + left, isWhole), range(start + left, end)];
    return [...consistency(old - left, start + left, end, false), range(start, start + left)];
  }

  function inclusion(index: number, start: number, end: number): Uint8Array[] {
    if (end - start === 1) return [];
    const middle = start + splitPoint(end - start);
    return index < middle
      ? [...inclusion(index, start, middle), range(middle, end)]
      : [...inclusion(index, middle, end), range(start, middle)];
  }

  function checkpoint(size: number): string {
    const claim = { origin: key.name, size, root: range(0, size), extension: '' };
    return signCheckpoint(claim, [signerOf(key)]);
  }

  function write(folder: string, size: number): void {
    const head = createTreeHead();
    const put = (path: string, bytes: Uint8Array | string) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    };
    const full = leaves.slice(0, size).flatMap((leaf) => head.append(leaf));
    for (const { tile, bytes } of [...full, ...head.partialTiles()]) put(tilePath(tile), bytes);
    for (const bundle of bundlesOfGrowth(0, size)) {
      const first = bundle.index * TILE_WIDTH;
      put(bundlePath(bundle), encodeBundle(entries.slice(first, first + bundle.width)));
    }
    put('checkpoint', checkpoint(size));
  }

  return {
    ...{ key, vkey: encodeVerifierKey(verifierOf(key)), entries, checkpoint, write },
    root: (size) => range(0, size),
    consistency: (old, size) => (old === 0 ? [] : consistency(old, 0, size, true)),
    inclusion: (index, size) => inclusion(index, 0, size),
  };
}

/** Entries that only their number tells apart. */
export function plainEntries(count: number, word = 'entry'): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => new TextEncoder().encode(`${word} ${i}`));
}

function splitPoint(length: number): number {
  let power = 1;
  while (power * 2 < length) power *= 2;
  return power;
}
