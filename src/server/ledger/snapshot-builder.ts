// Builds a snapshot: every batch and pack as they stood at one checkpoint, cut into pages; a manifest over them; and
// the manifest's place in the snapshot log. Whatever a published file refers to is published before it.
import { utf8ToBytes } from '../../domain/bytes.ts';
import { FOLD_VERSION } from '../../domain/ledger/fold.ts';
import { leafHash } from '../../domain/ledger/merkle.ts';
import { signerIdsOf } from '../../domain/ledger/note.ts';
import { BUILDER_VERSION, type BuiltPage } from '../../domain/snapshot/build.ts';
import { baseSalt, planLayer } from '../../domain/snapshot/layer-policy.ts';
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
import type { LatestSnapshot } from './latest-snapshot.ts';
import type { LayerThread, ReadingHead } from './layer-thread.ts';
import type { LogFiles } from './log-files.ts';
import { writeBundles } from './page-bundles.ts';
import type { PageSweep } from './page-sweep.ts';
import type { Published, Publisher } from './publisher.ts';
import { LedgerRefusal } from './refusal.ts';
import { lastStanding, standingIn } from './standing-leaf.ts';
import type { SnapshotRecord, Store } from './store.ts';

const VALID_MS = 72 * 3_600_000;

export type SnapshotBuilder = {
  /** The last one published. */
  last(): SnapshotRecord | undefined;
  /** A key has joined since it was built: a reader who knows that one alone cannot open it. */
  isUnderOldKeys(): boolean;
  build(): Promise<SnapshotRecord>;
  /** Resolves when nothing is being built, and nothing more will be. */
  close(): Promise<void>;
};

export type SnapshotBuilderParts = {
  readonly store: Store;
  readonly market: string;
  readonly clock: () => number;
  readonly ledger: Publisher;
  readonly snapshots: Publisher;
  /** Those of the snapshot log. */
  readonly files: LogFiles;
  readonly layers: LayerThread;
  readonly latest: LatestSnapshot;
  readonly sweep: PageSweep;
};

/**
 * Finishes what a crash cut short: a manifest in the log whose proof is not out yet. Where its files were lost, or it
 * has been voided, a new one is built, and devices are given that.
 */
export async function openSnapshotBuilder(parts: SnapshotBuilderParts): Promise<SnapshotBuilder> {
  const { store } = parts;
  let last = store.lastSnapshots(1)[0];
  let building: Promise<SnapshotRecord> | undefined;
  if (last && !(await isStanding(parts, last))) last = await buildSnapshot(parts);
  else if (last) await parts.latest.publish();
  let isUnderOldKeys = last !== undefined && !isSignedByAll(parts, last);

  function build(): Promise<SnapshotRecord> {
    building ??= buildSnapshot(parts)
      .then((built) => {
        last = built;
        isUnderOldKeys = false;
        return built;
      })
      .finally(() => {
        building = undefined;
      });
    return building;
  }

  async function close(): Promise<void> {
    // Whoever asked for the build is told of its failure.
    await building?.catch(() => undefined);
    await parts.layers.close();
  }

  return { last: () => last, isUnderOldKeys: () => isUnderOldKeys, build, close };
}

async function isStanding({ store, files }: SnapshotBuilderParts, last: SnapshotRecord): Promise<boolean> {
  return lastStanding(store.snapshotLog) === last.leafIndex && files.exists(manifestPath(last.manifest));
}

