// A receipt is the ledger's answer to one event. Every attempt that carries a valid signature gets a place in the log
// and an answer of its own, so one bad item never blocks the rest.

import { ALERT_CODES } from './alert-code.ts';
import { ALERT_KINDS, alertIdShape } from './alerts/alert.ts';
import { keyIdShape } from './epoch-keys.ts';
import {
  ENTRY_BYTES_MAX,
  ENTRY_CONTAINERS_MAX,
  EPOCHS_MAX,
  EVENT_BATCHES_MAX,
  EVENT_PACKS_MAX,
} from './limits.ts';
import { OPERATIONS, PACK_STATES } from './pack.ts';
import {
  hex,
  integer,
  list,
  nullable,
  oneOf,
  optional,
  record,
  type Shaped,
  text,
  variants,
} from './shape.ts';
import { CONFLICT_REASONS } from './transition.ts';

export const REJECTIONS = [
  'malformed',
  /** Kept until an administrator has looked at it. */
  'device-revoked',
  'wrong-market',
  'not-your-site',
  /** Not signed by a device that the ledger knows: a stranger learns no more than that. */
  'bad-signature',
  'operation-not-allowed',
  'product-not-allowed',
  /** Kept until an administrator has looked at it. */
  'broken-chain',
  /** An administrator has looked at it. */
  'refused',
  'unknown-undo-target',
  'undo-of-opened',
] as const;
export type Rejection = (typeof REJECTIONS)[number];

/** Refused for now: an administrator may still release them. */
export const HELD_REJECTIONS = ['broken-chain', 'device-revoked'] as const satisfies readonly Rejection[];

export function isHeldReason(reason: Rejection | undefined): boolean {
  return HELD_REJECTIONS.some((held) => held === reason);
}

/** Who got there first, as far as this reader may know: time and operation only for its own site's events. */
const winnerShape = variants('where', {
  'this-site': record({
    where: oneOf(['this-site']),
    index: integer(0),
    receiptTimeMs: integer(0),
    operation: oneOf(OPERATIONS),
    user: text(64),
  }),
  'another-location': record({ where: oneOf(['another-location']), index: integer(0) }),
});
export type Winner = Shaped<typeof winnerShape>;

const conflictShape = record({
  /** Position in the event's list of packs. */
  pack: integer(0, EVENT_PACKS_MAX),
  why: oneOf(CONFLICT_REASONS),
  state: nullable(oneOf(PACK_STATES)),
  /** What the European system calls such an attempt; null where it raises no alert. */
  alert: nullable(oneOf(ALERT_CODES)),
  winner: nullable(winnerShape),
});
export type PackConflict = Shaped<typeof conflictShape>;

/** An alert that the event raised: its site works it through under this id. */
const namedAlertShape = record({
  /** Position in the event's list of packs. */
  pack: integer(0, EVENT_PACKS_MAX),
  kind: oneOf(ALERT_KINDS),
  id: alertIdShape,
});
export type NamedAlert = Shaped<typeof namedAlertShape>;

const positions = list(integer(0, EVENT_PACKS_MAX), EVENT_PACKS_MAX);

const placed = {
  id: hex(32),
  /** Log index of the event's first entry; its parts follow one another. */
  index: integer(0),
  parts: integer(1, ENTRY_BYTES_MAX),
  receiptTimeMs: integer(0),
  /** Log index of the event that this one undid. */
  undoesIndex: nullable(integer(0)),
  /** Epoch of each pack's batch, in the event's order: without it the device cannot recompute the leaves. */
  keyIds: list(keyIdShape, EVENT_PACKS_MAX),
  /** The same for each container, */
  containerKeyIds: optional(list(keyIdShape, ENTRY_CONTAINERS_MAX), []),
  /** and for each batch recalled; a withdrawal holds under several epochs, the same number for each product. */
  batchKeyIds: optional(list(keyIdShape, EVENT_BATCHES_MAX * EPOCHS_MAX), []),
  /** Positions of packs that were in the wanted state already, by this site's own earlier act. */
  repeats: positions,
  /** Positions of packs that an undo has locked, since a conflict was open on them, instead of making them active. */
  locked: positions,
  /** Positions of packs that an undo left as they were, since what it names had only repeated an act of this site. */
  unchanged: positions,
  /** One pack may raise two: what its state says, and where else it was seen. */
  alerts: optional(list(namedAlertShape, 2 * EVENT_PACKS_MAX), []),
};

export const receiptShape = variants('kind', {
  accepted: record({ kind: oneOf(['accepted']), ...placed }),
  /** The ledger held this very event already; the answer is the first one's. */
  duplicate: record({
    kind: oneOf(['duplicate']),
    ...placed,
    conflicts: list(conflictShape, EVENT_PACKS_MAX),
  }),
  /** Logged, but some packs were not in the state that the operation needs. */
  conflict: record({ kind: oneOf(['conflict']), ...placed, conflicts: list(conflictShape, EVENT_PACKS_MAX) }),
  rejected: record({ kind: oneOf(['rejected']), id: hex(32), reason: oneOf(REJECTIONS) }),
  /** The device's events before this one are missing; send from `expected` on. */
  gap: record({ kind: oneOf(['gap']), id: hex(32), expected: integer(1) }),
});
export type Receipt = Shaped<typeof receiptShape>;

/** A receipt that gives the event a place in the log. */
export type PlacedReceipt = Extract<Receipt, { readonly index: number }>;
