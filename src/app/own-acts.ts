// What this device's own events make of a pack. A verdict takes them into account until the data in use contains them,
// and an undo looks for its target here.
import type { PackEvent } from '../domain/event.ts';
import type { MarketRules } from '../domain/market.ts';
import {
  DECOMMISSIONED_STATE,
  expiryNumber,
  isDecommission,
  isExpired,
  isUndoable,
  OPERATIONS,
  type Pack,
  type PackState,
} from '../domain/pack.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { ConflictReason } from '../domain/transition.ts';
import type { Judgment, OwnEffect } from '../domain/verdict.ts';
import { conflictsOf, isInData, isSamePack, type OwnEvent } from './journal.ts';
import type { Enrolment } from './ports.ts';
import type { Contested } from './scan-model.ts';

const REVERSIBLE: ReadonlySet<PackState | undefined> = new Set(
  OPERATIONS.filter(isDecommission)
    .filter(isUndoable)
    .map((operation) => DECOMMISSIONED_STATE[operation]),
);

/** What the data in use holds: the log's first `logSize` entries, and the pack's state under them if any. */
export type InData = { readonly logSize: number; readonly state: PackState | undefined };

/**
 * What the device's own events make of a pack, beyond the data in use. A rejected event has no effect. Neither has one
 * that met a conflict, but the ledger's answer to it told the pack's real state. An undo takes back what its target
 * did and no more: the data's state only where the target is in the data and made that state.
 */
export function ownEffect(
  events: readonly OwnEvent[],
  pack: Pick<Pack, 'productCode' | 'serial'>,
  { logSize, state: dataState }: InData,
): OwnEffect | undefined {
  const counted = events.filter((own) => counts(own, pack));
  let effect: OwnEffect | undefined;
  let last: { readonly id: string; readonly before: OwnEffect | undefined } | undefined;
  for (const own of events) {
    const { operation, claimedTimeMs, undoes } = own.event;
    const told = isAmong(own.receipt?.locked, own, pack)
      ? 'locked'
      : (conflictOn(own, pack)?.state ?? undefined);
    const made = counted.includes(own) ? stateMadeBy(own) : undefined;
    const state = told === undefined || told === 'active' ? made : told;
    const from = state === told ? 'receipt' : 'event';
    if (state !== undefined) {
      last = { id: own.id, before: effect };
      effect = isInData(own, logSize) ? undefined : { state, claimedTimeMs, from };
      continue;
    }
    if (operation !== 'undo' || !counted.includes(own)) continue;
    const target = counted.find(({ id }) => id === undoes);
    // The ledger leaves the pack as the act of this site that was before it made it.
    if (isAmong(target?.receipt?.repeats, target, pack)) continue;
    // What another device of this site did: it was seen to have made the state.
    const isColleagues = !target && events.every(({ id }) => id !== undoes);
    if (isColleagues && effect === undefined && !isInData(own, logSize) && REVERSIBLE.has(dataState))
      effect = { state: 'active', claimedTimeMs, from: 'event' };
    if (!target) continue;
    if (isInData(own, logSize)) effect = undefined;
    else if (isInData(target, logSize)) {
      if (effect === undefined && stateMadeBy(target) === dataState)
        effect = { state: 'active', claimedTimeMs, from: 'event' };
    } else if (last?.id === target.id) effect = last.before;
  }
  return effect;
}

/** Whether one of these positions in the event is the pack's. */
function isAmong(
  positions: readonly number[] | undefined,
  own: OwnEvent | undefined,
  pack: Pick<Pack, 'productCode' | 'serial'>,
): boolean {
  const named = positions?.map((at) => own?.event.packs[at]);
  return named?.some((each) => each && isSamePack(each, pack)) ?? false;
}

/** The state that a decommission or a release leaves a pack in; undefined for any other event. */
function stateMadeBy({ event: { operation } }: Pick<OwnEvent, 'event'>): PackState | undefined {
  if (operation === 'unlock') return 'active';
  return isDecommission(operation) ? DECOMMISSIONED_STATE[operation] : undefined;
}

/** The ledger refused an act on the pack for its batch's sake, and the data in use does not say so yet. */
export function toldRecall(
  events: readonly OwnEvent[],
  pack: Pick<Pack, 'productCode' | 'serial'>,
  logSize: number,
): 'recalled' | 'withdrawn' | undefined {
  for (const own of events.toReversed()) {
    const why = isInData(own, logSize) ? undefined : conflictOn(own, pack)?.why;
    if (why === 'recalled' || why === 'withdrawn') return why;
  }
  return undefined;
}

/** The device's last act on the pack came second, and the data in use does not say so yet. */
export function findContested(
  events: readonly OwnEvent[],
  pack: Pick<Pack, 'productCode' | 'serial'>,
  logSize: number,
): Contested | undefined {
  const last = events.findLast(({ event }) => event.packs.some((each) => isSamePack(each, pack)));
  const conflict = last && !isInData(last, logSize) ? conflictOn(last, pack) : undefined;
  if (!last || !conflict) return undefined;
  const { operation, claimedTimeMs } = last.event;
  const alerts = last.receipt?.alerts.filter((alert) => alert.pack === conflict.pack) ?? [];
  return { operation, claimedTimeMs, conflict, alerts };
}

