// What waits in an outbox, as a file that a person can carry: the events exactly as they were signed, and a signature of
// the device over all of them, which shows that none was left out. Version 1 is JSON, so that it can be read as evidence.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from './bytes.ts';
import type { Result } from './result.ts';
import { hex, integer, list, nullable, oneOf, parseJson, record, type Shaped, text } from './shape.ts';
import { signedEventShape } from './wire.ts';

/** A dozen days of a busy pharmacy; a longer outbox becomes several files. */
export const OUTBOX_FILE_EVENTS_MAX = 5_000;
/** Single supplies are about 1.4 kB each; a warehouse's events of many packs fill files sooner. */
export const OUTBOX_FILE_BYTES_MAX = 16 * 1_048_576;

const FORMAT = 'packtrail-outbox';

export const outboxFileShape = record({
  format: oneOf([FORMAT]),
  v: oneOf([1]),
  /** Who made the file; null where its key could not be opened. Its events may be of a former enrolment. */
  device: nullable(hex(16)),
  madeMs: integer(0),
  /** This is part i of n. */
  part: integer(1, 1_000),
  parts: integer(1, 1_000),
  events: list(signedEventShape, OUTBOX_FILE_EVENTS_MAX),
  /** Ids of those whose predecessor in their device's chain is lost for good: the chain goes on with them. */
  afterLoss: list(hex(32), OUTBOX_FILE_EVENTS_MAX),
  /** Raw, base64; null where the key could not be opened. */
  signature: nullable(text(88, /^[A-Za-z0-9+/]*={0,2}$/)),
});
export type OutboxFile = Shaped<typeof outboxFileShape>;

export function outboxFile(content: Omit<OutboxFile, 'format' | 'v'>): OutboxFile {
  return { format: FORMAT, v: 1, ...content };
}

export function parseOutboxFile(json: string): Result<OutboxFile, 'malformed'> {
  return parseJson(json, outboxFileShape);
}

/** What the device signs. Each event is bound by the hash of its bytes. */
export function outboxFileMessage({
  device,
  madeMs,
  part,
  parts,
  events,
  afterLoss,
}: OutboxFile): Uint8Array {
  const signed = events.map(({ bytes, signature }) => `${bytes} ${signature}\n`).join('');
  const lost = afterLoss.map((id) => `after a loss: ${id}\n`).join('');
  const hash = bytesToHex(sha256(utf8ToBytes(signed + lost)));
  return utf8ToBytes(
    `packtrail/v1/outbox-file\n${device ?? '-'}\n${madeMs}\n${part}/${parts}\n${events.length}\n${hash}\n`,
  );
}
