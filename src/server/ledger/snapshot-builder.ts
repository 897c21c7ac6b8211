// Builds a snapshot: every batch and pack as they stood at one checkpoint, cut into pages; a manifest over them; and
// the manifest's place in the snapshot log. Whatever a published file refers to is published before it.

import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { bytesToHex, concatBytes, utf8ToBytes } from '../../domain/bytes.ts';
import { FOLD_VERSION } from '../../domain/ledger/fold.ts';
import { leafHash } from '../../domain/ledger/merkle.ts';
import { encodeProofFile } from '../../domain/ledger/proof-file.ts';
import { proveInclusion } from '../../domain/ledger/tile-proof.ts';
import { BUILDER_VERSION, type BuiltPage } from '../../domain/snapshot/build.ts';
import { BASES_ALONE, type LayerPolicy, planLayer } from '../../domain/snapshot/layer-policy.ts';
import { layerPages } from '../../domain/snapshot/layers.ts';
import {
  CODEC,
  encodeManifest,
  encodeSnapshotLeaf,
  type Layer,
  type Manifest,
  manifestId,
  type PageRef,
  parseManifest,
} from '../../domain/snapshot/manifest.ts';
import type { LogFiles } from './log-files.ts';
import { openEntry } from './logged-entries.ts';
import { bundleNames, writeBundles } from './page-bundles.ts';
import type { Published, Publisher } from './publisher.ts';
import { LedgerRefusal } from './refusal.ts';
import type { SnapshotRecord, Store, StoreReading } from './store.ts';

const VALID_MS = 72 * 3_600_000;
/** Devices that are in the middle of fetching still find what the last few manifests name. */
const PAGES_KEPT_OF = 3;
const PROOF = 'latest.tlog-proof';

export type SnapshotBuilder = {
  /** The last one published. */
  last(): SnapshotRecord | undefined;
  build(): Promise<SnapshotRecord>;
  /** Resolves when nothing is being built. */
  settled(): Promise<void>;
};

export type SnapshotBuilderParts = {
  readonly store: Store;
  readonly market: string;
  readonly clock: () => number;
  readonly ledger: Publisher;
  readonly snapshots: Publisher;
  /** Those of the snapshot log. */
  readonly files: LogFiles;
  /** When to add a delta; by default each snapshot is a base, which is what auditors can rebuild so far. */
  readonly layerPolicy?: LayerPolicy | undefined;
};

/** Finishes what a crash cut short: a manifest in the log whose proof is not out yet. Lost files are built anew. */
export async function openSnapshotBuilder(parts: SnapshotBuilderParts): Promise<SnapshotBuilder> {
  const { store } = parts;
  let last = store.lastSnapshots(1)[0];
  let building: Promise<SnapshotRecord> | undefined;
  if (last && !(await parts.files.exists(manifestPath(last.manifest))))
    last = await buildSnapshot(parts, last);
  else if (last) await publishProof(parts, last);

  function build(): Promise<SnapshotRecord> {
    building ??= buildSnapshot(parts, last)
      .then((built) => {
        last = built;
        return built;
      })
      .finally(() => {
        building = undefined;
      });
    return building;
  }

  async function settled(): Promise<void> {
    // Whoever asked for the build is told of its failure.
    await building?.catch(() => undefined);
  }

  return { last: () => last, build, settled };
}

async function buildSnapshot(
  parts: SnapshotBuilderParts,
  previous: SnapshotRecord | undefined,
): Promise<SnapshotRecord> {
  const { store, clock, files } = parts;
  const { reading, checkpoint } = await readAtCheckpoint(parts);
  try {
    // The server's clock may be set back; the order of manifests must not follow it.
    const publishedMs = Math.max(clock(), previous?.publishedMs ?? 0);
    const isSameDay = previous !== undefined && utcDay(previous.publishedMs) === utcDay(publishedMs);
    // One salt a day: pages that nothing has changed keep their hash, and devices fetch only the others.
    const freshSalt = isSameDay ? previous.salt : saltOf(checkpoint.root);
    const asOfMs = reading.lastEntry ? openEntry(reading.lastEntry, reading.logSize - 1).receiptTimeMs : 0;
    const before = previous && readManifest(files, previous.manifest);
    const planned = planLayer(before, asOfMs, parts.layerPolicy ?? BASES_ALONE);
    const below = (await hasPages(files, planned)) ? planned : [];
    const salt = below.length > 0 && before ? before.salt : freshSalt;
    const built = layerPages({ below, salt, asOfMs, reading, readPage: (ref) => readPage(files, ref) });
    const pages = await writePages(files, built);
    const kind = below.length > 0 ? 'delta' : 'base';
    const layers = [...below, { kind, logSize: reading.logSize, asOfMs, pages } as const];
    await writeBundles(files, layers, (ref) => readPage(files, ref));
    const number = (previous?.number ?? 0) + 1;
    const manifest = encodeManifest({
      ...{ v: 1, market: parts.market, number, foldVersion: FOLD_VERSION, builderVersion: BUILDER_VERSION },
      ...{ ...CODEC, checkpoint: checkpoint.note, asOfMs, publishedMs },
      ...{ expiresMs: publishedMs + VALID_MS, salt, packs: packsIn(layers) },
      layers,
    });
    const id = manifestId(manifest);
    await files.write(manifestPath(id), manifest);
    await files.flush();

    const leafIndex = store.snapshotLog.size();
    const record = { number, manifest: id, leafIndex, publishedMs, salt, logSize: reading.logSize };
    const leaf = encodeSnapshotLeaf({ kind: 'manifest', id });
    store.transaction(() => {
      store.snapshotLog.append(leaf, leafHash(leaf));
      store.addSnapshot(record);
    });
    await publishProof(parts, record);
    await removeUnreferenced(parts);
    return record;
  } finally {
    reading.close();
  }
}

