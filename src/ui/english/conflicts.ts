// What the ledger said of an event that it took: why it did not apply it, and the like. No first screen says it.
import type { Said } from '../../app/outbox-model.ts';
import type { PackConflict } from '../../domain/receipt.ts';
import type { Refusal } from '../refusal.ts';
import { moment } from './formats.ts';
import { operationWords, stateWords } from './operations.ts';

/** Under the big word, once the ledger's answer has come. */
export function refusedMeaning(kind: Refusal): string {
  switch (kind) {
    case 'conflict':
      return 'Recorded, and kept in the ledger, but not applied.';
    case 'locked':
      return 'Recorded, and in the ledger. The pack is not active: keep it apart.';
    case 'unchanged':
      return 'Recorded, and in the ledger, where it changed nothing: the pack stays as it was.';
    case 'alerted':
      return 'Recorded, and in the ledger. Do not hand the pack on yet.';
    case 'repeated':
      return 'Recorded, and in the ledger, where it counts once.';
    case 'rejected':
      return 'Recorded on this device, but the ledger refused it.';
    case 'held':
      return 'Recorded, and kept by the ledger until your administrator has decided about it.';
  }
}

/** What was said of each pack; its alerts are named beside it. */
export function saidWords(
  { conflicts, locked, unchanged, repeats }: Said,
  nowMs: number,
): readonly { readonly pack: number; readonly text: string }[] {
  return [
    ...conflicts.map((conflict) => ({ pack: conflict.pack, text: conflictWords(conflict, nowMs) })),
    ...locked.map((pack) => ({ pack, text: LOCKED })),
    ...unchanged.map((pack) => ({ pack, text: UNCHANGED })),
    ...repeats.map((pack) => ({ pack, text: REPEATED })),
  ].sort((a, b) => a.pack - b.pack);
}

const LOCKED =
  'Somebody else had acted on this pack too, so the undo locked it instead of making it active. Keep it apart; the authority can release it.';
const UNCHANGED =
  'What was undone had only repeated an earlier record of this site. That one stands, and the pack stays as it left it, unless it has been undone as well. To undo it, open the journey of the pack.';
const REPEATED =
  'This site had recorded the same on this pack before, so it counts once. If it was not the same pack scanned twice, two packs carry one serial: put this one aside and inform the authority.';

/** Why the ledger kept the event but did not apply it, who was first as far as this site may know, and what to do. */
export function conflictWords(conflict: PackConflict, nowMs: number): string {
  return `${conflictReasonWords(conflict)}${winnerWords(conflict, nowMs)}`;
}

function conflictReasonWords({ why, state }: PackConflict): string {
  switch (why) {
    case 'unknown-pack':
      return 'The ledger holds no such pack. Put it aside if you still have it, and inform the authority.';
    case 'unknown-batch':
      return 'The ledger holds no such batch of this product. Compare the code with the print and scan again.';
    case 'already-commissioned':
      return 'The ledger held this pack already.';
    case 'not-active':
      return state === null
        ? 'The pack was no longer active. Put it aside if you still have it.'
        : `The pack was already: ${stateWords(state).toLowerCase()}. Put it aside if you still have it.`;
    case 'batch-mismatch':
      return 'The batch is not the one that the maker registered. Put the pack aside and inform the authority.';
    case 'expiry-mismatch':
      return 'The expiry date is not the one that the maker registered. Put the pack aside and inform the authority.';
    case 'recalled':
      return 'The batch had been recalled. Get the pack back if you can, and inform the authority.';
    case 'withdrawn':
      return 'The product had been withdrawn. Get the pack back if you can, and inform the authority.';
    case 'expired':
      return 'The pack had expired when this reached the ledger. If it left your hands before that, all is well, and the record stands. If not, get it back if you can.';
    case 'undo-not-possible':
      return 'There was nothing that could be undone.';
    case 'undo-elsewhere':
      return 'It had been recorded at another location, so it can be undone only there.';
    case 'not-locked':
      return 'The pack was not locked.';
    case 'undo-too-late':
      return 'The time for an undo was over.';
  }
}

function winnerWords({ winner }: PackConflict, nowMs: number): string {
  if (winner === null) return '';
  if (winner.where === 'another-location') return ' First recorded at another location.';
  const { operation, receiptTimeMs, user } = winner;
  return ` First recorded at this site: ${operationWords(operation).past.toLowerCase()}, ${moment(receiptTimeMs, nowMs)}, by ${user}.`;
}
