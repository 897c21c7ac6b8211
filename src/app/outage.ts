// Outages: declared and ended as events in this device's chain, so that the log of what was supplied meanwhile rests on
// signed records. What was supplied without a check is checked live by itself as soon as the ledger answers, until it
// has both the event and nothing to say against the pack.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import type { MarketRules } from '../domain/market.ts';
import type { Pack } from '../domain/pack.ts';
import { TECHNICAL_PROBLEM } from '../domain/reason.ts';
import { judgeInLedger } from '../domain/verdict.ts';
import { failureOf } from './failure.ts';
import { conflictsOf, type Journal, type OwnEvent } from './journal.ts';
import {
  lastingOutage,
  type Outage,
  type OutageAttention,
  type OutageModel,
  type OutageReason,
  type OutageSupply,
} from './outage-model.ts';
import type { OutboxModel } from './outbox-model.ts';
import type { Enrolment, Ports } from './ports.ts';

type Named = Pick<Pack, 'productCode' | 'serial'>;

export type OutageContext = {
  readonly ports: Pick<Ports, 'clock' | 'ledger' | 'settings' | 'surroundings'>;
  readonly enrolment: Pick<Enrolment, 'role'>;
  readonly rules: MarketRules;
  readonly journal: Journal;
  readonly outbox: Pick<OutboxModel, 'recordOutage'>;
  nameOf(productCode: string): string | undefined;
};

export type Outages = OutageModel & {
  /** Reads what is declared and checks what can be checked; never throws for want of a network or a store. */
  refresh(): Promise<void>;
};

/** Ids of 64 characters: a setting of 130 kB at most. More than this in one outage are checked again at the next start. */
const CHECKED_MAX = 2_000;
/** At a time, mostly a minute apart: the counter lives on the same requests, of which a device has 600 a minute. */
const ASKED_MAX = 60;

