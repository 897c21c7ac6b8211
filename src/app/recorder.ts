// Makes events: judges once more under the rules, puts everything into the event that can never be added later, signs
// it and appends it to this device's chain. It answers only when the event is on disk.
import { bytesToHex } from '../domain/bytes.ts';
import { BARE_EVENT, encodeEvent, eventId, type PackEvent } from '../domain/event.ts';
import { NAME_LENGTH_MAX, REASON_LENGTH_MAX } from '../domain/limits.ts';
import type { MarketRules } from '../domain/market.ts';
import type { EntryMode, Pack, Seal } from '../domain/pack.ts';
import type { Judgment } from '../domain/verdict.ts';
import { findUndoable, isSamePack, type Journal, type OwnEvent } from './journal.ts';
import type { RecordFailure, RecordRequest, UndoRequest } from './outbox-model.ts';
import type { ChainHead } from './outbox-ports.ts';
import { actingJudgment, type Refusal, whyRefused } from './permission.ts';
import { type DeviceKey, type Enrolment, KeyError, type Ports, StoreError } from './ports.ts';
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
};

export type RecordOutcome =
  | { readonly ok: true; readonly recorded: Recorded }
  | { readonly ok: false; readonly failure: RecordFailure };

export type Recorder = {
  record(request: RecordRequest): Promise<RecordOutcome>;
  undo(request: UndoRequest): Promise<RecordOutcome>;
};

/** Each lost race means that another tab has recorded something. */
const RACES_MAX = 8;

/** Written into events until people sign in: one person, no name. */
const DEFAULT_USER = 'user-1';

type Draft = Pick<PackEvent, 'operation' | 'undoes' | 'reason' | 'reference' | 'verdict' | 'snapshot'> & {
  readonly pack: Pack;
  readonly entryMode: EntryMode;
  readonly seal: Seal;
};

export function createRecorder(context: RecorderContext): Recorder {
  const { ports, enrolment, key, rules, journal, verifier } = context;
  const permission = { role: enrolment.role, rules };
  let turn: Promise<unknown> = Promise.resolve();

  /** One at a time, so that a second tap is judged after the first one's event. */
  function inTurn(work: () => Promise<RecordOutcome>): Promise<RecordOutcome> {
    const outcome = turn.then(() => caught(work));
    turn = outcome.catch(() => undefined);
    return outcome;
  }

  function record(request: RecordRequest): Promise<RecordOutcome> {
    return appendInTurn(async () => {
      const { judgment } = await verifier.assess(request.scan.pack);
      const acting = actingJudgment({ ...request.scan, judgment });
      return (
        whyRefused(permission, request, acting.verdict) ?? draftOf(request, acting, context.snapshotId())
      );
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
    return inTurn(() => ports.locks.hold('record', () => appendNext(decide)));
  }

  async function appendNext(
    decide: (events: readonly OwnEvent[]) => Promise<Draft | Refusal>,
  ): Promise<RecordOutcome> {
    for (let race = 0; race < RACES_MAX; race++) {
      // The head is read before the pack is judged: whatever is recorded in between moves the head.
      const { head, events } = await journal.read();
      const decided = await decide(events);
      if (typeof decided === 'string') return refuse({ kind: 'not-allowed', why: decided });
      const recorded = await append(head, decided);
      if (recorded) return { ok: true, recorded };
    }
    return refuse({ kind: 'store', code: 'failed' });
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
    const { pack, entryMode, seal, ...rest } = draft;
    const { productCode, serial, batch, expiry } = pack;
    return {
      ...{ v: 1, alg: key.alg, market: enrolment.market },
      ...{ organisation: enrolment.organisation, site: enrolment.site, device: enrolment.device },
      ...{ sequence: head.sequence + 1, previous: head.id, user: await user() },
      claimedTimeMs: Math.max(0, Math.floor(ports.clock.nowMs())),
      packs: [{ productCode, serial, batch, expiry, entryMode, seal }],
      ...{ ...BARE_EVENT, ...rest },
      nonce: bytesToHex(ports.random.bytes(16)),
    };
  }

  async function user(): Promise<string> {
    const name = await ports.settings.get('user');
    const isName = name !== undefined && name.length <= NAME_LENGTH_MAX && /^[a-z0-9][a-z0-9-]*$/.test(name);
    return isName ? name : DEFAULT_USER;
  }

  return { record, undo };
}

function draftOf(
  { scan, operation, seal, reason, reference }: RecordRequest,
  { verdict }: Judgment,
  snapshotId: string | undefined,
): Draft {
  return {
    ...{ operation, pack: scan.pack, entryMode: scan.entryMode, seal, undoes: null },
    ...{ reason: reason ?? null, reference: boundedText(reference) },
    ...{ verdict: verdict.kind, snapshot: snapshotId ?? null },
  };
}

/** An undo names the pack as the event that it reverses did. */
function undoOf(
  { pack, entryMode }: JudgedScan,
  { id, event }: OwnEvent,
  { verdict }: Judgment,
  snapshotId: string | undefined,
): Draft {
  const named = event.packs.find((each) => isSamePack(each, pack)) ?? pack;
  return {
    ...{ operation: 'undo', pack: named, entryMode, seal: 'not-checked', undoes: id },
    ...{ reason: null, reference: null, verdict: verdict.kind, snapshot: snapshotId ?? null },
  };
}

/** What a person typed, within what an event may hold and without halves of characters. */
function boundedText(text: string | undefined): string | null {
  const bounded = text?.slice(0, REASON_LENGTH_MAX).replace(/\p{Surrogate}/gu, '');
  return bounded === undefined || bounded === '' ? null : bounded;
}

function refuse(failure: RecordFailure): RecordOutcome {
  return { ok: false, failure };
}

async function caught(work: () => Promise<RecordOutcome>): Promise<RecordOutcome> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreError) return refuse({ kind: 'store', code: error.code });
    if (error instanceof KeyError) return refuse({ kind: 'key', code: error.code });
    throw error;
  }
}
