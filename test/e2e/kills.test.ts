// A share of `npm run bench kills`, which kills the browser a hundred times.
import { expect, test } from 'vitest';
import { killBrowser } from '../bench/kills.ts';
import { findChromium, NO_CHROMIUM } from '../support/chromium.ts';

test('killed while supplying and sending, the browser has on disk all that its screen called recorded', async (context) => {
  if (!findChromium()) context.skip(NO_CHROMIUM);
  const { recorded, logSize } = await killBrowser({ kills: 2, seed: 20_261_123 });
  expect(recorded).toBeGreaterThan(0);
  expect(logSize).toBeGreaterThan(recorded);
}, 240_000);
