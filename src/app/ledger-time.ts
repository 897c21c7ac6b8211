// What time it is for the ledger, whose receipts the days for an undo are counted by.
import type { Ports } from './ports.ts';

/** This device's clock, set right by how far it was last found off. Nothing is ordered by it. */
export function ledgerNowMs({ clock, ledger }: Pick<Ports, 'clock' | 'ledger'>): number {
  return clock.nowMs() - (ledger.clockSkew()?.aheadMs ?? 0);
}
