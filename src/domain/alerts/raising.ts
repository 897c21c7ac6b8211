// Which alerts an event raises. Most raise none, and cost no more than a look at what the fold made of them.
import { alertCodeOf, repeatAlertCode } from '../alert-code.ts';
import type { BlindId } from '../blinding.ts';
import type { PackEvent } from '../event.ts';
import { type BlindEvent, type Entry, packOrder } from '../ledger/entry.ts';
import { type PackOutcome, type PackRecord, packKey } from '../ledger/fold.ts';
import type { MarketRules, Role } from '../market.ts';
import { isLook, type Operation, type PackState } from '../pack.ts';
import type { NamedAlert } from '../receipt.ts';
import { assert } from '../result.ts';
import { type AlertCause, type AlertKind, alertId } from './alert.ts';

export type RaisedAlert = {
  readonly id: string;
  readonly kind: AlertKind;
  readonly cause: AlertCause;
  /** Position in the event's list of packs. */
  readonly pack: number;
  /** The pack's state that the attempt met; undefined: no such pack. */
  readonly state: PackState | undefined;
  /** Log index of what it met. */
  readonly earlierIndex: number | undefined;
};

/** That a site had the pack in its hands. */
export type Sighting = { readonly siteId: BlindId; readonly index: number; readonly timeMs: number };

/** The log and its states as they were before the event. */
export type RaisingView = {
  pack(key: string): PackRecord | undefined;
  entry(index: number): Pick<Entry, 'operation' | 'actor' | 'receiptTimeMs'> | undefined;
  /** The last sighting kept; what changed a pack's state is not among them. */
  sighting(key: string): Sighting | undefined;
  /** Whether any sighting is kept at all: the cheap question before the dear one. */
  hasSightings(): boolean;
  /** How often the site has repeated the operation on the pack since this index: `max` and more count as `max`. */
  repeatsSince(index: number, entry: Entry, packId: BlindId, max: number): number;
  /** From the event's site to that of the event at this index; undefined: one of the two places is not known. */
  distanceKm(index: number): number | undefined;
  /** Whether the pack was shipped or received after this index. */
  hasMovedSince(index: number, packId: BlindId): boolean;
};

export type Raised = {
  readonly alerts: readonly RaisedAlert[];
  /** By `packKey`: what is to be remembered, since no pack's state tells it. */
  readonly sightings: ReadonlyMap<string, Sighting>;
};

export type RaisingEvent = {
  readonly id: string;
  readonly event: PackEvent;
  readonly blind: BlindEvent;
  readonly parts: readonly Entry[];
  readonly index: number;
  readonly outcomes: readonly PackOutcome[];
  readonly role: Role;
};

type Around = Pick<RaisingEvent, 'event' | 'index'> & {
  readonly view: RaisingView;
  readonly rules: MarketRules;
};

const HOUR_MS = 3_600_000;
const NOTHING: Raised = { alerts: [], sightings: new Map() };

export function alertsOf(raising: RaisingEvent, view: RaisingView, rules: MarketRules): Raised {
  const { event, outcomes, role } = raising;
  const isSeen = isSighting(event.operation, role);
  // A pack that changed its state was active, so nobody had ended its way before.
  const isPlain = (each: PackOutcome) => each.kind === 'applied' && (!isSeen || each.state !== undefined);
  if (outcomes.every(isPlain) && !(isSeen && view.hasSightings())) return NOTHING;

  const { id, blind, parts, index } = raising;
  const around = { view, rules, event, index };
  let order: readonly number[] | undefined;
  const positionOf = (outcome: number): number => {
    order ??= packOrder(event, blind);
    const position = order[outcome];
    assert(position !== undefined && position >= 0, 'each outcome is that of a pack of the event');
    return position;
  };
  const alerts: RaisedAlert[] = [];
  const sightings = new Map<string, Sighting>();
  const repeated = new Map<string, number>();
  let at = 0;
  for (const entry of parts)
    for (const packId of entry.packIds) {
      const outcome = outcomes[at];
      const here = at++;
      assert(outcome, 'each pack of the event has an outcome');
      const key = packKey(entry.productId, packId);
      const raise = (kind: AlertKind, met: Omit<RaisedAlert, 'id' | 'kind' | 'pack'>) => {
        const pack = positionOf(here);
        alerts.push({ id: alertId(event.market, id, pack, kind), kind, pack, ...met });
      };
      if (outcome.kind === 'conflict') {
        const { why: cause, state, winnerIndex: earlierIndex } = outcome;
        const kind = alertCodeOf(event.operation, cause, state, undoneOwn(entry, view));
        if (kind) raise(kind, { cause, state, earlierIndex });
      }
      if (outcome.kind === 'repeat') {
        const before = repeated.get(key) ?? 0;
        repeated.set(key, before + 1);
        const kind = repeatKind(outcome.winnerIndex, before, entry, packId, around);
        const state = view.pack(key)?.state;
        if (kind) raise(kind, { cause: 'repeat', state, earlierIndex: outcome.winnerIndex });
      }
      if (!isSeen) continue;
      const elsewhere = seenElsewhere(key, packId, entry, outcome, around);
      if (elsewhere) raise('copied-serial', elsewhere);
      if (leavesTrace(event.operation, outcome))
        sightings.set(key, { siteId: entry.actor.siteId, index, timeMs: entry.receiptTimeMs });
    }
  return { alerts, sightings };
}

