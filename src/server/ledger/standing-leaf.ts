// Which manifests of the snapshot log stand: those that no later leaf voids.
import { parseSnapshotLeaf, type SnapshotLeaf } from '../../domain/snapshot/manifest.ts';
import { LedgerRefusal } from './refusal.ts';
import type { StoredLog } from './store.ts';

/** Throws LedgerRefusal `damaged`: what stands in our own log has been encoded by us. */
export function openSnapshotLeaf(bytes: Uint8Array): SnapshotLeaf {
  const leaf = parseSnapshotLeaf(bytes);
  if (!leaf.ok) throw new LedgerRefusal('damaged', 'The snapshot log holds something unreadable.');
  return leaf.value;
}

/** Their indexes below `end`, the last first; no more leaves are asked for than it takes. */
export function* standingBelow(
  leafAt: (index: number) => SnapshotLeaf | undefined,
  size: number,
  end = size,
): Generator<number> {
  const voided = new Set<number>();
  for (let index = size - 1; index >= 0; index--) {
    const leaf = leafAt(index);
    if (leaf?.kind === 'void') voided.add(leaf.index);
    else if (leaf && index < end && !voided.has(index)) yield index;
  }
}

/** The same of the store's log. */
export function standingIn(log: Pick<StoredLog, 'size' | 'entry'>, end?: number): Generator<number> {
  const leafAt = (index: number) => {
    const bytes = log.entry(index);
    return bytes && openSnapshotLeaf(bytes);
  };
  return standingBelow(leafAt, log.size(), end);
}

/** The one on which the next is built; undefined where none stands. */
export function lastStanding(log: Pick<StoredLog, 'size' | 'entry'>): number | undefined {
  const [last] = standingIn(log);
  return last;
}
