import { describe, expect, test } from 'vitest';
import { encodeElementString } from '../../../src/domain/codes/element-string.ts';
import { encodeIfa } from '../../../src/domain/codes/ifa.ts';
import { problemWords } from '../../../src/domain/codes/problem.ts';
import {
  conformsToGs1,
  readScan,
  SCAN_LENGTH_MAX,
  type ScanReading,
  uniqueIdentifier,
} from '../../../src/domain/codes/scan.ts';
import { mangled } from './mangled.ts';

const TODAY_MS = Date.UTC(2026, 8, 24);
const GS1_PACK = encodeElementString([
  ['01', '03400949497706'],
  ['17', '271200'],
  ['10', 'AB12'],
  ['21', 'X9Z'],
]);
const IFA_PACK = encodeIfa({ ppn: '110375286414', batch: 'AB12', expiry: '271200', serial: 'X9Z' });
const EXPIRY = { iso: '2027-12-31', dayUnspecified: true };

function read(text: string): ScanReading {
  return readScan(text, TODAY_MS);
}

function problemOf(text: string): string | undefined {
  const reading = read(text);
  return reading.ok ? undefined : reading.error.code;
}

function notesOf(text: string): string[] {
  const reading = read(text);
  return reading.ok ? reading.notes.map(({ code }) => code) : [];
}

test.each([
  ['GS1, identifier', `]d2${GS1_PACK}`],
  ['GS1, bare', GS1_PACK],
  ['GS1, FNC1 as a leading GS', `\x1d${GS1_PACK}`],
  ['GS1, identifier that the keyboard cannot type', `\0d2${GS1_PACK}`],
  ['GS1, Enter at the end', `]d2${GS1_PACK}\r\n`],
  ['GS1, rectangular extension', `]d8${GS1_PACK}`],
  ['GS1 in an envelope', `[)>\x1e05\x1d${GS1_PACK}\x1e\x04`],
  ['Digital Link', 'https://id.gs1.org/01/03400949497706/10/AB12/21/X9Z?17=271200'],
  ['Digital Link in QR', ']Q1https://id.gs1.org/01/03400949497706/10/AB12/21/X9Z?17=271200'],
])('%s: the same pack', (_, text) => {
  expect(uniqueIdentifier(read(text))).toEqual({
    ok: true,
    value: { productCode: 'gtin:03400949497706', serial: 'X9Z', batch: 'AB12', expiry: EXPIRY },
  });
});

test('IFA: the PPN is the product code; a GTIN stands in where there is none', () => {
  expect(uniqueIdentifier(read(`]d1${IFA_PACK}`))).toEqual({
    ok: true,
    value: { productCode: 'ppn:110375286414', serial: 'X9Z', batch: 'AB12', expiry: EXPIRY },
  });
  const reading = read('[)>\x1e06\x1d8P4150037528643\x1dSX9Z\x1e\x04');
  expect(reading.ok && reading.productCode).toBe('gtin:04150037528643');
});

test.each([
  ['', 'empty'],
  [']d2', 'empty'],
  [']d2\x1d\x1d', 'empty'],
  ['0'.repeat(SCAN_LENGTH_MAX + 1), 'oversized'],
  [`]C0${GS1_PACK}`, 'carrier-unsupported'],
  [']E03400930000120', 'product-bar-code'],
  [']I104012345123456', 'case-bar-code'],
  [']I104012345123457', 'check-digit'],
  [']I10401234512345', 'not-a-code'],
  // As handheld scanners without identifiers send them.
  ['3400930000120', 'product-bar-code'],
  ['04012345123456', 'case-bar-code'],
  ['10012345678902\r', 'case-bar-code'],
  ['04012345123457', 'not-a-code'],
  ['012345678905', 'product-bar-code'],
  ['012345678906', 'too-short'],
  ['12345670', 'product-bar-code'],
  ['03752864', 'product-bar-code'],
  ['-03752864', 'product-bar-code'],
  [`]d1${GS1_PACK}`, 'not-a-code'],
  ['55 unknown', 'not-a-code'],
  ['javascript://id.gs1.org/01/03400949497706', 'not-a-code'],
  ['Aspirin', 'not-a-code'],
  [']d201034009494977070217271200', 'check-digit'],
  [`]d2${GS1_PACK}\x1d21OTHER`, 'repeat-differs'],
  [`]d2${GS1_PACK}\x1d0203400949497706`, 'pairing-forbidden'],
  [']d21727120010AB12\x1d21X9Z', 'pairing-missing'],
  [IFA_PACK.slice(0, -2), 'envelope-broken'],
  [`${IFA_PACK.slice(0, -2)}\x1dSOTHER\x1e\x04`, 'repeat-differs'],
])('%j is refused: %s', (text, code) => {
  expect(problemOf(text)).toBe(code);
});

