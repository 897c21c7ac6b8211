// The outbox in IndexedDB: an event is on disk before the screen says "recorded", and leaves only when it is settled.
// Every change is one strict transaction, so that a crash or another tab meets all of it or nothing; each carries a
// stamp from one counter, so that whoever has read the outbox reads only what is new.
import type {
  ChainHead,
  OutboxChanges,
  OutboxRow,
  OutboxStep,
  OutboxStore,
  Tombstone,
} from '../app/outbox-ports.ts';
import { StoreError } from '../app/ports.ts';
import { assert, type Result } from '../domain/result.ts';
import type { Database, ReadTransaction, WriteTransaction } from './database.ts';
import { parseHead, type StoredHead } from './database-chain.ts';
import {
  type ChangeCount,
  parseChangeCount,
  parseRow,
  parseTombstone,
  REMOVED_MAX,
  storedRow,
  storedTombstone,
} from './outbox-row.ts';

const ALL = ['chain', 'outbox', 'tombstones'] as const;

export function createOutboxStore(database: Database): OutboxStore {
  return {
    head: () => database.read(['chain'], async (tx) => chainHead(await readHead(tx))),

    changes: (since, max) => database.read(ALL, (tx) => readChanges(tx, since, max)),

    page: (from, max) =>
      database.read(['outbox'], async (tx) => {
        const store = tx.objectStore('outbox');
        const range = IDBKeyRange.lowerBound(from);
        const [keys, values] = await Promise.all([store.getAllKeys(range, max), store.getAll(range, max)]);
        const rows: OutboxRow[] = [];
        const damaged: number[] = [];
        keys.forEach((place, i) => {
          const row = parseRow(values[i], place);
          if (row.ok) rows.push(unstamped(row.value));
          else damaged.push(place);
        });
        const last = keys.at(-1);
        return { rows, damaged, next: keys.length < max || last === undefined ? undefined : last + 1 };
      }),

    async append(expected, row) {
      assert(row.sequence === expected.sequence + 1, 'a row follows the head of its chain');
      assert(row.place === expected.place + 1, 'a row has the next place');
      return database.writeStrictly(['chain', 'outbox'], async (tx) => {
        const head = await readHead(tx);
        if (head.device !== null && head.device !== row.signer.device) throw new StoreError('replaced');
        if (head.place !== expected.place || head.id !== expected.id) return false;
        const stamp = await takeStamps(tx, 1);
        await tx.objectStore('outbox').add(storedRow(row, stamp), row.place);
        const { place, sequence, id } = row;
        await tx.objectStore('chain').put({ place, sequence, id, device: row.signer.device }, 'head');
        return true;
      });
    },

    advance: (steps) => database.writeStrictly(ALL, (tx) => takeSteps(tx, steps)),

    remove: (place) =>
      database.writeStrictly(['chain', 'outbox'], async (tx) => {
        const store = tx.objectStore('outbox');
        const [key, value] = await Promise.all([store.getKey(place), store.get(place)]);
        const row = parseRow(value, place);
        if (key === undefined || (row.ok && row.value.progress.kind !== 'rejected')) return;
        const count = await readCount(tx);
        const removed = [...count.removed.filter((each) => each !== place), place].slice(-REMOVED_MAX);
        await tx.objectStore('chain').put({ ...count, removals: count.removals + 1, removed }, 'changes');
        await store.delete(place);
      }),

    removed: () => database.read(['chain'], async (tx) => (await readCount(tx)).removed),

    sweep: (logSize) =>
      database.writeStrictly(['tombstones'], async (tx) => {
        const store = tx.objectStore('tombstones');
        const [keys, values] = await Promise.all([store.getAllKeys(), store.getAll()]);
        for (const [i, key] of keys.entries()) {
          const tombstone = parseTombstone(values[i]);
          // The ledger was proven to hold it, and nothing else can be learnt from one that cannot be read.
          if (!tombstone.ok || isBelow(tombstone.value, logSize)) await store.delete(key);
        }
      }),
  };
}

function isBelow({ receipt }: Tombstone, logSize: number): boolean {
  return receipt.index + receipt.parts <= logSize;
}

