// Snapshots of the practice ledger: real pages, manifests and proofs from a log of their own, built when they are
// asked for and the last one no longer says what the ledger does.
import type { LatestSnapshot } from '../app/ports.ts';
import { concatBytes } from '../domain/bytes.ts';
import { FOLD_VERSION } from '../domain/ledger/fold.ts';
import { encodeProofFile } from '../domain/ledger/proof-file.ts';
import { BUILDER_VERSION, type BuiltPage, buildPages } from '../domain/snapshot/build.ts';
import { bundlesOf } from '../domain/snapshot/bundle.ts';
import { CODEC, encodeManifest, encodeSnapshotLeaf, manifestId } from '../domain/snapshot/manifest.ts';
import type { PracticeBook } from './practice-book.ts';
import type { PracticeLog } from './practice-log.ts';

/** Practice goes on for as long as the page is open, and its data should not seem to grow old meanwhile. */
const AGE_MS_MAX = 3_600_000;
const VALID_MS = 72 * 3_600_000;

export type PracticeSnapshots = {
  latest(): LatestSnapshot;
  /** The bytes of a bundle of pages. */
  bundle(id: string): Uint8Array | undefined;
};

export type PracticeSnapshotParts = {
  readonly market: string;
  readonly ledgerLog: PracticeLog;
  readonly snapshotLog: PracticeLog;
  readonly book: PracticeBook;
  /** 16 bytes in hex. */
  readonly salt: string;
  readonly nowMs: () => number;
};

type Built = LatestSnapshot & {
  readonly pages: readonly BuiltPage[];
  readonly logSize: number;
  readonly publishedMs: number;
};

export function createPracticeSnapshots(parts: PracticeSnapshotParts): PracticeSnapshots {
  // A device may still be fetching the pages of the snapshot before.
  let kept: readonly Built[] = [];

  function latest(): LatestSnapshot {
    const last = kept[0];
    const nowMs = Math.max(parts.nowMs(), last?.publishedMs ?? 0);
    const isFresh = last?.logSize === parts.ledgerLog.size() && nowMs - last.publishedMs <= AGE_MS_MAX;
    if (last && isFresh) return last;
    const built = buildSnapshot(parts, nowMs);
    kept = [built, ...kept.slice(0, 1)];
    return built;
  }

  function bundle(id: string): Uint8Array | undefined {
    for (const { pages } of kept) {
      const found = bundlesOf(pages.map(({ ref }) => ref)).find((each) => each.id === id);
      const isIn = ({ ref }: BuiltPage) => found?.pages.includes(ref);
      if (found) return concatBytes(...pages.filter(isIn).map(({ bytes }) => bytes));
    }
    return undefined;
  }

  return { latest, bundle };
}

function buildSnapshot(parts: PracticeSnapshotParts, publishedMs: number): Built {
  const { market, ledgerLog, snapshotLog, book, salt } = parts;
  const asOfMs = book.lastReceiptMs();
  const pages = [...buildPages(book.batches(), salt, asOfMs)];
  const manifest = encodeManifest({
    ...{ v: 1, market, number: snapshotLog.size() + 1, foldVersion: FOLD_VERSION },
    ...{ builderVersion: BUILDER_VERSION, ...CODEC, checkpoint: ledgerLog.checkpoint() },
    ...{ asOfMs, publishedMs, expiresMs: publishedMs + VALID_MS, salt },
    packs: pages.reduce((sum, { ref }) => sum + ref.packs, 0),
    layers: [{ kind: 'base', logSize: ledgerLog.size(), asOfMs, pages: pages.map(({ ref }) => ref) }],
  });
  const extra = encodeSnapshotLeaf({ kind: 'manifest', id: manifestId(manifest) });
  const index = snapshotLog.append(extra);
  const checkpoint = snapshotLog.checkpoint();
  const proof = encodeProofFile({ extra, index, proof: snapshotLog.prove(index), checkpoint });
  return { manifest, proof, pages, logSize: ledgerLog.size(), publishedMs };
}
