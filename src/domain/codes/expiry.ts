// Dates as packs carry them: YYMMDD, where the century follows from today's date and day 00 means that only the
// month was stated.

/** Resolved expiry: `iso` is the last day on which the pack may be supplied. */
export type Expiry = {
  /** YYYY-MM-DD. */
  readonly iso: string;
  /** The carrier said day 00: the month's last day was put in its place. */
  readonly dayUnspecified: boolean;
};

/** GS1 General Specifications 7.12: the century that puts YY within 49 years before and 50 after this year. */
export function resolveYear(yy: number, yearNow: number): number {
  const difference = yy - (yearNow % 100);
  const century = yearNow - (yearNow % 100);
  if (difference >= 51) return century - 100 + yy;
  if (difference <= -50) return century + 100 + yy;
  return century + yy;
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** YYMMDD with day 00 for "the month's last day" (AI 17, DI D). `undefined` where there is no such date. */
export function parseExpiry(yymmdd: string, yearNow: number): Expiry | undefined {
  if (!/^\d{6}$/.test(yymmdd)) return undefined;
  const year = resolveYear(Number(yymmdd.slice(0, 2)), yearNow);
  const month = Number(yymmdd.slice(2, 4));
  const day = Number(yymmdd.slice(4));
  if (month < 1 || month > 12 || day > daysInMonth(year, month)) return undefined;
  const dayUnspecified = day === 0;
  const lastDay = dayUnspecified ? daysInMonth(year, month) : day;
  return { iso: `${year}-${yymmdd.slice(2, 4)}-${String(lastDay).padStart(2, '0')}`, dayUnspecified };
}

/** What becomes of a code whose expiry names a month in a way that makes no date; a market's rule. */
export const MALFORMED_DATES = ['refuse', 'submit'] as const;
export type MalformedDates = (typeof MALFORMED_DATES)[number];

/**
 * Six digits that are no date but a month: `202110`, which real packs carry where `211000` belongs, or `102021`. From
 * 2013 on neither can be a YYMMDD, whose month it would put beyond 12.
 */
export function parseMonthExpiry(digits: string): Expiry | undefined {
  const [, year, month] = /^(20\d\d)(0[1-9]|1[0-2])$/.exec(digits) ?? [];
  const [, monthFirst, yearLast] = /^(0[1-9]|1[0-2])(20\d\d)$/.exec(digits) ?? [];
  return isoMonth(year ?? yearLast, month ?? monthFirst);
}

function isoMonth(year: string | undefined, month: string | undefined): Expiry | undefined {
  if (year === undefined || month === undefined) return undefined;
  return { iso: `${year}-${month}-${daysInMonth(Number(year), Number(month))}`, dayUnspecified: true };
}
