// How a case is worked through: sites that are party to it say what they found, anybody who sees it may take it up or
// pass it on, a site closes what it has explained, and only the authority or the system's operator closes one as a
// falsification. The states are those of the European alert system (EAMS); the rules are asked by the device before it
// offers a step, and by the server before it records one.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, parseUtf8, utf8ToBytes } from '../bytes.ts';
import { REASON_LENGTH_MAX } from '../limits.ts';
import { err, type Result } from '../result.ts';
import { hex, integer, nullable, oneOf, parseJson, record, type Shaped, text, variants } from '../shape.ts';
import { type AlertKind, alertIdShape, type Party } from './alert.ts';

export const ALERT_STATES = ['new', 'under-investigation', 'escalated', 'closed'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

export const FINDINGS = ['pending', 'no-root-cause', 'root-cause'] as const;
export type Finding = (typeof FINDINGS)[number];

/** `process-error`: handled wrongly, such as scanned twice. `data-error`: the ledger lacks it or holds it wrongly. */
export const CLOSE_REASONS = [
  'technical-error',
  'process-error',
  'data-error',
  'other',
  'falsification',
] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];

const note = text(REASON_LENGTH_MAX, undefined, 1);

export const alertActionShape = variants('kind', {
  finding: record({ kind: oneOf(['finding']), finding: oneOf(FINDINGS), note: nullable(note) }),
  investigate: record({ kind: oneOf(['investigate']), note: nullable(note) }),
  escalate: record({ kind: oneOf(['escalate']), note }),
  close: record({ kind: oneOf(['close']), reason: oneOf(CLOSE_REASONS), note: nullable(note) }),
});
export type AlertAction = Shaped<typeof alertActionShape>;
export const ACTION_KINDS = [
  'finding',
  'investigate',
  'escalate',
  'close',
] as const satisfies readonly AlertAction['kind'][];

/** What a device signs. Its canonical bytes are kept for good, as an event's are. */
const alertStepShape = record({
  type: oneOf(['packtrail/v1/alert-step']),
  alert: alertIdShape,
  device: hex(16),
  /** A pseudonym, as in events. */
  user: text(64, /^[a-z0-9][a-z0-9-]*$/, 1),
  claimedTimeMs: integer(0),
  /** How many steps the person had before their eyes. */
  after: integer(0),
  action: alertActionShape,
  nonce: hex(16),
});
export type AlertStep = Shaped<typeof alertStepShape>;

export const STEP_BYTES_MAX = 4_096;

export function encodeAlertStep(step: AlertStep): Uint8Array {
  const ordered = alertStepShape(step, 'step');
  if (!ordered.ok) throw new Error(`not a step: ${ordered.detail}`);
  return utf8ToBytes(JSON.stringify(ordered.value));
}

export function parseAlertStep(bytes: Uint8Array): Result<AlertStep, 'malformed'> {
  if (bytes.length > STEP_BYTES_MAX) return err('malformed', 'step too long');
  const json = parseUtf8(bytes);
  if (!json.ok) return json;
  const step = parseJson(json.value, alertStepShape);
  if (!step.ok) return step;
  return JSON.stringify(step.value) === json.value ? step : err('malformed', 'not the canonical encoding');
}

export function stepId(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

/** As whom somebody works on a case: one of its parties, or one who looks after the market. */
export const STANDINGS = ['attempt', 'earlier', 'inspector', 'authority', 'operator'] as const;
export type Standing = (typeof STANDINGS)[number];

/** Where a case stands. */
export type CaseView = {
  readonly kind: AlertKind;
  readonly state: AlertState;
  readonly findings: { readonly [P in Party]: Finding };
};

export const STEP_REFUSALS = [
  /** It is closed; only the authority takes it up again. */
  'closed',
  /** It stands there already. */
  'no-change',
  'not-a-party',
  /** For the authority or the system's operator. */
  'authority-only',
  /** A site closes what it has found the cause of on its own side. */
  'cause-not-found',
  'note-missing',
  /** Somebody else has taken a step meanwhile. */
  'stale',
] as const;
export type StepRefusal = (typeof STEP_REFUSALS)[number];

/** Undefined: the step may be taken. */
export function whyNoStep(view: CaseView, action: AlertAction, standing: Standing): StepRefusal | undefined {
  const isAbove = standing === 'authority' || standing === 'operator';
  if (view.state === 'closed') return action.kind === 'investigate' && isAbove ? undefined : 'closed';
  switch (action.kind) {
    case 'finding':
      if (!isParty(standing)) return 'not-a-party';
      return view.findings[standing] === action.finding && action.note === null ? 'no-change' : undefined;
    case 'investigate':
      if (view.state === 'under-investigation') return 'no-change';
      // What was passed up is not taken back down by those who passed it.
      return view.state === 'escalated' && !isAbove ? 'authority-only' : undefined;
    case 'escalate':
      return view.state === 'escalated' ? 'no-change' : undefined;
    case 'close':
      if (action.reason === 'other' && action.note === null) return 'note-missing';
      return isAbove ? undefined : whyNotClosedBySite(view, action.reason, standing);
  }
}

function whyNotClosedBySite(
  view: CaseView,
  reason: CloseReason,
  standing: Standing,
): StepRefusal | undefined {
  const isForAuthority = view.kind === 'copied-serial' || view.state === 'escalated';
  if (!isParty(standing) || isForAuthority || reason === 'falsification') return 'authority-only';
  return view.findings[standing] === 'root-cause' ? undefined : 'cause-not-found';
}

/** The case after a step that may be taken. */
export function afterStep(view: CaseView, action: AlertAction, standing: Standing): CaseView {
  switch (action.kind) {
    case 'finding':
      return isParty(standing)
        ? { ...view, findings: { ...view.findings, [standing]: action.finding } }
        : view;
    case 'investigate':
      return { ...view, state: 'under-investigation' };
    case 'escalate':
      return { ...view, state: 'escalated' };
    case 'close':
      return { ...view, state: 'closed' };
  }
}

export function isParty(standing: Standing): standing is Party {
  return standing === 'attempt' || standing === 'earlier';
}
