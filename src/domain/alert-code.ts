// Which alert of the European system (EMVS "level 5" codes) an attempt that the ledger did not apply stands for. Most
// attempts stand for none: no alert where a pack is kept back as expired, recalled or withdrawn, none for a site's
// repeat within the market's tolerance, and none for an undo that comes too late, from elsewhere, or of what the site
// itself had done to no effect: a till without a network takes back what it could not know to be nothing.
import type { MarketRules } from './market.ts';
import {
  DECOMMISSIONED_STATE,
  isDecommission,
  isLook,
  isUndoable,
  type Operation,
  type PackState,
} from './pack.ts';
import type { ConflictReason } from './transition.ts';

export const ALERT_CODES = ['A2', 'A3', 'A7', 'A24', 'A52', 'A68'] as const;
export type AlertCode = (typeof ALERT_CODES)[number];

/** The national systems' return code behind each (A24 has a second one, for undo). */
export const NMVS_CODES: { readonly [C in AlertCode]: string } = {
  A2: 'NMVS_FE_LOT_03',
  A3: 'NMVS_NC_PC_02',
  A7: 'NMVS_NC_PCK_19',
  A24: 'NMVS_NC_PCK_22',
  A52: 'NMVS_FE_LOT_12',
  A68: 'NMVS_FE_LOT_13',
};

/** `state`: the pack's own, undefined where the ledger holds no such pack. `undoneOwn`: the act of the same site that an undo names. */
export function alertCodeOf(
  operation: Operation,
  why: ConflictReason,
  state: PackState | undefined,
  undoneOwn?: Operation,
): AlertCode | undefined {
  // Commissioning and logistics are no transactions of the national systems.
  const isTransaction =
    isDecommission(operation) || isLook(operation) || operation === 'undo' || operation === 'unlock';
  if (!isTransaction) return undefined;
  switch (why) {
    case 'unknown-batch':
      return 'A2';
    case 'unknown-pack':
      return 'A3';
    case 'expiry-mismatch':
      return 'A52';
    case 'batch-mismatch':
      return 'A68';
    case 'undo-not-possible':
      if (undoneOwn && isUndoable(undoneOwn)) return undefined;
      return state === wantedState(operation) ? 'A7' : 'A24';
    case 'not-active':
    case 'not-locked':
      return state === wantedState(operation) ? 'A7' : 'A24';
    case 'already-commissioned':
    case 'recalled':
    case 'withdrawn':
    case 'expired':
    case 'undo-elsewhere':
    case 'undo-too-late':
      return undefined;
  }
}

function wantedState(operation: Operation): PackState {
  return isDecommission(operation) ? DECOMMISSIONED_STATE[operation] : 'active';
}

/** A site's own repeat: `sinceMs` after the act itself, the `repeats`-th time. Undefined: warned about, no alert. */
export function repeatAlertCode(
  { sinceMs, repeats }: { readonly sinceMs: number; readonly repeats: number },
  { doubleScan }: Pick<MarketRules, 'doubleScan'>,
): AlertCode | undefined {
  return sinceMs <= doubleScan.toleranceMs && repeats <= doubleScan.repeatsMax ? undefined : 'A7';
}
