// The one IndexedDB schema. Each store is an adapter of its own over this file, which opens the database, closes it
// for a newer version of the app, and turns what the platform throws into the one error of the store ports.
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from 'idb';
import { StoreError } from '../app/ports.ts';
import { err, ok } from '../domain/result.ts';
import { integer, list, record, type Shape } from '../domain/shape.ts';

/** Values are unknown on purpose: what is read back is as untrusted as bytes from the network, and parsed as such. */
export interface PacktrailSchema extends DBSchema {
  /** Key `current`: identity, key pair and scope. */
  enrolment: { key: string; value: unknown };
  /** Blinding keys by name (`master`, `containers` or a product's code) and epoch. */
  keys: { key: [name: string, keyId: number]; value: unknown };
  /** Events by place; the index orders them by when they were last changed. */
  outbox: { key: number; value: unknown; indexes: { stamp: number } };
  /** Delivered events by id. */
  tombstones: { key: string; value: unknown; indexes: { stamp: number } };
  /** Key `head`: where the device's chain of events stands. Key `changes`: how many changes there have been. */
  chain: { key: string; value: unknown };
  /** The newest accepted note by log. */
  checkpoints: { key: string; value: unknown };
  /** Both heads of each fork that was seen, in the order found. */
  evidence: { key: number; value: unknown };
  /** Key `current`: manifest, proof and scope. */
  snapshot: { key: string; value: unknown };
  /** Snapshot pages by SHA-256, each one ArrayBuffer. */
  pages: { key: string; value: unknown };
  settings: { key: string; value: unknown };
  /** Recalls, withdrawals and locks that the snapshot does not hold yet, by log index. */
  tightenings: { key: number; value: unknown };
}

export type StoreName = StoreNames<PacktrailSchema>;
export type ReadTransaction = IDBPTransaction<PacktrailSchema, StoreName[], 'readonly'>;
export type WriteTransaction = IDBPTransaction<PacktrailSchema, StoreName[], 'readwrite'>;

