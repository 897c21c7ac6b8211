// Makes events: judges once more under the rules, puts everything into the event that can never be added later, signs
// it and appends it to this device's chain. It answers only when the event is on disk.
import { bytesToHex } from '../domain/bytes.ts';
import { BARE_EVENT, type EventPack, encodeEvent, eventId, type PackEvent } from '../domain/event.ts';
import { BULK_PACKS_MAX, NAME_LENGTH_MAX, REASON_LENGTH_MAX } from '../domain/limits.ts';
import type { MarketRules } from '../domain/market.ts';
import { isMisread } from '../domain/misread.ts';
import { type EntryMode, type Pack, passesOn, type Seal } from '../domain/pack.ts';
import { assert } from '../domain/result.ts';
import type { Judgment } from '../domain/verdict.ts';
import { isSamePack, type Journal, type OwnEvent } from './journal.ts';
import type {
  BulkOutcome,
  BulkRequest,
  OutageRequest,
  RecordFailure,
  RecordRequest,
  UndoRequest,
} from './outbox-model.ts';
import type { ChainHead } from './outbox-ports.ts';
import { findUndoable } from './own-acts.ts';
import { actingJudgment, type Refusal, whyRefused } from './permission.ts';
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
  recordOutage(request: OutageRequest): Promise<RecordOutcome>;
};

/** Each lost race means that another tab has recorded something. */
const RACES_MAX = 8;

/** Written into events until people sign in: one person, no name. */
const DEFAULT_USER = 'user-1';

/** What is not said is as in BARE_EVENT. */
type Draft = Pick<PackEvent, 'operation' | 'packs'> & Partial<Pick<PackEvent, keyof typeof BARE_EVENT>>;

