import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeAll, expect, test } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { readScan } from '../../../src/domain/codes/scan.ts';
import { SHELF } from '../../../src/domain/demo/shelf.ts';
import { shelfElements } from '../../../src/domain/demo/shelf-print.ts';
import { shelfPng, shelfSvg } from '../../../src/server/demo/shelf-codes.ts';

const TODAY = Date.UTC(2026, 10, 22);

beforeAll(() => {
  const path = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(readFileSync(path)).buffer } });
});

test.each(SHELF)('$id: the drawn code holds what the pack prints', async (item) => {
  const png = new Blob([new Uint8Array(await shelfPng(item))]);
  const [symbol, ...others] = await readBarcodes(png, { formats: ['DataMatrix'], textMode: 'Plain' });
  expect(others).toEqual([]);
  expect(symbol?.text).toBe(shelfElements(item));
  expect(symbol?.symbologyIdentifier).toBe(item.carrier === 'ifa' ? ']d1' : ']d2');
  const reading = readScan(`${symbol?.symbologyIdentifier}${symbol?.text}`, TODAY);
  if (item.carrier === 'gs1-separator-lost')
    expect(reading).toMatchObject({ ok: false, error: { code: 'separator-lost' } });
  else {
    const { productCode, serial, batch, expiry } = item.printed;
    expect(reading).toMatchObject({ ok: true, carrier: item.carrier, productCode, serial, batch });
    expect(reading.ok && reading.expiry?.iso).toBe(expiry);
    expect(reading.ok && reading.expiry?.dayUnspecified).toBe(item.id === 'active-month');
  }
});

test('the drawing needs no inline style, which the content security policy forbids', () => {
  for (const item of SHELF) expect(shelfSvg(item)).not.toMatch(/style=|<style|<script/);
});
