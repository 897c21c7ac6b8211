import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasGs1CheckDigit, isPpn } from '../../../src/domain/codes/check-digit.ts';
import { demoActs } from '../../../src/domain/demo/journey.ts';
import { DEMO_PLACES } from '../../../src/domain/demo/places.ts';
import { DEMO_PRODUCTS } from '../../../src/domain/demo/products.ts';
import { SHELF } from '../../../src/domain/demo/shelf.ts';
import { DEMO_PACKS, planStock } from '../../../src/domain/demo/stock.ts';
import { DEMO_MARKET, MARKETS } from '../../../src/domain/market.ts';
import { DECOMMISSIONED_STATE, PACK_STATES, type Pack } from '../../../src/domain/pack.ts';
import { makeDemoMarket } from '../../../src/server/demo/market.ts';
import { openLedger } from '../../../src/server/ledger/ledger.ts';

const TODAY = Date.UTC(2026, 10, 22);

test('the products: 40, with right check digits, some German', () => {
  expect(DEMO_PRODUCTS.length).toBe(40);
  expect(new Set(DEMO_PRODUCTS.map(({ productCode }) => productCode)).size).toBe(40);
  const german = DEMO_PRODUCTS.filter(({ productCode }) => productCode.startsWith('ppn:1190000'));
  expect(german.length).toBe(9);
  for (const { productCode } of DEMO_PRODUCTS)
    expect(
      productCode.startsWith('gtin:')
        ? productCode.startsWith('gtin:0950600') && hasGs1CheckDigit(productCode.slice(5))
        : isPpn(productCode.slice(4)),
    ).toBe(true);
});

test('the stock: the same packs on every day and machine, each once, some hundred batches', () => {
  const stock = planStock(DEMO_PACKS, TODAY);
  const packs = [...stock.shelf, ...stock.batches.flatMap((batch) => batch.packs)];
  expect(packs.length).toBe(100_000);
  expect(new Set(packs.map(({ productCode, serial }) => `${productCode} ${serial}`)).size).toBe(100_000);
  expect(stock.batches.length).toBeGreaterThan(300);
  const later = planStock(DEMO_PACKS, TODAY + 400 * 86_400_000);
  const serials = (all: typeof stock) =>
    all.batches.flatMap((batch) => batch.packs.map(({ serial }) => serial));
  expect(serials(later)).toEqual(serials(stock));
  expect(later.shelf).toEqual(stock.shelf);
  expect(later.batches[0]?.expiry).not.toBe(stock.batches[0]?.expiry);
});

test('the acts: every operation of the trade, events of bounded size', () => {
  const acts = [...demoActs(DEMO_PACKS, TODAY)];
  const operations = new Set(acts.map(({ operation }) => operation));
  for (const operation of [
    ...Object.keys(DECOMMISSIONED_STATE),
    'commission',
    'pack',
    'ship',
    'receive',
    'recall',
    'withdraw',
  ])
    expect(operations).toContain(operation);
  expect(Math.max(...acts.map(({ packs }) => packs.length))).toBeLessThanOrEqual(2_500);
  expect(acts.flatMap(({ containers }) => containers).every(hasGs1CheckDigit)).toBe(true);
});

test.each(MARKETS.map((rules) => [rules.market, rules] as const))('%s allows every act of it', (_, rules) => {
  const refused = [...demoActs(2_000, TODAY)].filter(
    ({ actor, operation }) => !rules.allowed[DEMO_PLACES[actor].role].includes(operation),
  );
  expect(refused.map(({ actor, operation }) => `${actor} ${operation}`)).toEqual([]);
});

test('the ledger takes a small market whole, and then holds every state and the shelf', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'packtrail-demo-'));
  const ledger = await openLedger({ folder, rules: DEMO_MARKET, clock: Date.now, log: () => {} });
  try {
    const packs = 2_000;
    await makeDemoMarket({ ledger, folder, market: DEMO_MARKET.market, clock: Date.now, packs });
    expect(existsSync(join(folder, 'demo-unfinished'))).toBe(false);
    const found = new Map<string, number>();
    const count = (what: string) => found.set(what, (found.get(what) ?? 0) + 1);
    const stock = planStock(packs, Date.now());
    for (const pack of stock.batches.flatMap((batch) => batch.packs as Pack[])) {
      const { finding } = ledger.verify(pack);
      count(finding.kind);
      if (finding.kind !== 'hit') continue;
      count(finding.state);
      if (finding.batch.recalled) count('recalled');
      if (finding.batch.withdrawn) count('withdrawn');
    }
    for (const state of [...PACK_STATES, 'recalled', 'withdrawn'])
      expect(found.get(state), state).toBeGreaterThan(0);
    expect(found.get('miss')).toBeUndefined();
    expect(found.get('mismatch')).toBeUndefined();
    for (const { issued, decommission, recalled, withdrawn } of SHELF) {
      if (!issued) continue;
      const { finding } = ledger.verify(issued);
      if (finding.kind === 'state-not-held') continue;
      const state = decommission ? DECOMMISSIONED_STATE[decommission] : 'active';
      expect(finding).toMatchObject({ kind: 'hit', state, batch: { recalled, withdrawn } });
    }
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true });
  }
});
