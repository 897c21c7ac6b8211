// A recall reaches a device that is online within a minute, in a real Chromium and over HTTP, while the device's
// snapshot stays the one it was.
import { describe, expect, test } from 'vitest';
import { DEMO_PLACES } from '../../src/domain/demo/places.ts';
import { assert } from '../../src/domain/result.ts';
import { createRecorder } from '../../src/server/demo/recorder.ts';
import { openAppInBrowser } from '../support/app-in-browser.ts';
import { enrol, openVisit, shelfItem, typePack, type Visit, WAIT } from '../support/visit.ts';

const { printed: pack } = shelfItem('active');

describe('a recall', { timeout: 60_000 }, () => {
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

    const authority = createRecorder(ledger, 'demo', DEMO_PLACES.authority, Date.now);
    const { productCode, batch } = pack;
    const recall = authority.record({ operation: 'recall', packs: [], batches: [{ productCode, batch }] });
    expect(await ledger.acceptEvents([recall])).toMatchObject([{ kind: 'accepted' }]);
    await ledger.publishNow();

    // One byte of the proven entry changed on the way.
    await page.route('**/api/tightenings?*', async (route) => {
      const answer = await (await route.fetch()).json();
      const [entry] = answer.entries;
      assert(entry, 'the recall is told');
      const bytes = Buffer.from(entry.entry, 'base64');
      bytes[60] = (bytes[60] ?? 0) ^ 1;
      await route.fulfill({ json: { ...answer, entries: [{ ...entry, entry: bytes.toString('base64') }] } });
    });
    const comeIntoView = async () => {
      const answered = page.waitForResponse(/\/api\/tightenings\?/);
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
      await answered;
    };
    await comeIntoView();
    await typePack(page, pack);
    await page.getByRole('heading', { name: 'Active' }).waitFor(WAIT);

    await page.unroute('**/api/tightenings?*');
    await comeIntoView();
    await expect
      .poll(
        async () => {
          await typePack(page, pack);
          return page.locator('.banner-word').innerText();
        },
        { timeout: 20_000, interval: 1_000 },
      )
      .toMatch(/recalled/i);
    expect(visit.faults).toEqual([]);
  });
});
