// Visits to the app in a real browser that notice what no screen shows: requests to other hosts, breaches of the
// content security policy, errors that nobody caught.
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { SHELF, type ShelfItem } from '../../src/domain/demo/shelf.ts';
import type { Pack } from '../../src/domain/pack.ts';
import { assert } from '../../src/domain/result.ts';
import { STANDING_MS_MIN } from '../../src/ui/keyboard.ts';
import { charactersOf, ENTER_KEY, pressAtOnce } from './scanner-keys.ts';

const SCANS_MAX = 5;
export const WAIT = { timeout: 20_000 };

export type Visit = {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What nobody should ever see. Empty when all is well. */
  readonly faults: readonly string[];
};

/** Opens a page on the origin, on a phone, without going anywhere yet. */
export async function openVisit(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options });
  context.setDefaultTimeout(WAIT.timeout);
  return { context, faults: watchFaults(context, origin), page: await context.newPage() };
}

function watchFaults(context: BrowserContext, origin: string): readonly string[] {
  const faults: string[] = [];
  context.on('request', (request) => {
    const url = new URL(request.url());
    if (/^(https?|wss?):$/.test(url.protocol) && url.origin !== origin)
      faults.push(`another host was asked: ${url.origin}`);
  });
  context.on('weberror', (error) => faults.push(`uncaught: ${error.error().stack}`));
  context.on('console', (message) => {
    const text = message.text();
    if (/content.security.policy|permissions.policy/i.test(text)) faults.push(`policy: ${text}`);
    // The browser itself reports each failed request; what the app makes of it is what the tests look at.
    else if (message.type() === 'error' && !text.startsWith('Failed to load resource'))
      faults.push(`console: ${text}`);
  });
  return faults;
}

/** Resolves when the app is kept on the device, so that it opens without a network. */
export async function waitUntilKept(page: Page): Promise<void> {
  await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === 'activated');
}

/** Enrols the visit's device and waits until it holds the ledger's data. */
export async function enrol(
  { page }: Pick<Visit, 'page'>,
  link: string,
  workplace = 'Counter',
): Promise<void> {
  await page.goto(link);
  await page.getByRole('button', { name: 'Enrol this device' }).click();
  await page.getByRole('button', { name: 'Start checking packs' }).click();
  await page.getByText(workplace, { exact: true }).click();
  await waitForData(page);
}

/** Resolves when the status bar tells how old the ledger's data is. */
export async function waitForData(page: Page): Promise<void> {
  await page
    .getByText(/just now|min (ago|old)/)
    .first()
    .waitFor(WAIT);
}

/** Types what is printed on a pack and asks for its verdict. */
export async function typePack(page: Page, { productCode, serial, batch, expiry }: Pack): Promise<void> {
  const next = page.getByRole('button', { name: 'Next pack' });
  if (await next.isVisible()) await next.click();
  await page.evaluate(() => {
    location.hash = '#/type';
  });
  await page.getByLabel('Product code').fill(productCode.replace(/^.*:/, ''));
  await page.getByLabel('Serial number').fill(serial);
  await page.getByLabel('Batch').fill(batch);
  await page.getByLabel('Expiry').fill(expiry);
  await page.getByRole('button', { name: 'Check this pack' }).click();
  await page.locator('.banner-word').waitFor(WAIT);
}

/** Runs in the page: its clock shows another day and goes on as ever. */
export function shiftClock(offsetMs: number): void {
  const { now } = Date;
  globalThis.Date = class extends Date {
    constructor(...parts: [] | [number]) {
      if (parts.length === 0) super(now() + offsetMs);
      else super(...parts);
    }
    static override now(): number {
      return now() + offsetMs;
    }
  } as DateConstructor;
}

/** Scans a pack with a keyboard-wedge scanner, again where nothing happens, and answers with the verdict's word. */
export async function wedgePack(page: Page, pack: Pack): Promise<string> {
  await wedgeUntil(page, pack, page.locator('.verdict dd').getByText(pack.serial, { exact: true }));
  return page.locator('.banner-word').innerText();
}

/** The same, until this is shown. */
export async function wedgeUntil(
  page: Page,
  { productCode, serial, batch, expiry }: Pack,
  shown: Locator,
): Promise<void> {
  const date = expiry.replaceAll('-', '').slice(2);
  const text = `01${productCode.replace(/^gtin:/, '')}17${date}10${batch}{GS}21${serial}`;
  for (let scan = 1; ; scan++) {
    await pressAtOnce(page, [...charactersOf(text), ENTER_KEY]);
    try {
      return await shown.waitFor({ timeout: 4_000 });
    } catch (error) {
      if (scan === SCANS_MAX) throw error;
    }
  }
}

/** Taps what records an event, once the screen has stood long enough for a tap to be meant for it. */
export async function tapDeliberately(page: Page, name: string, onTap = () => {}): Promise<void> {
  const button = page.getByRole('button', { name, exact: true });
  await button.waitFor(WAIT);
  await stand(page);
  onTap();
  await button.click();
}

/** Waits as long as the screen has to stand. It counts from its effects, which run after the next frame. */
export async function stand(page: Page): Promise<void> {
  await page.evaluate(
    (standMs) =>
      new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => setTimeout(resolve, standMs)))),
    STANDING_MS_MIN,
  );
}

/** A pack of the demo shelf, which practice and the demo market both hold. */
export function shelfItem(id: string): ShelfItem {
  const item = SHELF.find((each) => each.id === id);
  assert(item !== undefined, `the shelf has ${id}`);
  return item;
}
