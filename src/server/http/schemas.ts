// JSON Schemas at the door. They turn away what is plainly wrong before anything else looks at it; the shapes of
// domain/wire.ts then read the body exactly.
import { STEP_BYTES_MAX } from '../../domain/alerts/workflow.ts';
import {
  BATCH_EVENTS_MAX,
  EPOCHS_MAX,
  EVENT_BYTES_MAX,
  PUBLIC_KEY_BYTES_MAX,
  SCOPE_PRODUCTS_MAX,
  SERIAL_LENGTH_MAX,
} from '../../domain/limits.ts';
import { OUTBOX_FILE_EVENTS_MAX } from '../../domain/outbox-file.ts';

const base64Length = (bytes: number) => 4 * Math.ceil(bytes / 3);

function object(required: Record<string, object>, optional: Record<string, object> = {}): object {
  const properties = { ...required, ...optional };
  return { type: 'object', additionalProperties: false, required: Object.keys(required), properties };
}

function text(maxLength: number): object {
  return { type: 'string', minLength: 1, maxLength };
}

const signedEvent = object({
  bytes: text(base64Length(EVENT_BYTES_MAX)),
  signature: text(base64Length(64)),
});
const device = { type: 'string', minLength: 32, maxLength: 32 };
const pack = object({
  productCode: text(30),
  serial: text(SERIAL_LENGTH_MAX),
  batch: text(SERIAL_LENGTH_MAX),
  expiry: text(10),
});

export const SCHEMAS = {
  enrol: {
    body: object(
      { code: text(64), publicKey: text(base64Length(PUBLIC_KEY_BYTES_MAX)) },
      { former: { type: ['string', 'null'], maxLength: 32 } },
    ),
  },
  challenge: { body: object({ device }) },
  session: { body: object({ device, challenge: text(200), signature: text(base64Length(64)) }) },
  events: {
    body: object(
      {
        events: {
          type: 'array',
          maxItems: BATCH_EVENTS_MAX,
          items: signedEvent,
        },
      },
      { afterLoss: { type: 'array', maxItems: BATCH_EVENTS_MAX, items: text(64) } },
    ),
  },
  keys: {
    body: object({
      keyIds: { type: 'array', maxItems: EPOCHS_MAX, items: { type: 'integer' } },
      products: { type: ['array', 'null'], maxItems: SCOPE_PRODUCTS_MAX, items: text(30) },
    }),
  },
  pack: { body: object({ pack }) },
  handIn: {
    body: object({
      ...{ format: text(40), v: { type: 'integer' }, device: { type: ['string', 'null'], maxLength: 32 } },
      ...{ madeMs: { type: 'integer' }, part: { type: 'integer' }, parts: { type: 'integer' } },
      events: { type: 'array', maxItems: OUTBOX_FILE_EVENTS_MAX, items: signedEvent },
      afterLoss: { type: 'array', maxItems: OUTBOX_FILE_EVENTS_MAX, items: text(64) },
      signature: { type: ['string', 'null'], maxLength: base64Length(64) },
    }),
  },
  revoked: { body: object({ device, revoked: { type: 'boolean' } }) },
  site: {
    body: object({
      ...{ organisation: text(64), site: text(64), position: { type: ['string', 'null'], maxLength: 30 } },
    }),
  },
  alertStep: {
    body: object({ bytes: text(base64Length(STEP_BYTES_MAX)), signature: text(base64Length(64)) }),
  },
  operatorStep: { body: object({ alert: text(90), action: { type: 'object', maxProperties: 3 } }) },
  decision: { body: object({ id: text(64), decision: text(10) }) },
} as const;
