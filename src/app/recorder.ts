// Makes events: judges once more under the rules, puts everything into the event that can never be added later, signs
// it and appends it to this device's chain. It answers only when the event is on disk.
import { bytesToHex } from '../domain/bytes.ts';
import { BARE_EVENT, encodeEvent, eventId, type PackEvent } from '../domain/event.ts';
import { BULK_PACKS_MAX, NAME_LENGTH_MAX } from '../domain/limits.ts';
import type { MarketRules } from '../domain/market.ts';
import { isMisread } from '../domain/misread.ts';
import { type Pack, passesOn } from '../domain/pack.ts';
import { assert } from '../domain/result.ts';
import { boundedText, type Draft, type Plan, planOf, undoPlanOf } from './event-draft.ts';
import type { Journal, OwnEvent } from './journal.ts';
import type {
  BulkOutcome,
  BulkRequest,
  BulkUndoRequest,
  OutageRequest,
  RecordFailure,
  RecordRequest,
  UndoRequest,
} from './outbox-model.ts';
import type { ChainHead } from './outbox-ports.ts';
import { findUndoable, undoneBy, whyNotUndone } from './own-acts.ts';
import { actingJudgment, type Refusal, whyNotHere, whyRefused } from './permission.ts';
import {
  type DeviceKey,
  type Enrolment,
  KeyError,
  type Ports,
  type SettingsStore,
  StoreError,
} from './ports.ts';
import type { JudgedScan, Recorded } from './scan-model.ts';
import type { Verifier } from './verifier.ts';

export type RecorderContext = {
  readonly ports: Pick<Ports, 'clock' | 'locks' | 'outbox' | 'random' | 'settings'>;
  readonly enrolment: Enrolment;
  readonly key: DeviceKey;
  readonly rules: MarketRules;
  readonly journal: Journal;
  readonly verifier: Verifier;
  snapshotId(): string | undefined;
  /** An alert is open on the pack, in a market that does not supply it then. */
  isHeldBack(pack: Pack): boolean;
};

export type RecordOutcome =
  | { readonly ok: true; readonly recorded: Recorded }
  | { readonly ok: false; readonly failure: RecordFailure };

export type Recorder = {
  record(request: RecordRequest): Promise<RecordOutcome>;
  undo(request: UndoRequest): Promise<RecordOutcome>;
  /** Fails for each pack by itself, and never as a whole. */
  recordAll(request: BulkRequest): Promise<readonly BulkOutcome[]>;
  /** The same. */
  undoAll(request: BulkUndoRequest): Promise<readonly BulkOutcome[]>;
  recordOutage(request: OutageRequest): Promise<RecordOutcome>;
};

/** Each lost race means that another tab has recorded something. */
const RACES_MAX = 8;

/** Written into events until people sign in: one person, no name. */
const DEFAULT_USER = 'user-1';

