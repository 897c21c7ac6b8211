// The reader against vectors that others made or judged: packs as scanned (verdicts of the GS1 Syntax Engine), the
// UK reference parser's tests, the IFA's codes, texts of real prints. Accepts and refusals are counted apart;
// disputed cases are shown, not counted.
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isPpn, isPzn, pznFromPpn } from '../../src/domain/codes/check-digit.ts';
import { encodeDigitalLink } from '../../src/domain/codes/digital-link.ts';
import { conformsToGs1, readScan, type ScanReading, uniqueIdentifier } from '../../src/domain/codes/scan.ts';
import { splitIdentifier, stripAffixes } from '../../src/domain/codes/symbology.ts';
import { readJsonl, vectorsDir } from '../support/vectors.ts';

/** The day for which the vectors' verdicts were made: it fixes the century of two-digit years. */
const TODAY_MS = Date.UTC(2026, 8, 24);

type Case = {
  readonly id: string;
  readonly suite?: string;
  readonly kind?: string;
  readonly input: string;
  readonly ok: boolean;
  readonly disputed?: string;
  readonly ais?: readonly (readonly [string, string])[];
  readonly digitalLink?: string;
  readonly aim?: string;
  readonly pzn?: string;
  readonly prefix?: string;
  readonly suffix?: string;
  readonly expect?: Readonly<Record<string, unknown>>;
};

/** What is wrong with our answer to a case, or `undefined`. */
type Judge = (one: Case) => string | undefined;

conformance('gs1-medicine-oracle', (one) => {
  const reading = readScan(one.input, TODAY_MS);
  // The engine refuses an AI that it does not know; we keep it and say so, and tell the engine's verdict apart.
  if (conformsToGs1(reading) !== one.ok) return `verdict ${JSON.stringify(reading)}`;
  if (!one.ok) return undefined;
  return (
    differs('ais', reading.ais, one.ais) ??
    (one.digitalLink && differs('link', encodeDigitalLink(reading.ais), one.digitalLink))
  );
});

conformance('solidsoft-emvs', (one) => {
  const text = stripAffixes(one.input, { prefix: one.prefix ?? '', suffix: one.suffix ?? '' });
  const reading = readScan(text, TODAY_MS);
  if (reading.ok !== one.ok) return `verdict ${JSON.stringify(reading)}`;
  if (one.suite === 'gs1_elements') return one.ok ? differs('ais', reading.ais, one.ais) : undefined;
  const described = describePack(text, reading);
  for (const [field, value] of Object.entries(one.expect ?? {})) {
    const difference = differs(field, described[field], value);
    if (difference !== undefined) return difference;
  }
  return undefined;
});

conformance('ifa-ppn', (one) => {
  if (one.suite === 'pzn') return differs('verdict', isPzn(one.input), one.ok);
  if (one.suite === 'ppn')
    return differs('verdict', isPpn(one.input), one.ok) ?? differs('pzn', pznFromPpn(one.input), one.pzn);
  return judgeIfa(one);
});

conformance('pharma-barcodes', (one) => {
  if (one.expect !== undefined) return judgeIfa(one);
  const reading = readScan((one.aim ?? '') + one.input, TODAY_MS);
  if (reading.ok !== one.ok) return `verdict ${JSON.stringify(reading)}`;
  return one.ok ? differs('ais', reading.ais, one.ais) : undefined;
});

