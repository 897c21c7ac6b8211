// The snapshot in IndexedDB: pages by their hash, and the one manifest in use. New pages are written beside the old
// ones; one transaction then turns to the new manifest and drops what only the old one named.
import { StoreError } from '../app/ports.ts';
import type { SnapshotStore } from '../app/ports-snapshot.ts';
import { equalBytes } from '../domain/bytes.ts';
import { PROOF_FILE_BYTES_MAX } from '../domain/ledger/proof-file.ts';
import { MANIFEST_BYTES_MAX, PAGE_BYTES_MAX } from '../domain/limits.ts';
import { assert } from '../domain/result.ts';
import { record, text } from '../domain/shape.ts';
import { scopeShape } from '../domain/snapshot/scope.ts';
import { bytes, type Database, readStored, storedBytes, type WriteTransaction } from './database.ts';

const currentShape = record({
  manifest: bytes(MANIFEST_BYTES_MAX),
  proof: text(PROOF_FILE_BYTES_MAX),
  scope: scopeShape,
});
const pageShape = bytes(PAGE_BYTES_MAX);

export function createSnapshotStore(database: Database): SnapshotStore {
  return {
    current: () =>
      database.read(['snapshot'], async (tx) => {
        const current = await tx.objectStore('snapshot').get('current');
        return current === undefined ? undefined : readStored(currentShape, current, 'snapshot');
      }),

    heldPages: () =>
      database.read(['pages'], async (tx) => new Set(await tx.objectStore('pages').getAllKeys())),

    page: (sha256) =>
      database.read(['pages'], async (tx) => {
        const page = await tx.objectStore('pages').get(sha256);
        return page === undefined ? undefined : readStored(pageShape, page, `page ${sha256}`);
      }),

    async putPages(pages) {
      for (const page of pages) assert(page.bytes.length <= PAGE_BYTES_MAX, 'a page is within its limit');
      await database.writeRelaxed(['pages'], async (tx) => {
        const store = tx.objectStore('pages');
        await Promise.all(pages.map((page) => store.put(storedBytes(page.bytes), page.sha256)));
      });
    },

    dropOthers: (named) => database.writeRelaxed(['pages'], (tx) => dropOthers(tx, named)),

    adopt: ({ manifest, proof, scope }, pages) =>
      database.writeStrictly(['snapshot', 'pages'], async (tx) => {
        const store = tx.objectStore('pages');
        const held = new Set(await store.getAllKeys());
        // Two tabs may load different snapshots; the one that adopts first drops the other's pages.
        if (!pages.every((sha256) => held.has(sha256))) throw new StoreError('damaged', 'a page is missing');
        await dropOthers(tx, new Set(pages));
        await tx.objectStore('snapshot').put({ manifest: storedBytes(manifest), proof, scope }, 'current');
      }),

    narrow: ({ manifest, proof, scope }, dropped) =>
      database.writeStrictly(['snapshot', 'pages'], async (tx) => {
        const value = await tx.objectStore('snapshot').get('current');
        const current = value === undefined ? undefined : readStored(currentShape, value, 'snapshot');
        if (!current || !equalBytes(current.manifest, manifest)) return false;
        await Promise.all(dropped.map((sha256) => tx.objectStore('pages').delete(sha256)));
        await tx.objectStore('snapshot').put({ manifest: storedBytes(manifest), proof, scope }, 'current');
        return true;
      }),
  };
}

async function dropOthers(tx: WriteTransaction, named: ReadonlySet<string>): Promise<void> {
  const store = tx.objectStore('pages');
  const others = (await store.getAllKeys()).filter((sha256) => !named.has(sha256));
  await Promise.all(others.map((sha256) => store.delete(sha256)));
}
