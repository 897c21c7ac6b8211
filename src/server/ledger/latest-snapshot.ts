// What devices fetch first: the proof that a manifest stands in the snapshot log. It is of the newest snapshot that
// those whom the operator has devices ask for have confirmed: auditors and witnesses its place in the snapshot log,
// witnesses the ledger that it was folded from. Until they have, it stays what it was, which is less than nothing only
// at the start and after a void: then it is the newest there is, and devices say who is missing. It never goes back,
// since a device would take that for a rollback; and one that was voided is never offered.
import { encodeProofFile, parseProofFile } from '../../domain/ledger/proof-file.ts';
import { proveInclusion } from '../../domain/ledger/tile-proof.ts';
import type { LogFiles } from './log-files.ts';
import type { Publisher } from './publisher.ts';
import { LedgerRefusal } from './refusal.ts';
import { standingIn } from './standing-leaf.ts';
import type { SnapshotRecord, Store } from './store.ts';

export const LATEST_PROOF = 'latest.tlog-proof';

export type LatestSnapshot = {
  /** Publishes the snapshot log and the proof, where either has changed. */
  publish(): Promise<void>;
  /** The manifest that is offered, and the one before: a device may be fetching their pages. */
  offered(): readonly string[];
};

export type LatestSnapshotParts = {
  readonly store: Pick<Store, 'snapshotLog' | 'snapshotAt'>;
  readonly ledger: Publisher;
  readonly snapshots: Publisher;
  /** Those of the snapshot log. */
  readonly files: LogFiles;
};

export function openLatestSnapshot({ store, ledger, snapshots, files }: LatestSnapshotParts): LatestSnapshot {
  const before = files.read(LATEST_PROOF);
  const parsed = before && parseProofFile(before);
  let leaf = parsed?.ok ? parsed.value.index : undefined;
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
    const chosen = confirmed && newestConfirmed(confirmed.size, ledger.cosigned()?.size ?? 0);
    const last = leaf === undefined ? undefined : standingAt(leaf);
    const isOlder = chosen && last && chosen.leafIndex < last.leafIndex;
    const manifest = (isOlder ? undefined : chosen) ?? last ?? standingBefore(newest.size);
    if (!manifest) return;
    const index = manifest.leafIndex;
    const { size, note } = manifest === chosen && confirmed ? confirmed : newest;
    const proof = proveInclusion(index, size, snapshots.readTile);
    if (!proof.ok) throw new LedgerRefusal('damaged', `Snapshot ${index} cannot be proven: ${proof.error}.`);
    const extra = store.snapshotLog.entry(index);
    const text = encodeProofFile({ extra, index, proof: proof.value, checkpoint: note });
    if (text === written) return;
    await files.write(LATEST_PROOF, text);
    await files.flush();
    written = text;
    leaf = index;
    offered = [manifest.manifest, ...offered.filter((id) => id !== manifest.manifest)].slice(0, 2);
  }

  /** `witnessed`: entries of the ledger that its witnesses have seen. */
  function newestConfirmed(size: number, witnessed: number): SnapshotRecord | undefined {
    for (const index of standingIn(store.snapshotLog, size)) {
      const record = store.snapshotAt(index);
      if (record && record.logSize <= witnessed) return record;
    }
    return undefined;
  }

  function standingBefore(end: number): SnapshotRecord | undefined {
    const [index] = standingIn(store.snapshotLog, end);
    return index === undefined ? undefined : store.snapshotAt(index);
  }

  function standingAt(index: number): SnapshotRecord | undefined {
    const record = standingBefore(index + 1);
    return record?.leafIndex === index ? record : undefined;
  }

  return { publish, offered: () => offered };
}
