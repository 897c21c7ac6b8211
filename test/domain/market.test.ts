import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  closedMarket,
  DEMO_MARKET,
  findMarket,
  MARKETS,
  type MarketRules,
  parseMarket,
} from '../../src/domain/market.ts';

const FOLDER = join(import.meta.dirname, '../../src/domain/markets');
const files = readdirSync(FOLDER).map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')));
const DAY_MS = 86_400_000;

function market(name: string): MarketRules {
  const rules = findMarket(name);
  if (!rules) throw new Error(`no market ${name}`);
  return rules;
}

test('every file in the folder is a market in use', () => {
  expect(MARKETS.map((rules) => rules.market).sort()).toEqual(files.map((file) => file.market).sort());
  expect(findMarket('nowhere')).toBeUndefined();
});

test('the European default holds what the regulation says, and no system is connected', () => {
  const eu = market('eu');
  expect(eu).toMatchObject({
    undoWindowMs: 10 * DAY_MS,
    nationalSystem: undefined,
    suppliesUnverified: true,
  });
  expect(eu).toMatchObject({ suppliesDespiteAlert: false, recordsVerify: false });
  expect(DEMO_MARKET).toEqual({ ...eu, market: 'demo', name: 'Demo market' });
});

test('a market differs where its file says so, and inherits the rest', () => {
  const [eu, de, gr] = [market('eu'), market('de'), market('gr')];
  const kept = (rules: MarketRules) =>
    eu.allowed.pharmacy.filter((each) => !rules.allowed.pharmacy.includes(each));
  expect(kept(de)).toEqual(['export', 'free-sample', 'lock']);
  expect(kept(gr)).toEqual(['export', 'free-sample', 'lock', 'stolen']);
  expect(de.allowed.wholesaler).toEqual(eu.allowed.wholesaler);
  expect([de.malformedDate, gr.malformedDate]).toEqual(['refuse', 'submit']);
});

test('nobody may do in a market that this version does not know', () => {
  expect(Object.values(closedMarket('xx').allowed).flat()).toEqual([]);
});

const eu = files.find((file) => file.market === 'eu');

test.each([
  ['no object', 'eu'],
  ['a field too many', { market: 'xx', basedOn: 'eu', name: 'X', undoWindow: 1 }],
  ['a field too few', { ...eu, market: 'xx', doubleScan: undefined }],
  [
    'an operation that nobody knows',
    { market: 'xx', basedOn: 'eu', name: 'X', allowed: { pharmacy: ['sell'] } },
  ],
  ['a role that nobody has', { market: 'xx', basedOn: 'eu', name: 'X', allowed: { patient: [] } }],
  ['a window of years', { market: 'xx', basedOn: 'eu', name: 'X', undoWindowHours: 100_000 }],
  ['a base that is not there', { market: 'xx', basedOn: 'yy', name: 'X' }],
  ['no word on a base', { market: 'xx', name: 'X' }],
])('refuses %s', (_, file) => {
  expect(parseMarket(file, files)).toMatchObject({ ok: false, error: 'malformed' });
});

test('refuses markets that are based on each other', () => {
  const a = { market: 'a', basedOn: 'b', name: 'A' };
  const b = { market: 'b', basedOn: 'a', name: 'B' };
  expect(parseMarket(a, [a, b])).toMatchObject({ ok: false, error: 'malformed' });
});
