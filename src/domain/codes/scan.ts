// The way from what a scanner delivered to the unique identifier of a pack. A code that cannot be read safely says
// so and why; it never says anything about the pack.
import { err, ok, type Result } from '../result.ts';
import { findAi } from './ai-table.ts';
import { encodeGtin14, hasGs1CheckDigit, isPzn } from './check-digit.ts';
import { isWebAddress, parseDigitalLink } from './digital-link.ts';
import { type Fields, GS, parseElementString } from './element-string.ts';
import { type Expiry, type MalformedDates, parseExpiry, parseMonthExpiry } from './expiry.ts';
import { DI, isEnvelope, openEnvelope, parseIfa } from './ifa.ts';
import { type AiPairs, checkExclusions, checkRepeats, checkRequisites, repeatedAis } from './pairings.ts';
import {
  type Finding,
  finding,
  note,
  type ScanNote,
  type ScanNoteCode,
  type ScanProblem,
} from './problem.ts';
import { splitIdentifier } from './symbology.ts';

export type { Expiry } from './expiry.ts';
export type { ScanNote, ScanNoteCode, ScanProblem } from './problem.ts';

export type Carrier = 'gs1' | 'ifa' | 'digital-link' | 'unknown';

export type ScanReading =
  | {
      readonly ok: true;
      readonly carrier: Carrier;
      /** In the order read; data identifiers instead of AIs where the carrier is the IFA's. */
      readonly ais: AiPairs;
      /** `gtin:` and 14 digits, or `ppn:` and the PPN. */
      readonly productCode: string | undefined;
      readonly serial: string | undefined;
      readonly batch: string | undefined;
      readonly expiry: Expiry | undefined;
      readonly notes: readonly ScanNote[];
    }
  | {
      readonly ok: false;
      readonly carrier: Carrier;
      /** What could be read, faulty fields included: for a person to look at, never to look up. */
      readonly ais: AiPairs;
      /** The first problem met. */
      readonly error: Finding;
    };

export type UniqueIdentifier = {
  readonly productCode: string;
  readonly serial: string;
  readonly batch: string | undefined;
  readonly expiry: Expiry | undefined;
};

/** The largest symbol, a QR code of version 40, holds 4,296 letters or digits; a medicine pack's has about 80. */
export const SCAN_LENGTH_MAX = 4_096;

/**
 * Reads what a scanner delivered. `todayMs` fixes the century (GS1 General Specifications 7.12). `dates`: whether an
 * expiry that is no date but names a month is taken for that month's end, and noted, or refused.
 */
export function readScan(text: string, todayMs: number, dates: MalformedDates = 'refuse'): ScanReading {
  if (text.length > SCAN_LENGTH_MAX) return refuse('unknown', [], finding('oversized'));
  const yearNow = new Date(todayMs).getUTCFullYear();
  const { text: clean, notes: early } = withoutNoise(text);
  const { symbology, data } = splitIdentifier(clean);
  if (data === '') return refuse('unknown', [], finding('empty'));
  if (symbology === 'unsupported') return refuse('unknown', [], finding('carrier-unsupported'));
  if (symbology === 'ean') return refuse('unknown', [], finding('product-bar-code'));
  if (symbology === 'itf') return refuseCase(data);
  const bare = symbology === 'none' ? refuseBareNumber(data) : undefined;
  if (bare) return bare;
  const how = { yearNow, dates };
  if (isEnvelope(data)) return readEnvelope(data, how, early);
  if (symbology !== 'gs1' && symbology !== 'gs1-unlisted' && isWebAddress(data))
    return readGs1('digital-link', parseDigitalLink(data, yearNow), how, true, early);
  if (symbology === 'plain') return refuse('unknown', [], finding('not-a-code'));
  // Without an identifier a leading GS is how some decoders report that FNC1 came first.
  const elements = symbology === 'none' && data.startsWith(GS) ? data.slice(1) : data;
  if (symbology === 'gs1-unlisted') early.push(note('carrier-unlisted'));
  const reading = readGs1('gs1', parseElementString(elements, yearNow), how, symbology !== 'none', early);
  return !reading.ok && symbology === 'none' && isShortBarCode(data)
    ? refuse('unknown', [], finding('product-bar-code'))
    : reading;
}

