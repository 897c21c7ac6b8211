// The content checks ("linters") that the GS1 dictionary names, each by the name it has there. A linter sees one
// component of a value, whose length and character set have been checked already.

import { isCset82, isDigits } from './character-sets.ts';
import { CHECK_PAIR_LENGTH_MAX, gs1CheckPair, hasGs1CheckDigit } from './check-digit.ts';
import { daysInMonth, resolveYear } from './expiry.ts';
import { COUNTRIES_ALPHA, COUNTRIES_NUMERIC, CURRENCIES_NUMERIC } from './linter-lists.ts';
import type { ScanProblem } from './problem.ts';

/** `yearNow` is the calendar year that fixes the century of two-digit years. */
export type Linter = (value: string, yearNow: number) => ScanProblem | undefined;

/** The shortest GS1 Company Prefix has four digits. */
const PREFIX_LENGTH_MIN = 4;

export const LINTERS: ReadonlyMap<string, Linter> = new Map<string, Linter>([
  ['csum', (value) => (hasGs1CheckDigit(value) ? undefined : 'check-digit')],
  ['csumalpha', lintCheckPair],
  ['gcppos1', (value) => lintCompanyPrefix(value)],
  ['gcppos2', (value) => lintCompanyPrefix(value.slice(1))],
  ['hasnondigit', when('content', (value) => isDigits(value))],
  ['zero', when('content', (value) => !/^0*$/.test(value))],
  ['nonzero', when('content', (value) => !/^\d*[1-9]\d*$/.test(value))],
  ['nozeroprefix', when('content', (value) => !isDigits(value) || /^0./.test(value))],
  ['yesno', when('content', (value) => !/^[01]$/.test(value))],
  ['hyphen', when('content', (value) => !/^-*$/.test(value))],
  ['winding', when('content', (value) => !/^[019]$/.test(value))],
  ['iso5218', when('content', (value) => !/^[0129]$/.test(value))],
  ['importeridx', when('content', (value) => !/^[-0-9A-Z_a-z]$/.test(value))],
  ['pcenc', when('content', (value) => /%(?![0-9A-Fa-f]{2})/.test(value))],
  ['iso3166', when('content', (value) => !COUNTRIES_NUMERIC.has(value))],
  ['iso3166999', when('content', (value) => value !== '999' && !COUNTRIES_NUMERIC.has(value))],
  ['iso3166alpha2', when('content', (value) => !COUNTRIES_ALPHA.has(value))],
  ['iso4217', when('content', (value) => !CURRENCIES_NUMERIC.has(value))],
  ['mediatype', when('content', (value) => !/^(0[1-9]|10|[89]\d)$/.test(value))],
  // The form of UN/ECE Recommendation 21 alone: its list is not held here, since nothing that reads a pack uses AI 7041.
  ['packagetype', when('content', (value) => !/^[1-9A-Z][0-9A-Z]{0,2}$/.test(value))],
  ['iban', lintIban],
  ['pieceoftotal', lintPieceOfTotal],
  ['posinseqslash', lintPositionInSequence],
  ['latitude', when('content', (value) => !/^\d{10}$/.test(value) || value > '1800000000')],
  ['longitude', when('content', (value) => !/^\d{10}$/.test(value) || value > '3600000000')],
  ['yymmdd', (value, yearNow) => lintShortDate(value, yearNow, 1)],
  ['yymmd0', (value, yearNow) => lintShortDate(value, yearNow, 0)],
  ['yyyymmdd', (value) => lintDate(value, 1)],
  ['yyyymmd0', (value) => lintDate(value, 0)],
  ['hh', when('date', (value) => !/^([01]\d|2[0-3])$/.test(value))],
  ['mi', when('date', (value) => !/^[0-5]\d$/.test(value))],
  ['ss', when('date', (value) => !/^[0-5]\d$/.test(value))],
  ['hhmi', when('date', (value) => !/^([01]\d|2[0-3])[0-5]\d$/.test(value))],
  // North American coupons never stand on a medicine pack, so their inner grammar is not known here.
  ['couponcode', () => 'coupon'],
  ['couponposoffer', () => 'coupon'],
]);

function when(problem: ScanProblem, isWrong: (value: string) => boolean): Linter {
  return (value) => (isWrong(value) ? problem : undefined);
}

function lintCompanyPrefix(value: string): ScanProblem | undefined {
  if (value.length < PREFIX_LENGTH_MIN) return 'too-short';
  return isDigits(value.slice(0, PREFIX_LENGTH_MIN)) ? undefined : 'content';
}

function lintCheckPair(value: string): ScanProblem | undefined {
  if (!isCset82(value)) return 'character';
  if (value.length < 2) return 'too-short';
  if (value.length > CHECK_PAIR_LENGTH_MAX) return 'too-long';
  return gs1CheckPair(value.slice(0, -2)) === value.slice(-2) ? undefined : 'check-digit';
}

function lintShortDate(value: string, yearNow: number, dayMin: number): ScanProblem | undefined {
  if (!/^\d{6}$/.test(value)) return 'date';
  return lintDate(`${resolveYear(Number(value.slice(0, 2)), yearNow)}${value.slice(2)}`, dayMin);
}

function lintDate(value: string, dayMin: number): ScanProblem | undefined {
  if (!/^\d{8}$/.test(value)) return 'date';
  const month = Number(value.slice(4, 6));
  const day = Number(value.slice(6));
  if (month < 1 || month > 12 || day < dayMin) return 'date';
  return day <= daysInMonth(Number(value.slice(0, 4)), month) ? undefined : 'date';
}

function lintPieceOfTotal(value: string): ScanProblem | undefined {
  if (value.length % 2 !== 0 || !isDigits(value)) return 'content';
  const piece = Number(value.slice(0, value.length / 2));
  const total = Number(value.slice(value.length / 2));
  return piece > 0 && piece <= total ? undefined : 'content';
}

function lintPositionInSequence(value: string): ScanProblem | undefined {
  const [, position, end] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(value) ?? [];
  return position !== undefined && Number(position) <= Number(end) ? undefined : 'content';
}

/** ISO 13616: the first four characters move to the end, letters count from 10, the whole is 1 modulo 97. */
function lintIban(value: string): ScanProblem | undefined {
  if (value.length < 5) return 'too-short';
  if (value.length > 34) return 'too-long';
  if (!/^[0-9A-Z]*$/.test(value)) return 'character';
  if (!COUNTRIES_ALPHA.has(value.slice(0, 2))) return 'content';
  let remainder = 0;
  for (const character of value.slice(4) + value.slice(0, 4)) {
    const digits = Number.parseInt(character, 36);
    remainder = (remainder * (digits > 9 ? 100 : 10) + digits) % 97;
  }
  return remainder === 1 ? undefined : 'check-digit';
}
