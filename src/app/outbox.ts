// The outbox as screens see it: what was recorded here and how far it has come, and when delivery is tried.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import type { Delivery, DeliveryOutcome } from './delivery.ts';
import { type FlushFailure, failureOf, flushFailureOf } from './failure.ts';
import type { Journal, OwnEvent } from './journal.ts';
import { isUnsent, itemOf, itemProgress, saidOf } from './outbox-item.ts';
import type {
  BulkOutcome,
  EventProgress,
  ExportedFile,
  FlushState,
  MissingEvents,
  OutageRequest,
  OutboxItem,
  OutboxModel,
  RecordFailure,
} from './outbox-model.ts';
import type { DeviceKey, Enrolment, HeldByLedger, Ports } from './ports.ts';
import { isHeld } from './posting.ts';
import type { Recorder, RecordOutcome } from './recorder.ts';
import { createRetrySchedule } from './retry-schedule.ts';
import type { JudgedScan, Recorded } from './scan-model.ts';

const TICK_MS = 1_000;
/** An administrator takes minutes at least. */
const HELD_PERIOD_MS = 600_000;
const ACKNOWLEDGE_ROWS = 500;

export type OutboxContext = {
  readonly ports: Pick<
    Ports,
    'backgroundSync' | 'clock' | 'ledger' | 'outbox' | 'random' | 'storagePromise' | 'surroundings'
  >;
  readonly enrolment: Pick<Enrolment, 'device'>;
  readonly key: DeviceKey;
  readonly journal: Journal;
  readonly recorder: Recorder;
  readonly delivery: Delivery;
  nameOf(productCode: string): string | undefined;
  /** An event is on disk. */
  onRecorded(scan: JudgedScan, recorded: Recorded): void;
  /** The ledger has been proven to hold more of our events. */
  onDelivered(): void;
};

export type Outbox = OutboxModel & {
  /** Reads what is stored, then delivers whenever there is a chance. Returns a function that stops it. */
  start(): Promise<() => void>;
};

