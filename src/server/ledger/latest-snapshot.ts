// What devices fetch first: the proof that a manifest stands in the snapshot log. It is of the newest snapshot that
// those whom the operator has devices ask for have confirmed: auditors and witnesses its place in the snapshot log,
// witnesses the ledger that it was folded from. While none is, it is of the newest there is, and devices say who is
// missing. One that was voided is never offered.
import { encodeProofFile } from '../../domain/ledger/proof-file.ts';
import { proveInclusion } from '../../domain/ledger/tile-proof.ts';
import { parseManifest, parseSnapshotLeaf, type SnapshotLeaf } from '../../domain/snapshot/manifest.ts';
import type { LogFiles } from './log-files.ts';
import type { Publisher } from './publisher.ts';
import { LedgerRefusal } from './refusal.ts';
import type { StoredLog } from './store.ts';

export const LATEST_PROOF = 'latest.tlog-proof';

export type LatestSnapshot = {
  /** Publishes the snapshot log and the proof, where either has changed. */
  publish(): Promise<void>;
  /** Manifests whose pages a device may be fetching: the one that is offered, and the one before. */
  offered(): readonly string[];
};

export type LatestSnapshotParts = {
  readonly snapshotLog: StoredLog;
  readonly ledger: Publisher;
  readonly snapshots: Publisher;
  /** Those of the snapshot log. */
  readonly files: LogFiles;
};

type Manifest = { readonly index: number; readonly id: string };

export function openLatestSnapshot(parts: LatestSnapshotParts): LatestSnapshot {
  const { snapshotLog, ledger, snapshots, files } = parts;
  const voided = new Set<number>();
  /** Leaves below have been looked at for voids, from the first head that was met on. */
  let known: number | undefined;
  let offered: readonly string[] = [];
  let written: string | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  function publish(): Promise<void> {
    const next = queue.then(publishNewest);
    queue = next.catch(() => undefined);
    return next;
  }

  async function publishNewest(): Promise<void> {
    const newest = await snapshots.publish();
    const confirmed = snapshots.cosigned();
    const chosen = confirmed && newestBelow(confirmed.size, ledger.cosigned()?.size ?? 0);
    const manifest = chosen ?? newestBelow(newest.size);
    if (!manifest) return;
    const { size, note } = chosen && confirmed ? confirmed : newest;
    const proof = proveInclusion(manifest.index, size, snapshots.readTile);
    if (!proof.ok)
      throw new LedgerRefusal('damaged', `Snapshot ${manifest.index} cannot be proven: ${proof.error}.`);
    const extra = snapshotLog.entry(manifest.index);
    const text = encodeProofFile({ extra, index: manifest.index, proof: proof.value, checkpoint: note });
    if (text === written) return;
    await files.write(LATEST_PROOF, text);
    await files.flush();
    written = text;
    offered = [manifest.id, ...offered.filter((id) => id !== manifest.id)].slice(0, 2);
  }

  /** `witnessed`: entries of the ledger that its witnesses have seen; undefined: whether they have is all the same. */
  function newestBelow(size: number, witnessed?: number): Manifest | undefined {
    for (let index = known ?? size; index < snapshotLog.size(); index++) leafAt(index);
    known = snapshotLog.size();
    for (let index = size - 1; index >= 0; index--) {
      const leaf = leafAt(index);
      if (leaf.kind === 'void' || voided.has(index)) continue;
      if (witnessed === undefined || isWitnessed(leaf.id, witnessed)) return { index, id: leaf.id };
    }
    return undefined;
  }

  function leafAt(index: number): SnapshotLeaf {
    const leaf = parseSnapshotLeaf(snapshotLog.entry(index) ?? new Uint8Array(0));
    if (!leaf.ok) throw new LedgerRefusal('damaged', `Leaf ${index} of the snapshot log cannot be read.`);
    if (leaf.value.kind === 'void') voided.add(leaf.value.index);
    return leaf.value;
  }

  function isWitnessed(id: string, witnessed: number): boolean {
    const manifest = parseManifest(files.read(`manifest/${id}`) ?? new Uint8Array(0));
    return manifest.ok && (manifest.value.layers.at(-1)?.logSize ?? 0) <= witnessed;
  }

  return { publish, offered: () => offered };
}
