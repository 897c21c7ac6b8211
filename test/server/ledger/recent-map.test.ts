import { expect, test } from 'vitest';
import { createRecentMap } from '../../../src/server/ledger/recent-map.ts';

test('what is used stays, what is not is forgotten, and what is set replaces what was held', () => {
  const map = createRecentMap<number>(10);
  const made: string[] = [];
  const get = (key: string) =>
    map.get(key, () => {
      made.push(key);
      return made.length;
    });
  get('often');
  for (let i = 0; i < 100; i++) {
    get(`once-${i}`);
    expect(get('often')).toBe(1);
  }
  expect(made.length).toBe(101);
  get('once-0');
  expect(made.at(-1)).toBe('once-0');
  map.set('often', 7);
  expect(get('often')).toBe(7);
  // A value set while an older one stands in the other generation is the one that counts.
  for (let i = 0; i < 9; i++) map.set(`more-${i}`, i);
  map.set('often', 8);
  expect(get('often')).toBe(8);
  map.clear();
  expect(get('often')).toBe(made.length);
});