export function createOutbox(context: OutboxContext): Outbox {
  const { ports, enrolment, key, journal, recorder, delivery } = context;
  const items = signal<readonly OutboxItem[]>([]);
  const unsentCount = signal(0);
  const damagedCount = signal(0);
  const missing = signal<MissingEvents | undefined>(undefined);
  const flushState = signal<FlushState>({ kind: 'idle' });
  const persisted = signal(false);
  const schedule = createRetrySchedule(ports.clock, ports.random);
  let shown: readonly OwnEvent[] | undefined;
  let byId: ReadonlyMap<string, OwnEvent> = new Map();
  const refused = new Map<string, EventProgress>();
  let running: Promise<void> | undefined;
  let isMoreWaiting = false;
  let hasAsked = false;
  let heldAskedMs = Number.NEGATIVE_INFINITY;
  let heldSeen: HeldByLedger | undefined;

  async function refresh(): Promise<void> {
    const page = await journal.read();
    damagedCount.value = page.damagedCount;
    noteMissing(page.head.sequence);
    if (page.events === shown) return;
    shown = page.events;
    const former = byId;
    byId = new Map(page.events.map((own) => [own.id, own]));
    // A refusal that a person has seen is removed; the card of that act may still be up.
    for (const { id, row } of former.values())
      if (row?.progress.kind === 'rejected' && !byId.has(id)) refused.set(id, row.progress);
    const seenBy = { device: enrolment.device, nameOf: context.nameOf };
    const inOutbox = page.events.flatMap((own) => (own.row ? [itemOf(own, own.row, seenBy)] : []));
    unsentCount.value = inOutbox.filter(({ progress }) => isUnsent(progress)).length;
    items.value = inOutbox;
  }

  /** What the ledger says to hold of this device comes from its events alone, so it never knows of more than we. */
  function noteMissing(known: number): void {
    const held = ports.ledger.heldOfDevice();
    const isMissing = held?.device === enrolment.device && held.sequence > known;
    if (isMissing !== (missing.value !== undefined))
      missing.value = isMissing ? { known, held: held.sequence } : undefined;
  }

  function progressOf(eventId: string): EventProgress {
    // Read for its being a signal.
    void items.value;
    const own = byId.get(eventId);
    if (own?.row) return itemProgress(own.row);
    // What was said of it still holds once a person has seen it.
    const said = own?.receipt && saidOf(own.receipt);
    return said ?? refused.get(eventId) ?? { kind: own ? 'proven' : 'waiting' };
  }

  /** Trouble with the store shows as a failed delivery; nothing of it is lost. */
  async function refreshOrFail(): Promise<void> {
    try {
      await refresh();
    } catch (error) {
      const failure = failureOf(error);
      if (failure === undefined) throw error;
      flushState.value = flushStateOf(flushFailureOf(failure));
    }
  }

  async function afterRecording(
    scan: JudgedScan,
    outcome: RecordOutcome,
  ): Promise<RecordFailure | undefined> {
    if (!outcome.ok) return outcome.failure;
    await afterAppending(() => context.onRecorded(scan, outcome.recorded));
    return undefined;
  }

  async function afterAll(recorded: Promise<readonly BulkOutcome[]>): Promise<readonly BulkOutcome[]> {
    const outcomes = await recorded;
    if (outcomes.some(({ ok }) => ok)) await afterAppending();
    return outcomes;
  }

  async function recordOutage(request: OutageRequest): Promise<RecordFailure | undefined> {
    const outcome = await recorder.recordOutage(request);
    if (outcome.ok) await afterAppending();
    return outcome.ok ? undefined : outcome.failure;
  }

  async function afterAppending(tell: () => void = () => undefined): Promise<void> {
    await refreshOrFail();
    tell();
    void askToPersist();
    void ports.backgroundSync.ask();
    deliverIfDue();
  }

  /** Asked when there is something to keep, which browsers grant more readily; once, since some ask the user. */
  async function askToPersist(): Promise<void> {
    if (persisted.value || hasAsked) return;
    hasAsked = true;
    persisted.value = await ports.storagePromise.ask();
  }

  /** On a person's word, but not before the server's own: it knows when it can take more. */
  async function flush(): Promise<void> {
    if (schedule.leftAloneUntilMs() !== undefined) return;
    heldAskedMs = Number.NEGATIVE_INFINITY;
    await deliverNow();
  }

  function deliverNow(): Promise<void> {
    isMoreWaiting = true;
    running ??= deliverAll().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function deliverAll(): Promise<void> {
    let outcome: DeliveryOutcome;
    do {
      isMoreWaiting = false;
      flushState.value = { kind: 'sending' };
      outcome = await delivery.deliver(isHeldDue());
      if (outcome.failure !== undefined || outcome.pending) schedule.failed(outcome.retryAfterMs);
      else schedule.reset();
      flushState.value = flushStateAfter(outcome, schedule.leftAloneUntilMs());
      await refreshOrFail();
      if (outcome.proven > 0) context.onDelivered();
    } while (isMoreWaiting && outcome.failure === undefined && !outcome.isElsewhere);
  }

  function isHeldDue(): boolean {
    const nowMs = ports.clock.nowMs();
    const isDue = hasHeld() && Math.abs(nowMs - heldAskedMs) >= HELD_PERIOD_MS;
    if (isDue) heldAskedMs = nowMs;
    return isDue;
  }

  function hasHeld(): boolean {
    return items.value.some(isHeld);
  }

  function tick(): void {
    const held = ports.ledger.heldOfDevice();
    if (held && held !== heldSeen) {
      heldSeen = held;
      void refreshOrFail();
    }
    deliverIfDue();
  }

  /** On the timer and after recording: not before a failing server is due again, and not for nothing. */
  function deliverIfDue(): void {
    const isWaiting = unsentCount.value > 0;
    const isHeldWaiting = hasHeld() && Math.abs(ports.clock.nowMs() - heldAskedMs) >= HELD_PERIOD_MS;
    if (!(isWaiting || isHeldWaiting) || !schedule.isDue()) return;
    if (ports.surroundings.online()) void deliverNow();
    else if (!running) flushState.value = { kind: 'offline' };
  }

  /** A sign of better times ends the waiting. */
  async function deliverAtOnce(): Promise<void> {
    await refreshOrFail();
    schedule.reset();
    deliverIfDue();
  }

  async function start(): Promise<() => void> {
    const stops = [
      ports.surroundings.onOnline(() => void deliverAtOnce()),
      ports.surroundings.onVisible(() => void deliverAtOnce()),
      ports.backgroundSync.onSent(() => void deliverAtOnce()),
      ports.clock.every(TICK_MS, tick),
    ];
    persisted.value = await ports.storagePromise.persisted();
    await deliverAtOnce();
    return () => {
      for (const stop of stops) stop();
    };
  }

  async function acknowledge(place: number): Promise<void> {
    await storing(async () => {
      const row = (await ports.outbox.page(place, 1)).rows.find((each) => each.place === place);
      if (row?.progress.kind === 'rejected') await ports.outbox.remove(place);
      // What the ledger said about the pack holds until the data says it too.
      if (row?.progress.kind === 'unseen') {
        const { id, bytes, progress } = row;
        await ports.outbox.advance([{ row, settled: { id, bytes, receipt: progress.receipt } }]);
      }
    });
  }

  async function exportFiles(): Promise<readonly ExportedFile[] | undefined> {
    try {
      const { exportOutbox } = await import('./outbox-export.ts');
      const signer = { device: enrolment.device, key };
      return await exportOutbox({ outbox: ports.outbox, clock: ports.clock, signer });
    } catch (error) {
      // Its part of the app may not be on the device, where the network broke off before it came.
      if (failureOf(error) === undefined && !(error instanceof TypeError)) throw error;
      return undefined;
    }
  }

  async function acknowledgeDamaged(): Promise<void> {
    await storing(async () => {
      for (let from: number | undefined = 1; from !== undefined; ) {
        const { damaged, next } = await ports.outbox.page(from, ACKNOWLEDGE_ROWS);
        for (const place of damaged) await ports.outbox.remove(place);
        from = next;
      }
    });
  }

  async function storing(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (failureOf(error) === undefined) throw error;
    }
    await refreshOrFail();
  }

  const state: {
    unsentCount: ReadonlySignal<number>;
    items: ReadonlySignal<readonly OutboxItem[]>;
    flushState: ReadonlySignal<FlushState>;
    damagedCount: ReadonlySignal<number>;
    missing: ReadonlySignal<MissingEvents | undefined>;
    persisted: ReadonlySignal<boolean>;
  } = { unsentCount, items, flushState, damagedCount, missing, persisted };
  return {
    ...state,
    record: async (request) => afterRecording(request.scan, await recorder.record(request)),
    undo: async (request) => afterRecording(request.scan, await recorder.undo(request)),
    recordAll: (request) => afterAll(recorder.recordAll(request)),
    undoAll: (request) => afterAll(recorder.undoAll(request)),
    ...{ recordOutage, progressOf, flush, acknowledge, acknowledgeDamaged, exportFiles, start },
  };
}

function flushStateAfter({ failure, isElsewhere }: DeliveryOutcome, untilMs: number | undefined): FlushState {
  if (isElsewhere) return { kind: 'elsewhere' };
  return failure === undefined ? { kind: 'idle' } : flushStateOf(flushFailureOf(failure), untilMs);
}

function flushStateOf(failure: FlushFailure, untilMs?: number): FlushState {
  return failure === 'offline' ? { kind: 'offline' } : { kind: 'failed', why: failure, untilMs };
}
