// How this device's clock stands to the server's, read off the Date that each answer of the API carries (RFC 9110
// s6.6.1). A claim like any other: it is shown, and nothing is ordered by it.
import type { ClockSkew } from '../app/ports.ts';

/** The header counts whole seconds. */
const HEADER_STEP_MS = 1_000;

export type SkewMeter = {
  note(sentMs: number, answeredMs: number, date: string | null): void;
  latest(): ClockSkew | undefined;
};

export function createSkewMeter(): SkewMeter {
  let latest: ClockSkew | undefined;
  return {
    note(sentMs, answeredMs, date) {
      const serverMs = date === null ? Number.NaN : Date.parse(date);
      // A clock that was set meanwhile measures nothing.
      if (Number.isNaN(serverMs) || answeredMs < sentMs) return;
      latest = {
        aheadMs: Math.round((sentMs + answeredMs) / 2 - (serverMs + HEADER_STEP_MS / 2)),
        uncertainMs: Math.round((answeredMs - sentMs + HEADER_STEP_MS) / 2),
      };
    },
    latest: () => latest,
  };
}
