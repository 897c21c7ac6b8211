// One pack held up to the camera. Nothing but a pack's code covers the camera's picture: a code beside it that is no
// pack's (a leaflet's address, a warehouse label) is named over the picture, where the hand can still aim.
import type { Signal } from '@preact/signals-core';
import type { MalformedDates } from '../domain/codes/expiry.ts';
import { type ReadSymbol, rankSymbols } from './code-choice.ts';
import type { CodeReading } from './code-reading.ts';
import type { DecodedSymbol } from './ports-scan.ts';
import type { PassedOver, ScanState } from './scan-model.ts';

export type OneScanContext = {
  readonly dates: MalformedDates;
  readonly state: { peek(): ScanState };
  readonly passedOver: Signal<PassedOver | undefined>;
  readonly lastSeen: LastSeen;
  begin(state: ScanState): void;
  take(reading: CodeReading, entryMode: 'scanned'): Promise<void>;
  /** Keeps the camera's picture as it is. */
  holdStill(): void;
};

/** The code that was shown last, by whatever way it came. */
export type LastSeen = {
  see(text: string, nowMs: number): void;
  text(): string | undefined;
  /** It is in view still, or has just left it. */
  isFresh(nowMs: number): boolean;
};

export type OneScan = {
  take(symbols: readonly DecodedSymbol[], nowMs: number): void;
  /** Tells at length about the code that was passed over. */
  explain(): void;
  /** The hand begins to search anew. */
  forget(): void;
};

/** A code that was not read for so long has left the picture. */
const AWAY_MS = 2_000;
/** So long another code of the same pack may still come that holds all. */
const INCOMPLETE_MS = 1_000;

export function createOneScan(context: OneScanContext): OneScan {
  const { dates, passedOver, lastSeen, begin, holdStill } = context;
  let passed: { readonly first: ReadSymbol; readonly sinceMs: number; seenMs: number } | undefined;

  function take(symbols: readonly DecodedSymbol[], nowMs: number): void {
    const last = lastSeen.text();
    if (isBusy(context.state.peek())) {
      if (last !== undefined && symbols.some(({ text }) => text === last)) lastSeen.see(last, nowMs);
      return;
    }
    const [first] = rankSymbols(symbols, nowMs, dates);
    if (!first) return;
    const { text, reading } = first;
    // What is wrong stays on screen, and its picture is held, until something better comes into view.
    if (reading.kind === 'failed' && context.state.peek().kind === 'failed') return;
    const isRepeat = text === last && lastSeen.isFresh(nowMs);
    if (!isRepeat && reading.kind === 'failed' && !passOver(first, reading.failure, nowMs)) return;
    // Again and again, for as long as it stays in view.
    lastSeen.see(text, nowMs);
    if (!isRepeat) void context.take(reading, 'scanned');
  }

  /** Returns whether it is shown all the same: nothing better has come, and a person can add what it lacks. */
  function passOver(first: ReadSymbol, failure: PassedOver, nowMs: number): boolean {
    // What stands beside the pack that was just dismissed.
    if (lastSeen.isFresh(nowMs)) return false;
    const isGone = !passed || Math.abs(nowMs - passed.seenMs) >= AWAY_MS;
    if (passed?.first.text === first.text && !isGone) {
      passed.seenMs = nowMs;
      return failure.kind === 'incomplete' && nowMs - passed.sinceMs >= INCOMPLETE_MS;
    }
    // Of two in view the words do not change with each frame.
    if (passed && !isGone && first.relevance <= passed.first.relevance) return false;
    passed = { first, sinceMs: nowMs, seenMs: nowMs };
    passedOver.value = failure;
    holdStill();
    return false;
  }

  function explain(): void {
    const failure = passedOver.peek();
    if (failure && failure.kind !== 'taken-off') begin({ kind: 'failed', failure });
  }

  function forget(): void {
    passed = undefined;
  }

  return { take, explain, forget };
}

function isBusy(state: ScanState): boolean {
  switch (state.kind) {
    case 'checking':
    case 'reading-photo':
    case 'judged':
      return true;
    case 'failed':
      // Someone is typing what the code lacks.
      return state.failure.kind === 'incomplete';
    case 'idle':
      return false;
  }
}
