// An operator who holds the keys and lies: changes the store behind the fold's back, or logs manifests of his own making.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { leafHash } from '../../../src/domain/ledger/merkle.ts';
import { parseProofFile } from '../../../src/domain/ledger/proof-file.ts';
import {
  encodeManifest,
  encodeSnapshotLeaf,
  type Manifest,
  manifestId,
  parseManifest,
  parseSnapshotLeaf,
} from '../../../src/domain/snapshot/manifest.ts';
import { openSqliteStore } from '../../../src/server/ledger/sqlite/sqlite-store.ts';
import { must } from '../ledger/log-reader.ts';
import type { AuditedLedger } from './audited-ledger.ts';

/** Of the newest manifest; the snapshot log stands closed meanwhile, and is published again after. */
export async function logManifest(
  { on }: AuditedLedger,
  change: (manifest: Manifest) => Partial<Manifest>,
): Promise<void> {
  await on.ledger.close();
  const store = openSqliteStore(join(on.folder, 'ledger.sqlite'));
  const [last] = store.lastSnapshots(1);
  if (!last) throw new Error('there is a snapshot to start from');
  const path = (id: string) => join(on.folder, 'snapshots', 'manifest', id);
  const manifest = must(parseManifest(readFileSync(path(last.manifest))));
  const bytes = encodeManifest({ ...manifest, number: manifest.number + 1, ...change(manifest) });
  const id = manifestId(bytes);
  writeFileSync(path(id), bytes);
  const leaf = encodeSnapshotLeaf({ kind: 'manifest', id });
  const { number, publishedMs } = must(parseManifest(bytes));
  store.transaction(() => {
    const leafIndex = store.snapshotLog.size();
    store.snapshotLog.append(leaf, leafHash(leaf));
    const fresh = number > last.number ? number : last.number + 1;
    store.addSnapshot({ ...last, number: fresh, manifest: id, leafIndex, publishedMs });
  });
  store.close();
  await on.reopen();
}

/** As devices are given it. */
export function newestManifest({ on }: AuditedLedger): Manifest {
  const proof = must(parseProofFile(readFileSync(join(on.ledger.snapshotFolder, 'latest.tlog-proof'))));
  const leaf = must(parseSnapshotLeaf(proof.extra ?? new Uint8Array()));
  if (leaf.kind !== 'manifest') throw new Error('a proof of a void leaf');
  return must(parseManifest(readFileSync(join(on.ledger.snapshotFolder, 'manifest', leaf.id))));
}

/** SQL on the server's store, past the fold. */
export async function changeStore({ on }: AuditedLedger, sql: string): Promise<void> {
  await on.ledger.close();
  const database = new DatabaseSync(join(on.folder, 'ledger.sqlite'));
  database.exec(sql);
  database.close();
  await on.reopen();
}
