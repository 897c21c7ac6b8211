// Words for the hand: once the camera has read nothing for a while, what its picture lacks.
import type { Signal } from '@preact/signals-core';
import type { HandAdvice } from '../domain/picture/hand-advice.ts';

export type HandGuidance = {
  /** Something was read, or a search begins. */
  begin(nowMs: number): void;
  /** A frame in which nothing was read; about one a second. */
  take(seen: HandAdvice, nowMs: number): void;
};

/** So long a hand may search by itself. */
const UNREAD_MS = 3_000;
/** Blurred for so many looks in a row, a still hand has not helped. */
const BLURRED_LOOKS_MAX = 5;

/** `advice` is undefined while a hand may still search by itself. */
export function createHandGuidance(advice: Signal<HandAdvice | undefined>): HandGuidance {
  let sinceMs = 0;
  let blurredLooks = 0;
  let last: HandAdvice | undefined;

  function take(seen: HandAdvice, nowMs: number): void {
    blurredLooks = seen === 'hold-still' ? blurredLooks + 1 : 0;
    const next = blurredLooks > BLURRED_LOOKS_MAX ? 'clean-lens' : seen;
    // One look alone may have caught the hand moving: words that change each second help nobody.
    const isSure = advice.value === undefined || next === last;
    last = next;
    if (Math.abs(nowMs - sinceMs) >= UNREAD_MS && isSure) advice.value = next;
  }

  function begin(nowMs: number): void {
    sinceMs = nowMs;
    blurredLooks = 0;
    last = undefined;
    advice.value = undefined;
  }

  return { begin, take };
}
