// Runs in a thread of its own and builds the layers of snapshots, a page whenever it is asked for one: so what it has
// built never piles up, and a country of any size takes the memory of its largest batch.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import type { BuiltPage } from '../../domain/snapshot/build.ts';
import { layerPages } from '../../domain/snapshot/layers.ts';
import type { PageRef } from '../../domain/snapshot/manifest.ts';
import type { LayerAnswer, LayerOrder, LayerPlaces, LayerTask, ReadingHead } from './layer-thread.ts';
import { openEntry } from './logged-entries.ts';
import { LedgerRefusal } from './refusal.ts';
import { openSqliteReading, type StoreReading } from './sqlite/sqlite-reading.ts';
import { serveThread } from './thread.ts';

const places: LayerPlaces = workerData;
let reading: StoreReading | undefined;
let building: Iterator<BuiltPage | undefined> | undefined;

serveThread<LayerTask, LayerAnswer>((task) => {
  switch (task.do) {
    case 'open':
      return { kind: 'reading', head: open() };
    case 'hold':
      return { kind: 'held', areWhole: task.layers.every(({ pages }) => pages.every(isWhole)) };
    case 'begin':
      building = begin(task.order);
      return { kind: 'page', page: nextPage() };
    case 'next':
      return { kind: 'page', page: nextPage() };
    case 'shut':
      shut();
      return { kind: 'shut' };
  }
});

function open(): ReadingHead {
  shut();
  reading = openSqliteReading(places.store);
  const { logSize, lastEntry } = reading;
  return { logSize, asOfMs: lastEntry ? openEntry(lastEntry, logSize - 1).receiptTimeMs : 0 };
}

function shut(): void {
  building?.return?.();
  building = undefined;
  reading?.close();
  reading = undefined;
}

function begin(order: LayerOrder): Iterator<BuiltPage | undefined> {
  if (!reading) throw new LedgerRefusal('closed', 'No reading is open.');
  return layerPages({ ...order, reading, readPage })[Symbol.iterator]();
}

function nextPage(): BuiltPage | undefined {
  for (;;) {
    const step = building?.next();
    if (!step || step.done) return undefined;
    if (step.value) return step.value;
  }
}

function isWhole(ref: PageRef): boolean {
  const bytes = readPublished(ref);
  return bytes !== undefined && createHash('sha256').update(bytes).digest('hex') === ref.sha256;
}

function readPage(ref: PageRef): Uint8Array {
  const bytes = readPublished(ref);
  if (!bytes) throw new LedgerRefusal('damaged', `Page ${ref.sha256} of the last snapshot is missing.`);
  return bytes;
}

function readPublished({ sha256 }: PageRef): Uint8Array | undefined {
  try {
    return readFileSync(join(places.snapshots, 'page', sha256));
  } catch {
    // Whatever keeps it from being read: a new base needs none of these.
    return undefined;
  }
}