/** All throw StoreError. Inside `work` await nothing but the transaction's own requests, or it commits early. */
export type Database = {
  read<T>(stores: readonly StoreName[], work: (tx: ReadTransaction) => Promise<T>): Promise<T>;
  /** On disk when it resolves; all of it or nothing. */
  writeStrictly<T>(stores: readonly StoreName[], work: (tx: WriteTransaction) => Promise<T>): Promise<T>;
  /** For what can be fetched again: committed, but a power cut may still take it. */
  writeRelaxed<T>(stores: readonly StoreName[], work: (tx: WriteTransaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

type Connection = IDBPDatabase<PacktrailSchema>;
type Upgrade = IDBPTransaction<PacktrailSchema, StoreName[], 'versionchange'>;

export const keyShape: Shape<CryptoKey> = (value, path) =>
  value instanceof CryptoKey ? ok(value) : err('malformed', `${path}: a key expected`);

const anyObject: Shape<object> = (value, path) =>
  typeof value === 'object' && value !== null ? ok(value) : err('malformed', `${path}: object expected`);

/** Before the fifth version the masters stood in the enrolment itself, and every device had them. */
const formerEnrolment = record({
  enrolment: anyObject,
  pair: anyObject,
  epochs: list(record({ keyId: integer(0), master: keyShape }), 16),
});

// Step n takes the schema from version n to n + 1; a step that was released never changes.
const STEPS: readonly ((db: Connection, tx: Upgrade) => unknown)[] = [
  (db) => {
    const keyed = ['enrolment', 'outbox', 'tombstones', 'chain', 'checkpoints', 'snapshot'] as const;
    for (const name of keyed) db.createObjectStore(name);
    db.createObjectStore('evidence', { autoIncrement: true });
    db.createObjectStore('pages');
    db.createObjectStore('settings');
  },
  (db) => db.createObjectStore('tightenings'),
  // A snapshot in use now says which products it holds; its pages stay and need not be fetched again.
  (db) => {
    db.deleteObjectStore('snapshot');
    db.createObjectStore('snapshot');
  },
  // Until then a device could not enrol anew while rows waited, so they are all the present one's.
  (_, tx) => placeRows(tx),
  async (db, tx) => {
    const keys = db.createObjectStore('keys');
    const former = formerEnrolment(await tx.objectStore('enrolment').get('current'), 'enrolment');
    if (!former.ok) return;
    const { enrolment, pair, epochs } = former.value;
    const next = { enrolment: { ...enrolment, products: null }, pair, scope: null };
    await tx.objectStore('enrolment').put(next, 'current');
    for (const { keyId, master } of epochs) await keys.put(master, ['master', keyId]);
  },
];

/** Rows get a place, a signer and a stamp, tombstones a stamp; what cannot be read stays as it is. */
async function placeRows(tx: Upgrade): Promise<void> {
  for (const name of ['outbox', 'tombstones'] as const) tx.objectStore(name).createIndex('stamp', 'stamp');
  const identity = fieldsOf(fieldsOf(await tx.objectStore('enrolment').get('current')).enrolment);
  const { device, actor } = identity;
  let stamp = 0;
  for (const name of ['outbox', 'tombstones'] as const)
    for (let at = await tx.objectStore(name).openCursor(); at; at = await at.continue()) {
      const value = fieldsOf(at.value);
      if (value.bytes === undefined) continue;
      stamp += 1;
      const signer = { device, actor, publicKey: new ArrayBuffer(0) };
      await at.update({ ...value, stamp, ...(name === 'outbox' ? { place: at.primaryKey, signer } : {}) });
    }
  const chain = tx.objectStore('chain');
  const head = fieldsOf(await chain.get('head'));
  if (head.sequence !== undefined) await chain.put({ ...head, place: head.sequence, device }, 'head');
  await chain.put({ stamp, removals: 0, removed: [] }, 'changes');
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Other tabs close as soon as they are asked; one that does not is frozen, and waiting longer would not help. */
const BLOCKED_MS_MAX = 5_000;

/** Opens at the first use, and again after the browser or a newer version of the app has closed the connection. */
export function createDatabase(name = 'packtrail'): Database {
  let opening: Promise<Connection> | undefined;

  function connect(): Promise<Connection> {
    opening ??= openConnection(name, forget).catch((error: unknown) => {
      forget();
      throw error;
    });
    return opening;
  }

  function forget(): void {
    opening = undefined;
  }

  async function write<T>(
    stores: readonly StoreName[],
    durability: 'strict' | 'relaxed',
    work: (tx: WriteTransaction) => Promise<T>,
  ): Promise<T> {
    try {
      const tx = (await connect()).transaction([...stores], 'readwrite', { durability });
      return await finish(tx, work);
    } catch (error) {
      throw storeError(error);
    }
  }

  return {
    async read(stores, work) {
      try {
        return await finish((await connect()).transaction([...stores], 'readonly'), work);
      } catch (error) {
        throw storeError(error);
      }
    },
    writeStrictly: (stores, work) => write(stores, 'strict', work),
    writeRelaxed: (stores, work) => write(stores, 'relaxed', work),
    async close() {
      const connection = await opening?.catch(() => undefined);
      forget();
      connection?.close();
    },
  };
}

async function finish<Tx extends ReadTransaction | WriteTransaction, T>(
  tx: Tx,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const done = tx.done.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  try {
    const result = await work(tx);
    const failure = await done;
    // The transaction's own error says why it was rolled back: a full disk shows only here.
    if (failure) throw tx.error ?? failure.error;
    return result;
  } catch (error) {
    abort(tx);
    await done;
    throw tx.error ?? error;
  }
}

function abort(tx: ReadTransaction | WriteTransaction | Upgrade): void {
  try {
    tx.abort();
  } catch (error) {
    // It has ended already, by its own error.
    if (!(error instanceof DOMException) || error.name !== 'InvalidStateError') throw error;
  }
}

async function takeSteps(db: Connection, tx: Upgrade, oldVersion: number): Promise<void> {
  for (const step of STEPS.slice(oldVersion)) await step(db, tx);
}

function openConnection(name: string, forget: () => void): Promise<Connection> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gaveUp = false;
    const opened = openDB<PacktrailSchema>(name, STEPS.length, {
      upgrade(db, oldVersion, _, tx) {
        // Whole or not at all; opening then fails with the transaction.
        tx.done.catch(() => undefined);
        takeSteps(db, tx, oldVersion).catch(() => abort(tx));
      },
      blocked() {
        timer = setTimeout(() => {
          gaveUp = true;
          reject(new StoreError('refused', 'another tab holds an older database open'));
        }, BLOCKED_MS_MAX);
      },
      // A newer version of the app, or the user clearing the site's data, waits for this connection.
      blocking(_current, _blocked, event) {
        forget();
        (event.target as IDBDatabase).close();
      },
      terminated: forget,
    });
    opened.then((connection) => {
      clearTimeout(timer);
      if (gaveUp) connection.close();
      else resolve(connection);
    }, reject);
  });
}

const CODES: Readonly<Record<string, StoreError['code']>> = {
  QuotaExceededError: 'full',
  // Private windows, blocked site data, or a database of a newer version of the app.
  InvalidStateError: 'refused',
  NotAllowedError: 'refused',
  SecurityError: 'refused',
  VersionError: 'refused',
  // Chromium: the files behind a value are gone.
  NotReadableError: 'damaged',
};

function storeError(error: unknown): unknown {
  if (error instanceof StoreError) return error;
  if (typeof DOMException !== 'undefined' && error instanceof DOMException)
    return new StoreError(CODES[error.name] ?? 'failed', error);
  if (error instanceof Error && error.name === 'QuotaExceededError') return new StoreError('full', error);
  // No IndexedDB at all is the platform's failure; anything else is a bug and stays one.
  if (typeof indexedDB === 'undefined') return new StoreError('refused', error);
  return error;
}

/** Parses a stored value; one that does not parse is damaged, and stays where it is. */
export function readStored<T>(shape: Shape<T>, value: unknown, what: string): T {
  const parsed = shape(value, what);
  if (!parsed.ok) throw new StoreError('damaged', parsed.detail);
  return parsed.value;
}

/** Bytes as the stores keep them: an ArrayBuffer of their own, since a view is stored with all that lies around it. */
export function storedBytes(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteLength } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
    ? buffer
    : new Uint8Array(bytes).buffer;
}

/** What `storedBytes` wrote. */
export function bytes(lengthMax: number, lengthMin = 0): Shape<Uint8Array> {
  return (value, path) => {
    const fits =
      value instanceof ArrayBuffer && value.byteLength >= lengthMin && value.byteLength <= lengthMax;
    return fits
      ? ok(new Uint8Array(value))
      : err('malformed', `${path}: ${lengthMin} to ${lengthMax} bytes expected`);
  };
}
