// Where alerts are worked through: who sees which, what each reader is told of a case, and which steps are recorded.
// A device's step counts only with its signature, and stays as it was signed; the system's operator comes in by the
// operator's own door and is recorded as such.
import { createHash } from 'node:crypto';
import type { Party } from '../../domain/alerts/alert.ts';
import {
  ALERTS_MAX,
  type AlertAct,
  type AlertLine,
  type AlertResponse,
  type AlertStepLine,
  type AlertStepResponse,
  type AlertsResponse,
  STEPS_MAX,
} from '../../domain/alerts/alert-wire.ts';
import {
  type AlertAction,
  afterStep,
  encodeAlertStep,
  parseAlertStep,
  type Standing,
  type StepRefusal,
  stepId,
  whyNoStep,
} from '../../domain/alerts/workflow.ts';
import type { EnrolledAt } from '../../domain/ledger/admission.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { importDeviceKey, isSignedBy } from '../device-signature.ts';
import { distanceBetween } from './alert-raising.ts';
import type { AlertRecord, Place, StoredStep } from './alert-store.ts';
import type { DeviceRecord, SignedBytes } from './ledger.ts';
import type { Store } from './store.ts';

export type AlertsAsked = { readonly closed: boolean; readonly before: number };

export type AlertDesk = {
  /** Those that concern the reader's site; all of them for who looks after the market. The newest first. */
  list(reader: AlertReader, asked: AlertsAsked): AlertsResponse;
  /** Undefined: there is none of this id that the reader may see. */
  read(reader: AlertReader, id: string): AlertResponse | undefined;
  /** Durable when it resolves; the same step again is recorded once. */
  step(
    device: DeviceRecord,
    signed: SignedBytes,
  ): Promise<Result<AlertStepResponse, 'malformed' | 'bad-signature' | 'not-found'>>;
  /** `nonce`: 16 bytes, hex. */
  operatorStep(id: string, action: AlertAction, nonce: string): Result<AlertStepResponse, 'not-found'>;
};

/** Undefined: the system's operator. */
export type AlertReader = EnrolledAt | undefined;

export type AlertDeskParts = {
  readonly store: Store;
  readonly clock: () => number;
  readonly log: (event: Record<string, unknown>) => void;
};

const OPERATOR = { organisation: 'operator', site: 'operator', user: 'operator' } as const;
const NO_DEVICE = '00'.repeat(16);

