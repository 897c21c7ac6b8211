// IndexedDB of one simulated browser, under the real stores: tables in memory behind the one interface through which
// they reach the platform. Every transaction that wrote is kept, with how durable it was asked to be, so that a backup
// is a shorter list of them and a power cut takes what was not flushed.
import { IDBKeyRange as FakeKeyRange } from 'fake-indexeddb';
import type { Database, ReadTransaction, StoreName, WriteTransaction } from '../../src/adapters/database.ts';

type Key = IDBValidKey;
type Write = { readonly store: StoreName; readonly key: Key; readonly value: unknown };
type Transaction = { readonly isStrict: boolean; readonly writes: readonly Write[] };

export type MemoryDatabase = Database & {
  /** Transactions that changed something, oldest first. */
  readonly history: readonly Transaction[];
  /** Another one as this was after so many of them. */
  copy(size: number): MemoryDatabase;
  /** What lies there is something else all of a sudden: nobody wrote it, and it is on no backup made before. */
  spoil(store: StoreName, key: Key, change: (value: unknown) => unknown): void;
};

// The stores name it as browsers do.
globalThis.IDBKeyRange ??= FakeKeyRange;

/** What a deleted value is in the history. */
const GONE = Symbol('gone');

export function createMemoryDatabase(past: readonly Transaction[] = []): MemoryDatabase {
  const history = [...past];
  const tables = new Map<StoreName, Table>();

  function tableOf(store: StoreName): Table {
    const known = tables.get(store) ?? createTable();
    tables.set(store, known);
    return known;
  }

  function apply({ store, key, value }: Write): void {
    if (value === GONE) tableOf(store).delete(key);
    else tableOf(store).put(key, value);
  }

  /** Whole or not at all: what a failed one had written is taken back. */
  async function write<T>(isStrict: boolean, work: (tx: WriteTransaction) => Promise<T>): Promise<T> {
    const writes: Write[] = [];
    const before: Write[] = [];
    const change = (next: Write) => {
      const value = tableOf(next.store).get(next.key);
      before.unshift({ ...next, value: value === undefined ? GONE : value });
      apply(next);
      writes.push(next);
    };
    try {
      const result = await work(transaction(change) as WriteTransaction);
      if (writes.length > 0) history.push({ isStrict, writes });
      return result;
    } catch (error) {
      for (const each of before) apply(each);
      throw error;
    }
  }

  function transaction(change: (write: Write) => void): ReadTransaction | WriteTransaction {
    const objectStore = (store: StoreName) => ({
      ...reading(tableOf(store)),
      async put(value: unknown, key: Key) {
        change({ store, key, value: copied(value) });
        return key;
      },
      async add(value: unknown, key?: Key) {
        const at = key ?? Number(tableOf(store).keys().at(-1) ?? 0) + 1;
        if (tableOf(store).get(at) !== undefined) throw new DOMException('', 'ConstraintError');
        change({ store, key: at, value: copied(value) });
        return at;
      },
      async delete(query: Key | IDBKeyRange) {
        for (const key of tableOf(store).keys())
          if (isWithin(key, query)) change({ store, key, value: GONE });
      },
      async clear() {
        for (const key of tableOf(store).keys()) change({ store, key, value: GONE });
      },
    });
    // What of a transaction the stores use.
    return { objectStore } as unknown as ReadTransaction;
  }

  let turn: Promise<unknown> = Promise.resolve();
  /** One transaction after the other: coarser than a browser, and as strict. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  }

  for (const { writes } of past) for (const each of writes) apply(each);
  return {
    history,
    read: (_, work) => inTurn(() => work(transaction(() => undefined) as ReadTransaction)),
    writeStrictly: (_, work) => inTurn(() => write(true, work)),
    writeRelaxed: (_, work) => inTurn(() => write(false, work)),
    close: async () => undefined,
    copy: (size) => createMemoryDatabase(history.slice(0, size)),
    spoil(store, key, change) {
      const spoilt = { store, key, value: change(copied(tableOf(store).get(key))) };
      apply(spoilt);
      history.push({ isStrict: false, writes: [spoilt] });
    },
  };
}

type Table = {
  get(key: Key): unknown;
  put(key: Key, value: unknown): void;
  delete(key: Key): void;
  /** In order. */
  keys(): readonly Key[];
};