function conformance(set: string, judge: Judge): void {
  const folder = vectorsDir(set);
  test.skipIf(folder === undefined)(`${set}: every undisputed case is right`, () => {
    const cases = ['dev', 'heldout']
      .map((half) => `${folder}/${half}/cases.jsonl`)
      .filter((path) => existsSync(path))
      .flatMap((path) => readJsonl<Case>(path));
    const wrong: string[] = [];
    for (const suite of new Set(cases.map((one) => one.suite))) {
      const inSuite = cases.filter((one) => one.suite === suite);
      const disputed = inSuite.filter((one) => one.disputed !== undefined);
      const tally = (ok: boolean) => {
        const counted = inSuite.filter((one) => one.disputed === undefined && one.ok === ok);
        const failed = counted.flatMap((one) => {
          const failure = judge(one);
          return failure === undefined ? [] : [`${one.id} ${one.kind ?? ''}: ${failure}`];
        });
        wrong.push(...failed);
        return `${counted.length - failed.length}/${counted.length}`;
      };
      const name = suite === undefined ? set : `${set}/${suite}`;
      const shown = `accepts ${tally(true)}, refusals ${tally(false)}`;
      console.log(`${name}: ${shown}, disputed ${disputed.length} (not counted)`);
      for (const one of disputed) console.log(`  disputed ${one.id}: ${verdictOf(one)}`);
    }
    expect(cases.length).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });
}

function verdictOf(one: Case): string {
  const reading = readScan((one.aim ?? '') + one.input, TODAY_MS);
  if (!reading.ok) return `refused, ${reading.error.code}`;
  return `read, noted ${reading.notes.map(({ code }) => code).join(', ') || 'nothing'}`;
}

function differs(what: string, got: unknown, wanted: unknown): string | undefined {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  return a === b ? undefined : `${what} ${a} instead of ${b}`;
}

function judgeIfa(one: Case): string | undefined {
  const reading = readScan((one.aim ?? '') + one.input, TODAY_MS);
  if (reading.ok !== one.ok) return `verdict ${JSON.stringify(reading)}`;
  const held = new Map(reading.ais);
  const ppn = held.get('9N');
  const described: Record<string, unknown> = {
    format: reading.carrier === 'ifa' ? '06' : undefined,
    ppn,
    pzn: ppn && pznFromPpn(ppn),
    gtin: held.get('8P'),
    batch: held.get('1T'),
    serial: held.get('S'),
    expiry: reading.ok && reading.expiry && monthOrDay(reading.expiry.iso, reading.expiry.dayUnspecified),
    productionDate: productionDate(held.get('16D')),
  };
  for (const [field, value] of Object.entries(one.expect ?? {})) {
    const difference = differs(field, described[field], value);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function monthOrDay(iso: string, dayUnspecified: boolean): string {
  return dayUnspecified ? iso.slice(0, 7) : iso;
}

function productionDate(yyyymmdd = ''): string {
  const iso = yyyymmdd.replace(/^(....)(..)(..)$/, '$1-$2-$3');
  return monthOrDay(iso, iso.endsWith('-00'));
}

/** A reading in the words of the UK reference parser, which also describes what it finds invalid. */
function describePack(text: string, reading: ScanReading): Record<string, unknown> {
  const isIfa = reading.carrier === 'ifa';
  const { symbology } = splitIdentifier(text);
  const one = (ai: string) => {
    const values = new Set(reading.ais.filter(([other]) => other === ai).map(([, value]) => value));
    return values.size === 1 ? [...values][0] : '';
  };
  const productCode = one(isIfa ? '9N' : '01');
  const serialNumber = one(isIfa ? 'S' : '21');
  const indicator = isIfa ? 0 : Number(productCode?.charAt(0) ?? 0);
  return {
    scheme: isIfa ? 'Ifa' : 'Gs1',
    productCode,
    serialNumber,
    batchIdentifier: one(isIfa ? '1T' : '10'),
    expiry: one(isIfa ? 'D' : '17'),
    validSymbology: symbology === 'none' ? 'Unknown' : symbology === 'gs1' || isIfa ? 'True' : 'False',
    isValid: uniqueIdentifier(reading).ok,
    submit: productCode !== '' && serialNumber !== '',
    isTradeItemGrouping: indicator >= 1 && indicator <= 8,
    isVariableMeasureTradeItem: indicator === 9,
    indicator,
    nationalNumbers: reading.ais.filter(([ai]) => /^71[0-7]$/.test(ai)).map(([, value]) => value),
  };
}