async function buildSnapshot(parts: SnapshotBuilderParts): Promise<SnapshotRecord> {
  const { store, clock, files, layers } = parts;
  // One that was voided hands nothing on: neither its layers, nor a time in the future.
  const leaf = lastStanding(store.snapshotLog);
  const previous = leaf === undefined ? undefined : store.snapshotAt(leaf);
  try {
    const { head, checkpoint } = await readAtCheckpoint(parts);
    const { logSize, asOfMs } = head;
    // The server's clock may be set back; the order of manifests must not follow it.
    const publishedMs = Math.max(clock(), previous?.publishedMs ?? 0);
    const before = previous && readManifest(files, previous.manifest);
    const planned = planLayer(before, asOfMs);
    const below = (await layers.areWhole(planned)) ? planned : [];
    const salt = below.length > 0 && before ? before.salt : baseSalt(checkpoint.root);
    const pages = await writePages(files, layers.pages({ below, salt, asOfMs }));
    const kind = below.length > 0 ? 'delta' : 'base';
    const all = [...below, { kind, logSize, asOfMs, pages } as const];
    await writeBundles(files, all, (ref) => readPage(files, ref));
    const number = (store.lastSnapshots(1)[0]?.number ?? 0) + 1;
    const manifest = encodeManifest({
      ...{ v: 1, market: parts.market, number, foldVersion: FOLD_VERSION, builderVersion: BUILDER_VERSION },
      ...{ ...CODEC, checkpoint: checkpoint.note, asOfMs, publishedMs },
      ...{ expiresMs: publishedMs + VALID_MS, salt, packs: packsIn(all) },
      layers: all,
    });
    return await publishManifest(parts, manifest, { number, publishedMs, logSize });
  } finally {
    await layers.shut();
  }
}

async function publishManifest(
  parts: SnapshotBuilderParts,
  manifest: Uint8Array,
  about: Pick<SnapshotRecord, 'number' | 'publishedMs' | 'logSize'>,
): Promise<SnapshotRecord> {
  const { store, files } = parts;
  const id = manifestId(manifest);
  await files.write(manifestPath(id), manifest);
  await files.flush();
  const record = { ...about, manifest: id, leafIndex: store.snapshotLog.size() };
  const leaf = encodeSnapshotLeaf({ kind: 'manifest', id });
  store.transaction(() => {
    store.snapshotLog.append(leaf, leafHash(leaf));
    store.addSnapshot(record);
  });
  await parts.latest.publish();
  await parts.sweep(neededManifests(parts));
  return record;
}

/** A reading of the store and the published checkpoint over exactly its entries. */
async function readAtCheckpoint({
  ledger,
  layers,
}: SnapshotBuilderParts): Promise<{ head: ReadingHead; checkpoint: Published }> {
  let head: ReadingHead | undefined;
  // The thread is up before checkpoints wait for its reading.
  await layers.shut();
  // No other checkpoint comes between: the log would have outgrown the reading.
  const checkpoint = await ledger.publish(async () => {
    head = await layers.open();
    return head.logSize;
  });
  if (!head) throw new LedgerRefusal('closed', 'The publisher has stopped.');
  return { head, checkpoint };
}

async function writePages(files: LogFiles, built: AsyncIterable<BuiltPage>): Promise<readonly PageRef[]> {
  const refs: PageRef[] = [];
  for await (const { ref, bytes } of built) {
    // What stands under that name may have been damaged, so it is not taken for this.
    await files.write(pagePath(ref), bytes);
    refs.push(ref);
  }
  return refs;
}

function readPage(files: LogFiles, ref: PageRef): Uint8Array {
  const bytes = files.read(pagePath(ref));
  if (!bytes) throw new LedgerRefusal('damaged', `Page ${ref.sha256} of this snapshot is missing.`);
  return bytes;
}

/** Whether the ledger's checkpoint in a manifest carries the signatures of all keys that sign now. */
function isSignedByAll({ files, ledger }: SnapshotBuilderParts, { manifest: id }: SnapshotRecord): boolean {
  const signersOf = (note: string) => signerIdsOf(utf8ToBytes(note), ledger.origin);
  const before = signersOf(readManifest(files, id)?.checkpoint ?? '');
  return signersOf(ledger.published().note).every((keyId) => before.includes(keyId));
}

/**
 * Whose pages are needed: the newest, those that devices are given, and the one that auditors are comparing, however
 * long they take. Manifests stay for ever, small as they are: an auditor who comes late rebuilds every one of them.
 */
function neededManifests({ store, files, snapshots, latest }: SnapshotBuilderParts): readonly Manifest[] {
  const [asked] = standingIn(store.snapshotLog, snapshots.toCosign().size);
  const records = [store.lastSnapshots(1)[0], asked === undefined ? undefined : store.snapshotAt(asked)];
  const ids = new Set([...records.flatMap((record) => record?.manifest ?? []), ...latest.offered()]);
  return [...ids].flatMap((id) => readManifest(files, id) ?? []);
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