export function createAlertDesk({ store, clock, log }: AlertDeskParts): AlertDesk {
  function find(id: string, reader: AlertReader) {
    const alert = store.alert(id);
    const standing = alert && standingOf(alert, reader);
    return alert && standing && { alert, standing };
  }

  function list(reader: AlertReader, { closed, before }: AlertsAsked): AlertsResponse {
    const of = seesAll(reader) ? undefined : reader;
    const found = store.alerts({ of, closed, before, max: ALERTS_MAX + 1 });
    const alerts = found.slice(0, ALERTS_MAX).flatMap((alert) => {
      const standing = standingOf(alert, reader);
      return standing ? [lineOf(alert, standing)] : [];
    });
    const next = found.length > ALERTS_MAX ? (found[ALERTS_MAX - 1]?.number ?? null) : null;
    const tag = createHash('sha256')
      .update(JSON.stringify([alerts, next]))
      .digest('hex')
      .slice(0, 32);
    return { alerts, next, tag };
  }

  function read(reader: AlertReader, id: string): AlertResponse | undefined {
    const found = find(id, reader);
    if (!found) return undefined;
    const { alert, standing } = found;
    const parties: [Party, Place | undefined, number | undefined][] = [
      ['attempt', alert.attempt, alert.index],
      ['earlier', alert.earlier, alert.earlierIndex],
    ];
    const acts = parties.flatMap(([party, place, index]) => {
      const act = index === undefined ? undefined : actAt(index, place ?? alert.attempt, reader);
      return act ? [{ party, act }] : [];
    });
    return {
      ...{ alert: lineOf(alert, standing), index: alert.index, acts },
      distanceKm: distanceFor(alert, reader),
      steps: store.alertSteps(id, STEPS_MAX).map((step) => stepLineOf(step, reader)),
      keptUntil: alert.keptUntil,
    };
  }

  function distanceFor({ attempt, earlier }: AlertRecord, reader: AlertReader): number | null {
    const distance = seesAll(reader) ? distanceBetween(store, attempt, earlier) : undefined;
    return distance === undefined ? null : Math.round(distance);
  }

  function actAt(index: number, place: Place, reader: AlertReader): AlertAct | undefined {
    const event = store.eventAt(index);
    if (!event) return undefined;
    const { receiptTimeMs: timeMs, operation, user, id } = event;
    if (reader && isSame(place, reader)) return { where: 'this-site', timeMs, operation, user, event: id };
    if (!seesAll(reader)) return { where: 'another-location' };
    const known = store.site(place.organisation, place.site);
    if (!known) return { where: 'another-location' };
    const { organisationName: organisation, siteName: site, role } = known;
    return { where: 'named', timeMs, operation, event: id, organisation, site, role };
  }

  async function step(
    device: DeviceRecord,
    { bytes, signature }: SignedBytes,
  ): Promise<Result<AlertStepResponse, 'malformed' | 'bad-signature' | 'not-found'>> {
    const parsed = parseAlertStep(bytes);
    if (!parsed.ok) return parsed;
    const { alert: id, user, after, action } = parsed.value;
    const key = importDeviceKey(device.publicKey);
    if (!key || parsed.value.device !== device.device) return err('bad-signature');
    if (!(await isSignedBy(key, bytes, signature))) return err('bad-signature');
    const { organisation, site } = device;
    const by = { bytes, signature, device: device.device, organisation, site, user };
    return record(id, device, by, { after, action });
  }

  type By = Pick<StoredStep, 'bytes' | 'signature' | 'device' | 'organisation' | 'site' | 'user'>;

  function record(
    id: string,
    reader: AlertReader,
    by: By,
    { after, action }: { readonly after: number | undefined; readonly action: AlertAction },
  ): Result<AlertStepResponse, 'not-found'> {
    return store.transaction(() => {
      const found = find(id, reader);
      if (!found) return err('not-found');
      const { alert, standing } = found;
      const own = stepId(by.bytes);
      const isHeld = store.alertSteps(id, STEPS_MAX).some((held) => held.id === own);
      const refused = isHeld ? undefined : whyRefused(alert, standing, after, action);
      if (!isHeld && !refused) {
        const taken = { ...by, id: own, standing, receivedMs: clock(), action };
        store.addAlertStep(id, taken, afterStep(alert, action, standing));
        log({ event: 'alert-step', alert: id, step: action.kind, standing });
      }
      const now = read(reader, id);
      return now ? ok({ refused: refused ?? null, alert: now }) : err('not-found');
    });
  }

  return {
    ...{ list, read, step },
    operatorStep(id, action, nonce) {
      const step = {
        type: 'packtrail/v1/alert-step',
        alert: id,
        device: NO_DEVICE,
        user: OPERATOR.user,
      } as const;
      const after = store.alert(id)?.steps ?? 0;
      const bytes = encodeAlertStep({ ...step, claimedTimeMs: clock(), after, action, nonce });
      const by = { ...OPERATOR, bytes, signature: undefined, device: undefined };
      return record(id, undefined, by, { after: undefined, action });
    },
  };
}

function whyRefused(
  alert: AlertRecord,
  standing: Standing,
  after: number | undefined,
  action: AlertAction,
): StepRefusal | undefined {
  if (alert.steps >= STEPS_MAX) return 'no-change';
  // Whoever acts has to have seen what others did before.
  if (after !== undefined && after !== alert.steps) return 'stale';
  return whyNoStep(alert, action, standing);
}

function seesAll(reader: AlertReader): boolean {
  return reader === undefined || reader.role === 'inspector' || reader.role === 'authority';
}

/** Undefined: the reader has nothing to do with it. */
function standingOf({ attempt, earlier }: AlertRecord, reader: AlertReader): Standing | undefined {
  if (!reader) return 'operator';
  if (reader.role === 'authority') return 'authority';
  if (isSame(attempt, reader)) return 'attempt';
  if (earlier && isSame(earlier, reader)) return 'earlier';
  return reader.role === 'inspector' ? 'inspector' : undefined;
}

function isSame(a: Place, b: Place): boolean {
  return a.organisation === b.organisation && a.site === b.site;
}

function lineOf(alert: AlertRecord, standing: Standing): AlertLine {
  const { id, kind, cause, state, raisedMs, changedMs, operation, packState, pack, findings } = alert;
  return {
    ...{ id, kind, cause, state, raisedMs, changedMs, operation, packState: packState ?? null, pack },
    ...{ standing, isEarlierKnown: alert.earlier !== undefined, findings },
  };
}

/** Who took it and what they wrote may say where they are, so another location's is left out. */
function stepLineOf(step: StoredStep, reader: AlertReader): AlertStepLine {
  const { standing, receivedMs, action } = step;
  const isOwn = reader ? isSame(step, reader) : standing === 'operator';
  const isOpen = isOwn || seesAll(reader) || standing === 'authority' || standing === 'operator';
  return {
    ...{ standing, isOwn, receivedMs, user: isOwn || seesAll(reader) ? step.user : null, kind: action.kind },
    finding: action.kind === 'finding' ? action.finding : null,
    reason: action.kind === 'close' ? action.reason : null,
    note: isOpen ? action.note : null,
    isNoteWithheld: !isOpen && action.note !== null,
  };
}