/** A reading of the store and the published checkpoint over exactly its entries. */
async function readAtCheckpoint({
  store,
  ledger,
}: SnapshotBuilderParts): Promise<{ reading: StoreReading; checkpoint: Published }> {
  let reading: StoreReading | undefined;
  try {
    const checkpoint = await ledger.publish(() => {
      reading = store.openReading();
      return reading.logSize;
    });
    if (!reading) throw new LedgerRefusal('closed', 'The publisher has stopped.');
    return { reading, checkpoint };
  } catch (error) {
    reading?.close();
    throw error;
  }
}

async function writePages(
  files: LogFiles,
  built: Iterable<BuiltPage | undefined>,
): Promise<readonly PageRef[]> {
  const refs: PageRef[] = [];
  for (const page of built) {
    // A large country takes long: others have their turn between two pages, and while one is being made.
    if (!page) await setImmediate();
    else {
      const path = pagePath(page.ref);
      if (!(await files.exists(path))) await files.write(path, page.bytes);
      refs.push(page.ref);
    }
  }
  return refs;
}

async function hasPages(files: LogFiles, layers: readonly Layer[]): Promise<boolean> {
  for (const { pages } of layers)
    for (const ref of pages) if (!(await files.exists(pagePath(ref)))) return false;
  return true;
}

function readPage(files: LogFiles, ref: PageRef): Uint8Array {
  const bytes = files.read(pagePath(ref));
  if (!bytes) throw new LedgerRefusal('damaged', `Page ${ref.sha256} of the last snapshot is missing.`);
  return bytes;
}

/** Publishes the snapshot log and the proof that the manifest stands in it. */
async function publishProof(
  { store, snapshots, files }: SnapshotBuilderParts,
  { leafIndex }: SnapshotRecord,
): Promise<void> {
  const { size, note } = await snapshots.publish();
  const proof = proveInclusion(leafIndex, size, snapshots.readTile);
  if (!proof.ok)
    throw new LedgerRefusal('damaged', `Snapshot ${leafIndex} cannot be proven: ${proof.error}.`);
  const extra = store.snapshotLog.entry(leafIndex);
  await files.write(
    PROOF,
    encodeProofFile({ extra, index: leafIndex, proof: proof.value, checkpoint: note }),
  );
  await files.flush();
}

/** Manifests stay for ever, small as they are: an auditor who comes late rebuilds every one of them. */
async function removeUnreferenced({ store, files }: SnapshotBuilderParts): Promise<void> {
  const recent = store.lastSnapshots(PAGES_KEPT_OF).map(({ manifest }) => readManifest(files, manifest));
  const layers = recent.flatMap((manifest) => manifest?.layers ?? []);
  const named = {
    page: new Set(layers.flatMap(({ pages }) => pages.map(({ sha256 }) => sha256))),
    bundle: bundleNames(layers),
  };
  for (const folder of ['page', 'bundle'] as const)
    for (const name of await files.list(folder))
      if (!named[folder].has(name)) await files.remove(`${folder}/${name}`);
}

/** Undefined where it is missing, or was written by other software. */
function readManifest(files: LogFiles, id: string): Manifest | undefined {
  const bytes = files.read(manifestPath(id));
  const manifest = bytes && parseManifest(bytes);
  return manifest?.ok ? manifest.value : undefined;
}

function pagePath({ sha256 }: PageRef): string {
  return `page/${sha256}`;
}

function manifestPath(id: string): string {
  return `manifest/${id}`;
}

function packsIn(layers: readonly Layer[]): number {
  return layers.flatMap(({ pages }) => pages).reduce((sum, page) => sum + page.packs, 0);
}

function saltOf(root: Uint8Array): string {
  const message = concatBytes(utf8ToBytes('packtrail/v1/snapshot-salt\0'), root);
  return bytesToHex(createHash('sha256').update(message).digest().subarray(0, 16));
}

function utcDay(ms: number): number {
  return Math.floor(ms / 86_400_000);
}
