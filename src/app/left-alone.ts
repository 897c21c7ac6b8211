// For how long the server asked to be left alone (Retry-After, RFC 9110 s10.2.3), kept for all tabs of the browser and
// its service worker, and over a reload.
import { remembered } from './failure.ts';
import type { Clock, SettingsStore } from './ports.ts';
import { RETRY_AFTER_MS_MAX } from './retry-schedule.ts';

export type LeftAlone = {
  /** What is left of it; a clock that was set back since ends it. Where the store fails, nothing is known. */
  leftMs(): Promise<number>;
  note(retryAfterMs: number): Promise<void>;
};

export function createLeftAlone(settings: SettingsStore, clock: Pick<Clock, 'nowMs'>): LeftAlone {
  return {
    async leftMs() {
      const kept = await remembered(() => settings.get('left-alone'));
      const [, fromMs, waitMs] = /^(\d+) (\d+)$/.exec(kept ?? '') ?? [];
      const sinceMs = clock.nowMs() - Number(fromMs);
      return sinceMs >= 0 ? Math.max(0, Math.min(RETRY_AFTER_MS_MAX, Number(waitMs)) - sinceMs) : 0;
    },
    async note(retryAfterMs) {
      const asked = `${Math.floor(clock.nowMs())} ${Math.ceil(retryAfterMs)}`;
      await remembered(() => settings.set('left-alone', asked));
    },
  };
}
