import { expect, test } from 'vitest';
import { readScan, uniqueIdentifier } from '../../../src/domain/codes/scan.ts';
import { SHELF } from '../../../src/domain/demo/shelf.ts';
import { SHELF_SCANS, shelfText } from '../../../src/domain/demo/shelf-scan.ts';

const TODAY_MS = Date.UTC(2026, 10, 22);

test('each scan reads as the pack that it stands for', () => {
  for (const item of SHELF) {
    const reading = readScan(shelfText(item), TODAY_MS);
    if (item.carrier === 'gs1-separator-lost') {
      expect(reading).toMatchObject({ ok: false, error: { code: 'separator-lost' } });
      continue;
    }
    const read = uniqueIdentifier(reading);
    const { productCode, serial, batch, expiry } = item.printed;
    expect(read).toMatchObject({ ok: true, value: { productCode, serial, batch, expiry: { iso: expiry } } });
    expect(reading.carrier).toBe(item.carrier);
  }
});

test('there is one for each pack of the shelf', () => {
  expect(SHELF_SCANS.map(({ id }) => id)).toEqual(SHELF.map(({ id }) => id));
});
