// The outbox as screens see it: what was recorded here and how far it has come, and when delivery is tried.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import type { PackEvent } from '../domain/event.ts';
import type { DeliveryOutcome } from './delivery.ts';
import { type FlushFailure, failureOf, flushFailureOf } from './failure.ts';
import { conflictsOf, type Journal } from './journal.ts';
import type { EventProgress, FlushState, OutboxItem, OutboxModel, RecordFailure } from './outbox-model.ts';
import type { OutboxRow, Ports } from './ports.ts';
import type { Recorder, RecordOutcome } from './recorder.ts';
import { createRetrySchedule } from './retry-schedule.ts';
import type { JudgedScan, Recorded } from './scan-model.ts';

const TICK_MS = 1_000;

export type OutboxContext = {
  readonly ports: Pick<Ports, 'clock' | 'outbox' | 'random' | 'storagePromise' | 'surroundings'>;
  readonly journal: Journal;
  readonly recorder: Recorder;
  readonly delivery: { deliver(): Promise<DeliveryOutcome> };
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
  const { ports, journal, recorder, delivery } = context;
  const items = signal<readonly OutboxItem[]>([]);
  const unsentCount = signal(0);
  const proven = signal<ReadonlySet<string>>(new Set());
  const flushState = signal<FlushState>({ kind: 'idle' });
  const persisted = signal(false);
  const schedule = createRetrySchedule(ports.clock, ports.random);
  let running: Promise<void> | undefined;
  let isMoreWaiting = false;
  let hasAsked = false;

  async function refresh(): Promise<void> {
    const { rows, events, tombstones } = await journal.read();
    const byId = new Map(events.map((own) => [own.id, own.event]));
    items.value = rows.flatMap((row) => {
      const event = byId.get(row.id);
      return event ? [itemOf(row, event, context.nameOf)] : [];
    });
    unsentCount.value = rows.filter(isUnsent).length;
    proven.value = new Set(tombstones.map(({ id }) => id));
  }

  function progressOf(eventId: string): EventProgress {
    const item = items.value.find((each) => each.eventId === eventId);
    return item?.progress ?? { kind: proven.value.has(eventId) ? 'proven' : 'waiting' };
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
    await refreshOrFail();
    context.onRecorded(scan, outcome.recorded);
    void askToPersist();
    deliverIfDue();
    return undefined;
  }

  /** Asked when there is something to keep, which browsers grant more readily; once, since some ask the user. */
  async function askToPersist(): Promise<void> {
    if (persisted.value || hasAsked) return;
    hasAsked = true;
    persisted.value = await ports.storagePromise.ask();
  }

  function flush(): Promise<void> {
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
      outcome = await delivery.deliver();
      if (outcome.failure !== undefined || outcome.pending) schedule.failed();
      else schedule.reset();
      flushState.value =
        outcome.failure === undefined ? { kind: 'idle' } : flushStateOf(flushFailureOf(outcome.failure));
      await refreshOrFail();
      if (outcome.proven > 0) context.onDelivered();
    } while (isMoreWaiting && outcome.failure === undefined);
  }

  /** On the timer and after recording: not before a failing server is due again, and not for nothing. */
  function deliverIfDue(): void {
    if (unsentCount.value === 0 || !schedule.isDue()) return;
    if (ports.surroundings.online()) void flush();
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
      ports.clock.every(TICK_MS, deliverIfDue),
    ];
    persisted.value = await ports.storagePromise.persisted();
    await deliverAtOnce();
    return () => {
      for (const stop of stops) stop();
    };
  }

  async function acknowledge(sequence: number): Promise<void> {
    try {
      const row = (await ports.outbox.rows()).find((each) => each.sequence === sequence);
      if (row?.progress.kind === 'rejected') await ports.outbox.settle(sequence, undefined);
      // What the ledger said about the pack holds until the data says it too.
      if (row?.progress.kind === 'conflict') {
        const { id, bytes, progress } = row;
        await ports.outbox.settle(sequence, { id, bytes, receipt: progress.receipt });
      }
    } catch (error) {
      if (failureOf(error) === undefined) throw error;
    }
    await refreshOrFail();
  }

  const state: {
    unsentCount: ReadonlySignal<number>;
    items: ReadonlySignal<readonly OutboxItem[]>;
    flushState: ReadonlySignal<FlushState>;
    persisted: ReadonlySignal<boolean>;
  } = { unsentCount, items, flushState, persisted };
  return {
    ...state,
    record: async (request) => afterRecording(request.scan, await recorder.record(request)),
    undo: async (request) => afterRecording(request.scan, await recorder.undo(request)),
    ...{ progressOf, flush, acknowledge, start },
  };
}

function isUnsent({ progress }: OutboxRow): boolean {
  return progress.kind === 'waiting' || progress.kind === 'placed';
}

function itemOf(row: OutboxRow, event: PackEvent, nameOf: OutboxContext['nameOf']): OutboxItem {
  const { sequence, operation, claimedTimeMs, packs } = event;
  const productName = packs[0] && nameOf(packs[0].productCode);
  return {
    sequence,
    eventId: row.id,
    operation,
    claimedTimeMs,
    packs,
    productName,
    progress: itemProgress(row),
  };
}

function itemProgress({ progress }: OutboxRow): OutboxItem['progress'] {
  switch (progress.kind) {
    case 'placed':
      return { kind: 'proving', index: progress.receipt.index };
    case 'conflict':
      return { kind: 'conflict', index: progress.receipt.index, conflicts: conflictsOf(progress.receipt) };
    default:
      return progress;
  }
}

function flushStateOf(failure: FlushFailure): FlushState {
  return failure === 'offline' ? { kind: 'offline' } : { kind: 'failed', why: failure };
}
