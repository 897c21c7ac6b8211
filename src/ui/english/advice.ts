// The shape of every failure's words.

export type Advice = {
  /** What happened, in the user's words. */
  readonly what: string;
  /** What to do now. */
  readonly next: string;
  /** What is safe. */
  readonly kept: string;
};

export const NOTHING_RECORDED = 'Nothing was recorded, and nothing recorded before is lost.';
export const EVENTS_KEPT = 'Every recorded event is still safe on this device.';
export const DATA_KEPT = 'The last good data stays in use, and every recorded event is kept.';
