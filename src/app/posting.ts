// Posts what waits in the outbox and writes down what the ledger answers to each event. It needs neither identity nor
// key, since events carry their own signatures, and so runs in the service worker too; no row leaves by it. An event
// that the ledger will not have holds up none of those behind it. A server that asked to be left alone is, by every tab
// and the service worker, also after a reload.
import { encodeBase64 } from '../domain/bytes.ts';
import { BATCH_BYTES_MAX, BATCH_EVENTS_MAX } from '../domain/limits.ts';
import { isHeldReason, type Receipt, type Rejection } from '../domain/receipt.ts';
import { guarded } from './failure.ts';
import { createLeftAlone } from './left-alone.ts';
import type { OutboxRow, OutboxStep } from './outbox-ports.ts';
import { type Clock, type LedgerClient, LedgerError, type Ports } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';

export type Posted = {
  readonly failure: SyncFailure | undefined;
  readonly retryAfterMs: number | undefined;
};

export type PostingContext = Pick<Ports, 'outbox' | 'settings'> & {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly ledger: Pick<LedgerClient, 'postEvents'>;
  /** Signs the row's event anew: what lies on disk may have been damaged. */
  resign?(row: OutboxRow): Promise<Resigned>;
};

/** `elsewhere`: a page of this browser has the key, but not this one. Undefined: nobody has it any more, or it says the same. */
export type Resigned = Uint8Array | 'elsewhere' | undefined;

export type Posting = {
  /** `isAskingHeld`: asks again about some that wait for an administrator, next time others. Fails without throwing. */
  post(isAskingHeld?: boolean): Promise<Posted>;
};

/** A server that keeps asking for earlier events is not followed for ever. */
const ROUNDS_MAX = 1_000;
/** Room for the JSON around the events in one request. */
const POST_BYTES_MAX = BATCH_BYTES_MAX / 2;
/** Some 150 events: what a bad line carries within the time that a request may take. */
const FIRST_POST_BYTES = 262_144;
const POST_BYTES_MIN = 4_096;
const ROWS_MIN = 64;
/** Held ones asked about at a time: what was refused once is not sent in full every few minutes. */
const HELD_ROWS_MAX = 20;
/** More than a device records in years; a server that asks for more has lost its way. */
const GAP_ROWS_MAX = 100_000;

type Progressed = { readonly progress: { readonly kind: string; readonly reason?: Rejection } };

export function isHeld({ progress }: Progressed): boolean {
  return isHeldReason(progress.reason);
}

export function createPosting(context: PostingContext): Posting {
  const leftAlone = createLeftAlone(context.settings, context.clock);
  const room = createRoom();
  const held = { from: 1 };
  return {
    async post(isAskingHeld = false) {
      const leftMs = await leftAlone.leftMs();
      if (leftMs > 0) return { failure: 'server', retryAfterMs: leftMs };
      const pass = createPass(context, room, held, isAskingHeld);
      const done = await guarded(async () => ({ ok: true, value: await pass.run() }) as const);
      const failure = done.ok ? done.value : done.error;
      const retryAfterMs = pass.retryAfterMs();
      if (retryAfterMs) await leftAlone.note(retryAfterMs);
      return { failure, retryAfterMs };
    },
  };
}

type Room = { bytes(): number; rows(): number; grow(): void; shrink(): void };

/**
 * How much goes in one request. One that failed may have been too much for the line, or for a proxy: half of it is
 * tried next, and what is answered then raises the bound again, little by little.
 */
function createRoom(): Room {
  let bytes = FIRST_POST_BYTES;
  let bound = POST_BYTES_MAX;
  return {
    bytes: () => bytes,
    /** To be read at once: no event takes less than a kilobyte of a request. */
    rows: () => Math.min(BATCH_EVENTS_MAX, Math.max(ROWS_MIN, Math.ceil(bytes / 1_024))),
    grow() {
      bound = Math.min(POST_BYTES_MAX, bound * 1.125);
      bytes = Math.min(bound, bytes * 2);
    },
    shrink() {
      bytes = Math.max(POST_BYTES_MIN, bytes / 2);
      bound = bytes;
    },
  };
}