export function createRecorder(context: RecorderContext): Recorder {
  const { ports, enrolment, key, rules, journal, verifier } = context;
  const permission = { role: enrolment.role, products: enrolment.products, rules };
  let turn: Promise<unknown> = Promise.resolve();

  /** One at a time, so that a second tap is judged after the first one's event. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const outcome = turn.then(work);
    turn = outcome.catch(() => undefined);
    return outcome;
  }

  function record(request: RecordRequest): Promise<RecordOutcome> {
    return appendInTurn(async () => draftFor(request.scan, await plan(request, request.scan)));
  }

  /** What to record on the pack, or why nothing may be. */
  async function plan(request: Omit<RecordRequest, 'scan'>, scan: JudgedScan): Promise<Plan | Refusal> {
    const { judgment } = await verifier.assess(scan.pack);
    const acting = actingJudgment({ ...scan, judgment });
    const refusal = whyRefused(permission, request, scan.pack, acting.verdict);
    if (!refusal && passesOn(request.operation) && context.isHeldBack(scan.pack)) return 'alert-open';
    // What was read is probably not what is printed: its supply or lock would raise a false alarm.
    if (!refusal && acting.verdict.kind !== 'active' && isMisread(scan.cause)) return 'misread';
    return refusal ?? planOf(request, acting, context.snapshotId());
  }

  async function undoPlan({ scan, handedOver, act }: UndoRequest, events: readonly OwnEvent[]) {
    if (handedOver) return 'handed-over';
    const notHere = whyNotHere(permission, 'undo', scan.pack);
    if (notHere) return notHere;
    const { judgment, nowMs, ledgerNowMs } = await verifier.assess(scan.pack);
    const place = { site: enrolment.site, rules, nowMs, ledgerNowMs };
    if (act) {
      const acting = actingJudgment({ ...scan, judgment });
      if (undoneBy(events, scan.pack).has(act.id)) return 'undo-not-possible';
      const why = whyNotUndone(act, scan.pack, acting, place);
      return why ?? undoPlanOf(act, acting, context.snapshotId());
    }
    const target = findUndoable(events, scan.pack, judgment, place);
    return target.ok ? undoPlanOf(target.value, judgment, context.snapshotId()) : target.error;
  }

  async function recordAll(request: BulkRequest): Promise<readonly BulkOutcome[]> {
    const outcomes = await onAll(request.scans, (scan) => plan(request, scan));
    if (!request.containers?.length) return outcomes;
    return [...outcomes, outcomes.find(({ ok }) => ok) ?? (await receiveContainers(request))];
  }

  async function receiveContainers({ operation, containers, reference }: BulkRequest): Promise<BulkOutcome> {
    assert(operation === 'receive', 'containers come in');
    const named = { containers: containers ?? [], reference: boundedText(reference) };
    const mayReceive = rules.allowed[enrolment.role].includes(operation);
    const outcome = await appendInTurn(async () =>
      mayReceive ? { operation, packs: [], ...named } : 'role',
    );
    return outcome.ok ? { ok: true, eventId: outcome.recorded.eventId, at: 0 } : outcome;
  }

  type Planner = (scan: JudgedScan, events: readonly OwnEvent[]) => Promise<Plan | Refusal>;

  function onAll(scans: readonly JudgedScan[], planFor: Planner): Promise<readonly BulkOutcome[]> {
    assert(scans.length <= BULK_PACKS_MAX, 'a list of packs is bounded');
    return inTurn(async () => {
      const outcomes = new Map<JudgedScan, BulkOutcome>();
      const action = bytesToHex(ports.random.bytes(16));
      const worked = await caught(() =>
        ports.locks.hold('record', () => appendAll(scans, planFor, action, outcomes)),
      );
      const failure = worked.ok ? BUSY : worked.failure;
      return scans.map((scan) => outcomes.get(scan) ?? { ok: false, failure });
    });
  }

  /** Another tab's event in between makes it judge anew what is left. */
  async function appendAll(
    scans: readonly JudgedScan[],
    planFor: Planner,
    action: string,
    outcomes: Map<JudgedScan, BulkOutcome>,
  ): Promise<{ readonly ok: true }> {
    for (let race = 0; race < RACES_MAX && outcomes.size < scans.length; race++) {
      const { events, ...page } = await journal.read();
      let { head } = page;
      const groups = new Map<string, { readonly plan: Plan; readonly scans: JudgedScan[] }>();
      for (const scan of scans.filter((each) => !outcomes.has(each))) {
        const planned = await planFor(scan, events);
        if (typeof planned === 'string')
          outcomes.set(scan, { ok: false, failure: { kind: 'not-allowed', why: planned } });
        else groupFor(groups, planned).push(scan);
      }
      for (const group of groups.values()) {
        const recorded = await append(head, { ...group.plan.draft(group.scans), action });
        if (!recorded) break;
        head = { place: head.place + 1, sequence: head.sequence + 1, id: recorded.eventId };
        for (const [at, scan] of group.scans.entries())
          outcomes.set(scan, { ok: true, eventId: recorded.eventId, at });
      }
    }
    return { ok: true };
  }

  function recordOutage({ reason, startMs, endMs }: OutageRequest): Promise<RecordOutcome> {
    return appendInTurn(async () => {
      const outage = { startMs: Math.floor(startMs), endMs: endMs === undefined ? null : Math.floor(endMs) };
      const bounded = boundedText(reason);
      if (!rules.allowed[enrolment.role].includes('outage')) return 'role';
      const isInOrder = outage.startMs >= 0 && (outage.endMs === null || outage.endMs >= outage.startMs);
      if (bounded === null || !isInOrder) return 'state';
      return { operation: 'outage', packs: [], reason: bounded, outage };
    });
  }

  function undo(request: UndoRequest): Promise<RecordOutcome> {
    return appendInTurn(async (events) => draftFor(request.scan, await undoPlan(request, events)));
  }

  function appendInTurn(
    decide: (events: readonly OwnEvent[]) => Promise<Draft | Refusal>,
  ): Promise<RecordOutcome> {
    return inTurn(() => caught(() => ports.locks.hold('record', () => appendNext(decide))));
  }

  async function appendNext(
    decide: (events: readonly OwnEvent[]) => Promise<Draft | Refusal>,
  ): Promise<RecordOutcome> {
    for (let race = 0; race < RACES_MAX; race++) {
      // The head is read before the pack is judged: whatever is recorded in between moves the head.
      const { head, events } = await journal.read();
      const decided = await decide(events);
      if (typeof decided === 'string') return { ok: false, failure: { kind: 'not-allowed', why: decided } };
      const recorded = await append(head, decided);
      if (recorded) return { ok: true, recorded };
    }
    return { ok: false, failure: BUSY };
  }

  async function append(head: ChainHead, draft: Draft): Promise<Recorded | undefined> {
    const event = await eventOf(head, draft);
    const bytes = encodeEvent(event);
    const id = eventId(bytes);
    const signature = await key.sign(bytes);
    const { sequence, operation, claimedTimeMs } = event;
    const signer = { device: enrolment.device, publicKey: key.publicKey, actor: enrolment.actor };
    const place = head.place + 1;
    const row = { place, signer, sequence, id, bytes, signature, progress: { kind: 'waiting' } } as const;
    return (await ports.outbox.append(head, row)) ? { eventId: id, operation, claimedTimeMs } : undefined;
  }

  async function eventOf(head: ChainHead, draft: Draft): Promise<PackEvent> {
    return {
      ...{ v: 1, alg: key.alg, market: enrolment.market },
      ...{ organisation: enrolment.organisation, site: enrolment.site, device: enrolment.device },
      ...{ sequence: head.sequence + 1, previous: head.id, user: await userOf(ports.settings) },
      claimedTimeMs: Math.max(0, Math.floor(ports.clock.nowMs())),
      ...{ ...BARE_EVENT, ...draft },
      nonce: bytesToHex(ports.random.bytes(16)),
    };
  }

  return {
    ...{ record, recordAll, undo, recordOutage },
    undoAll: ({ scans, handedOver }) =>
      onAll(scans, (scan, events) => undoPlan({ scan, handedOver }, events)),
  };
}

/** The pseudonym of whoever works on this device. */
export async function userOf(settings: Pick<SettingsStore, 'get'>): Promise<string> {
  const name = await settings.get('user');
  const isName = name !== undefined && name.length <= NAME_LENGTH_MAX && /^[a-z0-9][a-z0-9-]*$/.test(name);
  return isName ? name : DEFAULT_USER;
}

const BUSY: RecordFailure = { kind: 'store', code: 'failed' };

function draftFor(scan: JudgedScan, planned: Plan | Refusal): Draft | Refusal {
  return typeof planned === 'string' ? planned : planned.draft([scan]);
}

function groupFor(
  groups: Map<string, { readonly plan: Plan; readonly scans: JudgedScan[] }>,
  plan: Plan,
): JudgedScan[] {
  const group = groups.get(plan.key) ?? { plan, scans: [] };
  groups.set(plan.key, group);
  return group.scans;
}

type Failed = { readonly ok: false; readonly failure: RecordFailure };

async function caught<T>(work: () => Promise<T | Failed>): Promise<T | Failed> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreError) return { ok: false, failure: { kind: 'store', code: error.code } };
    if (error instanceof KeyError) return { ok: false, failure: { kind: 'key', code: error.code } };
    throw error;
  }
}
