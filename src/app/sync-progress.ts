// How far a download is and how long it will still take, from how fast it went of late.
import type { Clock } from './ports.ts';
import type { SyncState } from './sync-model.ts';

type Loading = Extract<SyncState, { readonly kind: 'loading' }>;

export type Progress = {
  /** Bytes that arrived, or, below zero, that have to come again. */
  add(bytes: number): void;
  stop(): void;
};

const SAMPLE_MS = 1_000;
/** More often than this nobody can read. */
const SHOW_MS = 100;
/** What a new second counts against those before it. */
const WEIGHT = 0.2;
/** Longer is no estimate. */
const LEFT_MS_MAX = 6 * 3_600_000;

export function createProgress(clock: Clock, bytesTotal: number, show: (state: Loading) => void): Progress {
  let bytesDone = 0;
  let bytesPerMs: number | undefined;
  let sample = { ms: clock.nowMs(), bytesDone };
  let shownMs = 0;

  function showNow(): void {
    shownMs = clock.nowMs();
    show({ kind: 'loading', bytesDone, bytesTotal, msLeft: msLeft() });
  }

  function msLeft(): number | undefined {
    const ms = bytesPerMs ? (bytesTotal - bytesDone) / bytesPerMs : Number.POSITIVE_INFINITY;
    return ms <= LEFT_MS_MAX ? Math.round(ms) : undefined;
  }

  function add(bytes: number): void {
    bytesDone += bytes;
    if (bytesDone === bytesTotal || Math.abs(clock.nowMs() - shownMs) >= SHOW_MS) showNow();
  }

  function measure(): void {
    const next = { ms: clock.nowMs(), bytesDone };
    const ms = next.ms - sample.ms;
    // A clock that was set meanwhile tells nothing.
    if (ms > 0 && ms <= 10 * SAMPLE_MS) {
      const latest = Math.max(0, bytesDone - sample.bytesDone) / ms;
      bytesPerMs = bytesPerMs === undefined ? latest : bytesPerMs + WEIGHT * (latest - bytesPerMs);
    }
    sample = next;
    showNow();
  }

  showNow();
  return { add, stop: clock.every(SAMPLE_MS, measure) };
}
