import { expect, test } from 'vitest';
import { bytesToHex, parseBase64 } from '../../src/domain/bytes.ts';
import { createProductBlinder, nobleMac } from '../../src/domain/epoch-blinder.ts';
import { epochKeysListShape, epochKeysOf } from '../../src/domain/epoch-keys.ts';
import { blindPack, PACK } from '../support/sample-events.ts';

const epoch = { keyId: 1, master: new Uint8Array(32).fill(7) };

test('a scope has the subkeys of its products, each once, and nothing that leads to another', () => {
  const keys = epochKeysOf(epoch, [PACK.productCode, PACK.productCode]);
  if (keys.kind !== 'products') throw new Error(keys.kind);
  const [only, ...others] = keys.products;
  const subkey = parseBase64(only?.subkey ?? '');
  if (!subkey.ok) throw new Error(subkey.error);
  const { productId, packId } = createProductBlinder(nobleMac(subkey.value));
  expect([productId, packId(PACK.serial)]).toEqual([blindPack(PACK).productId, blindPack(PACK).packId]);
  expect(others).toEqual([]);
  expect(JSON.stringify(keys)).not.toContain(bytesToHex(epoch.master));
});

test('keys of another length, kind or name are malformed', () => {
  const master = epochKeysOf(epoch, null);
  const products = epochKeysOf(epoch, [PACK.productCode]);
  expect(epochKeysListShape([master, products], '$')).toEqual({ ok: true, value: [master, products] });
  for (const wrong of [
    { ...master, master: 'AAAA' },
    { ...master, kind: 'products' },
    { ...products, kind: 'all' },
    { ...products, keyId: -1 },
    { ...products, containers: '' },
    { ...products, products: [{ productCode: 'x', subkey: 'x' }] },
  ])
    expect(epochKeysListShape([wrong], '$').ok).toBe(false);
});
