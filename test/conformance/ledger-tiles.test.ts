// Tile paths against the tests of tessera, and whole published logs: every checkpoint opens, every file is where and
// what our own writer would have published, and every proof comes out of the tiles as RFC 6962 has it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytesToHex, encodeBase64, equalBytes, parseBase64 } from '../../src/domain/bytes.ts';
import { openCheckpoint, type VerifiedCheckpoint } from '../../src/domain/ledger/checkpoint.ts';
import { encodeBundle, parseBundle } from '../../src/domain/ledger/entry-bundle.ts';
import { checkConsistency, checkInclusion, leafHash } from '../../src/domain/ledger/merkle.ts';
import { parseVerifierKey } from '../../src/domain/ledger/note-key.ts';
import { NO_QUORUM } from '../../src/domain/ledger/quorum.ts';
import {
  bundleOfEntry,
  bundlePath,
  parseTilePath,
  placeOfNode,
  type TileId,
  tileInTree,
  tilePath,
} from '../../src/domain/ledger/tile.ts';
import { proveConsistency, proveInclusion, rootFromTiles } from '../../src/domain/ledger/tile-proof.ts';
import { createTreeHead } from '../../src/domain/ledger/tree-head.ts';
import { vectorsDir } from '../support/vectors.ts';
import { type Case, casesOf, type Judge, partsOf, score } from './ledger-score.ts';

type PathCase = Case & {
  readonly n: number;
  readonly partial: number;
  readonly path: string;
  readonly level: string | number;
  readonly index: string | number;
  readonly logSize: number;
  readonly wantLevel: string;
  readonly wantIndex: string;
  readonly wantPartial: number;
  readonly hex: string;
  readonly entries: readonly string[];
  readonly treeLevel: number;
  readonly treeIndex: number;
  readonly tileLevel: number;
  readonly tileIndex: number;
  readonly nodeLevel: number;
  readonly nodeIndex: number;
};

const widthOf = (partial: number) => (partial === 0 ? 256 : partial);

const judges: Readonly<Record<string, Judge<PathCase>>> = {
  entries_path: (one) => bundlePath({ index: one.n, width: widthOf(one.partial) }) === one.path,
  entries_path_for_index: (one) => {
    const bundle = bundleOfEntry(Number(one.index), one.logSize);
    return bundle !== undefined && bundlePath(bundle) === one.path;
  },
  tile_path: (one) =>
    tilePath({ level: Number(one.level), index: Number(one.index), width: widthOf(one.partial) }) ===
    one.path,
  parse_tile_path: (one) => {
    const parsed = parseTilePath(`tile/${one.level}/${one.index}`);
    if (one.ok === false) return !parsed.ok;
    if (!Number.isSafeInteger(Number(one.wantIndex)))
      return !parsed.ok && parsed.error === 'out-of-range'
        ? 'an index beyond 2^53, told apart from a malformed path'
        : false;
    if (!parsed.ok || parsed.value.kind !== 'tile') return false;
    const { level, index, width } = parsed.value;
    return (
      level === Number(one.wantLevel) && index === Number(one.wantIndex) && width === widthOf(one.wantPartial)
    );
  },
  entry_bundle: (one) => {
    const bytes = hex(one.hex);
    if (one.ok === false)
      return Array.from({ length: 256 }, (_, i) => parseBundle(bytes, i + 1)).every((bundle) => !bundle.ok);
    const bundle = parseBundle(bytes, one.entries.length);
    return bundle.ok && bundle.value.map((entry) => bytesToHex(entry)).join() === one.entries.join();
  },
  node_to_tile: (one) => {
    const { tileLevel, tileIndex, nodeLevel, nodeIndex } = placeOfNode(one.treeLevel, one.treeIndex);
    const expected = [one.tileLevel, one.tileIndex, one.nodeLevel, one.nodeIndex];
    return [tileLevel, tileIndex, nodeLevel, nodeIndex].join() === expected.join();
  },
};

type ProofCase = Case & {
  readonly log: string;
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly leafHash: string;
  readonly root: string;
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
  readonly proof: readonly string[] | null;
};

const proofJudges: Readonly<Record<string, Judge<ProofCase>>> = {
  inclusion_from_tiles: (one) => {
    const proof = proveInclusion(one.leafIdx, one.treeSize, publishedLog(one.log).read);
    if (!proof.ok || proof.value.map(encodeBase64).join() !== (one.proof ?? []).join()) return false;
    const claim = { leafIndex: one.leafIdx, treeSize: one.treeSize, proof: proof.value };
    return checkInclusion({ ...claim, leafHash: base64(one.leafHash), root: base64(one.root) }).ok;
  },
  consistency_from_tiles: (one) => {
    const proof = proveConsistency(one.size1, one.size2, publishedLog(one.log).read);
    if (!proof.ok || proof.value.map(encodeBase64).join() !== (one.proof ?? []).join()) return false;
    const claim = { oldSize: one.size1, newSize: one.size2, proof: proof.value };
    const check = checkConsistency({ ...claim, oldRoot: base64(one.root1), newRoot: base64(one.root2) });
    // Growth from nothing has the empty proof, and no check to pass.
    return one.size1 === 0 || check.ok;
  },
};

const folder = vectorsDir('tlog-tiles');