/**
 * The device's last decommission of the pack, if the rules of undo (Art. 13) allow to reverse it now. What the ledger
 * has received is counted by its time, the rest by the device's own.
 */
export function findUndoable(
  events: readonly OwnEvent[],
  pack: Pack,
  judgment: Judgment,
  context: UndoContext,
): Result<OwnEvent, ConflictReason | 'opened'> {
  const counted = events.filter((own) => counts(own, pack));
  const undone = undoneBy(events, pack);
  const target = counted.findLast(({ id, event }) => isDecommission(event.operation) && !undone.has(id));
  if (!target) return err('undo-not-possible');
  // The act of this site that was before it made the state, and is the one to undo.
  if (isAmong(target.receipt?.repeats, target, pack)) return err('undo-not-possible');
  const { receipt, event } = target;
  const why = whyNotUndone({ event, receiptTimeMs: receipt?.receiptTimeMs }, pack, judgment, context);
  return why ? err(why) : ok(target);
}

export type UndoContext = {
  readonly site: Enrolment['site'];
  readonly rules: MarketRules;
  readonly nowMs: number;
  readonly ledgerNowMs: number;
};

/** Why the rules of undo (Art. 13) do not allow to reverse the act; undefined: they do. */
export function whyNotUndone(
  { event, receiptTimeMs }: { readonly event: PackEvent; readonly receiptTimeMs: number | undefined },
  pack: Pack,
  { verdict }: Judgment,
  context: UndoContext,
): ConflictReason | 'opened' | undefined {
  if (!isUndoable(event.operation)) return 'undo-not-possible';
  if (event.site !== context.site) return 'undo-elsewhere';
  if (event.opened) return 'opened';
  if (verdict.kind === 'recalled' || verdict.kind === 'withdrawn' || verdict.kind === 'expired')
    return verdict.kind;
  if (isExpired(expiryNumber(pack.expiry), context.nowMs)) return 'expired';
  // Someone else's later act on the pack rules; only a state that our event made can be ours to reverse.
  if (verdict.kind !== 'not-active' || verdict.state !== stateMadeBy({ event })) return 'undo-not-possible';
  const agoMs =
    receiptTimeMs === undefined ? context.nowMs - event.claimedTimeMs : context.ledgerNowMs - receiptTimeMs;
  return agoMs > context.rules.undoWindowMs ? 'undo-too-late' : undefined;
}

/** This device's act that put the pack into the state that the verdict names, as far as the ledger has not said otherwise. */
export function ownActOf(
  events: readonly OwnEvent[],
  pack: Pick<Pack, 'productCode' | 'serial'>,
  { verdict }: Judgment,
  nowMs: number,
): { readonly sinceMs: number; readonly isSent: boolean } | undefined {
  if (verdict.kind !== 'not-active') return undefined;
  const act = events.findLast((own) => counts(own, pack) && own.event.packs.length > 0);
  if (!act || stateMadeBy(act) !== verdict.state) return undefined;
  return { sinceMs: nowMs - act.event.claimedTimeMs, isSent: act.receipt !== undefined };
}

/** Ids of the events on the pack that the device has undone, as far as the ledger has not said otherwise. */
export function undoneBy(
  events: readonly OwnEvent[],
  pack: Pick<Pack, 'productCode' | 'serial'>,
): ReadonlySet<string> {
  return new Set(events.filter((own) => counts(own, pack)).flatMap(({ event }) => event.undoes ?? []));
}

/**
 * The state that an event of this device left the pack in, as the ledger's receipt says, and that an undo which has no
 * receipt yet takes back: until then the ledger is right to name that state.
 */
export function stateToUndo(
  events: readonly OwnEvent[],
  pack: Pick<Pack, 'productCode' | 'serial'>,
): PackState | undefined {
  const counted = events.filter((own) => counts(own, pack));
  const last = counted.at(-1);
  if (last?.event.operation !== 'undo' || last.receipt) return undefined;
  const target = counted.find(({ id }) => id === last.event.undoes);
  return target?.receipt && stateMadeBy(target);
}

/** The event does something to the pack, and the ledger has not said otherwise. */
function counts(own: OwnEvent, pack: Pick<Pack, 'productCode' | 'serial'>): boolean {
  const isOnPack = own.event.packs.some((each) => isSamePack(each, pack));
  return isOnPack && !own.isRejected && !conflictOn(own, pack) && !isAmong(own.receipt?.unchanged, own, pack);
}

function conflictOn({ event, receipt }: OwnEvent, pack: Pick<Pack, 'productCode' | 'serial'>) {
  if (!receipt || receipt.kind === 'accepted') return undefined;
  const at = event.packs.findIndex((each) => isSamePack(each, pack));
  return conflictsOf(receipt).find((conflict) => conflict.pack === at);
}
