// The messages about alerts, and what of a case each reader is told: a site learns of the other party no more than
// that it is another location; those who look after the market learn who.
import { isoDateShape, productCodeShape, serialShape } from '../event.ts';
import { REASON_LENGTH_MAX } from '../limits.ts';
import { ROLES } from '../market.ts';
import { OPERATIONS, PACK_STATES } from '../pack.ts';
import {
  boolean,
  hex,
  integer,
  list,
  nullable,
  oneOf,
  record,
  type Shaped,
  text,
  variants,
} from '../shape.ts';
import { ALERT_CAUSES, ALERT_KINDS, alertIdShape, PARTIES } from './alert.ts';
import {
  ACTION_KINDS,
  ALERT_STATES,
  CLOSE_REASONS,
  FINDINGS,
  STANDINGS,
  STEP_BYTES_MAX,
  STEP_REFUSALS,
} from './workflow.ts';

/** One answer. A line is some 500 bytes. */
export const ALERTS_MAX = 100;
/** A case that needs more has been mishandled long before. */
export const STEPS_MAX = 500;
/** 500 steps with notes of 500 characters, up to four bytes each, and names. */
export const ALERT_BYTES_MAX = 2 * 1_048_576;

const base64 = (byteLengthMax: number) => text(4 * Math.ceil(byteLengthMax / 3), /^[A-Za-z0-9+/]*={0,2}$/);

export const alertLineShape = record({
  id: alertIdShape,
  kind: oneOf(ALERT_KINDS),
  cause: oneOf(ALERT_CAUSES),
  state: oneOf(ALERT_STATES),
  raisedMs: integer(0),
  changedMs: integer(0),
  /** What was attempted. */
  operation: oneOf(OPERATIONS),
  /** The state of the pack that it met; null: no such pack. */
  packState: nullable(oneOf(PACK_STATES)),
  pack: record({
    productCode: productCodeShape,
    serial: serialShape,
    batch: serialShape,
    expiry: isoDateShape,
  }),
  /** As whom the reader sees it. */
  standing: oneOf(STANDINGS),
  /** Another site's act was met, so that it is a party. */
  isEarlierKnown: boolean(),
  findings: record({ attempt: oneOf(FINDINGS), earlier: oneOf(FINDINGS) }),
});
export type AlertLine = Shaped<typeof alertLineShape>;

/** GET /api/alerts?closed=<0|1>&before=<number> (session): the newest first. */
export const alertsResponseShape = record({
  alerts: list(alertLineShape, ALERTS_MAX),
  /** Where those begin that this answer had no room for. */
  next: nullable(integer(1)),
  /** The answer's entity tag: sent as If-None-Match, it brings 304 while nothing has changed. */
  tag: hex(16),
});
export type AlertsResponse = Shaped<typeof alertsResponseShape>;

const label = text(120);
const actShape = variants('where', {
  'this-site': record({
    ...{ where: oneOf(['this-site']), timeMs: integer(0), operation: oneOf(OPERATIONS), user: text(64) },
    /** The signed event. */
    event: hex(32),
  }),
  'another-location': record({ where: oneOf(['another-location']) }),
  named: record({
    ...{ where: oneOf(['named']), timeMs: integer(0), operation: oneOf(OPERATIONS), event: hex(32) },
    ...{ organisation: label, site: label, role: oneOf(ROLES) },
  }),
});
export type AlertAct = Shaped<typeof actShape>;

const stepLineShape = record({
  standing: oneOf(STANDINGS),
  isOwn: boolean(),
  receivedMs: integer(0),
  /** Null: another location's. */
  user: nullable(text(64)),
  kind: oneOf(ACTION_KINDS),
  finding: nullable(oneOf(FINDINGS)),
  reason: nullable(oneOf(CLOSE_REASONS)),
  note: nullable(text(REASON_LENGTH_MAX)),
  /** Another location wrote something, which may say who it is. */
  isNoteWithheld: boolean(),
});
export type AlertStepLine = Shaped<typeof stepLineShape>;

/** GET /api/alerts/<id> (session). */
export const alertResponseShape = record({
  alert: alertLineShape,
  /** Log index of the event that raised it. */
  index: integer(0),
  acts: list(record({ party: oneOf(PARTIES), act: actShape }), PARTIES.length),
  /** Between the two sites, where both places are known, for who looks after the market. */
  distanceKm: nullable(integer(0, 20_100)),
  steps: list(stepLineShape, STEPS_MAX),
  keptUntil: isoDateShape,
});
export type AlertResponse = Shaped<typeof alertResponseShape>;

/** POST /api/alerts/steps (session): canonical bytes of an AlertStep, signed by the device whose session it is. */
export const alertStepRequestShape = record({ bytes: base64(STEP_BYTES_MAX), signature: base64(64) });
export type AlertStepRequest = Shaped<typeof alertStepRequestShape>;
export const alertStepResponseShape = record({
  refused: nullable(oneOf(STEP_REFUSALS)),
  alert: alertResponseShape,
});
export type AlertStepResponse = Shaped<typeof alertStepResponseShape>;