/** UPC-A, EAN-8 or a PZN in Code 39, also bare. Short element strings look the same, so what reads as one is one. */
function isShortBarCode(data: string): boolean {
  const pzn = /^-?(\d{8})$/.exec(data)?.[1];
  return (/^(?:\d{8}|\d{12})$/.test(data) && hasGs1CheckDigit(data)) || (pzn !== undefined && isPzn(pzn));
}

/** ITF-14 carries a case's GTIN and nothing else (GS1 General Specifications 5.3): read, but no pack's code. */
function refuseCase(data: string): ScanReading {
  if (!/^\d{14}$/.test(data)) return refuse('unknown', [], finding('not-a-code'));
  const problem = hasGs1CheckDigit(data) ? finding('case-bar-code') : finding('check-digit', '01');
  return refuse('gs1', [['01', data]], problem);
}

/**
 * Handheld scanners without AIM identifiers send an EAN-13 or ITF-14 as bare digits. No pack's code is as short, so a
 * check digit that holds decides before an element string such as (10) with twelve digits does.
 */
function refuseBareNumber(data: string): ScanReading | undefined {
  if (!/^\d{13,14}$/.test(data) || !hasGs1CheckDigit(data)) return undefined;
  return data.length === 14 ? refuseCase(data) : refuse('unknown', [], finding('product-bar-code'));
}

/** A keyboard that cannot type the bracket of the AIM identifier sends NUL; most scanners press Enter at the end. */
function withoutNoise(text: string): { text: string; notes: ScanNote[] } {
  const line = text.replace(/[\r\n]+$/, '');
  const clean = line.replace(/^\0+(?=[A-Za-z]\d)/, ']').replace(/^\0+/, '');
  return { text: clean, notes: clean === line ? [] : [note('noise-removed')] };
}

type How = { readonly yearNow: number; readonly dates: MalformedDates };

function readEnvelope(data: string, how: How, early: readonly ScanNote[]): ScanReading {
  const { yearNow } = how;
  const envelope = openEnvelope(data);
  if (typeof envelope === 'string') return refuse('ifa', [], finding(envelope));
  const { format, body } = envelope;
  if (format === '05')
    return readGs1('gs1', parseElementString(body.replace(/\x1d$/, ''), yearNow), how, true, early);
  const { ais, problems, notes } = withMonthDate(parseIfa(body, yearNow), DI.expiry, how);
  const problem = problems[0] ?? checkRepeats(ais);
  if (problem !== undefined) return refuse('ifa', ais, problem);
  const gtin = firstOf(ais, DI.gtin);
  const ppn = firstOf(ais, DI.ppn);
  const productCode = ppn === undefined ? gtin && encodeGtin14(gtin) : `ppn:${ppn}`;
  return accept('ifa', ais, productCode, DI, yearNow, [...early, ...notes]);
}

/**
 * Requisites are stated over all carriers of an item. With an AIM identifier the scan is known to be one whole
 * symbol, so a field that lacks its partner is refused; a bare text may be one of several, so it is noted.
 */
function readGs1(
  carrier: 'gs1' | 'digital-link',
  fields: Fields,
  how: How,
  isWhole: boolean,
  early: readonly ScanNote[],
): ScanReading {
  const { ais, problems, notes } = withMonthDate(fields, '17', how);
  const requisite = checkRequisites(ais);
  const problem =
    problems[0] ?? checkExclusions(ais) ?? checkRepeats(ais) ?? (isWhole ? requisite : undefined);
  const isForeign = carrier === 'gs1' && !ais.some(([ai]) => findAi(ai));
  if (isForeign && problem?.code !== 'empty') return refuse('unknown', ais, finding('not-a-code'));
  if (problem !== undefined) return refuse(ais.length === 0 ? 'unknown' : carrier, ais, problem);
  const gtin = firstOf(ais, '01');
  const noted = requisite === undefined ? [] : [note('pairing-missing', requisite.ai)];
  const di = { batch: '10', serial: '21', expiry: '17' };
  return accept(carrier, ais, gtin && encodeGtin14(gtin), di, how.yearNow, [...early, ...notes, ...noted]);
}

