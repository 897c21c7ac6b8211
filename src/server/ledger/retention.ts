// Forgets what has passed its time, a little at a time beside everything else: closed alert cases with their steps, and
// of events the signed bytes, the person and the signature, which hold all that names somebody or something in clear.
// An event's row stays with its id, its place and its answer, so that it is still known when it is sent again; its
// entries stand in the log as they always did. A clock that has leapt ahead makes it wait.
import { setImmediate } from 'node:timers/promises';
import { parseEvent } from '../../domain/event.ts';
import type { MarketRules } from '../../domain/market.ts';
import { isHeldReason } from '../../domain/receipt.ts';
import { type ClockMemory, clockMemoryShape, keptUntil, lookAtClock } from '../../domain/retention.ts';
import { parseJson } from '../../domain/shape.ts';
import { errorTrace } from '../log.ts';
import { entryAt } from './logged-entries.ts';
import { LedgerRefusal } from './refusal.ts';
import type { Store, StoredEvent } from './store.ts';

export type Forgotten = { readonly events: number; readonly cases: number };

export type Retention = {
  /** Forgets all that is due by now; nothing while the clock is not believed. */
  forget(): Promise<Forgotten>;
  stop(): Promise<void>;
};

export type RetentionParts = {
  readonly store: Store;
  readonly rules: Pick<MarketRules, 'retention'>;
  readonly clock: () => number;
  readonly log: (event: Record<string, unknown>) => void;
};

const PERIOD_MS = 3_600_000;
/** Read, judged and written in one go: 5 ms each where they commission whole batches. */
const SLICE = 20;
const CLOCK = 'clock-by-which-to-forget';

export function startRetention({ store, rules, clock, log }: RetentionParts): Retention {
  let isStopped = false;
  let turn: Promise<unknown> = Promise.resolve();
  store.setMeta(CLOCK, JSON.stringify(clockMemory()));

  /** Where there is none yet, the newest entry says when the clock was right. */
  function clockMemory(): ClockMemory {
    const kept = store.meta(CLOCK);
    if (kept === undefined) {
      const newest = entryAt(store.ledgerLog, store.ledgerLog.size() - 1);
      return { seenMs: newest?.receiptTimeMs ?? clock(), leap: null };
    }
    const memory = parseJson(kept, clockMemoryShape);
    if (!memory.ok) throw new LedgerRefusal('damaged', `The store's ${CLOCK} is unreadable.`);
    return memory.value;
  }

  function isClockBelieved(nowMs: number): boolean {
    const memory = lookAtClock(clockMemory(), nowMs);
    store.setMeta(CLOCK, JSON.stringify(memory));
    const { leap } = memory;
    if (!leap) return true;
    const [from, to, now] = [leap.fromMs, leap.toMs, nowMs].map((ms) => new Date(ms).toISOString());
    log({ event: 'nothing-forgotten', why: 'the clock has leapt ahead', from, to, now });
    return false;
  }

  /** Those of which the years since receipt are over; some are kept on for a late expiry. */
  function lookAtNext(today: string): { readonly events: number; readonly isMore: boolean } {
    // Only their times: an event of a whole batch is half a megabyte.
    const next = store.eventsToLookAt(SLICE);
    const isDue = (each: { readonly receiptTimeMs: number }) =>
      keptUntil(each.receiptTimeMs, [], rules) < today;
    // One that an administrator released late stands before others that are older than it.
    const due = next.slice(0, next.findLastIndex(isDue) + 1);
    let events = 0;
    for (const { number } of due) {
      if (forgetOrKeep(number, today)) events += 1;
      store.lookedAt(number);
    }
    return { events, isMore: due.length === SLICE };
  }

  /** Where nobody can say yet, it is looked at again tomorrow. */
  function forgetOrKeep(number: number, today: string): boolean {
    const until = whenForgotten(store.eventOf(number));
    const isDue = until !== undefined && until < today;
    if (isDue) store.forgetEvent(number);
    else store.keepEventUntil(number, until ?? today);
    return isDue;
  }

  /** Undefined: it still waits for an administrator. */
  function whenForgotten({ bytes, receipt, receiptTimeMs }: StoredEvent): string | undefined {
    const reason = receipt.kind === 'rejected' ? receipt.reason : undefined;
    if (isHeldReason(reason)) return undefined;
    const event = parseEvent(bytes);
    const expiries = event.ok ? event.value.packs.map(({ expiry }) => expiry) : [];
    return keptUntil(receiptTimeMs, expiries, rules);
  }

  function lookAtKept(today: string): { readonly events: number; readonly isMore: boolean } {
    const kept = store.eventsKeptUntil(today, SLICE);
    const events = kept.filter((number) => forgetOrKeep(number, today)).length;
    return { events, isMore: kept.length === SLICE };
  }

  async function forgetAll(): Promise<Forgotten> {
    const nowMs = clock();
    if (!isClockBelieved(nowMs)) return { events: 0, cases: 0 };
    const today = new Date(nowMs).toISOString().slice(0, 10);
    let [events, cases] = [0, 0];
    for (let isMore = true; isMore && !isStopped; await setImmediate()) {
      const done = store.transaction(() => {
        const slices = [lookAtNext(today), lookAtKept(today)];
        return { slices, cases: store.forgetAlerts(today, SLICE) };
      });
      for (const slice of done.slices) events += slice.events;
      cases += done.cases;
      isMore = done.cases === SLICE || done.slices.some((slice) => slice.isMore);
    }
    if (events + cases > 0) log({ event: 'forgotten', events, cases });
    return { events, cases };
  }

  function forget(): Promise<Forgotten> {
    const done = turn.then(forgetAll);
    turn = done.catch((error: unknown) => log({ event: 'forgetting-failed', ...errorTrace(error) }));
    return done;
  }

  const timer = setInterval(() => void forget().catch(() => undefined), PERIOD_MS);
  timer.unref();
  return {
    forget,
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await turn;
    },
  };
}
