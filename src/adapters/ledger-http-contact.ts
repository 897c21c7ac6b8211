// What the answers of the ledger's server tell beside what they say: whether it is reached at all, which a browser that
// has some network does not know, and how this device's clock stands to its own. The clock is read off the Date that
// each answer of the API carries (RFC 9110 s6.6.1), a claim like any other: it is shown, and nothing is ordered by it.
import type { ClockSkew } from '../app/ports.ts';
import type { Contact } from './ledger-http-transport.ts';

/** The header counts whole seconds. */
const HEADER_STEP_MS = 1_000;

export type ContactMeter = Contact & {
  skew(): ClockSkew | undefined;
  /** Whether the last request was answered; true before the first. */
  isReached(): boolean;
};

export function createContactMeter(): ContactMeter {
  let skew: ClockSkew | undefined;
  let isReached = true;
  return {
    answered(path, sentMs, answeredMs, date) {
      // Files may come from a cache, with the date on which they were made.
      if (!path.startsWith('/api/')) return;
      isReached = true;
      const serverMs = date === null ? Number.NaN : Date.parse(date);
      // A clock that was set meanwhile measures nothing.
      if (Number.isNaN(serverMs) || answeredMs < sentMs) return;
      skew = {
        aheadMs: Math.round((sentMs + answeredMs) / 2 - (serverMs + HEADER_STEP_MS / 2)),
        uncertainMs: Math.round((answeredMs - sentMs + HEADER_STEP_MS) / 2),
      };
    },
    unanswered() {
      isReached = false;
    },
    skew: () => skew,
    isReached: () => isReached,
  };
}
