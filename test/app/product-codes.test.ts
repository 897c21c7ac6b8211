import { expect, test } from 'vitest';
import { readProductCodes } from '../../src/app/product-codes.ts';

const TODAY_MS = Date.UTC(2026, 10, 22);
const read = (text: string) => readProductCodes(text, TODAY_MS);

test('reads codes as people have them, each product once', () => {
  const albufen = 'gtin:09506000100012';
  const rhinoval = 'ppn:119000001525';
  for (const [text, ...productCodes] of [
    ['', ...[]],
    ['09506000100012', albufen],
    ['9506000100012', albufen],
    ['9506000100012, 09506000100012\n09506000100012', albufen],
    ['119000001525;90000015', rhinoval],
    ['PZN90000015\tgtin', rhinoval],
    [']d2010950600010001217311231\u001d10ALB311\u001d21SHELF0001A 119000001525', albufen, rhinoval],
  ] as const)
    expect(read(text).productCodes).toEqual(productCodes);
});

test('gives back what it could not read, check digits and all', () => {
  expect(read('9506000100013 hello 9506000100012')).toEqual({
    productCodes: ['gtin:09506000100012'],
    unread: ['9506000100013', 'hello'],
  });
});

test('a pasted book is read to its bound and no further', () => {
  const { productCodes, unread } = read('9506000100012\n'.repeat(1_000_000));
  expect([productCodes.length, unread.length]).toEqual([1, 1]);
});