function chainHead({ device: _, ...head }: StoredHead): ChainHead {
  return head;
}

async function readHead(tx: ReadTransaction | WriteTransaction): Promise<StoredHead> {
  return opened(parseHead(await tx.objectStore('chain').get('head')));
}

async function readCount(tx: ReadTransaction | WriteTransaction): Promise<ChangeCount> {
  return opened(parseChangeCount(await tx.objectStore('chain').get('changes')));
}

/** The first of `count` stamps that nobody else gets. */
async function takeStamps(tx: WriteTransaction, count: number): Promise<number> {
  const known = await readCount(tx);
  await tx.objectStore('chain').put({ ...known, stamp: known.stamp + count }, 'changes');
  return known.stamp + 1;
}

async function takeSteps(tx: WriteTransaction, steps: readonly OutboxStep[]): Promise<void> {
  const places = steps.map(({ row }) => row.place);
  if (places.length === 0) return;
  const outbox = tx.objectStore('outbox');
  const range = IDBKeyRange.bound(Math.min(...places), Math.max(...places));
  // Another tab may have settled some of them meanwhile.
  const present = new Set(await outbox.getAllKeys(range));
  let stamp = await takeStamps(tx, steps.length);
  const written: Promise<unknown>[] = [];
  for (const step of steps) {
    const { row } = step;
    stamp += 1;
    if (!present.has(row.place)) continue;
    if ('settled' in step) {
      written.push(outbox.delete(row.place));
      written.push(tx.objectStore('tombstones').put(storedTombstone(step.settled, stamp - 1), row.id));
    } else written.push(outbox.put(storedRow({ ...row, progress: step.progress }, stamp - 1), row.place));
  }
  await Promise.all(written);
}

async function readChanges(tx: ReadTransaction, since: number, max: number): Promise<OutboxChanges> {
  const range = IDBKeyRange.lowerBound(since, true);
  const [head, count, rowCount] = await Promise.all([
    readHead(tx),
    readCount(tx),
    tx.objectStore('outbox').count(),
  ]);
  const shared = { head: chainHead(head), removals: count.removals, rowCount };
  if (count.stamp === since) return { ...shared, rows: [], tombstones: [], stamp: since, isMore: false };
  const byStamp = (name: 'outbox' | 'tombstones') => tx.objectStore(name).index('stamp');
  const [keys, rowValues, tombstoneValues] = await Promise.all([
    byStamp('outbox').getAllKeys(range, max),
    byStamp('outbox').getAll(range, max),
    byStamp('tombstones').getAll(range, max),
  ]);
  const rows = rowValues.map((value, i) => parseRow(value, Number(keys[i])));
  const tombstones = tombstoneValues.map(parseTombstone);
  // Of each kind the first ones; beyond the lower of the two ends, one kind is incomplete.
  const end = Math.min(endOf(rowValues, max), endOf(tombstoneValues, max), count.stamp);
  const within = <T extends { readonly stamp: number }>(parsed: readonly Result<T, 'malformed'>[]) =>
    parsed.flatMap((each) => (each.ok && each.value.stamp <= end ? [each.value] : []));
  return {
    ...shared,
    rows: within(rows).map(unstamped),
    tombstones: within(tombstones).map(({ stamp: _, ...tombstone }) => tombstone),
    stamp: end,
    isMore: end < count.stamp,
  };
}

/** The index orders by stamp, so every value in it has one. */
function endOf(values: readonly unknown[], max: number): number {
  const last = values.length < max ? undefined : values.at(-1);
  const stamp: unknown = typeof last === 'object' && last !== null ? Reflect.get(last, 'stamp') : undefined;
  return typeof stamp === 'number' ? stamp : Number.POSITIVE_INFINITY;
}

function unstamped({ stamp: _, ...row }: OutboxRow & { readonly stamp: number }): OutboxRow {
  return row;
}

function opened<T>(parsed: Result<T, 'malformed'>): T {
  if (!parsed.ok) throw new StoreError('damaged', parsed.detail);
  return parsed.value;
}
