// How long a record is kept: the law counts years from the medicine's release or its expiry, and what has passed its
// time is forgotten. The log's own entries never are, since they name nobody to somebody without keys.
import type { MarketRules } from './market.ts';

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
