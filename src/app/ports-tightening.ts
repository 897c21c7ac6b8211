// Where the device keeps the recalls, withdrawals and locks that its snapshot does not hold yet. Throws StoreError.
import type { Tightening } from '../domain/ledger/tightening.ts';

/** Proven when it was taken in. */
export type HeldTightening = Tightening & { readonly receivedMs: number };

export interface TighteningStore {
  /** In the log's order. */
  all(): Promise<readonly HeldTightening[]>;
  /** Durable when it resolves; what is held under an index stays. */
  add(tightenings: readonly HeldTightening[]): Promise<void>;
  /** Drops those below this log size. */
  sweep(logSize: number): Promise<void>;
}
