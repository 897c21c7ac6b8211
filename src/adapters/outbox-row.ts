// The outbox's rows and tombstones as they lie in IndexedDB. What is read back is as untrusted as any input: a row
// counts only with the bytes that its id names.
import type { OutboxRow, Tombstone } from '../app/outbox-ports.ts';
import { eventId } from '../domain/event.ts';
import { EVENT_BYTES_MAX } from '../domain/limits.ts';
import { type PlacedReceipt, REJECTIONS, receiptShape } from '../domain/receipt.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { hex, integer, list, oneOf, record, type Shape, variants } from '../domain/shape.ts';
import { bytes, storedBytes } from './database.ts';

/** An uncompressed P-521 point; ours are shorter. */
const PUBLIC_KEY_BYTES_MAX = 133;
/** More gaps than a person will ever have confirmed. */
export const REMOVED_MAX = 1_000;

const changesShape = record({
  stamp: integer(0),
  removals: integer(0),
  removed: list(integer(1), REMOVED_MAX),
});

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
  unseen: record({ kind: oneOf(['unseen']), receipt: placedShape }),
  rejected: record({ kind: oneOf(['rejected']), reason: oneOf(REJECTIONS) }),
});

// The event is what must not be lost. Without its progress it is sent once more, and the ledger answers "duplicate".
const progressOrWaiting: Shape<OutboxRow['progress']> = (value, path) => {
  const progress = progressShape(value, path);
  return progress.ok ? progress : ok({ kind: 'waiting' });
};

const signerShape = record({
  device: hex(16),
  publicKey: bytes(PUBLIC_KEY_BYTES_MAX),
  actor: record({ organisationId: hex(16), siteId: hex(16), deviceId: hex(16) }),
});

const eventBytes = bytes(EVENT_BYTES_MAX, 1);

const rowShape = withOwnId(
  record({
    place: integer(1),
    signer: signerShape,
    sequence: integer(1),
    id: hex(32),
    bytes: eventBytes,
    signature: bytes(64, 64),
    progress: progressOrWaiting,
    stamp: integer(1),
  }),
);

const tombstoneShape = withOwnId(
  record({ id: hex(32), bytes: eventBytes, receipt: placedShape, stamp: integer(1) }),
);

function withOwnId<T extends { readonly id: string; readonly bytes: Uint8Array }>(shape: Shape<T>): Shape<T> {
  return (value, path) => {
    const parsed = shape(value, path);
    if (!parsed.ok || eventId(parsed.value.bytes) === parsed.value.id) return parsed;
    return err('malformed', `${path}: not the bytes of event ${parsed.value.id}`);
  };
}

/** How far the store has come: each change has a stamp of its own. */
export type ChangeCount = { stamp: number; removals: number; removed: readonly number[] };

export function parseChangeCount(value: unknown): Result<ChangeCount, 'malformed'> {
  return value === undefined ? ok({ stamp: 0, removals: 0, removed: [] }) : changesShape(value, 'changes');
}

export function parseRow(value: unknown, place: number): Result<OutboxRow & { stamp: number }, 'malformed'> {
  const row = rowShape(value, `outbox row ${place}`);
  if (!row.ok || row.value.place === place) return row;
  return err('malformed', `outbox row ${place} is out of place`);
}

export function parseTombstone(value: unknown): Result<Tombstone & { stamp: number }, 'malformed'> {
  return tombstoneShape(value, 'tombstone');
}

export function storedRow({ place, signer, sequence, id, ...row }: OutboxRow, stamp: number) {
  return {
    ...{ place, sequence, id, stamp, progress: row.progress },
    signer: { ...signer, publicKey: storedBytes(signer.publicKey) },
    bytes: storedBytes(row.bytes),
    signature: storedBytes(row.signature),
  };
}

export function storedTombstone({ id, bytes: event, receipt }: Tombstone, stamp: number) {
  return { id, bytes: storedBytes(event), receipt, stamp };
}
