// Stand-ins for the threads of the ledger's server, which do the same work in this one, and the fuse that kills it.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { layerPages } from '../../src/domain/snapshot/layers.ts';
import type { PageRef } from '../../src/domain/snapshot/manifest.ts';
import type { FileThread, NamedFile } from '../../src/server/ledger/file-thread.ts';
import type { LayerPlaces, LayerThread } from '../../src/server/ledger/layer-thread.ts';
import { openEntry } from '../../src/server/ledger/logged-entries.ts';
import { openSqliteReading, type StoreReading } from '../../src/server/ledger/sqlite/sqlite-reading.ts';
import type { Store } from '../../src/server/ledger/store.ts';

/** Counts writes. */
export type Fuse = {
  writes: number;
  deadAt: number | undefined;
  fullAt: number | undefined;
  isDead: boolean;
};

/** What node:sqlite throws; the ledger takes it for the store's own failure. */
class SqliteFault extends Error {
  readonly code = 'ERR_SQLITE_ERROR';
}

function burn(fuse: Fuse): void {
  fuse.writes += 1;
  if (fuse.deadAt !== undefined && fuse.writes >= fuse.deadAt) fuse.isDead = true;
  if (fuse.isDead) throw new SqliteFault('the process was killed');
  if (fuse.fullAt === undefined || fuse.writes < fuse.fullAt) return;
  fuse.fullAt = undefined;
  throw new SqliteFault('database or disk is full');
}

const WRITES = /^(add|put|set|settle|append)/;

/** Every write may be the last; a transaction also dies between its last write and its commit, and after that. */
export function withFuse(store: Store, fuse: Fuse): Store {
  return {
    ...fused(store, fuse),
    transaction(work) {
      burn(fuse);
      const result = store.transaction(() => {
        const done = work();
        burn(fuse);
        return done;
      });
      // Durable, and nobody hears of it.
      burn(fuse);
      return result;
    },
  };
}

function fused<T extends object>(part: T, fuse: Fuse): T {
  const entries = Object.entries(part).map(([name, value]: [string, unknown]) => {
    if (typeof value === 'object' && value !== null) return [name, fused(value, fuse)];
    if (typeof value !== 'function') return [name, value];
    const call = (...args: unknown[]) => {
      if (WRITES.test(name)) burn(fuse);
      else if (fuse.isDead) throw new SqliteFault('the process was killed');
      return Reflect.apply(value, part, args);
    };
    return [name, call];
  });
  return Object.fromEntries(entries);
}

/** file-writer.ts without the flushing: a process that is killed takes no file with it. */
export function createFileWork(fuse: Fuse): FileThread {
  let staged = 0;
  function put(folder: string, staging: string, { path, bytes }: NamedFile): void {
    burn(fuse);
    staged += 1;
    const aside = join(staging, `${staged}`);
    writeFileSync(aside, bytes);
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    burn(fuse);
    renameSync(aside, join(folder, path));
  }
  return {
    async ask({ folder, staging, write, last, remove }) {
      for (const file of write) put(folder, staging, file);
      if (last) put(folder, staging, last);
      for (const path of remove) {
        burn(fuse);
        rmSync(join(folder, path), { recursive: true, force: true });
      }
    },
    close: async () => undefined,
  };
}

/** layer-builder.ts in this thread. */
export function createLayerWork({ store, snapshots }: LayerPlaces, fuse: Fuse): LayerThread {
  let reading: StoreReading | undefined;
  const readPage = ({ sha256 }: PageRef) => new Uint8Array(readFileSync(join(snapshots, 'page', sha256)));

  function isWhole(ref: PageRef): boolean {
    try {
      return createHash('sha256').update(readPage(ref)).digest('hex') === ref.sha256;
    } catch {
      return false;
    }
  }

  async function shut(): Promise<void> {
    reading?.close();
    reading = undefined;
  }

  return {
    async open() {
      await shut();
      reading = openSqliteReading(store);
      const { logSize, lastEntry } = reading;
      return { logSize, asOfMs: lastEntry ? openEntry(lastEntry, logSize - 1).receiptTimeMs : 0 };
    },
    areWhole: async (layers) => layers.every(({ pages }) => pages.every(isWhole)),
    async *pages(order) {
      if (!reading) throw new Error('no reading is open');
      for (const page of layerPages({ ...order, reading, readPage })) {
        burn(fuse);
        if (page) yield page;
      }
    },
    shut,
    close: shut,
  };
}
