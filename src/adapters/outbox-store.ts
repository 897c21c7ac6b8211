// The outbox in IndexedDB: an event is on disk before the screen says "recorded", and leaves only when it is settled.
// Every change is one strict transaction, so that a crash or another tab meets all of it or nothing.
import {
  type ChainHead,
  type OutboxRow,
  type OutboxStore,
  StoreError,
  type Tombstone,
} from '../app/ports.ts';
import { eventId, NO_PREVIOUS } from '../domain/event.ts';
import { EVENT_BYTES_MAX } from '../domain/limits.ts';
import { type PlacedReceipt, REJECTIONS, receiptShape } from '../domain/receipt.ts';
import { assert, err, ok } from '../domain/result.ts';
import { hex, integer, oneOf, record, type Shape, variants } from '../domain/shape.ts';
import {
  bytes,
  type Database,
  type ReadTransaction,
  readStored,
  storedBytes,
  type WriteTransaction,
} from './database.ts';

const headShape: Shape<ChainHead> = record({ sequence: integer(0), id: hex(32) });

const placedShape: Shape<PlacedReceipt> = (value, path) => {
  const receipt = receiptShape(value, path);
  if (!receipt.ok) return receipt;
  return 'index' in receipt.value
    ? ok(receipt.value)
    : err('malformed', `${path}: a placed receipt expected`);
};

const progressShape = variants('kind', {
  waiting: record({ kind: oneOf(['waiting']) }),
  placed: record({ kind: oneOf(['placed']), receipt: placedShape }),
  conflict: record({ kind: oneOf(['conflict']), receipt: placedShape }),
  rejected: record({ kind: oneOf(['rejected']), reason: oneOf(REJECTIONS) }),
});

// The event is what must not be lost. Without its progress it is sent once more, and the ledger answers "duplicate".
const progressOrWaiting: Shape<OutboxRow['progress']> = (value, path) => {
  const progress = progressShape(value, path);
  return progress.ok ? progress : ok({ kind: 'waiting' });
};

const eventBytes = bytes(EVENT_BYTES_MAX, 1);

const rowShape = withOwnId(
  record({
    sequence: integer(1),
    id: hex(32),
    bytes: eventBytes,
    signature: bytes(64, 64),
    progress: progressOrWaiting,
  }),
);

const tombstoneShape = withOwnId(record({ id: hex(32), bytes: eventBytes, receipt: placedShape }));

function withOwnId<T extends { readonly id: string; readonly bytes: Uint8Array }>(shape: Shape<T>): Shape<T> {
  return (value, path) => {
    const parsed = shape(value, path);
    if (!parsed.ok || eventId(parsed.value.bytes) === parsed.value.id) return parsed;
    return err('malformed', `${path}: not the bytes of event ${parsed.value.id}`);
  };
}

export function createOutboxStore(database: Database): OutboxStore {
  return {
    head: () => database.read(['chain'], readHead),

    rows: () =>
      database.read(['outbox'], async (tx) => {
        const keys = await tx.objectStore('outbox').getAllKeys();
        const values = await tx.objectStore('outbox').getAll();
        return values.map((value, i) => readRow(value, keys[i] ?? 0));
      }),

    tombstones: () => database.read(['tombstones'], readTombstones),

    async append(expected, row) {
      assert(row.sequence === expected.sequence + 1, 'a row follows the head of its chain');
      return database.writeStrictly(['chain', 'outbox'], async (tx) => {
        const head = await readHead(tx);
        if (head.sequence !== expected.sequence || head.id !== expected.id) return false;
        await tx.objectStore('outbox').add(storedRow(row), row.sequence);
        await tx.objectStore('chain').put({ sequence: row.sequence, id: row.id }, 'head');
        return true;
      });
    },

    setProgress: (sequence, progress) =>
      database.writeStrictly(['outbox'], async (tx) => {
        const store = tx.objectStore('outbox');
        const value = await store.get(sequence);
        // Another tab may have settled it meanwhile.
        if (value !== undefined)
          await store.put(storedRow({ ...readRow(value, sequence), progress }), sequence);
      }),

    settle: (sequence, tombstone) =>
      database.writeStrictly(['outbox', 'tombstones'], async (tx) => {
        if (tombstone)
          await tx
            .objectStore('tombstones')
            .put({ ...tombstone, bytes: storedBytes(tombstone.bytes) }, tombstone.id);
        await tx.objectStore('outbox').delete(sequence);
      }),

    sweep: (logSize) =>
      database.writeStrictly(['tombstones'], async (tx) => {
        for (const { id, receipt } of await readTombstones(tx))
          if (receipt.index + receipt.parts <= logSize) await tx.objectStore('tombstones').delete(id);
      }),
  };
}

async function readHead(tx: ReadTransaction | WriteTransaction): Promise<ChainHead> {
  const head = await tx.objectStore('chain').get('head');
  return head === undefined ? { sequence: 0, id: NO_PREVIOUS } : readStored(headShape, head, 'chain head');
}

async function readTombstones(tx: ReadTransaction | WriteTransaction): Promise<readonly Tombstone[]> {
  const values = await tx.objectStore('tombstones').getAll();
  return values.map((value) => readStored(tombstoneShape, value, 'tombstone'));
}

function readRow(value: unknown, sequence: number): OutboxRow {
  const row = readStored(rowShape, value, `outbox row ${sequence}`);
  if (row.sequence !== sequence) throw new StoreError('damaged', `outbox row ${sequence} is out of place`);
  return row;
}

function storedRow(row: OutboxRow) {
  return { ...row, bytes: storedBytes(row.bytes), signature: storedBytes(row.signature) };
}
