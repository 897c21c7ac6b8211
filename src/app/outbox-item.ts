// How far an event has come, as screens are told.
import type { PlacedReceipt } from '../domain/receipt.ts';
import { conflictsOf, type OwnEvent } from './journal.ts';
import type { OutboxItem, Said } from './outbox-model.ts';
import type { OutboxRow } from './outbox-ports.ts';

export function isUnsent({ kind }: OutboxItem['progress']): boolean {
  return kind === 'waiting' || kind === 'proving';
}

export function itemProgress({ progress }: Pick<OutboxRow, 'progress'>): OutboxItem['progress'] {
  switch (progress.kind) {
    case 'placed':
      return { kind: 'proving', index: progress.receipt.index };
    case 'unseen':
      return saidOf(progress.receipt) ?? { kind: 'proving', index: progress.receipt.index };
    default:
      return progress;
  }
}

/** `device`: this one; under another its user has enrolled anew since. */
export function itemOf(
  { id, event }: OwnEvent,
  row: NonNullable<OwnEvent['row']>,
  seenBy: { readonly device: string; nameOf(productCode: string): string | undefined },
): OutboxItem {
  const { sequence, operation, claimedTimeMs, packs, containers } = event;
  return {
    ...{ place: row.place, sequence, isFormer: event.device !== seenBy.device, eventId: id },
    ...{ operation, claimedTimeMs, packs, containers },
    productName: packs[0] && seenBy.nameOf(packs[0].productCode),
    progress: itemProgress(row),
  };
}

/** Undefined: the ledger took it and said nothing that a person has to see. */
export function saidOf(receipt: PlacedReceipt): Extract<OutboxItem['progress'], Said> | undefined {
  const { index, alerts, locked, unchanged, repeats } = receipt;
  const said = { index, conflicts: conflictsOf(receipt), locked, unchanged, alerts, repeats };
  if (said.conflicts.length > 0) return { kind: 'conflict', ...said };
  if (locked.length > 0) return { kind: 'locked', ...said };
  if (unchanged.length > 0) return { kind: 'unchanged', ...said };
  if (alerts.length > 0) return { kind: 'alerted', ...said };
  return repeats.length > 0 ? { kind: 'repeated', ...said } : undefined;
}
