import { describe, expect, it } from 'vitest';
import { rankSymbols } from '../../src/app/code-choice.ts';
import { readCode, readTyped } from '../../src/app/code-reading.ts';
import type { TypedCode } from '../../src/app/scan-model.ts';
import { gs1, START_MS } from '../support/app-fakes.ts';
import { PACK } from '../support/sample-events.ts';

const TYPED: TypedCode = {
  productCode: '09506000100012',
  serial: 'S1',
  batch: 'B1',
  expiry: '2031-12-31',
};

describe('typed codes', () => {
  const codes: readonly [string, string][] = [
    ['09506000100012', 'gtin:09506000100012'],
    ['9506000100012', 'gtin:09506000100012'],
    [' 9506000-100012 ', 'gtin:09506000100012'],
    ['90000015', 'ppn:119000001525'],
    ['PZN-90000015', 'ppn:119000001525'],
    ['119000001525', 'ppn:119000001525'],
  ];
  for (const [typed, productCode] of codes)
    it(`${typed} is ${productCode}`, () => {
      expect(readTyped({ ...TYPED, productCode: typed })).toMatchObject({
        kind: 'pack',
        pack: { ...PACK, productCode },
        expiryDayUnspecified: false,
      });
    });

  it('a month alone ends on its last day', () => {
    const reading = readTyped({ ...TYPED, expiry: '2028-02' });
    expect(reading).toMatchObject({ pack: { expiry: '2028-02-29' }, expiryDayUnspecified: true });
  });

  const wrong: readonly [Partial<TypedCode>, string][] = [
    [{ productCode: '09506000100013' }, 'check-digit'],
    [{ productCode: '90000016' }, 'check-digit'],
    [{ productCode: '1190000015AB' }, 'check-digit'],
    [{ productCode: '' }, 'no-product-code'],
    [{ productCode: '123' }, 'too-short'],
    [{ productCode: '123456789012345' }, 'too-long'],
    [{ serial: ' ' }, 'no-serial'],
    [{ serial: 'A B' }, 'character'],
    [{ serial: 'x'.repeat(21) }, 'too-long'],
    [{ batch: 'ä' }, 'character'],
    [{ expiry: '2031-13' }, 'date'],
    [{ expiry: '2031-02-30' }, 'date'],
    [{ expiry: '31.12.2031' }, 'date'],
  ];
  for (const [change, problem] of wrong)
    it(`${JSON.stringify(change)}: ${problem}`, () => {
      expect(readTyped({ ...TYPED, ...change })).toMatchObject({
        kind: 'failed',
        failure: { kind: 'unreadable', problem },
      });
    });

  it('asks for what is missing', () => {
    expect(readTyped({ ...TYPED, batch: '' })).toEqual({
      kind: 'failed',
      failure: {
        kind: 'incomplete',
        pack: { productCode: PACK.productCode, serial: 'S1', expiry: '2031-12-31' },
      },
    });
  });
});

describe('codes from a picture', () => {
  const at = (text: string, x = 0.5, y = 0.5) => ({ text, corners: [{ x, y }] });
  const pack = gs1(PACK);
  const link = ']Q1https://www.example.com/leaflet';

  it('the medicine code counts, wherever a web address stands', () => {
    expect(rankSymbols([at(link), at(pack, 0.9, 0.9)], START_MS)[0]?.text).toBe(pack);
  });

  it('a web address counts when it is all there is', () => {
    const reading = rankSymbols([at(link)], START_MS)[0]?.reading;
    expect(reading).toMatchObject({ kind: 'failed', failure: { kind: 'unreadable' } });
  });

  it('a faulty medicine code counts more than a web address and less than a whole one', () => {
    const faulty = pack.replace('09506000100012', '09506000100013');
    expect(rankSymbols([at(link), at(faulty)], START_MS)[0]?.text).toBe(faulty);
    expect(rankSymbols([at(faulty), at(pack, 0.9)], START_MS)[0]?.text).toBe(pack);
  });

  it('of two packs the one nearer to the middle counts', () => {
    const other = gs1({ ...PACK, serial: 'S2' });
    expect(rankSymbols([at(pack, 0.1, 0.1), at(other, 0.6, 0.5)], START_MS)[0]?.text).toBe(other);
  });

  it('no symbol is no code', () => {
    expect(rankSymbols([], START_MS)).toEqual([]);
  });

  it('asks for batch and expiry where the code has none', () => {
    expect(readCode(']d201095060001000122142', START_MS)).toMatchObject({
      failure: { kind: 'incomplete', pack: { productCode: PACK.productCode, serial: '42' } },
    });
  });
});
