// The IFA's coding of German packs: an ISO/IEC 15434 envelope of format 06 whose fields start with ASC MH10.8.2
// data identifiers. Checks follow the European verification practice, which allows GS1's character set 82 in batch
// and serial where the IFA itself recommends capitals and digits.
import { assert } from '../result.ts';
import { isCset82, isDigits } from './character-sets.ts';
import { hasGs1CheckDigit, isPpn } from './check-digit.ts';
import { type Fields, GS } from './element-string.ts';
import { parseExpiry } from './expiry.ts';
import { LINTERS } from './linters.ts';
import { type Finding, finding, note, type ScanNote, type ScanProblem } from './problem.ts';

const RS = '\x1e';
const EOT = '\x04';

/** Data identifiers of the IFA coding specification that Packtrail reads. */
export const DI = { ppn: '9N', gtin: '8P', batch: '1T', serial: 'S', expiry: 'D' } as const;

const TEXT_LENGTH_MAX = 20;
const GTIN_LENGTHS = [8, 12, 13, 14];

/** Formats 05 (GS1 application identifiers) and 06 (data identifiers). */
export type Envelope = { readonly format: '05' | '06'; readonly body: string };

export function isEnvelope(text: string): boolean {
  return text.startsWith('[)>');
}

/**
 * The end of the envelope must be there: without it the last field may have been cut off. A keyboard wedge that
 * cannot type RS still delivers EOT, or the other way round, so one of them is enough.
 */
export function openEnvelope(text: string): Envelope | ScanProblem {
  const match = /^\[\)>[\x1e\0]?(05|06)\x1d([^\x1e\x04]*)(?:\x1e\x04?|\0?\x04)$/.exec(text);
  const [, format, body] = match ?? [];
  if (body !== undefined) return { format: format === '05' ? '05' : '06', body: body.replace(/\0$/, '') };
  return !text.includes(GS) && /^\[\)>\x1e?0[56]./.test(text) ? 'separator-lost' : 'envelope-broken';
}

/** The fields of a format 06 envelope, as [data identifier, value]. */
export function parseIfa(body: string, yearNow: number): Fields {
  const ais: [string, string][] = [];
  const problems: Finding[] = [];
  const notes: ScanNote[] = [];
  for (const field of body.split(GS)) {
    if (field === '') continue;
    const [, di, value] = /^(\d{0,3}[A-Z])([\s\S]*)$/.exec(field) ?? [];
    if (di === undefined || value === undefined) {
      problems.push(finding('ai-unreadable'));
      continue;
    }
    ais.push([di, value]);
    const check = CHECKS.get(di);
    const problem = value === '' ? 'value-empty' : check?.(value, yearNow);
    if (problem !== undefined) problems.push(finding(problem, di));
    if (check === undefined) notes.push(note('unknown-ai', di));
  }
  if (ais.length === 0 && problems.length === 0) problems.push(finding('empty'));
  return { ais, problems, notes };
}

const CHECKS: ReadonlyMap<string, (value: string, yearNow: number) => ScanProblem | undefined> = new Map([
  [DI.ppn, checkPpn],
  [DI.gtin, checkGtin],
  [DI.batch, checkText],
  [DI.serial, checkText],
  [DI.expiry, checkExpiry],
  ['16D', (value: string, yearNow: number) => LINTERS.get('yyyymmd0')?.(value, yearNow)],
  ['27Q', (value: string) => (isDigits(value) ? undefined : 'character')],
]);

function checkPpn(value: string): ScanProblem | undefined {
  if (!/^[0-9A-Z]*$/.test(value)) return 'character';
  if (isPpn(value)) return undefined;
  return isPpn(value.slice(0, 12)) ? 'separator-lost' : 'check-digit';
}

function checkGtin(value: string): ScanProblem | undefined {
  if (!isDigits(value)) return 'character';
  if (!GTIN_LENGTHS.includes(value.length)) return 'content';
  return hasGs1CheckDigit(value) ? undefined : 'check-digit';
}

function checkText(value: string): ScanProblem | undefined {
  if (!isCset82(value)) return 'character';
  return value.length > TEXT_LENGTH_MAX ? 'too-long' : undefined;
}

function checkExpiry(value: string, yearNow: number): ScanProblem | undefined {
  if (parseExpiry(value, yearNow) !== undefined) return undefined;
  return parseExpiry(value.slice(0, 6), yearNow) === undefined ? 'date' : 'separator-lost';
}

/** `expiry` is YYMMDD, day 00 for "the month's last day". */
export function encodeIfa(fields: { ppn: string; batch: string; expiry: string; serial: string }): string {
  const { ppn, batch, expiry, serial } = fields;
  assert(isPpn(ppn) && /^\d{6}$/.test(expiry), 'a PPN and a date of six digits');
  assert(
    checkText(batch) === undefined && checkText(serial) === undefined,
    'batch and serial fit the carrier',
  );
  const body = [DI.ppn + ppn, DI.batch + batch, DI.expiry + expiry, DI.serial + serial];
  return `[)>${RS}06${GS}${body.join(GS)}${RS}${EOT}`;
}