describe.skipIf(!folder)('tlog-tiles', () => {
  const paths = folder ? casesOf<PathCase>(folder, 'paths.jsonl') : [];
  const proofs = folder ? casesOf<ProofCase>(folder, 'proofs.jsonl') : [];

  test.each(Object.entries(judges))('%s', (suite, judge) => {
    score(
      `tlog-tiles/${suite}`,
      paths.filter((one) => one.suite === suite),
      judge,
    );
  });

  test.each(Object.entries(proofJudges))('%s', (suite, judge) => {
    score(
      `tlog-tiles/${suite}`,
      proofs.filter((one) => one.suite === suite),
      judge,
    );
  });

  test('every suite is read', () => {
    score('tlog-tiles, other suites', [...paths, ...proofs].filter(isUnread), () => false);
  });

  test.each(logFolders())('%s', (name, path) => {
    const log = publishedLog(name);
    const checkpoints = readdirSync(path).filter((file) => file.startsWith('checkpoint'));
    for (const file of checkpoints) {
      const { size, root } = log.open(join(path, file));
      expect(rootFromTiles(size, log.read), file).toEqual({ ok: true, value: root });
    }
    const latest = log.open(join(path, 'checkpoint'));
    const files = filesUnder(path, 'tile');
    for (const file of files) expectPublished(log, latest, file);
    replay(log, latest);
    console.log(
      `tlog-tiles/${name}: ${checkpoints.length} checkpoints, ${files.length} files, size ${latest.size}`,
    );
  });
});

function isUnread(one: Case): boolean {
  return !(one.suite in judges) && !(one.suite in proofJudges);
}

type Log = {
  readonly path: string;
  /** A narrower tile is the beginning of a wider one, which may be all that is left of it. */
  read(tile: TileId): Uint8Array | undefined;
  open(file: string): VerifiedCheckpoint;
};

function logFolders(): [name: string, path: string][] {
  const folders = folder ? partsOf(folder).flatMap(partsOf) : [];
  return folders.map((path) => [path.slice(path.lastIndexOf('/') + 1), path]);
}

const logs = new Map<string, Log>();

function publishedLog(name: string): Log {
  const path = logFolders().find((entry) => entry[0] === name)?.[1];
  if (path === undefined) throw new Error(`${name} is not there`);
  const log = logs.get(name) ?? loadLog(name, path);
  logs.set(name, log);
  return log;
}

function loadLog(name: string, path: string): Log {
  const widest = new Map<string, Uint8Array>();
  for (const file of filesUnder(path, 'tile')) {
    const tile = parseTilePath(file);
    if (!tile.ok || tile.value.kind !== 'tile') continue;
    const bytes = new Uint8Array(readFileSync(join(path, file)));
    const key = `${tile.value.level}/${tile.value.index}`;
    if (bytes.length > (widest.get(key)?.length ?? 0)) widest.set(key, bytes);
  }
  const told = JSON.parse(readFileSync(join(path, '..', 'logs.json'), 'utf8'))[name];
  const logKeys = stringsIn(told)
    .map(parseVerifierKey)
    .flatMap((key) => (key.ok ? [key.value] : []));
  const [firstLine] = readFileSync(join(path, 'checkpoint'), 'utf8').split('\n');
  const trust = { origin: told.origin ?? firstLine, logKeys, witnesses: [], quorum: NO_QUORUM };
  return {
    path,
    read: ({ level, index, width }) => widest.get(`${level}/${index}`)?.subarray(0, width * 32),
    open: (file) => {
      const opened = openCheckpoint(new Uint8Array(readFileSync(file)), trust);
      if (!opened.ok) throw new Error(`${file}: ${opened.error} ${opened.detail}`);
      return opened.value;
    },
  };
}

/** A file says by its path what it holds, and holds it. */
function expectPublished(log: Log, { size }: VerifiedCheckpoint, file: string): void {
  const parsed = parseTilePath(file);
  if (!parsed.ok) throw new Error(`${file}: ${parsed.error}`);
  const bytes = new Uint8Array(readFileSync(join(log.path, file)));
  if (parsed.value.kind === 'tile') {
    const { level, index, width } = parsed.value;
    expect(tilePath(parsed.value)).toBe(file);
    expect(tileInTree(level, index, size)?.width, file).toBeGreaterThanOrEqual(width);
    expect(bytes.length, file).toBe(width * 32);
    return;
  }
  const { index, width } = parsed.value;
  const entries = parseBundle(bytes, width);
  const hashes = log.read({ level: 0, index, width });
  if (!entries.ok || !hashes) throw new Error(`${file} has no ${width} entries or no tile`);
  expect(encodeBundle(entries.value)).toEqual(bytes);
  for (const [i, entry] of entries.value.entries())
    expect(equalBytes(leafHash(entry), hashes.subarray(i * 32, i * 32 + 32)), `${file} entry ${i}`).toBe(
      true,
    );
}

/** Our writer, given the same leaves, comes to the same tiles and the same root. */
function replay(log: Log, { size, root }: VerifiedCheckpoint): void {
  const head = createTreeHead();
  const published = [];
  for (let i = 0; i < size; i++) {
    const tile = log.read({ level: 0, index: Math.floor(i / 256), width: 256 });
    published.push(...head.append(tile?.slice((i % 256) * 32, (i % 256) * 32 + 32) ?? new Uint8Array(0)));
  }
  for (const { tile, bytes } of [...published, ...head.partialTiles()])
    expect(log.read(tile), tilePath(tile)).toEqual(bytes);
  expect(head.root()).toEqual(root);
}

function filesUnder(path: string, folderName: string): string[] {
  if (!existsSync(join(path, folderName))) return [];
  const entries = readdirSync(join(path, folderName), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

function base64(text: string): Uint8Array {
  const bytes = parseBase64(text);
  if (!bytes.ok) throw new Error(bytes.detail);
  return bytes.value;
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}
