// Whether everyone can use the app and whether it keeps to good practice on the web: Lighthouse on the first screen as
// a newcomer gets it, axe on the screens behind it, on a phone in light and in dark.
import lighthouse from 'lighthouse';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { openAppInBrowser } from '../support/app-in-browser.ts';
import { runAxe } from '../support/axe.ts';
import { DEBUG_PORT_ARGS, debugPort } from '../support/chromium.ts';
import {
  enrol,
  openVisit,
  shelfItem,
  tapDeliberately,
  typePack,
  type Visit,
  WAIT,
} from '../support/visit.ts';

describe('the quality of the app', () => {
  const on = openAppInBrowser([
    ...DEBUG_PORT_ARGS,
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream=device-count=0',
  ]);

  test('Lighthouse finds nothing to better on the first screen', async () => {
    const result = await lighthouse(`${on.server.url}/`, {
      port: await debugPort(on.browser),
      logLevel: 'silent',
      onlyCategories: ['accessibility', 'best-practices'],
    });
    expect(result?.lhr.runtimeError).toBeUndefined();
    const { audits = {}, categories = {} } = result?.lhr ?? {};
    const failing = Object.values(categories).flatMap(({ auditRefs }) =>
      auditRefs
        .filter(({ id, weight }) => weight > 0 && (audits[id]?.score ?? 1) < 1)
        .map(({ id }) => `${id}: ${audits[id]?.title} ${JSON.stringify(audits[id]?.details)}`),
    );
    const scores = Object.values(categories).map(({ id, score }) => `${id} ${(score ?? 0) * 100}`);
    expect([...scores, ...failing]).toEqual(['accessibility 100', 'best-practices 100']);
  });

  test('no other host can be asked, and no code from elsewhere run', async () => {
    const { page, context: device, faults } = await openVisit(on.browser, on.server.url);
    await page.goto(on.server.url);
    const outcomes = await page.evaluate(async () => {
      const script = document.createElement('script');
      script.textContent = 'window.wasRun = true';
      document.head.append(script);
      const remote = document.createElement('script');
      remote.src = 'https://elsewhere.invalid/code.js';
      const loaded = new Promise((resolve) => {
        remote.onload = () => resolve('loaded');
        remote.onerror = () => resolve('refused');
      });
      document.head.append(remote);
      const fetched = fetch('https://elsewhere.invalid/').then(
        () => 'answered',
        () => 'refused',
      );
      return { wasRun: 'wasRun' in window, loaded: await loaded, fetched: await fetched };
    });
    expect(outcomes).toEqual({ wasRun: false, loaded: 'refused', fetched: 'refused' });
    // Which also shows that the visits of these tests see such things.
    expect(faults.filter((fault) => fault.startsWith('policy')).length).toBeGreaterThanOrEqual(3);
    await device.close();
  });

  describe('axe finds nothing on', () => {
    test('the screens of practice', async () => {
      const visit = await openVisit(on.browser, on.server.url);
      const { page } = visit;
      await page.goto(on.server.url);
      await checkScreen(page, 'home');
      await page.getByRole('link', { name: 'Practise with a demo pack' }).click();
      await checkScreen(page, 'practice');
      await page.getByRole('button', { name: 'Already supplied' }).click();
      await page.locator('.banner-word').waitFor(WAIT);
      await checkScreen(page, 'a verdict that says stop');
      await page.goto(`${on.server.url}/#/type`);
      await page.getByRole('button', { name: 'Check this pack' }).click();
      await checkScreen(page, 'typing, with faults');
      await page.goto(on.server.url);
      await page.getByText('Open the camera').click();
      await page.getByText('no camera').waitFor(WAIT);
      await checkScreen(page, 'no camera');
      await page.goto(`${on.server.url}/demo`);
      await checkScreen(page, 'the shelf');
      await page.goto(`${on.server.url}/threat-model.html`);
      await checkScreen(page, 'the threat model');
      await close(visit);
    });

    test('the screens of an enrolled device', async () => {
      const visit = await openVisit(on.browser, on.server.url);
      const { page } = visit;
      await enrol(visit, on.server.inviteLink());
      await typePack(page, shelfItem('active').printed);
      await page.getByText('Ledger agrees').first().waitFor(WAIT);
      await checkScreen(page, 'a verdict that says go');
      await page.getByRole('button', { name: 'More' }).click();
      await checkScreen(page, 'what else can be recorded');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Journey' }).click();
      await page.getByText('Evidence').first().waitFor(WAIT);
      await checkScreen(page, 'the journey');
      await page.getByRole('button', { name: 'Back' }).click();
      await visit.context.setOffline(true);
      await tapDeliberately(page, 'Seal intact - supply');
      await page.getByText('Recorded on this device.', { exact: true }).waitFor(WAIT);
      await checkScreen(page, 'recorded');
      await page.getByRole('link', { name: '1 unsent' }).click();
      await page.getByText('Waiting to be sent').waitFor(WAIT);
      await checkScreen(page, 'the outbox');
      await page.getByRole('link', { name: 'This device' }).click();
      await checkScreen(page, 'this device');
      await close(visit);
    });
  });
});

/** All rules of axe (WCAG 2.2 and good practice), and once more in the dark those that a colour can break. */
async function checkScreen(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor(WAIT);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const found = await runAxe(page, colorScheme === 'dark' ? ['color-contrast'] : undefined);
    expect(found.passed, `${name}: axe looked at it`).toBeGreaterThan(0);
    expect(found.violations, `${name}, ${colorScheme}`).toEqual([]);
  }
}

async function close({ context, faults }: Visit): Promise<void> {
  await context.close();
  expect(faults).toEqual([]);
}
