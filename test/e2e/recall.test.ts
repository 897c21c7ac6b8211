// A recall reaches a device that is online within a minute, in a real Chromium and over HTTP, while the device's
// snapshot stays the one it was.
import { describe, expect, test } from 'vitest';
import { DEMO_PLACES } from '../../src/domain/demo/places.ts';
import { createRecorder } from '../../src/server/demo/recorder.ts';
import { openAppInBrowser } from '../support/app-in-browser.ts';
import { enrol, openVisit, shelfItem, typePack, type Visit, WAIT } from '../support/visit.ts';

const { printed: pack } = shelfItem('active');

describe('a recall', () => {
  let visit: Visit;
  const on = openAppInBrowser([], async ({ server, browser }) => {
    visit = await openVisit(browser, server.url);
    await enrol(visit, server.inviteLink());
  });

  test('is known without a new snapshot, and a forged one is refused', async () => {
    const { page } = visit;
    const { ledger } = on.server;
    // From here on no snapshot and no live answer reaches the device.
    await page.route('**/snapshot/latest.tlog-proof', (route) => route.abort());
    await page.route('**/api/verify', (route) => route.abort());
    await typePack(page, pack);
    await page.getByRole('heading', { name: 'Active' }).waitFor(WAIT);

    // One byte of the proven entry is changed on the way, before the device can have asked.
    let forgedAnswers = 0;
    await page.route('**/api/tightenings?*', async (route) => {
      const response = await route.fetch();
      const { entries: [entry] = [], ...answer } = response.status() === 200 ? await response.json() : {};
      if (!entry) return route.fulfill({ response });
      const bytes = Buffer.from(entry.entry, 'base64');
      bytes[60] = (bytes[60] ?? 0) ^ 1;
      await route.fulfill({ json: { ...answer, entries: [{ ...entry, entry: bytes.toString('base64') }] } });
      forgedAnswers += 1;
    });
    const authority = createRecorder(ledger, 'demo', DEMO_PLACES.authority, Date.now);
    const { productCode, batch } = pack;
    const recall = authority.record({ operation: 'recall', packs: [], batches: [{ productCode, batch }] });
    expect(await ledger.acceptEvents([recall])).toMatchObject([{ kind: 'accepted' }]);
    await ledger.publishNow();

    // Asks at once, except where an answer is just being looked at.
    const comeIntoView = () => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await expect
      .poll(async () => {
        await comeIntoView();
        return forgedAnswers;
      }, WAIT)
      .toBeGreaterThan(0);
    await typePack(page, pack);
    await page.getByRole('heading', { name: 'Active' }).waitFor(WAIT);

    await page.unroute('**/api/tightenings?*');
    await expect
      .poll(
        async () => {
          await comeIntoView();
          await typePack(page, pack);
          return page.locator('.banner-word').innerText();
        },
        { timeout: 20_000, interval: 1_000 },
      )
      .toMatch(/recalled/i);
    expect(visit.faults).toEqual([]);
  });
});