function createTable(): Table {
  const values = new Map<string, { readonly key: Key; readonly value: unknown }>();
  let sorted: readonly Key[] | undefined = [];
  return {
    get: (key) => values.get(nameOf(key))?.value,
    put(key, value) {
      if (!values.has(nameOf(key))) sorted = undefined;
      values.set(nameOf(key), { key, value });
    },
    delete(key) {
      if (values.delete(nameOf(key))) sorted = undefined;
    },
    keys() {
      sorted ??= [...values.values()].map(({ key }) => key).sort(compare);
      return sorted;
    },
  };
}

function reading(table: Table) {
  const within = (query: Query, max = Number.POSITIVE_INFINITY) => {
    const keys = table.keys();
    return (query === undefined || query === null ? keys : keys.filter((key) => isWithin(key, query))).slice(
      0,
      max,
    );
  };
  const get = async (query: Key | IDBKeyRange) => {
    const [key] = within(query, 1);
    return key === undefined ? undefined : copied(table.get(key));
  };
  return {
    get,
    getKey: async (query: Key | IDBKeyRange) => within(query, 1)[0],
    getAll: async (query?: Query, max?: number) => within(query, max).map((key) => copied(table.get(key))),
    getAllKeys: async (query?: Query, max?: number) => [...within(query, max)],
    count: async () => table.keys().length,
    async openKeyCursor(_: null | undefined, direction?: 'prev') {
      const key = table.keys().at(direction === 'prev' ? -1 : 0);
      return key === undefined ? null : { key };
    },
    index: (name: 'stamp') => byStamp(table, name),
  };
}

type Query = Key | IDBKeyRange | null | undefined;

/** Values without the indexed field are not in the index. */
function byStamp(table: Table, name: string) {
  const inOrder = (query: IDBKeyRange, max: number) =>
    table
      .keys()
      .map((key) => ({ key, value: table.get(key) }))
      .map((each) => ({ ...each, stamp: Reflect.get(Object(each.value), name) as unknown }))
      .filter(({ stamp }) => typeof stamp === 'number' && isWithin(stamp, query))
      .sort((a, b) => Number(a.stamp) - Number(b.stamp))
      .slice(0, max);
  return {
    getAll: async (query: IDBKeyRange, max: number) => inOrder(query, max).map(({ value }) => copied(value)),
    getAllKeys: async (query: IDBKeyRange, max: number) => inOrder(query, max).map(({ key }) => key),
  };
}

function isWithin(key: Key, query: Key | IDBKeyRange): boolean {
  if (!(query instanceof FakeKeyRange)) return compare(key, query as Key) === 0;
  const { lower, upper, lowerOpen, upperOpen } = query;
  const isAbove = lower === undefined || compare(key, lower) > (lowerOpen ? 0 : -1);
  return isAbove && (upper === undefined || compare(key, upper) < (upperOpen ? 0 : 1));
}

/** Numbers before texts, lists part by part (IndexedDB s2.4). */
function compare(a: Key, b: Key): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (const [i, part] of a.entries()) {
      const other = b[i] as Key | undefined;
      const order = other === undefined ? 1 : compare(part, other);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function nameOf(key: Key): string {
  return Array.isArray(key) ? JSON.stringify(key) : `${typeof key} ${String(key)}`;
}

/** As a structured clone; keys stay what they are, as the browser's own do. */
function copied(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return value.slice(0);
  if (Array.isArray(value)) return value.map(copied);
  if (typeof value !== 'object' || value === null || value instanceof CryptoKey) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copied(each)]));
}
