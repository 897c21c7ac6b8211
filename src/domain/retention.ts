// How long a record is kept: the law counts years from the medicine's release or its expiry, and what has passed its
// time is forgotten. The log's own entries never are, since they name nobody to somebody without keys. What is forgotten
// does not come back, so a clock that has leapt ahead is not believed at once.
import type { MarketRules } from './market.ts';
import { integer, nullable, record, type Shaped } from './shape.ts';

/** Longer than any medicine keeps: an expiry farther off was misread or made up, and must not keep a record for ever. */
const SHELF_LIFE_YEARS_MAX = 10;

/**
 * yyyy-mm-dd. Delegated Regulation (EU) 2016/161 Art. 15: a year after expiry or five after release, the longer of the
 * two, or what else the market says. A release comes before all that happens to the packs, so the time of the record
 * stands for it. `expiries`: ISO dates of the packs that it is about.
 */
export function keptUntil(
  recordMs: number,
  expiries: readonly string[],
  { retention }: Pick<MarketRules, 'retention'>,
): string {
  const day = new Date(recordMs).toISOString().slice(0, 10);
  const farthest = later(day, SHELF_LIFE_YEARS_MAX);
  const expiry = expiries.reduce((last, each) => (each > last && each <= farthest ? each : last), '');
  const afterRelease = later(day, retention.afterReleaseYears);
  const afterExpiry = expiry === '' ? '' : later(expiry, retention.afterExpiryYears);
  return afterExpiry > afterRelease ? afterExpiry : afterRelease;
}

function later(day: string, years: number): string {
  return `${Number(day.slice(0, 4)) + years}${day.slice(4)}`;
}

const DAY_MS = 86_400_000;
/** A server is seldom off for longer; a clock that is further on than this since it was last looked at has leapt. */
export const CLOCK_LEAP_MS_MAX = 7 * DAY_MS;
/** For so long a clock that has leapt has to run on before records are forgotten by it: time to set it right. */
export const LEAP_BELIEVED_MS = 30 * DAY_MS;

export const clockMemoryShape = record({
  /** What the clock said when it was last looked at. */
  seenMs: integer(0),
  /** It leapt from one time to another and is not believed yet. */
  leap: nullable(record({ fromMs: integer(0), toMs: integer(0) })),
});
export type ClockMemory = Shaped<typeof clockMemoryShape>;

/** What is remembered once the clock has been looked at again. It is believed where there is no `leap`. */
export function lookAtClock({ seenMs, leap }: ClockMemory, nowMs: number): ClockMemory {
  const now = (open: ClockMemory['leap']): ClockMemory => ({ seenMs: nowMs, leap: open });
  if (nowMs - seenMs > CLOCK_LEAP_MS_MAX) return now({ fromMs: leap?.fromMs ?? seenMs, toMs: nowMs });
  if (!leap) return now(null);
  const wouldBeMs = leap.fromMs + Math.max(0, seenMs - leap.toMs);
  // Set back: all the way, or to a time that is still ahead.
  if (nowMs < seenMs)
    return now(nowMs <= wouldBeMs + CLOCK_LEAP_MS_MAX ? null : { fromMs: wouldBeMs, toMs: nowMs });
  return now(nowMs - leap.toMs < LEAP_BELIEVED_MS ? leap : null);
}
