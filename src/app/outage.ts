// Outages: declared and ended as events in this device's chain, so that the log of what was supplied meanwhile rests on
// signed records. What was supplied without a check is checked live by itself as soon as the ledger answers, until it
// has both the event and nothing to say against the pack.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import type { MarketRules } from '../domain/market.ts';
import { TECHNICAL_PROBLEM } from '../domain/reason.ts';
import { judgeInLedger } from '../domain/verdict.ts';
import { failureOf } from './failure.ts';
import { conflictsOf, isSamePack, type Journal, type OwnEvent } from './journal.ts';
import type { Outage, OutageAttention, OutageModel, OutageReason, OutageSupply } from './outage-model.ts';
import type { OutboxModel } from './outbox-model.ts';
import type { Enrolment, Ports } from './ports.ts';

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

/** Ids of 64 characters: a setting of 130 kB at most. More than this in one outage are checked again, no worse. */
const CHECKED_MAX = 2_000;

export function createOutages(context: OutageContext): Outages {
  const { ports, enrolment, rules, journal, outbox, nameOf } = context;
  const outages = signal<readonly Outage[]>([]);
  const uncheckedCount = signal(0);
  const attention = signal<readonly OutageAttention[]>([]);
  const mayDeclare = rules.allowed[enrolment.role].includes('outage');
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
    const checked = await loadChecked();
    const open = unverified(events, outages.value).filter(({ own }) => !checked.has(own.id));
    uncheckedCount.value = open.length;
    attention.value = attention.value.filter(({ supply }) =>
      open.some((each) => isSame(each.supply, supply)),
    );
    if (open.length > 0 && ports.surroundings.online()) await check(open, checked);
  }

  /** One pack after the other: whoever is being served now goes first. What was not reached is tried again. */
  async function check(open: readonly Unverified[], checked: Set<string>): Promise<void> {
    const heard: Unverified[] = [];
    const doubtful: Unverified[] = [];
    try {
      for (const each of open) {
        const found = await ask(each);
        heard.push(each);
        if (found.isDoubtful) doubtful.push(each);
        const others = attention.value.filter(({ supply }) => !isSame(supply, each.supply));
        attention.value = found.attention ? [...others, found.attention] : others;
      }
    } finally {
      const isSettled = (id: string) =>
        open.every((each) => each.own.id !== id || (heard.includes(each) && !doubtful.includes(each)));
      for (const { own } of open) if (isSettled(own.id)) checked.add(own.id);
      uncheckedCount.value = open.length - heard.length;
      await ports.settings.set('checked-supplies', [...checked].slice(-CHECKED_MAX).join(' '));
    }
  }

  /** `isDoubtful`: to be asked again, since the ledger has not taken the event in or speaks against it. */
  async function ask({ own, at, supply }: Unverified) {
    const { finding, asOfMs } = await ports.ledger.verify(supply.pack);
    const judgment = judgeInLedger(supply.pack, finding, asOfMs, Math.max(ports.clock.nowMs(), asOfMs));
    const conflict = own.receipt && conflictsOf(own.receipt).find(({ pack }) => pack === at);
    const { verdict } = judgment;
    const isInLedger = own.receipt !== undefined && conflict === undefined;
    const isOurs = isInLedger && verdict.kind === 'not-active' && verdict.state === 'supplied';
    const isFine = isOurs || (verdict.kind === 'active' && !conflict);
    return { isDoubtful: !isOurs, attention: isFine ? undefined : { supply, judgment, conflict } };
  }

  async function loadChecked(): Promise<Set<string>> {
    const stored = (await ports.settings.get('checked-supplies')) ?? '';
    return new Set(stored.split(' ').filter((id) => /^[0-9a-f]{64}$/.test(id)));
  }

  type Unverified = { readonly own: OwnEvent; readonly at: number; readonly supply: OutageSupply };

  /** Handed out in a declared outage, or with the reason that Art. 29 asks for; not those undone since. */
  function unverified(events: readonly OwnEvent[], declared: readonly Outage[]): readonly Unverified[] {
    const undone = new Set(events.flatMap(({ event }) => event.undoes ?? []));
    return events.flatMap((own) => {
      const { operation, reason, claimedTimeMs, packs } = own.event;
      const isMeant =
        operation === 'supply' &&
        !own.isRejected &&
        !undone.has(own.id) &&
        (reason === TECHNICAL_PROBLEM || declared.some((outage) => isWithin(outage, claimedTimeMs)));
      return isMeant ? packs.map((_, at) => ({ own, at, supply: supplyOf(own, at) })) : [];
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
    const current = outages.peek().find(({ endMs }) => endMs === undefined);
    if (!current) return undefined;
    const endMs = Math.max(current.startMs, ports.clock.nowMs());
    const failure = await outbox.recordOutage({ ...current, endMs });
    await refresh();
    return failure;
  }

  async function suppliesIn(outage: Outage): Promise<readonly OutageSupply[]> {
    const { events } = await journal.read();
    return events
      .filter(({ event }) => event.operation === 'supply' && isWithin(outage, event.claimedTimeMs))
      .flatMap((own) => own.event.packs.map((_, at) => supplyOf(own, at)));
  }

  const shown: {
    outages: ReadonlySignal<readonly Outage[]>;
    uncheckedCount: ReadonlySignal<number>;
    attention: ReadonlySignal<readonly OutageAttention[]>;
  } = { outages, uncheckedCount, attention };
  return { ...shown, mayDeclare, declare, end, suppliesIn, refresh };
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

function isSame(a: OutageSupply, b: OutageSupply): boolean {
  return a.eventId === b.eventId && isSamePack(a.pack, b.pack);
}

function isWithin({ startMs, endMs }: Outage, timeMs: number): boolean {
  return timeMs >= startMs && timeMs <= (endMs ?? Number.POSITIVE_INFINITY);
}
