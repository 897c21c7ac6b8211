// What the loser of a conflict may know: for each pack why, in which state, and who was first - the latter only where
// it was its own site. Identities of others go to the authority.
import type { PackEvent } from '../../domain/event.ts';
import { type BlindEvent, packOrder } from '../../domain/ledger/entry.ts';
import type { PackOutcome } from '../../domain/ledger/fold.ts';
import type { PackConflict, Winner } from '../../domain/receipt.ts';
import type { Store } from './store.ts';

/** Where the event itself stands: it may have met its own packs twice. */
export type OwnPlace = { readonly index: number; readonly receiptTimeMs: number };

export function conflictsOf(
  event: PackEvent,
  blind: BlindEvent,
  outcomes: readonly PackOutcome[],
  own: OwnPlace,
  store: Pick<Store, 'eventAt'>,
): readonly PackConflict[] {
  if (outcomes.every(({ kind }) => kind !== 'conflict')) return [];
  const positions = packOrder(event, blind);
  const { operation, user } = event;
  const winners = new Map<number, Winner>([[own.index, { where: 'this-site', ...own, operation, user }]]);
  const winnerAt = (index: number): Winner => {
    const winner = winners.get(index) ?? winnerFor(event, index, store);
    winners.set(index, winner);
    return winner;
  };
  return outcomes
    .flatMap((outcome, i): PackConflict[] => {
      if (outcome.kind !== 'conflict') return [];
      const { why, state, winnerIndex } = outcome;
      const winner = winnerIndex === undefined ? null : winnerAt(winnerIndex);
      return [{ pack: positions[i] ?? 0, why, state: state ?? null, winner }];
    })
    .sort((a, b) => a.pack - b.pack);
}

function winnerFor(event: PackEvent, index: number, store: Pick<Store, 'eventAt'>): Winner {
  const winner = store.eventAt(index);
  if (!winner || winner.organisation !== event.organisation || winner.site !== event.site)
    return { where: 'another-location', index };
  const { receiptTimeMs, operation, user } = winner;
  return { where: 'this-site', index, receiptTimeMs, operation, user };
}
