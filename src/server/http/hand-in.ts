// Events that come in a file instead of over the device's own network: what the page /hand-in.html and the command
// `packtrail import-outbox` send to. No session: each event carries the signature of the device that made it.
import type { FastifyInstance } from 'fastify';
import { eventId } from '../../domain/event.ts';
import { BATCH_EVENTS_MAX } from '../../domain/limits.ts';
import {
  OUTBOX_FILE_BYTES_MAX,
  type OutboxFile,
  outboxFileMessage,
  outboxFileShape,
} from '../../domain/outbox-file.ts';
import type { Receipt } from '../../domain/receipt.ts';
import type { SignedEvent } from '../../domain/wire.ts';
import { importDeviceKey, isSignedBy } from '../device-signature.ts';
import type { Ledger, SignedBytes } from '../ledger/ledger.ts';
import { decodeBase64 } from './base64.ts';
import { Refusal } from './refusal.ts';
import { SCHEMAS } from './schemas.ts';
import type { SignatureFailures } from './signature-failures.ts';

const MINUTE_MS = 60_000;
/** A person hands in a file or two. */
const FILES_MAX = 12;

export function addHandIn(app: FastifyInstance, ledger: Ledger, failures: SignatureFailures): void {
  const options = {
    ...{ schema: SCHEMAS.handIn, bodyLimit: OUTBOX_FILE_BYTES_MAX },
    config: { rateLimit: { max: FILES_MAX, timeWindow: MINUTE_MS } },
  };
  app.post('/api/hand-in', options, async (request) => {
    const file = outboxFileShape(request.body, '$');
    if (!file.ok) throw new Refusal('malformed');
    const isWhole = await isSignedWhole(ledger, file.value);
    const receipts: Receipt[] = [];
    const lost = new Set(file.value.afterLoss);
    const events = file.value.events.map((event) => signedBytes(event, lost));
    for (let start = 0; start < events.length; start += BATCH_EVENTS_MAX) {
      const batch = events.slice(start, start + BATCH_EVENTS_MAX);
      const accept = (tellForged: (count: number) => void) => ledger.acceptEvents(batch, tellForged);
      receipts.push(...(await failures.count(request.ip, accept)));
    }
    return { isWhole, receipts };
  });
}

/** `lost`: ids of events whose predecessor is lost for good. */
export function signedBytes({ bytes, signature }: SignedEvent, afterLoss: ReadonlySet<string>): SignedBytes {
  const event = { bytes: decodeBase64(bytes), signature: decodeBase64(signature) };
  if (afterLoss.size === 0) return event;
  return { ...event, isAfterLoss: afterLoss.has(eventId(event.bytes)) };
}

/** Whether a device that the ledger knows says that these are all. Nothing of an event depends on it. */
async function isSignedWhole(ledger: Ledger, file: OutboxFile): Promise<boolean> {
  const known = file.device === null ? undefined : ledger.device(file.device);
  const key = known && importDeviceKey(known.publicKey);
  if (!key || file.signature === null) return false;
  return isSignedBy(key, outboxFileMessage(file), decodeBase64(file.signature));
}