/** A month where a date belongs has a name of its own, and is read on where the market has such codes submitted. */
function withMonthDate(fields: Fields, ai: string, { dates }: How): Fields {
  const isMonth = parseMonthExpiry(firstOf(fields.ais, ai) ?? '') !== undefined;
  const at = isMonth ? fields.problems.findIndex(({ code, ai: of }) => code === 'date' && of === ai) : -1;
  if (at < 0) return fields;
  return dates === 'submit'
    ? {
        ...fields,
        problems: fields.problems.toSpliced(at, 1),
        notes: [...fields.notes, note('month-date', ai)],
      }
    : { ...fields, problems: fields.problems.with(at, finding('month-date', ai)) };
}

function accept(
  carrier: Carrier,
  ais: AiPairs,
  productCode: string | undefined,
  names: { readonly batch: string; readonly serial: string; readonly expiry: string },
  yearNow: number,
  found: readonly ScanNote[],
): ScanReading {
  const serial = firstOf(ais, names.serial);
  const batch = firstOf(ais, names.batch);
  const written = firstOf(ais, names.expiry) ?? '';
  const expiry = parseExpiry(written, yearNow) ?? parseMonthExpiry(written);
  const notes = [...found, ...repeatedAis(ais).map((ai) => note('repeated', ai))];
  if (expiry?.dayUnspecified) notes.push(note('day-unspecified', names.expiry));
  const isPack = productCode !== undefined && serial !== undefined;
  if (isPack && batch === undefined) notes.push(note('batch-missing'));
  if (isPack && expiry === undefined) notes.push(note('expiry-missing'));
  return { ok: true, carrier, ais, productCode, serial, batch, expiry, notes };
}

function refuse(carrier: Carrier, ais: AiPairs, problem: Finding): ScanReading {
  return { ok: false, carrier, ais, error: problem };
}

function firstOf(ais: AiPairs, ai: string): string | undefined {
  return ais.find(([other]) => other === ai)?.[1];
}

/** Why a scan names no pack that could be checked. */
export type NoPackProblem = ScanProblem | 'logistic-unit' | 'no-product-code' | 'no-serial';

export function uniqueIdentifier(reading: ScanReading): Result<UniqueIdentifier, NoPackProblem> {
  if (!reading.ok) return err(isPartOfLabel(reading) ? 'logistic-unit' : reading.error.code);
  const { ais, productCode, serial, batch, expiry } = reading;
  if (productCode === undefined)
    return err(firstOf(ais, '00') === undefined ? 'no-product-code' : 'logistic-unit');
  if (serial === undefined) return err('no-serial');
  return ok({ productCode, serial, batch, expiry });
}

/** A pallet's label may spread over several bar codes: one says what is in it (02), another which one it is (00). */
function isPartOfLabel({ ais, error }: Extract<ScanReading, { readonly ok: false }>): boolean {
  return error.code === 'pairing-missing' && ais.some(([ai]) => ai === '02');
}

/** The Serial Shipping Container Code of a pallet or box, 18 digits. */
export function ssccOf(reading: ScanReading): string | undefined {
  return reading.ok ? firstOf(reading.ais, '00') : undefined;
}

/** Oddities that we read past and the GS1 Syntax Engine refuses. */
const REFUSED_BY_GS1: ReadonlySet<ScanNoteCode> = new Set([
  'unknown-ai',
  'separator-first',
  'separator-doubled',
  'pairing-missing',
  'month-date',
  'carrier-unlisted',
  'link-outdated',
  'noise-removed',
]);

/** GS1's own, stricter verdict: for those who judge the print rather than the pack. */
export function conformsToGs1(reading: ScanReading): boolean {
  return reading.ok && !reading.notes.some(({ code }) => REFUSED_BY_GS1.has(code));
}