/** As the receipt names them to the device, in the order of the event's packs. */
export function namedAlerts({ alerts }: Raised): readonly NamedAlert[] {
  return alerts.map(({ pack, kind, id }) => ({ pack, kind, id })).sort((a, b) => a.pack - b.pack);
}

function undoneOwn({ undoesIndex, actor }: Entry, view: RaisingView): Operation | undefined {
  const target = undoesIndex === undefined ? undefined : view.entry(undoesIndex);
  return target?.actor.siteId === actor.siteId ? target.operation : undefined;
}

function repeatKind(
  winnerIndex: number,
  before: number,
  entry: Entry,
  packId: BlindId,
  { view, rules, event, index }: Around,
): AlertKind | undefined {
  // An event may name a pack twice, and then meets itself.
  const winner = winnerIndex === index ? entry : view.entry(winnerIndex);
  // A till without a network could not know of the first act, and is heard of whenever it is back.
  const actedMs = Math.min(entry.receiptTimeMs, event.claimedTimeMs);
  const sinceMs = actedMs - (winner?.receiptTimeMs ?? 0);
  const earlier =
    winnerIndex === index ? 0 : view.repeatsSince(winnerIndex, entry, packId, rules.doubleScan.repeatsMax);
  return repeatAlertCode({ sinceMs, repeats: earlier + before + 1 }, rules);
}

/**
 * Whether the operation says that the pack is where the site is, on its way to or from a customer. Destroying is not:
 * people bring back to one pharmacy what another supplied. Authorities go to where packs are.
 */
function isSighting(operation: Operation, role: Role): boolean {
  if (role === 'inspector' || role === 'authority') return false;
  return isLook(operation) || SIGHTINGS.has(operation);
}
const SIGHTINGS: ReadonlySet<Operation> = new Set(['supply', 'free-sample', 'export', 'receive']);

/** What changed the pack's state is found by that; goods received are too many to remember each. */
function leavesTrace(operation: Operation, outcome: PackOutcome): boolean {
  return operation !== 'receive' && (outcome.kind === 'conflict' || isLook(operation));
}

/** These took the pack out of the chain at their site; a stolen one comes up elsewhere without being copied. */
const ENDS: ReadonlySet<PackState> = new Set(['supplied', 'free-sample', 'exported', 'sample', 'destroyed']);

/** Another site had the pack in its hands within the market's hours, and nothing says that it travelled. */
function seenElsewhere(
  key: string,
  packId: BlindId,
  { actor, receiptTimeMs }: Entry,
  outcome: PackOutcome,
  { view, rules, event }: Around,
): Omit<RaisedAlert, 'id' | 'kind' | 'pack'> | undefined {
  const kept = view.hasSightings() ? view.sighting(key) : undefined;
  const wasActive = outcome.kind === 'applied' && outcome.state !== undefined;
  const record = kept || !wasActive ? view.pack(key) : undefined;
  if (!record) return undefined;
  const ended = ENDS.has(record.state) ? endOf(record, view) : undefined;
  const last = kept && ended && kept.index < ended.index ? ended : (kept ?? ended);
  if (!last || last.siteId === actor.siteId) return undefined;
  // Goods that came in where there was no network, and had gone on when the ledger heard of it. Only a claim, but to
  // hand such a pack out meets what was seen all the same.
  if (event.operation === 'receive' && event.claimedTimeMs < last.timeMs) return undefined;
  const sinceMs = receiptTimeMs - last.timeMs;
  if (sinceMs > rules.copiedSerial.withinMs || isNear(view.distanceKm(last.index), sinceMs, rules))
    return undefined;
  if (view.hasMovedSince(last.index, packId)) return undefined;
  return { cause: 'seen-elsewhere', state: record.state, earlierIndex: last.index };
}

/** The pack may have been carried over in that time. */
function isNear(
  distanceKm: number | undefined,
  sinceMs: number,
  { copiedSerial }: Pick<MarketRules, 'copiedSerial'>,
): boolean {
  return distanceKm !== undefined && distanceKm <= (copiedSerial.speedKmh * sinceMs) / HOUR_MS;
}

function endOf({ winnerIndex, winnerSiteId }: PackRecord, view: RaisingView): Sighting | undefined {
  const entry = view.entry(winnerIndex);
  return entry && { siteId: winnerSiteId, index: winnerIndex, timeMs: entry.receiptTimeMs };
}
