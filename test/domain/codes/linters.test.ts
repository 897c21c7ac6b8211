import { expect, test } from 'vitest';
import { LINTERS } from '../../../src/domain/codes/linters.ts';

test.each([
  ['csum', '416000336108', '416000336109'],
  ['csumalpha', '1987654Ad4X4bL5ttr2310c2K', '1987654Ad4X4bL5ttr2310cK2'],
  ['gcppos1', '0123A', '012A'],
  ['gcppos2', 'I0123', 'I01'],
  ['hasnondigit', 'A1', '11'],
  ['zero', '000', '001'],
  ['nonzero', '0009', '0000'],
  ['nozeroprefix', '0', '012'],
  ['yesno', '1', '2'],
  ['hyphen', '-', 'X'],
  ['winding', '9', '2'],
  ['iso5218', '9', '3'],
  ['importeridx', '_', '='],
  ['pcenc', 'A%20B', 'A%2'],
  ['iso3166', '276', '999'],
  ['iso3166999', '999', '998'],
  ['iso3166alpha2', 'DE', 'XX'],
  ['iso4217', '978', '000'],
  ['mediatype', '80', '11'],
  ['iban', 'DE91100000000123456789', 'DE92100000000123456789'],
  ['pieceoftotal', '0102', '0201'],
  ['posinseqslash', '9/10', '10/9'],
  ['latitude', '1800000000', '1800000001'],
  ['longitude', '3600000000', '3600000001'],
  ['yymmdd', '280229', '280200'],
  ['yymmd0', '280200', '281301'],
  ['yyyymmdd', '20280229', '20270229'],
  ['yyyymmd0', '20280200', '20281300'],
  ['hh', '23', '24'],
  ['mi', '59', '60'],
  ['ss', '59', '60'],
  ['hhmi', '2359', '2360'],
])('%s accepts %s, refuses %s', (name, good, bad) => {
  expect(LINTERS.get(name)?.(good, 2026)).toBeUndefined();
  expect(LINTERS.get(name)?.(bad, 2026)).toBeDefined();
});
