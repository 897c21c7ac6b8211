// An event is what happened to one or more packs, signed by the device that recorded it. Its exact bytes are its
// identity (id = SHA-256) and hold everything that can never be added later. The encoding is JSON with one order of
// fields and no white space, so that an inspector can read the evidence; a parser accepts only that one spelling.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, parseUtf8, utf8ToBytes } from './bytes.ts';
import {
  ENTRY_CONTAINERS_MAX,
  EVENT_BATCHES_MAX,
  EVENT_BYTES_MAX,
  EVENT_PACKS_MAX,
  NAME_LENGTH_MAX,
  PUBLIC_KEY_BYTES_MAX,
  REASON_LENGTH_MAX,
  SERIAL_LENGTH_MAX,
} from './limits.ts';
import { ENTRY_MODES, OPERATIONS, SEALS } from './pack.ts';
import { err, ok, type Result } from './result.ts';
import {
  boolean,
  hex,
  integer,
  list,
  nullable,
  oneOf,
  parseJson,
  record,
  type Shaped,
  text,
} from './shape.ts';
import { CERTAINTIES } from './verdict.ts';

/** Signature algorithms: P-256 where the browser's WebCrypto has no Ed25519. */
export const ALGORITHMS = ['Ed25519', 'ES256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

const name = text(NAME_LENGTH_MAX, /^[a-z0-9][a-z0-9-]*$/, 1);
export const productCodeShape = text(30, /^(gtin:\d{14}|ppn:[0-9A-Z]{4,22})$/);
export const isoDateShape = text(10, /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/);
/** GS1 character set 82 and IFA's sets are subsets of the printable ASCII characters. */
export const serialShape = text(SERIAL_LENGTH_MAX, /^[\x21-\x7e]+$/, 1);
export const ssccShape = text(18, /^\d{18}$/);

const eventPackShape = record({
  productCode: productCodeShape,
  serial: serialShape,
  batch: serialShape,
  expiry: isoDateShape,
  entryMode: oneOf(ENTRY_MODES),
  seal: oneOf(SEALS),
});

const eventShape = record({
  v: oneOf([1]),
  alg: oneOf(ALGORITHMS),
  market: name,
  organisation: name,
  site: name,
  /** First 16 bytes of the SHA-256 of the device's public key. */
  device: hex(16),
  /** Counts this device's events from 1. */
  sequence: integer(1),
  /** Id of the device's event before this one; zeros in the first. */
  previous: hex(32),
  /** A pseudonym; names live in a table that can be deleted. */
  user: name,
  /** The device's clock: a claim, kept beside the server's receipt time. */
  claimedTimeMs: integer(0),
  operation: oneOf(OPERATIONS),
  packs: list(eventPackShape, EVENT_PACKS_MAX),
  /** Serial Shipping Container Codes (GS1 AI 00). */
  containers: list(ssccShape, ENTRY_CONTAINERS_MAX),
  /** What a recall (one batch) or a withdrawal (batch null: the product) concerns. */
  batches: list(record({ productCode: productCodeShape, batch: nullable(serialShape) }), EVENT_BATCHES_MAX),
  /** The event that an undo reverses. */
  undoes: nullable(hex(32)),
  reason: nullable(text(REASON_LENGTH_MAX)),
  /** Opaque prescription or delivery reference; never enters the log. */
  reference: nullable(text(REASON_LENGTH_MAX)),
  /** What the screen said when the user acted, and from which snapshot (SHA-256 of its manifest). */
  verdict: nullable(name),
  certainty: nullable(oneOf(CERTAINTIES)),
  snapshot: nullable(hex(32)),
  /** Supplied at its first opening (Art. 28): the remainder is never checked again, nor is the supply undone. */
  opened: boolean(),
  /** What the user did in one go carries one id, however many events it became. */
  action: nullable(hex(16)),
  /** Art. 29: when checking was technically impossible, by this device's clock; no end while it lasts. */
  outage: nullable(record({ startMs: integer(0), endMs: nullable(integer(0)) })),
  nonce: hex(16),
});

export type PackEvent = Shaped<typeof eventShape>;
export type EventPack = PackEvent['packs'][number];

/** What most events have nothing to say on. */
export const BARE_EVENT = {
  ...{ containers: [], batches: [], undoes: null, reason: null, reference: null },
  ...{ verdict: null, certainty: null, snapshot: null, opened: false, action: null, outage: null },
} as const satisfies Partial<PackEvent>;

export const NO_PREVIOUS = '00'.repeat(32);

/** Canonical bytes: what the device signs and what the id hashes. */
export function encodeEvent(event: PackEvent): Uint8Array {
  const ordered = eventShape(event, 'event');
  if (!ordered.ok) throw new Error(`not an event: ${ordered.detail}`);
  return utf8ToBytes(JSON.stringify(ordered.value));
}

/** Reads the bytes a device signed: `malformed` unless they are the canonical encoding of a coherent event. */
export function parseEvent(bytes: Uint8Array): Result<PackEvent, 'malformed'> {
  if (bytes.length > EVENT_BYTES_MAX) return err('malformed', 'event too long');
  const json = parseUtf8(bytes);
  if (!json.ok) return json;
  const event = parseJson(json.value, eventShape);
  if (!event.ok) return event;
  if (JSON.stringify(event.value) !== json.value) return err('malformed', 'not the canonical encoding');
  return checkCoherent(event.value);
}

/** Each operation names the things it acts on, and nothing else. */
function checkCoherent(event: PackEvent): Result<PackEvent, 'malformed'> {
  const { operation, packs, containers, batches, undoes, outage } = event;
  const onBatches = operation === 'recall' || operation === 'withdraw';
  const onContainers = operation === 'ship' || operation === 'receive' || operation === 'pack';
  const rules: readonly (readonly [boolean, string])[] = [
    [onBatches === batches.length > 0, 'recalls and withdrawals name batches, others none'],
    [
      batches.every((b) => (b.batch === null) === (operation === 'withdraw')),
      'a recall names a batch, a withdrawal none',
    ],
    [onContainers || containers.length === 0, 'containers belong to packing, shipping and receiving'],
    [
      operation !== 'pack' || (containers.length === 1 && packs.length > 0),
      'packing puts packs into one container',
    ],
    [
      onBatches || operation === 'outage' ? packs.length === 0 : packs.length + containers.length > 0,
      'an event concerns packs or containers',
    ],
    [
      operation === 'outage' ? outage !== null && event.reason !== null : outage === null,
      'an outage states its reason and time, others none',
    ],
    [
      outage === null || outage.endMs === null || outage.endMs >= outage.startMs,
      'an outage ends after its start',
    ],
    [!event.opened || operation === 'supply', 'a pack is opened by its supply'],
    [(operation === 'undo') === (undoes !== null), 'an undo names what it undoes, others do not'],
  ];
  const broken = rules.find(([holds]) => !holds);
  return broken ? err('malformed', broken[1]) : ok(event);
}

export function eventId(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

/** By the length of the raw key: 32 bytes, or a P-256 point in its uncompressed form (SEC 1, 65 bytes from 4 on). */
export function algorithmOf(publicKey: Uint8Array): Algorithm | undefined {
  if (publicKey.length === 32) return 'Ed25519';
  return publicKey.length === PUBLIC_KEY_BYTES_MAX && publicKey[0] === 4 ? 'ES256' : undefined;
}

export function deviceId(publicKey: Uint8Array): string {
  return bytesToHex(sha256(publicKey).subarray(0, 16));
}
