// A small country through the app's own sync, stores and look-up in a real browser: every pack looked up is found in
// its state, through layers and after the browser was closed. How fast it is, `npm run bench phone` says.
import { expect, test } from 'vitest';
import { runPhone } from '../bench/phone.ts';
import { findChromium, NO_CHROMIUM } from '../support/chromium.ts';

test('a country is synced, kept and looked up', async (context) => {
  if (!findChromium()) context.skip(NO_CHROMIUM);
  const sizes = { packs: 100_000, layeredPacks: 20_000, layers: 3, rows: 100, rounds: 2, syncs: 1 };
  const { syncMs, warmUs, layeredUs, coldMs } = await runPhone(() => undefined, sizes);
  expect([syncMs.length, warmUs.length, layeredUs.length, coldMs.length]).toEqual([1, 2, 2, 5]);
});