export function createRecorder(context: RecorderContext): Recorder {
  const { ports, enrolment, key, rules, journal, verifier } = context;
  const permission = { role: enrolment.role, rules };
  let turn: Promise<unknown> = Promise.resolve();

  /** One at a time, so that a second tap is judged after the first one's event. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const outcome = turn.then(work);
    turn = outcome.catch(() => undefined);
    return outcome;
  }

  function record(request: RecordRequest): Promise<RecordOutcome> {
    return appendInTurn(async () => {
      const judged = await judge(request, request.scan);
      return typeof judged === 'string'
        ? judged
        : draftOf(request, [request.scan], judged, context.snapshotId());
    });
  }

  /** The judgment to act on, or why it may not be acted on. */
  async function judge(request: Omit<RecordRequest, 'scan'>, scan: JudgedScan): Promise<Judgment | Refusal> {
    const { judgment } = await verifier.assess(scan.pack);
    const acting = actingJudgment({ ...scan, judgment });
    const refusal = whyRefused(permission, request, acting.verdict);
    if (!refusal && passesOn(request.operation) && context.isHeldBack(scan.pack)) return 'alert-open';
    // What was read is probably not what is printed: its supply or lock would raise a false alarm.
    if (!refusal && acting.verdict.kind !== 'active' && isMisread(scan.cause)) return 'misread';
    return refusal ?? acting;
  }

  function recordAll(request: BulkRequest): Promise<readonly BulkOutcome[]> {
    const { scans } = request;
    assert(scans.length <= BULK_PACKS_MAX, 'a list of packs is bounded');
    return inTurn(async () => {
      const outcomes = new Map<JudgedScan, BulkOutcome>();
      const action = bytesToHex(ports.random.bytes(16));
      const worked = await caught(() =>
        ports.locks.hold('record', () => appendAll(request, action, outcomes)),
      );
      const failure = worked.ok ? BUSY : worked.failure;
      return scans.map((scan) => outcomes.get(scan) ?? { ok: false, failure });
    });
  }

  /** Another tab's event in between makes it judge anew what is left. */
  async function appendAll(
    request: BulkRequest,
    action: string,
    outcomes: Map<JudgedScan, BulkOutcome>,
  ): Promise<{ readonly ok: true }> {
    for (let race = 0; race < RACES_MAX && outcomes.size < request.scans.length; race++) {
      let { head } = await journal.read();
      const groups = new Map<string, { readonly judgment: Judgment; readonly scans: JudgedScan[] }>();
      for (const scan of request.scans.filter((each) => !outcomes.has(each))) {
        const judged = await judge(request, scan);
        if (typeof judged === 'string')
          outcomes.set(scan, { ok: false, failure: { kind: 'not-allowed', why: judged } });
        else groupFor(groups, judged).push(scan);
      }
      for (const { judgment, scans } of groups.values()) {
        const draft = draftOf(request, scans, judgment, context.snapshotId());
        const recorded = await append(head, { ...draft, action });
        if (!recorded) break;
        head = { place: head.place + 1, sequence: head.sequence + 1, id: recorded.eventId };
        for (const [at, scan] of scans.entries())
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
      if (bounded === null || (outage.endMs !== null && outage.endMs < outage.startMs)) return 'state';
      return { operation: 'outage', packs: [], reason: bounded, outage };
    });
  }

  function undo({ scan, handedOver }: UndoRequest): Promise<RecordOutcome> {
    return appendInTurn(async (events) => {
      if (handedOver) return 'handed-over';
      if (!rules.allowed[enrolment.role].includes('undo')) return 'role';
      const { judgment, nowMs } = await verifier.assess(scan.pack);
      const place = { site: enrolment.site, rules, nowMs };
      const target = findUndoable(events, scan.pack, judgment, place);
      return target.ok ? undoOf(scan, target.value, judgment, context.snapshotId()) : target.error;
    });
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

  return { record, undo, recordAll, recordOutage };
}

/** The pseudonym of whoever works on this device. */
export async function userOf(settings: Pick<SettingsStore, 'get'>): Promise<string> {
  const name = await settings.get('user');
  const isName = name !== undefined && name.length <= NAME_LENGTH_MAX && /^[a-z0-9][a-z0-9-]*$/.test(name);
  return isName ? name : DEFAULT_USER;
}

const BUSY: RecordFailure = { kind: 'store', code: 'failed' };

/** An event states one verdict, so packs that were judged otherwise go into another. */
function groupFor(
  groups: Map<string, { readonly judgment: Judgment; readonly scans: JudgedScan[] }>,
  judgment: Judgment,
): JudgedScan[] {
  const key = `${judgment.verdict.kind} ${judgment.certainty}`;
  const group = groups.get(key) ?? { judgment, scans: [] };
  groups.set(key, group);
  return group.scans;
}

function draftOf(
  { operation, seal, reason, reference, opened }: Omit<RecordRequest, 'scan'>,
  scans: readonly JudgedScan[],
  { verdict, certainty }: Judgment,
  snapshotId: string | undefined,
): Draft {
  return {
    ...{ operation, packs: scans.map(({ pack, entryMode }) => eventPackOf(pack, entryMode, seal)) },
    ...{ reason: reason ?? null, reference: boundedText(reference), opened: opened ?? false },
    ...{ verdict: verdict.kind, certainty, snapshot: snapshotId ?? null },
  };
}

/** An undo names the pack as the event that it reverses did. */
function undoOf(
  { pack, entryMode }: JudgedScan,
  { id, event }: OwnEvent,
  { verdict, certainty }: Judgment,
  snapshotId: string | undefined,
): Draft {
  const named = event.packs.find((each) => isSamePack(each, pack)) ?? pack;
  return {
    ...{ operation: 'undo', packs: [eventPackOf(named, entryMode, 'not-checked')], undoes: id },
    ...{ verdict: verdict.kind, certainty, snapshot: snapshotId ?? null },
  };
}

function eventPackOf(
  { productCode, serial, batch, expiry }: Pack,
  entryMode: EntryMode,
  seal: Seal,
): EventPack {
  return { productCode, serial, batch, expiry, entryMode, seal };
}

/** What a person typed, within what an event may hold and without halves of characters. */
function boundedText(text: string | undefined): string | null {
  const bounded = text?.slice(0, REASON_LENGTH_MAX).replace(/\p{Surrogate}/gu, '');
  return bounded === undefined || bounded === '' ? null : bounded;
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
