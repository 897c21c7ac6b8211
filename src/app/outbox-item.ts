// How far an event has come, as screens are told.
import { conflictsOf } from './journal.ts';
import type { OutboxItem } from './outbox-model.ts';
import type { OutboxRow } from './outbox-ports.ts';

export function isUnsent({ kind }: OutboxItem['progress']): boolean {
  return kind === 'waiting' || kind === 'proving';
}

export function itemProgress({ progress }: Pick<OutboxRow, 'progress'>): OutboxItem['progress'] {
  switch (progress.kind) {
    case 'placed':
      return { kind: 'proving', index: progress.receipt.index };
    case 'unseen': {
      const { index, alerts } = progress.receipt;
      const conflicts = conflictsOf(progress.receipt);
      return conflicts.length > 0
        ? { kind: 'conflict', index, conflicts, alerts }
        : { kind: 'alerted', index, alerts };
    }
    default:
      return progress;
  }
}
