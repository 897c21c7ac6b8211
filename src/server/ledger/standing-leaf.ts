// Which manifest of the snapshot log stands last: the one on which the next is built.
import { parseSnapshotLeaf, type SnapshotLeaf } from '../../domain/snapshot/manifest.ts';
import { LedgerRefusal } from './refusal.ts';
import type { StoredLog } from './store.ts';

/** Throws LedgerRefusal `damaged`: what stands in our own log has been encoded by us. */
export function openSnapshotLeaf(bytes: Uint8Array): SnapshotLeaf {
  const leaf = parseSnapshotLeaf(bytes);
  if (!leaf.ok) throw new LedgerRefusal('damaged', 'The snapshot log holds something unreadable.');
  return leaf.value;
}

/** Of the last manifest that no later leaf voids; undefined where there is none. */
export function lastStanding(log: Pick<StoredLog, 'size' | 'entry'>): number | undefined {
  const voided = new Set<number>();
  for (let index = log.size() - 1; index >= 0; index--) {
    const bytes = log.entry(index);
    const leaf = bytes && openSnapshotLeaf(bytes);
    if (leaf?.kind === 'void') voided.add(leaf.index);
    else if (leaf && !voided.has(index)) return index;
  }
  return undefined;
}
