// Times, dates and amounts as people read them: 24 hours, the month in letters, so that no date can be misread.

const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const SAME_DATE = new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit' });
const ISO_DAY = new Intl.DateTimeFormat('en-GB', {
  ...{ day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' },
});
const ISO_MONTH = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' });
const NUMBER = new Intl.NumberFormat('en-GB');

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export function clock(ms: number): string {
  return TIME.format(ms);
}

/** "09:40" today, "3 Mar 2026, 09:40" on other days. */
export function moment(ms: number, nowMs: number): string {
  const isToday = SAME_DATE.format(ms) === SAME_DATE.format(nowMs);
  return isToday ? TIME.format(ms) : dated(ms);
}

/** With its date, today's too. */
export function dated(ms: number): string {
  return `${DAY.format(ms)}, ${TIME.format(ms)}`;
}

export function age(ms: number, nowMs: number): string {
  const gone = nowMs - ms;
  if (gone < MINUTE_MS) return 'just now';
  if (gone < HOUR_MS) return `${Math.floor(gone / MINUTE_MS)} min old`;
  if (gone < 2 * DAY_MS) return `${Math.floor(gone / HOUR_MS)} h old`;
  return `${Math.floor(gone / DAY_MS)} days old`;
}

/** How long something takes or differs, in its largest unit. */
export function duration(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.round(ms / 1_000)} s`;
  if (ms < 2 * HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.round(ms / HOUR_MS)} h`;
  return `${Math.round(ms / DAY_MS)} days`;
}

/** An ISO date, e.g. "31 Dec 2031". */
export function day(iso: string): string {
  const ms = Date.parse(`${iso}T00:00:00Z`);
  return Number.isNaN(ms) ? iso : ISO_DAY.format(ms);
}

/** Where the code gave only a month, the month is what the print shows; the day is our reading of it. */
export function expiry(iso: string, isDayUnspecified: boolean): string {
  const ms = Date.parse(`${iso}T00:00:00Z`);
  if (!isDayUnspecified || Number.isNaN(ms)) return day(iso);
  return `${ISO_MONTH.format(ms)} (until ${day(iso)})`;
}

/** "GTIN 09506000100012" */
export function productCode(code: string): string {
  return code.replace(/^(\w+):/, (_, scheme: string) => `${scheme.toUpperCase()} `);
}

export function amount(count: number): string {
  return NUMBER.format(count);
}

export function bytes(count: number): string {
  if (count < 1_000) return `${count} B`;
  if (count < 1_000_000) return `${Math.round(count / 1_000)} kB`;
  return `${(count / 1_000_000).toFixed(1)} MB`;
}

/** An estimate, so in steps that do not flicker. */
export function timeLeft(ms: number): string {
  if (ms < 10_000) return 'a few seconds left';
  if (ms < MINUTE_MS) return `about ${Math.ceil(ms / 10_000) * 10} seconds left`;
  if (ms < 1.5 * MINUTE_MS) return 'about a minute left';
  if (ms < HOUR_MS) return `about ${Math.round(ms / MINUTE_MS)} minutes left`;
  return `about ${Math.round(ms / HOUR_MS)} h left`;
}
