// The messages between device and server, one shape each, parsed on both sides. Ids and hashes travel as hex, bytes as
// base64, times as milliseconds since 1970.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from './bytes.ts';
import { epochKeysListShape, keyIdsShape } from './epoch-keys.ts';
import { isoDateShape, productCodeShape, serialShape, ssccShape } from './event.ts';
import { type TrustText, trustTextShape } from './ledger/trust.ts';
import {
  BATCH_EVENTS_MAX,
  CHECKPOINT_BYTES_MAX,
  ENTRY_BYTES_MAX,
  EVENT_BYTES_MAX,
  PUBLIC_KEY_BYTES_MAX,
  TIGHTENINGS_MAX,
} from './limits.ts';
import { ROLES } from './market.ts';
import { OPERATIONS, PACK_STATES } from './pack.ts';
import { receiptShape } from './receipt.ts';
import {
  boolean,
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
import { scopeShape } from './snapshot/scope.ts';

const base64 = (byteLengthMax: number) => text(4 * Math.ceil(byteLengthMax / 3), /^[A-Za-z0-9+/]*={0,2}$/);
const label = text(120);

/** POST /api/enrol. The code comes from a link or a QR, works once and only for minutes. */
export const enrolRequestShape = record({
  code: text(64, /^[A-Za-z0-9_-]+$/, 16),
  /** Raw: Ed25519, or P-256 as an uncompressed point. */
  publicKey: base64(PUBLIC_KEY_BYTES_MAX),
  /** The device that this browser was before, so that it learns what the ledger holds of that one. */
  former: optional(nullable(hex(16)), null),
});
export type EnrolRequest = Shaped<typeof enrolRequestShape>;

export const enrolResponseShape = record({
  device: hex(16),
  market: text(64),
  organisation: text(64),
  site: text(64),
  siteName: label,
  role: oneOf(ROLES),
  /** The logs' keys and who has to cosign (C2SP tlog-policy): what the device trusts from now on. */
  trust: trustTextShape,
  actor: record({ organisationId: hex(16), siteId: hex(16), deviceId: hex(16) }),
  /** What the device may have keys of. */
  products: scopeShape,
  /** Those keys, of every epoch. */
  keys: epochKeysListShape,
  /** The device of this site that the new one follows, and the last sequence that the ledger holds of it. */
  former: optional(nullable(record({ device: hex(16), sequence: integer(0) })), null),
});
export type EnrolResponse = Shaped<typeof enrolResponseShape>;

/**
 * POST /api/keys (session): blinding keys of these epochs for these products (null: for every one). The answer has
 * as much of it as the device may have.
 */
export const keysRequestShape = record({ keyIds: keyIdsShape, products: scopeShape });
export type KeysRequest = Shaped<typeof keysRequestShape>;
export const keysResponseShape = record({
  /** Every epoch that there is. */
  keyIds: keyIdsShape,
  keys: epochKeysListShape,
});
export type KeysResponse = Shaped<typeof keysResponseShape>;

/** POST /api/invitations (session): a code for another device of the same site. */
export const invitationResponseShape = record({ code: text(64), expiresMs: integer(0) });

/** POST /api/challenge, then POST /api/session with the challenge signed: device clocks are not asked. */
export const challengeRequestShape = record({ device: hex(16) });
export const challengeResponseShape = record({ challenge: text(200, /^[A-Za-z0-9._-]+$/, 16) });
export const sessionRequestShape = record({ device: hex(16), challenge: text(200), signature: base64(64) });
export const sessionResponseShape = record({
  token: text(300, /^[A-Za-z0-9._-]+$/, 16),
  expiresMs: integer(0),
  /** Next sequence that the server expects of this device. */
  nextSequence: integer(1),
});

/** What a device signs to open a session. */
export function sessionMessage(device: string, challenge: string): string {
  return `packtrail/v1/session\n${device}\n${challenge}\n`;
}

/** POST /api/events: no session needed, each event carries its device's signature. */
export const signedEventShape = record({ bytes: base64(EVENT_BYTES_MAX), signature: base64(64) });
export type SignedEvent = Shaped<typeof signedEventShape>;
export const eventsRequestShape = record({
  events: list(signedEventShape, BATCH_EVENTS_MAX),
  /** Ids of those whose predecessor in their device's chain is lost for good: the chain goes on with them. */
  afterLoss: optional(list(hex(32), BATCH_EVENTS_MAX), []),
});
export const eventsResponseShape = record({ receipts: list(receiptShape, BATCH_EVENTS_MAX) });

export const packShape = record({
  productCode: productCodeShape,
  serial: serialShape,
  batch: serialShape,
  expiry: isoDateShape,
});

/** POST /api/verify (session). Changes nothing; not kept beyond the request. */
export const verifyRequestShape = record({ pack: packShape });
const batchStatusShape = record({ expiry: integer(0), recalled: boolean(), withdrawn: boolean() });
export const findingShape = variants('kind', {
  hit: record({ kind: oneOf(['hit']), state: oneOf(PACK_STATES), batch: batchStatusShape }),
  'state-not-held': record({ kind: oneOf(['state-not-held']), batch: batchStatusShape }),
  mismatch: record({ kind: oneOf(['mismatch']), field: oneOf(['batch', 'expiry']) }),
  miss: record({ kind: oneOf(['miss']), batch: nullable(batchStatusShape) }),
});
export const verifyResponseShape = record({ finding: findingShape, asOfMs: integer(0), logSize: integer(0) });

/** POST /api/trail (session): a pack's journey under one checkpoint. */
export const trailRequestShape = record({ pack: packShape });

const hashes = list(base64(32), 64);
const stepShape = variants('kind', {
  /** The reader may know: the entry itself, so that the device checks both its content and its place. */
  open: record({
    kind: oneOf(['open']),
    index: integer(0),
    entry: base64(ENTRY_BYTES_MAX),
    proof: hashes,
    /** The container through which the step concerns the pack; null: the entry names the pack. */
    container: nullable(ssccShape),
    where: nullable(record({ organisation: label, site: label, role: oneOf(ROLES) })),
    /** The full event, for its own site alone. */
    event: nullable(base64(EVENT_BYTES_MAX)),
  }),
  /** Another location's act on the pack: what, but neither who nor when. Its leaf is still proven to stand. */
  withheld: record({
    kind: oneOf(['withheld']),
    index: integer(0),
    operation: oneOf(OPERATIONS),
    leaf: base64(32),
    proof: hashes,
  }),
});
export type TrailStep = Shaped<typeof stepShape>;
export const trailResponseShape = record({
  checkpoint: text(CHECKPOINT_BYTES_MAX),
  steps: list(stepShape, 500),
});
export type TrailResponse = Shaped<typeof trailResponseShape>;

/**
 * GET /api/tightenings?from=<log index> (session): the published recalls, withdrawals and locks from that index on,
 * each proven under one checkpoint.
 */
export const tighteningsResponseShape = record({
  checkpoint: text(CHECKPOINT_BYTES_MAX),
  entries: list(
    record({ index: integer(0), entry: base64(ENTRY_BYTES_MAX), proof: hashes }),
    TIGHTENINGS_MAX,
  ),
  /** Where those begin that this answer had no room for. */
  next: nullable(integer(0)),
  /** The answer's entity tag: sent as If-None-Match, it brings 304 while nothing is new. */
  tag: hex(16),
});
export type TighteningsResponse = Shaped<typeof tighteningsResponseShape>;

/** GET /api/catalogue (session): names for product codes. Labels only; nothing is decided by them. */
export const catalogueShape = record({
  products: list(record({ productCode: productCodeShape, name: label }), 100_000),
});
export type Catalogue = Shaped<typeof catalogueShape>;

/** What every refusal looks like: a stable code, and nothing a stranger could use. */
export const errorResponseShape = record({ error: text(40, /^[a-z-]+$/, 1) });
export const API_ERRORS = [
  'malformed',
  'too-large',
  'too-many-requests',
  'not-enrolled',
  'session-expired',
  'code-not-valid',
  'not-found',
  'unavailable',
  /** The log has forgotten what it published: nothing is taken in, and nothing is said of a pack. */
  'ledger-stopped',
] as const;
export type ApiError = (typeof API_ERRORS)[number];

/**
 * What an enrolment link says about the ledger that it leads to (first 16 bytes of a SHA-256, hex), so that a device
 * that follows the link trusts those keys, demands those cosigners, and no others.
 */
export function trustHash({ number, ledger, snapshot }: TrustText): string {
  const texts = JSON.stringify([number, ledger, snapshot]);
  return bytesToHex(sha256(utf8ToBytes(texts)).subarray(0, 16));
}
