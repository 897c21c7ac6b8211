// From what the fold made of an event to the answer that its device gets, and how much of another's act that answer
// tells: the losing side of a conflict learns who and when only where the winner is its own site.
import { alertCodeOf } from '../alert-code.ts';
import type { PackEvent } from '../event.ts';
import type { Operation, PackState } from '../pack.ts';
import type { PackConflict, PlacedReceipt, Receipt, Rejection, Winner } from '../receipt.ts';
import { assert } from '../result.ts';
import { type BlindEvent, packOrder, type Sequenced } from './entry.ts';
import type { PackOutcome } from './fold.ts';

/** What the ledger remembers of an event that it has placed. */
export type PlacedEvent = {
  readonly organisation: string;
  readonly site: string;
  readonly user: string;
  readonly operation: Operation;
  readonly receiptTimeMs: number;
};

/** Where the log took an event in: the index of its first entry, and how many it has. */
export type Place = Sequenced & { readonly index: number; readonly parts: number };

/** `eventAt` finds the event whose first entry has this index, if it was placed before. What raises alerts adds them. */
export function receiptOf(
  id: string,
  event: PackEvent,
  blind: BlindEvent,
  place: Place,
  outcomes: readonly PackOutcome[],
  eventAt: (index: number) => PlacedEvent | undefined,
): PlacedReceipt {
  const { index, parts, receiptTimeMs, undoesIndex } = place;
  const undoneTo = (state: PackState | undefined) =>
    event.operation === 'undo'
      ? positionsWhere(event, blind, outcomes, (each) => each.kind === 'applied' && each.state === state)
      : [];
  const placed = {
    ...{ id, index, parts, receiptTimeMs, undoesIndex: undoesIndex ?? null },
    keyIds: blind.packs.map(({ keyId }) => keyId),
    containerKeyIds: blind.containerKeyIds,
    batchKeyIds: blind.batches.map(({ keyId }) => keyId),
    repeats: positionsWhere(event, blind, outcomes, ({ kind }) => kind === 'repeat'),
    locked: undoneTo('locked'),
    unchanged: undoneTo(undefined),
    alerts: [],
  };
  const { organisation, site, user, operation } = event;
  // An event may meet its own packs twice.
  const self = { organisation, site, user, operation, receiptTimeMs };
  const winnerAt = (at: number) => winnerFor(event, at, at === index ? self : eventAt(at));
  const conflicts = conflictsOf(event, blind, outcomes, winnerAt, undoesIndex);
  return conflicts.length > 0 ? { kind: 'conflict', ...placed, conflicts } : { kind: 'accepted', ...placed };
}

function positionsWhere(
  event: PackEvent,
  blind: BlindEvent,
  outcomes: readonly PackOutcome[],
  isMeant: (outcome: PackOutcome) => boolean,
): readonly number[] {
  if (!outcomes.some(isMeant)) return [];
  const order = packOrder(event, blind);
  const meant = outcomes.flatMap((outcome, i) => (isMeant(outcome) ? (order[i] ?? []) : []));
  return meant.sort((a, b) => a - b);
}

function conflictsOf(
  event: PackEvent,
  blind: BlindEvent,
  outcomes: readonly PackOutcome[],
  winnerAt: (index: number) => Winner,
  undoesIndex: number | undefined,
): readonly PackConflict[] {
  if (outcomes.every(({ kind }) => kind !== 'conflict')) return [];
  const positions = packOrder(event, blind);
  // Packs of one event have mostly met the same few others.
  const winners = new Map<number, Winner>();
  const winnerOnce = (index: number): Winner => {
    const winner = winners.get(index) ?? winnerAt(index);
    winners.set(index, winner);
    return winner;
  };
  const undone = undoesIndex === undefined ? undefined : winnerOnce(undoesIndex);
  const undoneOwn = undone?.where === 'this-site' ? undone.operation : undefined;
  return outcomes
    .flatMap((outcome, i): PackConflict[] => {
      if (outcome.kind !== 'conflict') return [];
      const { why, state, winnerIndex } = outcome;
      const pack = positions[i];
      assert(pack !== undefined && pack >= 0, 'each outcome is that of a pack of the event');
      const alert = alertCodeOf(event.operation, why, state, undoneOwn) ?? null;
      const winner = winnerIndex === undefined ? null : winnerOnce(winnerIndex);
      return [{ pack, why, state: state ?? null, alert, winner }];
    })
    .sort((a, b) => a.pack - b.pack);
}

function winnerFor(event: PackEvent, index: number, winner: PlacedEvent | undefined): Winner {
  if (winner?.organisation !== event.organisation || winner.site !== event.site)
    return { where: 'another-location', index };
  const { receiptTimeMs, operation, user } = winner;
  return { where: 'this-site', index, receiptTimeMs, operation, user };
}

export function rejectionOf(id: string, reason: Rejection): Receipt {
  return { kind: 'rejected', id, reason };
}

/** The first answer again; one that placed the event says so. */
export function repeatOf(receipt: Receipt): Receipt {
  switch (receipt.kind) {
    case 'accepted':
      return { ...receipt, kind: 'duplicate', conflicts: [] };
    case 'conflict':
      return { ...receipt, kind: 'duplicate' };
    default:
      return receipt;
  }
}
