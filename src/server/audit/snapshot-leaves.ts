// The snapshot log's own leaves, taken up once: they must lead to its signed root, and each must be a manifest or the
// retraction of one above it.
import { equalBytes } from '../../domain/bytes.ts';
import type { VerifiedCheckpoint } from '../../domain/ledger/checkpoint.ts';
import { leafHash } from '../../domain/ledger/merkle.ts';
import { parseSnapshotLeaf } from '../../domain/snapshot/manifest.ts';
import type { LogSource } from '../check/log-source.ts';
import type { AuditFault } from './audit-fault.ts';
import type { AuditStore } from './audit-store.ts';
import { readEntries } from './log-reading.ts';

export type LeafParts = { readonly snapshots: LogSource; readonly store: AuditStore };

/** Keeps all of them or none. Throws SourceError. */
export function takeLeaves(
  { snapshots, store }: LeafParts,
  checkpoint: VerifiedCheckpoint,
): Promise<AuditFault | undefined> {
  return store.attempt(() => take(snapshots, store, checkpoint));
}

async function take(
  source: LogSource,
  store: AuditStore,
  { origin, size, root }: VerifiedCheckpoint,
): Promise<AuditFault | undefined> {
  const head = store.head('snapshots');
  // They led to the root of a larger one, of which this one is a beginning.
  if (head.size() > size) return undefined;
  for await (const { first, entries } of readEntries(source, head.size(), size, size))
    for (const [i, bytes] of entries.entries()) {
      const leaf = parseSnapshotLeaf(bytes);
      const index = first + i;
      if (!leaf.ok) return badLeaf(index, 'it is neither a manifest nor a void leaf');
      if (leaf.value.kind === 'void' && store.leaf(leaf.value.index)?.leaf.kind !== 'manifest')
        return badLeaf(index, `it voids leaf ${leaf.value.index}, which is no manifest above it`);
      head.append(leafHash(bytes));
      store.addLeaf(index, leaf.value);
    }
  if (!equalBytes(head.root(), root))
    return { code: 'bad-log', words: `The leaves of ${origin} do not lead to its signed root over ${size}.` };
  store.putHead('snapshots', head);
  return undefined;
}

function badLeaf(leaf: number, words: string): AuditFault {
  return { code: 'bad-leaf', leaf, words: `Leaf ${leaf} of the snapshot log: ${words}.` };
}