test('oddities are noted and the pack is still read; GS1 would refuse some of them', () => {
  expect(notesOf(`]d2${GS1_PACK}`)).toEqual(['day-unspecified']);
  expect(conformsToGs1(read(`]d2${GS1_PACK}`))).toBe(true);
  expect(notesOf(`]d2${GS1_PACK}\x1d21X9Z`)).toEqual(['repeated', 'day-unspecified']);
  expect(conformsToGs1(read(`]d2${GS1_PACK}\x1d21X9Z`))).toBe(true);
  for (const [text, code] of [
    [`]d2${GS1_PACK}\x1d89NEW`, 'unknown-ai'],
    [`]d2\x1d${GS1_PACK}`, 'separator-first'],
    [`]d2${GS1_PACK.replace('\x1d', '\x1d\x1d')}`, 'separator-doubled'],
    [`${GS1_PACK}\x1d8111X`.replace('8111X', '81110001'), 'pairing-missing'],
  ] as const) {
    expect(notesOf(text)).toContain(code);
    expect(uniqueIdentifier(read(text)).ok).toBe(true);
    expect(conformsToGs1(read(text))).toBe(false);
  }
});

test('a code without product or serial is read, and names no pack', () => {
  const noSerial = uniqueIdentifier(read(']d201003492815890581713102810AA'));
  expect(noSerial.ok ? '' : noSerial.error).toBe('no-serial');
  const pallet = uniqueIdentifier(read(']C100006141411234567890'));
  expect(pallet.ok ? '' : pallet.error).toBe('logistic-unit');
  const contents = uniqueIdentifier(read(']C102040123451234563710\x1d10AA'));
  expect(contents.ok ? '' : contents.error).toBe('logistic-unit');
});

test('what is missing from a pack is noted', () => {
  expect(notesOf(']d2010340094949770621X9Z')).toEqual(['batch-missing', 'expiry-missing']);
});

test('damage never throws, and no refusal speaks of the pack', () => {
  for (const pack of [`]d2${GS1_PACK}`, IFA_PACK, `]d1${IFA_PACK}`, `[)>\x1e05\x1d${GS1_PACK}\x1e\x04`])
    for (const text of mangled(pack)) {
      const reading = read(text);
      expect(reading.ais.flat().join('').length).toBeLessThanOrEqual(text.length);
      if (!reading.ok) expect(problemWords(reading.error)).not.toMatch(/falsif|fake|counterfeit/i);
    }
});

test('words name the field that is meant', () => {
  expect(problemWords({ code: 'too-long', ai: '21' })).toBe('(21) is longer than allowed');
});

describe('an expiry that is a month', () => {
  const texts = [
    ']d201003492815890581720211010AA\x1d21X9',
    '[)>\x1e06\x1d9N110375286414\x1d1TAA\x1dD202110\x1dSX9\x1e\x04',
    'https://id.gs1.org/01/00349281589058/10/AA/21/X9?17=202110',
  ];
  test.each(texts)('%j is refused by its name, or read to the end of the month and noted', (text) => {
    const refused = readScan(text, TODAY_MS);
    expect(!refused.ok && refused.error.code).toBe('month-date');
    const taken = readScan(text, TODAY_MS, 'submit');
    expect(taken).toMatchObject({ ok: true, batch: 'AA', serial: 'X9', expiry: { iso: '2021-10-31' } });
    expect(taken.ok && taken.notes.map(({ code }) => code)).toEqual(['month-date', 'day-unspecified']);
    expect(conformsToGs1(taken)).toBe(false);
  });

  test('no other fault is read past with it, and no other date', () => {
    for (const text of [
      ']d201003492815890591720211010AA\x1d21X9',
      ']d2010034928158905817211332' + '10AA\x1d21X9',
    ])
      expect(readScan(text, TODAY_MS, 'submit').ok).toBe(false);
  });
});
