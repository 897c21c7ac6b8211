// From what a camera, a scanner, a photo or a person delivers to a pack that can be judged, or to what is wrong with
// it in words that screens have. A code that cannot be read safely never says anything about its pack.
import { isCset82 } from '../domain/codes/character-sets.ts';
import { encodeGtin14, hasGs1CheckDigit, isPpn, isPzn, ppnFromPzn } from '../domain/codes/check-digit.ts';
import { daysInMonth, type MalformedDates } from '../domain/codes/expiry.ts';
import {
  type NoPackProblem,
  readScan,
  type ScanNote,
  type ScanProblem,
  ssccOf,
  uniqueIdentifier,
} from '../domain/codes/scan.ts';
import type { Pack } from '../domain/pack.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { ScanFailure, TypedCode } from './scan-model.ts';

export type CodeReading =
  | {
      readonly kind: 'pack';
      readonly pack: Pack;
      readonly expiryDayUnspecified: boolean;
      readonly notes: readonly ScanNote[];
      /** What the same keys hold if another scanner has pressed them. */
      readonly rival?: Pack;
    }
  | { readonly kind: 'failed'; readonly failure: ScanFailure };

export type ReadPack = Extract<CodeReading, { readonly kind: 'pack' }>;

export function readCode(text: string, todayMs: number, dates?: MalformedDates): CodeReading {
  const reading = readScan(text, todayMs, dates);
  const identifier = uniqueIdentifier(reading);
  if (!identifier.ok) {
    const sscc = identifier.error === 'logistic-unit' ? ssccOf(reading) : undefined;
    return sscc === undefined
      ? unreadable(identifier.error, text)
      : { kind: 'failed', failure: { kind: 'container', sscc } };
  }
  const { productCode, serial, batch, expiry } = identifier.value;
  if (batch === undefined || expiry === undefined) {
    const partial = { ...(batch !== undefined && { batch }), ...(expiry && { expiry: expiry.iso }) };
    return { kind: 'failed', failure: { kind: 'incomplete', pack: { productCode, serial, ...partial } } };
  }
  const pack = { productCode, serial, batch, expiry: expiry.iso };
  return {
    kind: 'pack',
    pack,
    expiryDayUnspecified: expiry.dayUnspecified,
    notes: reading.ok ? reading.notes : [],
  };
}

export function readTyped(typed: TypedCode): CodeReading {
  const productCode = readProductCode(typed.productCode);
  if (!productCode.ok) return unreadable(productCode.error, typed.productCode);
  const serial = readField(typed.serial, 'no-serial');
  if (!serial.ok) return unreadable(serial.error, typed.serial);
  const batch = typed.batch.trim() === '' ? undefined : readField(typed.batch, 'empty');
  if (batch && !batch.ok) return unreadable(batch.error, typed.batch);
  const expiry = typed.expiry.trim() === '' ? undefined : readExpiry(typed.expiry.trim());
  if (expiry && !expiry.ok) return unreadable(expiry.error, typed.expiry);
  const known = { productCode: productCode.value, serial: serial.value };
  if (!batch || !expiry) {
    const partial = { ...(batch && { batch: batch.value }), ...(expiry && { expiry: expiry.value.iso }) };
    return { kind: 'failed', failure: { kind: 'incomplete', pack: { ...known, ...partial } } };
  }
  const pack = { ...known, batch: batch.value, expiry: expiry.value.iso };
  return { kind: 'pack', pack, expiryDayUnspecified: expiry.value.dayUnspecified, notes: [] };
}

/** Check digits of typed numbers must hold: a slip of the finger must not become another product. */
export function readProductCode(typed: string): Result<string, ScanProblem | 'no-product-code'> {
  const text = typed
    .replace(/[\s-]/g, '')
    .replace(/^PZN:?/i, '')
    .toUpperCase();
  if (text === '') return err('no-product-code');
  if (isPpn(text)) return ok(`ppn:${text}`);
  if (/^\d{7,8}$/.test(text)) {
    const ppn = ppnFromPzn(text);
    return isPzn(text) && ppn !== undefined ? ok(`ppn:${ppn}`) : err('check-digit');
  }
  if (/^\d{12,14}$/.test(text)) return hasGs1CheckDigit(text) ? ok(encodeGtin14(text)) : err('check-digit');
  if (/^\d+$/.test(text)) return err(text.length < 12 ? 'too-short' : 'too-long');
  return err(/^[0-9A-Z]{5,22}$/.test(text) ? 'check-digit' : 'content');
}

const FIELD_LENGTH_MAX = 20;

function readField<E extends ScanProblem | 'no-serial'>(
  typed: string,
  whenEmpty: E,
): Result<string, E | 'character' | 'too-long'> {
  const text = typed.trim();
  if (text === '') return err(whenEmpty);
  if (!isCset82(text)) return err('character');
  return text.length > FIELD_LENGTH_MAX ? err('too-long') : ok(text);
}

function readExpiry(typed: string): Result<{ iso: string; dayUnspecified: boolean }, 'date'> {
  const [, year, month, day = '00'] = /^(\d{4})-(\d{2})(?:-(\d{2}))?$/.exec(typed) ?? [];
  if (year === undefined || month === undefined || Number(month) < 1 || Number(month) > 12)
    return err('date');
  const last = daysInMonth(Number(year), Number(month));
  if (Number(day) > last) return err('date');
  const dayUnspecified = day === '00';
  return ok({ iso: `${year}-${month}-${dayUnspecified ? last : day}`, dayUnspecified });
}

function unreadable(problem: NoPackProblem, text: string): CodeReading {
  return { kind: 'failed', failure: { kind: 'unreadable', problem, text: text.slice(0, TEXT_SHOWN_MAX) } };
}

/** A screen shows what was read; nobody needs more than this of it. */
const TEXT_SHOWN_MAX = 500;