export function createOutages(context: OutageContext): Outages {
  const { ports, enrolment, rules, journal, outbox, nameOf } = context;
  const outages = signal<readonly Outage[]>([]);
  const uncheckedCount = signal(0);
  const attention = signal<readonly OutageAttention[]>([]);
  const mayDeclare = rules.allowed[enrolment.role].includes('outage');
  /** What the ledger has said since the start, of each pack of each event, as it was last asked. */
  const heard = new Map<string, 'fine' | 'doubtful'>();
  let running: Promise<void> | undefined;

  function refresh(): Promise<void> {
    running ??= refreshNow()
      .catch((error: unknown) => {
        if (failureOf(error) === undefined) throw error;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  async function refreshNow(): Promise<void> {
    const { events } = await journal.read();
    outages.value = outagesOf(events);
    const meant = unverified(events, outages.value);
    const checked = await loadChecked(new Set(meant.map(({ own }) => own.id)));
    const open = meant.filter(({ own }) => !checked.has(own.id));
    const isOpen = new Set(open.map(keyOf));
    attention.value = attention.value.filter((each) => isOpen.has(keyOf(each)));
    countUnheard(open);
    if (ports.surroundings.online()) await check(open, checked);
  }

  function countUnheard(open: readonly Unverified[]): void {
    uncheckedCount.value = open.filter((each) => !heard.has(keyOf(each))).length;
  }

  /** One pack after the other: whoever is being served now goes first. What was not reached is tried again. */
  async function check(open: readonly Unverified[], checked: Set<string>): Promise<void> {
    const due = dueOf(open);
    if (due.length === 0) return;
    try {
      for (const each of due) {
        const found = await ask(each);
        const key = keyOf(each);
        // At the end of the line of those that are asked about again.
        heard.delete(key);
        heard.set(key, found.isDoubtful ? 'doubtful' : 'fine');
        const others = attention.value.filter((other) => keyOf(other) !== key);
        attention.value = found.attention ? [...others, found.attention] : others;
      }
    } finally {
      const unsettled = new Set(
        open.flatMap((each) => (heard.get(keyOf(each)) === 'fine' ? [] : each.own.id)),
      );
      const current = new Set(open.map(({ own }) => own.id));
      for (const id of current) if (!unsettled.has(id)) checked.add(id);
      countUnheard(open);
      await ports.settings.set('checked-supplies', [...checked].slice(-CHECKED_MAX).join(' '));
    }
  }

  /** Those that the ledger has said nothing of yet, then those that it has to be asked about again, in turn. */
  function dueOf(open: readonly Unverified[]): readonly Unverified[] {
    const byKey = new Map(open.map((each) => [keyOf(each), each]));
    const doubtful = [...heard].flatMap(([key, is]) => (is === 'doubtful' ? (byKey.get(key) ?? []) : []));
    return [...open.filter((each) => !heard.has(keyOf(each))), ...doubtful].slice(0, ASKED_MAX);
  }

  /** `isDoubtful`: to be asked again, since the ledger has not taken the event in or speaks against it. */
  async function ask({ own, at, supply }: Unverified) {
    const { finding, asOfMs } = await ports.ledger.verify(supply.pack);
    // It may have been good on the day on which it was supplied, and no longer is today.
    const judgment = judgeInLedger(supply.pack, finding, asOfMs, supply.claimedTimeMs);
    const conflict = own.receipt && conflictsOf(own.receipt).find(({ pack }) => pack === at);
    const { verdict } = judgment;
    const isInLedger = own.receipt !== undefined && conflict === undefined;
    const isOurs = isInLedger && verdict.kind === 'not-active' && verdict.state === 'supplied';
    // Supplied in time, and heard of when the day was over: that speaks against nothing.
    const isLate = conflict?.why === 'expired';
    const isFine = isOurs || (verdict.kind === 'active' && (!conflict || isLate));
    return { isDoubtful: !isOurs, attention: isFine ? undefined : { supply, judgment, conflict } };
  }

  async function loadChecked(meant: ReadonlySet<string>): Promise<Set<string>> {
    const stored = (await ports.settings.get('checked-supplies')) ?? '';
    return new Set(stored.split(' ').filter((id) => meant.has(id)));
  }

  type Unverified = { readonly own: OwnEvent; readonly at: number; readonly supply: OutageSupply };

  /** Handed out in a declared outage, or with the reason that Art. 29 asks for; not those undone since. */
  function unverified(events: readonly OwnEvent[], declared: readonly Outage[]): readonly Unverified[] {
    const isUndone = undoneAmong(events);
    return events.flatMap((own) => {
      const { operation, reason, claimedTimeMs, packs } = own.event;
      const isMeant =
        operation === 'supply' &&
        !own.isRejected &&
        (reason === TECHNICAL_PROBLEM || declared.some((outage) => isWithin(outage, claimedTimeMs)));
      if (!isMeant) return [];
      return packs.flatMap((pack, at) =>
        isUndone(own, pack) ? [] : [{ own, at, supply: supplyOf(own, at) }],
      );
    });
  }

  function supplyOf({ id, event }: OwnEvent, at: number): OutageSupply {
    const pack = event.packs[at];
    if (!pack) throw new RangeError('a pack of the event');
    const { claimedTimeMs, reference, user, opened } = event;
    return {
      ...{ eventId: id, claimedTimeMs, reference, user, opened, pack },
      productName: nameOf(pack.productCode),
    };
  }

  async function declare(reason: OutageReason, startMs: number) {
    const failure = await outbox.recordOutage({ reason, startMs, endMs: undefined });
    await refresh();
    return failure;
  }

  async function end() {
    const current = lastingOutage(outages.peek());
    if (!current) return undefined;
    const endMs = Math.max(current.startMs, ports.clock.nowMs());
    const failure = await outbox.recordOutage({ ...current, endMs });
    await refresh();
    return failure;
  }

  async function suppliesIn(outage: Outage): Promise<readonly OutageSupply[]> {
    const { events } = await journal.read();
    const isUndone = undoneAmong(events);
    return events
      .filter(({ event }) => event.operation === 'supply' && isWithin(outage, event.claimedTimeMs))
      .flatMap((own) =>
        own.event.packs.flatMap((pack, at) => (isUndone(own, pack) ? [] : [supplyOf(own, at)])),
      );
  }

  const shown: {
    outages: ReadonlySignal<readonly Outage[]>;
    uncheckedCount: ReadonlySignal<number>;
    attention: ReadonlySignal<readonly OutageAttention[]>;
  } = { outages, uncheckedCount, attention };
  return { ...shown, mayDeclare, declare, end, suppliesIn, refresh };
}

/** Whether the device took back what an event did to a pack; an undo may be of some packs of an event alone. */
function undoneAmong(events: readonly OwnEvent[]): (own: OwnEvent, pack: Named) => boolean {
  const keyOfUndone = (id: string, { productCode, serial }: Named) => `${id} ${productCode} ${serial}`;
  const undone = new Set(
    events.flatMap(({ event: { undoes, packs }, isRejected, receipt }) => {
      if (undoes === null || isRejected) return [];
      const failed = new Set(receipt ? conflictsOf(receipt).map(({ pack }) => pack) : []);
      return packs.flatMap((pack, at) => (failed.has(at) ? [] : [keyOfUndone(undoes, pack)]));
    }),
  );
  return (own, pack) => undone.has(keyOfUndone(own.id, pack));
}

/** An end names the start that it belongs to. */
function outagesOf(events: readonly OwnEvent[]): readonly Outage[] {
  const byStart = new Map<number, Outage>();
  for (const { event, isRejected } of events) {
    if (event.operation !== 'outage' || !event.outage || isRejected) continue;
    const { startMs, endMs } = event.outage;
    byStart.set(startMs, { reason: event.reason ?? '', startMs, endMs: endMs ?? undefined });
  }
  return [...byStart.values()].sort((a, b) => b.startMs - a.startMs);
}

/** A pack of an event. */
function keyOf({ supply: { eventId, pack } }: { readonly supply: OutageSupply }): string {
  return `${eventId} ${pack.productCode} ${pack.serial}`;
}

function isWithin({ startMs, endMs }: Outage, timeMs: number): boolean {
  return timeMs >= startMs && timeMs <= (endMs ?? Number.POSITIVE_INFINITY);
}