/** Where to go on asking about those that wait for an administrator. */
type HeldTurn = { from: number };

/** One way through the outbox, in the order in which things were recorded. */
function createPass(
  { outbox, ledger, resign }: PostingContext,
  room: Room,
  held: HeldTurn,
  isAskingHeld: boolean,
) {
  /** Devices whose chain the server will not go on with. */
  const stuck = new Set<string>();
  /** Ids of events whose predecessor can no longer be sent. */
  const afterLoss = new Set<string>();
  /** Places refused on this way: to be asked for them again leads nowhere. */
  const refused = new Set<number>();
  const resigned = new Set<number>();
  let heldLeft = isAskingHeld ? HELD_ROWS_MAX : 0;
  let lastHeld = 0;
  /** The lowest sequence that the server has asked each device for. */
  const askedBack = new Map<string, number>();
  let failure: SyncFailure | undefined;
  let retryAfterMs: number | undefined;

  async function run(): Promise<SyncFailure | undefined> {
    let from = 1;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const { rows, next } = await outbox.page(from, room.rows());
      const batch = fitting(dueOf(rows), room.bytes());
      if (batch.length > 0) from = await send(batch);
      else if (next === undefined) return ended();
      else from = next;
    }
    return failure ?? 'server';
  }

  function ended(): SyncFailure | undefined {
    if (held.from > lastHeld) held.from = 1;
    return failure;
  }

  function dueOf(rows: readonly OutboxRow[]): readonly OutboxRow[] {
    let left = heldLeft;
    return rows.filter((row) => {
      if (isHeld(row)) lastHeld = Math.max(lastHeld, row.place);
      if (stuck.has(row.signer.device)) return false;
      if (!isHeld(row) || row.place < held.from) return row.progress.kind === 'waiting';
      left -= 1;
      return left >= 0;
    });
  }

  function noteHeld({ place }: OutboxRow, receipt: Receipt | undefined): void {
    held.from = place + 1;
    heldLeft -= 1;
    const isDecided = receipt && !(receipt.kind === 'rejected' && isHeldReason(receipt.reason));
    // An administrator seldom decides about one alone.
    if (isDecided) heldLeft = BATCH_EVENTS_MAX;
  }

  /** Returns the place to go on from. */
  async function send(batch: readonly OutboxRow[]): Promise<number> {
    const receipts = await post(batch);
    if (!receipts) return batch[0]?.place ?? 1;
    const byId = new Map(receipts.map((receipt) => [receipt.id, receipt]));
    for (const row of batch) if (isHeld(row)) noteHeld(row, byId.get(row.id));
    const steps: OutboxStep[] = [];
    const gaps = new Map<string, { readonly row: OutboxRow; readonly expected: number }>();
    let back = Number.POSITIVE_INFINITY;
    for (const row of batch) {
      const receipt = byId.get(row.id);
      const { device } = row.signer;
      if (!receipt) fail(device, 'malformed');
      else if (receipt.kind === 'gap') {
        if (!gaps.has(device)) gaps.set(device, { row, expected: receipt.expected });
      } else if (receipt.kind !== 'rejected') steps.push({ row, progress: { kind: 'placed', receipt } });
      else {
        const step = await rejectedOr(row, receipt.reason);
        if (step?.progress.kind === 'waiting') back = Math.min(back, row.place);
        if (step) steps.push(step);
      }
    }
    await outbox.advance(steps);
    for (const { row, expected } of gaps.values())
      back = Math.min(back, (await closeGap(row, expected)) ?? back);
    return Math.min(back, (batch.at(-1)?.place ?? 0) + 1);
  }

  /** Undefined: it was too much at once, and less is worth trying now. */
  async function post(batch: readonly OutboxRow[]): Promise<readonly Receipt[] | undefined> {
    const lost = batch.filter(({ id }) => afterLoss.has(id)).map(({ id }) => id);
    try {
      const receipts = await ledger.postEvents(batch.map(toSigned), lost);
      room.grow();
      return receipts;
    } catch (error) {
      room.shrink();
      if (!(error instanceof LedgerError)) throw error;
      if (error.refusal === 'too-large' && batch.length > 1) return undefined;
      retryAfterMs = error.retryAfterMs;
      throw error;
    }
  }

  function fail(device: string, why: SyncFailure): void {
    stuck.add(device);
    failure ??= why;
  }

  type Step = Extract<OutboxStep, { readonly progress: unknown }>;

  /**
   * A signature that does not match is made once more before the event counts as refused. Where no key is at hand the
   * row waits for whoever has it, and those behind it go on meanwhile. Undefined: it stays as it is.
   */
  async function rejectedOr(row: OutboxRow, reason: Rejection): Promise<Step | undefined> {
    const signature = reason === 'bad-signature' ? await signedAnew(row) : undefined;
    if (signature instanceof Uint8Array) return { row: { ...row, signature }, progress: { kind: 'waiting' } };
    refused.add(row.place);
    return signature === 'elsewhere' ? undefined : { row, progress: { kind: 'rejected', reason } };
  }

  async function signedAnew(row: OutboxRow): Promise<Resigned> {
    if (!resign) return 'elsewhere';
    const isTried = resigned.has(row.place);
    resigned.add(row.place);
    return isTried ? undefined : resign(row);
  }

  /**
   * The server misses events before this one. Those that it has not been proven to hold are sent again; where nothing
   * is left of them, it is told so. Undefined: it asks for what it cannot be given.
   */
  async function closeGap(row: OutboxRow, expected: number): Promise<number | undefined> {
    const { device } = row.signer;
    const missing = row.sequence - expected;
    const first = row.place - missing;
    if (missing < 1 || missing > GAP_ROWS_MAX || first < 1) return void fail(device, 'server');
    const { rows, gone } = await between(first, row.place);
    const left = rows.filter(({ progress }) => progress.kind !== 'unseen');
    // Behind what the ledger was proven to hold there is no gap, unless it has lost it; further back there may be such
    // events of a cloned or restored device, released beside its chain.
    const isBehindProven = left.at(-1)?.place !== row.place - 1 && !gone.has(row.place - 1);
    if (isBehindProven || left.some(({ signer }) => signer.device !== device))
      return void fail(device, 'server');
    const again = left.filter(({ place }) => !refused.has(place));
    if (again.length === 0) {
      if (afterLoss.has(row.id)) return void fail(device, 'server');
      afterLoss.add(row.id);
      return row.place;
    }
    if (expected >= (askedBack.get(device) ?? Number.POSITIVE_INFINITY)) return void fail(device, 'server');
    askedBack.set(device, expected);
    await outbox.advance(again.map((each) => ({ row: each, progress: { kind: 'waiting' } })));
    return again[0]?.place;
  }

  /** What the outbox holds of these places, and which are known to be gone for good. */
  async function between(first: number, end: number) {
    const rows: OutboxRow[] = [];
    const gone = new Set(await outbox.removed());
    for (let from: number | undefined = first; from !== undefined && from < end; ) {
      const page = await outbox.page(from, BATCH_EVENTS_MAX);
      rows.push(...page.rows.filter(({ place }) => place < end));
      for (const place of page.damaged) gone.add(place);
      from = page.next;
    }
    return { rows, gone };
  }

  return { run, retryAfterMs: () => retryAfterMs };
}

function fitting(rows: readonly OutboxRow[], bytesMax: number): readonly OutboxRow[] {
  let bytes = 0;
  const fits = (row: OutboxRow, i: number) => {
    bytes += row.bytes.length * 1.5 + 200;
    return i === 0 || (i < BATCH_EVENTS_MAX && bytes <= bytesMax);
  };
  const end = rows.findIndex((row, i) => !fits(row, i));
  return end < 0 ? rows : rows.slice(0, end);
}

function toSigned({ bytes, signature }: OutboxRow) {
  return { bytes: encodeBase64(bytes), signature: encodeBase64(signature) };
}
