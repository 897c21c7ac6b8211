// Why something was recorded, in the words that stand in the signed event. The event's field is free text, so that
// other software may have reasons of its own; these are the ones that rules here look for.

/** The anti-tampering device is damaged: the pack is quarantined. */
export const SEAL_BROKEN = 'seal-broken';
/** Delegated Regulation (EU) 2016/161 Art. 29: supplied while the check was technically impossible, verified later. */
export const TECHNICAL_PROBLEM = 'technical-problem';
/** A return to a wholesaler (Art. 20) that was not verified live: kept apart from the stock until it is. */
export const RETURN_PARKED = 'return-parked';
export const RETURN_VERIFIED = 'return-verified';

export type Reason =
  | typeof SEAL_BROKEN
  | typeof TECHNICAL_PROBLEM
  | typeof RETURN_PARKED
  | typeof RETURN_VERIFIED;
