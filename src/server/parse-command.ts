// `packtrail parse`: one scan a line on standard input, one JSON object a line on standard output, in order. For
// people who want to know what a code says, and for programs in any language that want our reader.
import { problemWords } from '../domain/codes/problem.ts';
import { readScan, SCAN_LENGTH_MAX, type ScanReading } from '../domain/codes/scan.ts';

/** Control characters that a text file or a terminal can hardly hold, as they may be spelled in a line. */
const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['{GS}', '\x1d'],
  ['{FNC1}', '\x1d'],
  ['{RS}', '\x1e'],
  ['{EOT}', '\x04'],
]);

/** A longer line is answered, but not held: one character more than the reader takes is enough to be refused. */
const LINE_LENGTH_MAX = SCAN_LENGTH_MAX;

/** `nowMs` fixes the century of expiry dates. */
export async function runParse(
  input: AsyncIterable<string | Uint8Array>,
  output: (line: string) => void,
  nowMs: number,
): Promise<void> {
  for await (const line of linesOf(input)) output(JSON.stringify(describeScan(line, nowMs)));
}

/** The keys come in this order; those after `error` only where there is something to say. */
function describeScan(line: string, nowMs: number): Record<string, unknown> {
  const reading = readScan(line.length > LINE_LENGTH_MAX ? line : spelledOut(line), nowMs);
  const { carrier, ais } = reading;
  if (!reading.ok)
    return {
      ok: false,
      carrier,
      productCode: null,
      serial: null,
      batch: null,
      expiry: null,
      ais,
      error: { code: reading.error.code, words: problemWords(reading.error) },
    };
  return {
    ok: true,
    carrier,
    productCode: reading.productCode?.replace(/^\w+:/, '') ?? null,
    serial: reading.serial ?? null,
    batch: reading.batch ?? null,
    expiry: reading.expiry?.iso ?? null,
    ais,
    error: null,
    ...marks(reading),
  };
}

function spelledOut(line: string): string {
  return line.replace(/\{(?:GS|FNC1|RS|EOT)\}/g, (spelling) => SPELLINGS.get(spelling) ?? spelling);
}

function marks(reading: ScanReading & { ok: true }): Record<string, unknown> {
  const notes = reading.notes.filter(({ code }) => code !== 'day-unspecified');
  return {
    ...(reading.expiry?.dayUnspecified ? { expiryDayUnspecified: true } : {}),
    ...(notes.length > 0 ? { notes } : {}),
  };
}

/** Lines without their ends, cut one character above the bound. */
async function* linesOf(input: AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let held = '';
  for await (const chunk of input) {
    const pieces = (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })).split('\n');
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) {
        yield withoutReturn(held);
        held = '';
      }
      held += piece.slice(0, LINE_LENGTH_MAX + 1 - held.length);
    }
  }
  held += decoder.decode();
  if (held !== '') yield withoutReturn(held);
}

function withoutReturn(line: string): string {
  return line.replace(/\r$/, '');
}
