// Nearly every alert in Europe is a false one, and most begin before the ledger: Caps Lock, a keyboard of another
// layout, a lost separator, a date read in another way, or a second press on the same pack. Each is told here by what
// the code would have been without it: a device looks those up, and where one of them is in its data, names the cause
// instead of letting an attempt leave that would raise an alert. It never acts on what it guessed.
import { daysInMonth } from './codes/expiry.ts';
import type { ScanNote } from './codes/problem.ts';
import type { Pack } from './pack.ts';

/** What may have happened to a code between the print and this app. */
export const MISREADS = [
  'caps-lock',
  'keyboard-layout',
  'other-scanner',
  'lost-separator',
  'wrong-century',
  'unspecified-day',
  'month-date',
] as const;
export type Misread = (typeof MISREADS)[number];

/** What may have happened besides: the site's own act, done a moment ago, or recorded here and not yet sent. */
export const OWN_CAUSES = ['double-scan', 'own-pending-event'] as const;
export type OwnCause = (typeof OWN_CAUSES)[number];

export type Cause = Misread | OwnCause;

export type Suspicion = { readonly cause: Misread; readonly pack: Pack };

/** Each is a look-up, and each 65,536 of them make one chance hit. */
const SUSPICIONS_MAX = 24;

/**
 * What the pack may be, the likeliest causes first; none is the pack as read. `rival`: what the keys of a handheld
 * scanner hold if it was not the one that was learnt.
 */
export function suspicionsOf(pack: Pack, rival?: Pack): readonly Suspicion[] {
  const suspicions: Suspicion[] = [];
  const seen = new Set([keyOf(pack)]);
  function suspect(cause: Misread, change: Partial<Pack>): void {
    const other = { ...pack, ...change };
    if (seen.has(keyOf(other)) || suspicions.length === SUSPICIONS_MAX) return;
    seen.add(keyOf(other));
    suspicions.push({ cause, pack: other });
  }
  if (rival) suspect('other-scanner', rival);
  for (const expiry of otherCenturies(pack.expiry)) suspect('wrong-century', { expiry });
  for (const expiry of otherDays(pack.expiry)) suspect('unspecified-day', { expiry });
  for (const change of [flipCase, upperCase]) {
    suspect('caps-lock', { serial: change(pack.serial), batch: change(pack.batch) });
    suspect('caps-lock', { serial: change(pack.serial) });
    suspect('caps-lock', { batch: change(pack.batch) });
  }
  for (const change of LAYOUTS) {
    suspect('keyboard-layout', { serial: change(pack.serial), batch: change(pack.batch) });
    suspect('keyboard-layout', { serial: change(pack.serial) });
  }
  for (const serial of cutsOf(pack.serial)) suspect('lost-separator', { serial });
  for (const batch of cutsOf(pack.batch)) suspect('lost-separator', { batch });
  return suspicions;
}

/** What the code itself shows: its expiry is a month where a date belongs, so the day is not the maker's. */
export function notedCauseOf(notes: readonly ScanNote[]): Misread | undefined {
  return notes.some(({ code }) => code === 'month-date') ? 'month-date' : undefined;
}

/** The act that put the pack into its state was this site's own. `isSent`: the ledger has answered it. */
export function ownCauseOf(
  act: { readonly sinceMs: number; readonly isSent: boolean },
  doubleScan: { readonly toleranceMs: number },
): OwnCause | undefined {
  if (Math.abs(act.sinceMs) <= doubleScan.toleranceMs) return 'double-scan';
  return act.isSent ? undefined : 'own-pending-event';
}

export function isMisread(cause: Cause | undefined): cause is Misread {
  return MISREADS.some((each) => each === cause);
}

function keyOf({ serial, batch, expiry }: Pack): string {
  return `${serial}\n${batch}\n${expiry}`;
}

function flipCase(text: string): string {
  return text.replace(/[A-Za-z]/g, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()));
}

function upperCase(text: string): string {
  return text.toUpperCase();
}

/** Letters that German and French keyboards have in other places than American ones. */
const LAYOUTS = [swapping('yz'), swapping('aq', 'wz')];

function swapping(...pairs: readonly string[]): (text: string) => string {
  const other = new Map<string, string>();
  for (const [a = '', b = ''] of pairs)
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      other.set(from, to);
      other.set(from.toUpperCase(), to.toUpperCase());
    }
  return (text) => text.replace(/[A-Za-z]/g, (c) => other.get(c) ?? c);
}

/** AIs that follow a serial or a batch on medicine packs: dates, batch, serial, numbers of national systems. */
const FOLLOWING = /(?=(?:1[0157]|21|240|71\d).)/g;
const CUTS_MAX = 8;

/** What stands before each place at which another field may begin. A code that lacks a field says so itself. */
function cutsOf(text: string): readonly string[] {
  const places = [...text.matchAll(FOLLOWING)].filter(({ index }) => index > 0);
  return places.slice(0, CUTS_MAX).map(({ index }) => text.slice(0, index));
}

function otherCenturies(iso: string): readonly string[] {
  const year = Number(iso.slice(0, 4));
  return [year - 100, year + 100].map((other) => `${other}${iso.slice(4)}`).filter((date) => isDate(date));
}

/** A month alone is its last day; some systems have it as the first. */
function otherDays(iso: string): readonly string[] {
  const [year, month] = [Number(iso.slice(0, 4)), Number(iso.slice(5, 7))];
  return [`${iso.slice(0, 8)}${daysInMonth(year, month)}`, `${iso.slice(0, 8)}01`];
}

function isDate(iso: string): boolean {
  return Number(iso.slice(8)) <= daysInMonth(Number(iso.slice(0, 4)), Number(iso.slice(5, 7)));
}
