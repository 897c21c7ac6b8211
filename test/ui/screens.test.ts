// The screens in a real Chromium, under the app's content security policy: every story passes axe-core in light and
// dark, fits a narrow phone, and what a person does reaches the model.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import { baselineCode, encodeParts, encodeWhole } from '../../src/domain/keyboard/calibration-code.ts';
import { CONFLICT_STEPS } from '../../src/domain/market.ts';
import { conflictStepWords } from '../../src/ui/english/card.ts';
import { words } from '../../src/ui/messages.ts';
import { runAxe } from '../support/axe.ts';
import {
  findChromium,
  type HarnessPage,
  launchChromium,
  NO_CHROMIUM,
  serveFolder,
} from '../support/chromium.ts';
import { stand } from '../support/visit.ts';
import { RAISED, SITE_ACT } from './harness/samples.ts';
import { STORIES } from './harness/stories.ts';

const isSkipped = findChromium() === undefined;
let folder: string;
let server: HarnessPage;
let browser: Browser;
/** To open a window takes as long as to look at a story. */
let used: Page;
let onlyLookedAt: Page;
/** What the browser complains about while stories are only looked at: a broken policy, an exception. */
const complaints: string[] = [];

async function buildHarness(): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'packtrail-screens-'));
  await build({
    configFile: false,
    root: new URL('./harness', import.meta.url).pathname,
    logLevel: 'error',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  });
  return outDir;
}

async function openPage(): Promise<Page> {
  return browser.newPage({ viewport: { width: 320, height: 568 }, reducedMotion: 'reduce' });
}

/** In a document of its own. */
async function openStory(name: string, page = used): Promise<Page> {
  await page.emulateMedia({ media: 'screen' });
  await page.goto(`${server.url}?story=${name}`);
  await isOpen(page);
  return page;
}

async function isOpen(page: Page): Promise<void> {
  await page.locator('main:visible').waitFor();
  // A screen that comes when it is first opened
  await page.getByRole('heading', { level: 1, name: words.later.opening }).waitFor({ state: 'detached' });
}

/** What axe-core objects to; all its rules, or those named. */
async function violations(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  const findings = await runAxe(page, rules);
  expect(findings.passed, 'axe looked at it').toBeGreaterThan(0);
  return findings.violations;
}

const callsOf = (page: Page) => page.evaluate(() => window.calls);

const cameraCalls = async (page: Page) =>
  (await callsOf(page)).map(([name]) => String(name)).filter((name) => name.endsWith('Camera'));

/** A screen takes the focus after it has been painted. */
const focusedText = (page: Page) => page.evaluate(() => document.activeElement?.textContent);

beforeAll(async () => {
  if (isSkipped) return;
  folder = await buildHarness();
  server = await serveFolder(folder);
  browser = await launchChromium();
  used = await openPage();
  onlyLookedAt = await openPage();
  onlyLookedAt.on('pageerror', (error) => complaints.push(error.message));
  onlyLookedAt.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('404')) complaints.push(message.text());
  });
  await openStory('home-newcomer', onlyLookedAt);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const title = isSkipped ? `screens in Chromium (skipped: ${NO_CHROMIUM})` : 'screens in Chromium';

describe.skipIf(isSkipped)(title, () => {
  test.each(STORIES)('$name is accessible and fits 320 pixels', async ({ name, route }) => {
    const page = onlyLookedAt;
    complaints.length = 0;
    await page.emulateMedia({ colorScheme: 'light' });
    // Those before it still hear of the address, and would take its link.
    if (route?.startsWith('enrol/')) await openStory(name, page);
    else await page.evaluate((story) => window.showStory(story), name);
    await isOpen(page);
    expect(await violations(page)).toEqual([]);
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    const isTooWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    expect(isTooWide).toBe(false);
    // Only colours differ in the dark.
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await violations(page, ['color-contrast'])).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test.each([
    ['scanner-code', encodeWhole(baselineCode())],
    ['scanner-part', encodeParts(baselineCode())[0]],
  ])('the calibration code on %s reads back to the character', async (story, text) => {
    const page = await openStory(story);
    const picture = await page.locator('img.calibration-code').screenshot();
    const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
    await prepareZXingModule({
      overrides: { wasmBinary: (await readFile(wasm)).buffer },
      fireImmediately: true,
    });
    const [symbol] = await readBarcodes(new Uint8Array(picture), {
      formats: ['DataMatrix'],
      textMode: 'Plain',
    });
    expect(symbol?.text).toBe(text);
  });

  test('the accessibility check itself finds faults', async () => {
    const page = await openStory('home-newcomer');
    await page.evaluate(() => document.querySelector('.hero-label')?.remove());
    await page.evaluate(() => document.querySelector('.hero-hint')?.remove());
    expect((await violations(page)).join()).toContain('link-name');
  });

  test('seal intact supplies with one tap, then the next pack is one tap away', async () => {
    const page = await openStory('active-agrees');
    await stand(page);
    await page.getByRole('button', { name: 'Seal intact - supply' }).click();
    await page.getByRole('heading', { name: 'Supplied' }).waitFor();
    const [action, request] = (await callsOf(page)).find(([name]) => name === 'record') ?? [];
    expect(action).toBe('record');
    expect(request).toMatchObject({ operation: 'supply', seal: 'intact' });
    await page.getByRole('button', { name: 'Next pack' }).click();
    await page.getByRole('heading', { name: 'Check a medicine pack' }).waitFor();
  });

  test('a tap in the instant in which a verdict appears was meant for the screen before', async () => {
    const fresh = await openPage();
    await fresh.addInitScript(() => {
      const now = performance.now.bind(performance);
      performance.now = () => now() + 60_000;
      const tapper = new MutationObserver(() => {
        const supply = document.querySelector<HTMLElement>('.verdict .button-primary');
        if (!supply) return;
        tapper.disconnect();
        supply.click();
      });
      tapper.observe(document, { childList: true, subtree: true });
    });
    const page = await openStory('active-agrees', fresh);
    const supply = page.getByRole('button', { name: 'Seal intact - supply' });
    await supply.waitFor();
    expect((await callsOf(page)).filter(([name]) => name === 'record')).toEqual([]);
    await stand(page);
    await supply.click();
    await page.getByRole('heading', { name: 'Supplied' }).waitFor();
    await fresh.close();
  });

  test('a code that is no pack’s is named beside the picture, and explained when asked', async () => {
    const page = await openStory('scan-passed-over');
    await page.getByText('This code is a web address, not the code of a pack.').waitFor();
    expect(await page.locator('video').isVisible()).toBe(true);
    await page.getByRole('button', { name: 'About this code' }).click();
    expect((await callsOf(page)).at(-1)).toEqual(['explain']);
  });

  test('a photo of several packs becomes a list of them', async () => {
    const page = await openStory('photo-of-several');
    await page.getByText('The photo shows the codes of 3 packs.').waitFor();
    await page.getByRole('button', { name: 'Make a list of all 3' }).click();
    await page.getByRole('heading', { name: 'List of packs' }).waitFor();
    expect((await callsOf(page)).map(([name]) => name)).toContain('openWithPhoto');
  });

  test('a pack whose code is on two packs has no tick on the list', async () => {
    const page = await openStory('list-twins');
    await page.getByText('Seen on two packs at once, counted once.').waitFor();
    expect(await page.locator('li.row').getAttribute('class')).toBe('row tone-stop');
  });

  test('a list takes one act for all its packs, after a question', async () => {
    const page = await openStory('list');
    await page.getByText('2 of 500 packs').waitFor();
    await page.getByText('1 active, 1 not to be handed on or not recorded: see below').waitFor();
    await page.getByText('Looked at: intact').click();
    await page.getByRole('button', { name: 'Receive: all 2' }).click();
    await page.getByRole('heading', { name: 'Receive: record this on 2 packs?' }).waitFor();
    await page.getByText('You looked at every seal: all intact.').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Record', exact: true }).click();
    await page
      .getByRole('button', { name: /^Take .* off the list$/ })
      .first()
      .click();
    const calls = (await callsOf(page)).filter(([name]) => /Pallet$/.test(name));
    expect(calls.map(([name]) => name)).toEqual(['openPallet', 'recordPallet', 'removeFromPallet']);
    expect(calls[1]).toEqual(['recordPallet', 'receive', 'intact', 2]);
  });

  test('a list is not finished by one tap while something on it is unrecorded', async () => {
    const closings = async (page: Page) =>
      (await callsOf(page)).filter(([name]) => name === 'closePallet').length;
    const page = await openStory('list-pallet');
    await page.getByRole('button', { name: 'Finish this list' }).click();
    await page
      .getByRole('heading', { name: 'Nothing is recorded on 2 packs and 1 pallet or box of this list' })
      .waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await closings(page)).toBe(0);
    await page.getByRole('button', { name: 'Finish this list' }).click();
    await page.getByRole('button', { name: 'Finish without recording' }).click();
    expect(await closings(page)).toBe(1);
    const recorded = await openStory('list-recorded');
    await recorded.getByText('2 recorded', { exact: true }).waitFor();
    await recorded.getByRole('button', { name: 'Finish this list' }).click();
    expect(await closings(recorded)).toBe(1);
    // The app was closed meanwhile: what was recorded is known by its undo.
    const restored = await openStory('list-restored');
    await restored.getByRole('button', { name: 'Finish this list' }).click();
    expect(await closings(restored)).toBe(1);
  });

  test('other screens say where packs go while a list is open; an empty one is closed', async () => {
    const page = await openStory('home-list-open');
    await page.getByRole('link', { name: 'What is scanned goes onto the open list: 1 pack' }).click();
    await page.getByRole('heading', { name: 'List of packs' }).waitFor();
    expect(await page.getByText('goes onto the open list').count()).toBe(0);
    expect((await callsOf(page)).map(([name]) => name)).not.toContain('closePallet');
    const empty = await openStory('home-list-empty');
    expect((await callsOf(empty)).map(([name]) => name)).toContain('closePallet');
  });

  test('a pallet that is scanned onto a list comes in with its packs, by its own code', async () => {
    const page = await openStory('list-pallet');
    await page.getByText('Pallet or box 006141411234567890').waitFor();
    await page.getByRole('button', { name: 'Receive: all 2 and 1 pallet or box' }).click();
    await page
      .getByRole('heading', { name: 'Receive: record this on 2 packs and 1 pallet or box?' })
      .waitFor();
    await page.getByRole('button', { name: 'Record', exact: true }).click();
    await page.getByRole('button', { name: 'Take 006141411234567890 off the list' }).click();
    expect((await callsOf(page)).map(([name]) => name)).toEqual(
      expect.arrayContaining(['recordPallet', 'removeContainer']),
    );
  });

  test('what was recorded on a list is undone in one go, after the question whether any left', async () => {
    const page = await openStory('list-recorded');
    await page.getByRole('button', { name: 'Undo: 2 packs' }).click();
    await page.getByRole('heading', { name: 'Has any of these packs left your control?' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Yes, some have left' }).click();
    await page.getByRole('button', { name: 'Undo: 2 packs' }).click();
    await page.getByRole('button', { name: 'No, all 2 never left - undo' }).click();
    const calls = (await callsOf(page)).filter(([name]) => name === 'undoPallet');
    expect(calls.map(([, handedOver]) => handedOver)).toEqual([true, false]);
  });

  test('an outage is declared with its reason, ended, and its log prints without the rest', async () => {
    const page = await openStory('outage-declare');
    await page.getByLabel('What does not work?').selectOption('ledger-down');
    const since = page.getByLabel('Since');
    const now = await since.inputValue();
    // A year of which a digit is missing.
    const declare = page.getByRole('button', { name: 'Declare the outage' });
    await since.fill(now.replace(/^\d{4}/, '0202'));
    expect(await declare.isDisabled()).toBe(true);
    await since.fill(now);
    await declare.click();
    expect((await callsOf(page)).at(-1)).toEqual(['declareOutage', 'ledger-down']);
    const lasting = await openStory('outage');
    await lasting.getByRole('cell', { name: /first opening/ }).waitFor();
    await lasting.getByRole('button', { name: 'The outage is over' }).click();
    expect((await callsOf(lasting)).at(-1)).toEqual(['endOutage']);
    await lasting.emulateMedia({ media: 'print' });
    expect(await lasting.getByRole('button').filter({ visible: true }).count()).toBe(0);
    expect(await lasting.getByRole('link').filter({ visible: true }).count()).toBe(0);
    expect(await lasting.getByRole('table').isVisible()).toBe(true);
  });

  test('an alert is opened from the list, a finding stated, and passed on only with a reason', async () => {
    const list = await openStory('alerts');
    await list.getByRole('link', { name: '3 alerts wait for you' }).waitFor();
    await list.getByRole('button', { name: 'Closed', exact: true }).press('Enter');
    await list.getByText('No alert has been closed.').waitFor();
    await list.getByRole('button', { name: 'Open', exact: true }).press('Enter');
    await list.getByRole('button', { name: 'Open this alert' }).nth(2).press('Enter');
    const read = (await callsOf(list)).find(([name]) => name === 'readAlert')?.[1];
    expect(read).toMatch(/^DEMO-/);

    const page = await openStory('alert');
    await expect.poll(() => focusedText(page)).toBe('A7: already in that state');
    expect(await page.getByRole('button', { name: 'Close this alert' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Pass it on to the authority' }).press('Enter');
    await page.getByText('Write down why.').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByLabel('Note, up to 500 characters').fill('not our pack');
    await page.getByRole('button', { name: 'Pass it on to the authority' }).press('Enter');
    await page.getByLabel('What did this site find?').selectOption('no-root-cause');
    await page.getByRole('button', { name: 'State this finding' }).press('Enter');
    const taken = (await callsOf(page))
      .filter(([name]) => name === 'takeAlertStep')
      .map(([, action]) => action);
    expect(taken).toEqual([
      { kind: 'escalate', note: 'not our pack' },
      { kind: 'finding', finding: 'no-root-cause', note: 'not our pack' },
    ]);
    await page.keyboard.press('Escape');
  });

  test("what another device of the site recorded is undone from the pack's journey", async () => {
    const page = await openStory('journey-undo');
    await page.getByText('Another device of this site recorded it').waitFor();
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await page.getByRole('button', { name: 'No, it never left - undo' }).click();
    await page.getByRole('heading', { name: 'Supplied' }).waitFor();
    expect(await callsOf(page)).toContainEqual(['undo', false, SITE_ACT.id]);
  });

  test('a code that was probably misread is read again before anything is said of its pack', async () => {
    for (const story of ['caps-lock', 'lost-separator']) {
      const page = await openStory(story);
      await page.getByRole('heading', { name: 'Read it again', level: 1 }).waitFor();
      await page.getByText('If this stays, do not supply the pack').waitFor();
      await page.getByText(/^As it was read: (Check live|Not in the ledger)\./).waitFor();
    }
    const recalled = await openStory('recalled-misread');
    await recalled.getByRole('heading', { name: 'Recalled', level: 1 }).waitFor();
  });

  test('what is held back says so, and can be asked about again', async () => {
    const card = await openStory('recorded-held');
    await card.getByRole('heading', { name: 'Held back', level: 1 }).waitFor();
    const page = await openStory('outbox-held');
    await page.getByText('Held back by the ledger').waitFor();
    await page.getByRole('button', { name: 'Ask whether it is released' }).click();
    expect((await callsOf(page)).at(-1)).toEqual(['flush']);
    const refused = await openStory('outbox');
    await refused.getByText('Refused by the ledger').waitFor();
    expect(await refused.getByRole('button', { name: 'Ask whether it is released' }).count()).toBe(0);
  });

  test('a card says what the ledger said of what was recorded', async () => {
    for (const [story, word, says] of [
      ['recorded-locked', 'Locked', 'the undo locked it instead of making it active'],
      ['recorded-unchanged', 'Nothing undone', 'had only repeated an earlier record of this site'],
      ['recorded-twice', 'Recorded twice', 'This site had recorded the same on this pack before'],
    ] as const) {
      const told = await openStory(story);
      await told.getByRole('heading', { name: word }).waitFor();
      await told.getByText(says).first().waitFor();
    }
  });

  test('a site that found the cause closes with a reason; falsification is offered to the authority alone', async () => {
    const page = await openStory('alert-explained');
    await page.getByLabel('Why is it closed?').selectOption('process-error');
    await page.getByRole('button', { name: 'Close this alert' }).click();
    expect((await callsOf(page)).at(-1)).toEqual([
      'takeAlertStep',
      { kind: 'close', reason: 'process-error', note: null },
    ]);
    expect(await page.getByRole('option', { name: 'Falsification' }).count()).toBe(0);
    const card = await openStory('active-alert-open');
    await card.getByRole('heading', { name: 'Alert open', level: 1 }).waitFor();
    await card.getByRole('link', { name: 'Open this alert' }).click();
    expect((await callsOf(card)).map(([name]) => name)).toContain('readAlert');
    for (const story of ['recorded-alert', 'outbox']) {
      const raised = await openStory(story);
      await raised.getByRole('link', { name: 'Open this alert' }).first().click();
      expect(await callsOf(raised)).toContainEqual(['readAlert', RAISED[0]?.id]);
    }
    const authority = await openStory('alert-authority');
    await authority.getByLabel('Why is it closed?').selectOption('falsification');
    await authority.getByText('Harbour pharmacy (pharmacy)').waitFor();
    await authority.getByText('The two sites are about 613 km apart.').waitFor();
  });

  test('the outbox tells the losing side what to do, in the order of its market', async () => {
    const page = await openStory('outbox');
    const steps = await page.locator('.steps li').allInnerTexts();
    expect(steps).toEqual(CONFLICT_STEPS.map((step) => conflictStepWords(step)));
    const sent = await openStory('outbox-empty');
    expect(await sent.locator('.steps').count()).toBe(0);
  });

  test('what waits is not offered to be sent while the ledger has asked to be left alone', async () => {
    const usual = await openStory('outbox');
    await usual.getByRole('button', { name: 'Send now' }).waitFor();
    const page = await openStory('outbox-left-alone');
    await page.getByText('The ledger asked to be left alone until').waitFor();
    expect(await page.getByRole('button', { name: 'Send now' }).count()).toBe(0);
  });

  test('a pack that needs no check sends nothing', async () => {
    const page = await openStory('unreadable');
    await page.getByRole('button', { name: 'No check needed' }).click();
    await page.getByRole('button', { name: 'Imported without a licence here' }).click();
    await page.getByText('Checking it would raise an alert for nothing').waitFor();
    expect((await callsOf(page)).filter(([name]) => name !== 'dismiss')).toEqual([]);
  });

  test('products are chosen by name and by code, with their size before anything is loaded', async () => {
    const page = await openStory('scope-everything');
    await page.getByText('217 kB for 100,000 packs').waitFor();
    await page.getByLabel('Only these products').check();
    const field = page.getByLabel('Find a product, or add product codes');
    await field.fill('corva');
    await page.getByRole('button', { name: /^Add: Corvanol/ }).click();
    await field.fill('9506000100012 nonsense');
    await page.getByRole('button', { name: 'Add these codes' }).click();
    await page.getByText('One code could not be read').waitFor();
    expect(await field.inputValue()).toBe('nonsense');
    await page.getByRole('heading', { name: '2 products chosen' }).waitFor();
    await page.getByText('52 kB for 24,000 packs').waitFor();
    await page.getByRole('button', { name: /^Remove: Corvanol/ }).click();
    // A choice that was taken leads back; the story has nothing before it.
    await page.evaluate(() => history.pushState(null, '', location.href));
    await page.getByRole('button', { name: 'Use this choice' }).click();
    await expect.poll(() => callsOf(page)).toContainEqual(['changeScope', ['gtin:09506000100012']]);
  });

  test('products that the ledger does not grant are said to be refused', async () => {
    const page = await openStory('scope-limited');
    await page.getByLabel('Everything').check();
    await page.getByRole('button', { name: 'Use this choice' }).click();
    await page.getByText('lets this device hold these products, not everything').waitFor();
    await page.getByRole('heading', { name: 'One product chosen' }).waitFor();
  });

  test('an undo asks whether the pack has left, and tells why it cannot be', async () => {
    const page = await openStory('recorded');
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('heading', { name: 'Has the pack left your control?' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Yes, it has left' }).click();
    await page.getByText('a pack that has left stays as it was recorded').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('button', { name: 'No, it never left - undo' }).click();
    const undos = (await callsOf(page)).filter(([name]) => name === 'undo');
    expect(undos).toEqual([
      ['undo', true],
      ['undo', false],
    ]);
  });

  test('supply without data needs both statements', async () => {
    const page = await openStory('cannot-tell');
    await stand(page);
    await page.getByRole('button', { name: 'Supply despite missing data' }).click();
    expect(await violations(page)).toEqual([]);
    const confirm = page.getByRole('button', { name: 'Supply - technical problem' });
    await confirm.click({ force: true });
    expect((await callsOf(page)).some(([name]) => name === 'record')).toBe(false);
    for (const box of await page.getByRole('checkbox').all()) await box.check();
    await confirm.click();
    await page.getByRole('heading', { name: 'Supplied' }).waitFor();
    const request = (await callsOf(page)).find(([name]) => name === 'record')?.[1];
    expect(request).toMatchObject({ operation: 'supply', reason: 'technical-problem' });
  });

  test('in a declared outage the problem need not be stated for each pack, the seal has to', async () => {
    const page = await openStory('cannot-tell-outage');
    await page.waitForTimeout(500);
    await page.getByRole('button', { name: 'Supply despite missing data' }).click();
    expect(await page.getByLabel('A technical problem keeps me').isChecked()).toBe(true);
    await page.getByLabel('I have looked at the seal').check();
    await page.getByRole('button', { name: 'Supply - technical problem' }).click();
    await page.getByRole('heading', { name: 'Supplied' }).waitFor();
  });

  test('a broken seal quarantines after one confirmation', async () => {
    const page = await openStory('active-agrees');
    await stand(page);
    await page.getByRole('button', { name: 'Seal broken', exact: true }).click();
    await page.getByRole('button', { name: 'Seal broken - quarantine' }).click();
    await page.getByRole('heading', { name: 'Quarantined' }).waitFor();
    const request = (await callsOf(page)).find(([name]) => name === 'record')?.[1];
    expect(request).toMatchObject({ operation: 'lock', seal: 'broken', reason: 'seal-broken' });
  });

  test("a scanner's Enter presses nothing; a person's Enter does the main thing", async () => {
    const page = await openStory('active-agrees');
    await page.waitForTimeout(1_200);
    await page.keyboard.type('010950600010001221SHELF0001A', { delay: 20 });
    await page.keyboard.press('Enter');
    expect((await callsOf(page)).some(([name]) => name === 'record')).toBe(false);
    await page.waitForTimeout(1_200);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Supplied' }).waitFor();
    // The verdict itself was told by the scan.
    await expect
      .poll(async () => (await callsOf(page)).filter(([name]) => name === 'tell'))
      .toEqual([['tell', 'go']]);
  });

  test('the space that a calibration code begins with presses no button', async () => {
    const page = await openStory('scanner');
    await page.getByRole('button', { name: 'Set up a scanner' }).click();
    const code = page.getByRole('img', { name: 'Calibration code' });
    await code.waitFor();
    await page.keyboard.press('Space');
    await page.waitForTimeout(100);
    expect(await code.isVisible()).toBe(true);
  });

  test('the verdict takes the focus, and Escape goes back', async () => {
    const page = await openStory('supplied');
    await expect.poll(() => focusedText(page)).toBe('Already supplied');
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Check a medicine pack' }).waitFor();
  });

  test('a reference is typed under More, shown, and goes into what is recorded next', async () => {
    const page = await openStory('active-agrees');
    await stand(page);
    await page.getByRole('button', { name: 'More' }).click();
    expect(await violations(page)).toEqual([]);
    await page.getByLabel('Prescription or delivery reference').fill(` RX-${'4'.repeat(600)}`);
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByText('Reference: RX-444').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Seal intact - supply' }).click();
    await page.getByRole('heading', { name: 'Supplied' }).waitFor();
    const request = (await callsOf(page)).find(([name]) => name === 'record')?.[1];
    expect(request).toMatchObject({ operation: 'supply', reference: `RX-${'4'.repeat(496)}` });
  });

  test('what was recorded is told with the verdict before it, and no stale opinion', async () => {
    const page = await openStory('recorded');
    await page.getByText("Before: Active. In Packtrail's ledger, asked 09:52").waitFor();
    expect(await page.locator('body').innerText()).not.toContain('Ledger agrees');
  });

  test('a link that the browser does not copy is shown', async () => {
    const page = await openStory('device');
    const copy = page.getByRole('button', { name: 'Copy the link' });
    await page.evaluate(() => {
      Object.defineProperty(navigator, 'clipboard', { value: undefined });
    });
    await copy.click();
    await page.getByText('https://packtrail.example/#/enrol/q1w2e3r4t5y6u7i8o9p0').waitFor();
  });

  test('an unanswered question can be asked again', async () => {
    const page = await openStory('not-in-data');
    await page.getByRole('button', { name: 'Check live' }).click();
    expect((await callsOf(page)).at(-1)).toEqual(['recheck']);
  });

  test('a pack of the last ones opens again', async () => {
    const page = await openStory('home-busy');
    await page.getByRole('button', { name: /SHELF0001A/ }).click();
    expect((await callsOf(page)).at(-1)?.[0]).toBe('reopen');
  });

  test('the status bar says that events need a look', async () => {
    const page = await openStory('contested');
    await page.getByRole('link', { name: /unsent\s+3 to look at/ }).waitFor();
    await page.getByText('Exported on this device, 08:52: not applied.').waitFor();
    await page.getByText('First recorded at another location.').waitFor();
  });

  test('a device that cannot be opened offers to try again and to practise', async () => {
    const page = await openStory('start-refused');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Practise anyway' }).click();
    expect((await callsOf(page)).map(([name]) => name)).toEqual(['start', 'practise']);
  });

  test('a camera without a name has a number, and one that gives no picture to keep is said to', async () => {
    const page = await openStory('scan-guided');
    await page.getByRole('option', { name: 'Camera 2' }).waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Keep this picture' }).click();
    await page.getByRole('button', { name: 'Nothing to keep: the camera gives no picture' }).waitFor();
  });

  test('the camera is asked for after a tap only, and closed when one leaves', async () => {
    const page = await openStory('home-newcomer');
    expect((await callsOf(page)).some(([name]) => name === 'openCamera')).toBe(false);
    await page.getByRole('link', { name: 'Open the camera' }).click();
    await page.getByRole('button', { name: 'Close the camera' }).click();
    await page.getByRole('heading', { name: 'Check a medicine pack' }).waitFor();
    // What a screen lets go of when it is left, it does after the next has been painted.
    await expect.poll(() => cameraCalls(page)).toEqual(['openCamera', 'closeCamera']);
  });

  test('typing names the faulty field and keeps the others', async () => {
    const page = await openStory('type');
    await page.getByLabel('Product code').fill('0950 6000 100012');
    await page.getByLabel('Serial number').fill('SHELF0001A');
    await page.getByLabel('Batch').fill('ALB311');
    await page.getByLabel('Expiry').fill('soon');
    await page.getByRole('button', { name: 'Check this pack' }).click();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('typed-expiry');
    expect(await violations(page)).toEqual([]);
    await page.getByLabel('Expiry').fill('12/2031');
    await page.getByRole('button', { name: 'Check this pack' }).click();
    expect((await callsOf(page)).filter(([name]) => name === 'readTyped')).toEqual([
      [
        'readTyped',
        { productCode: '09506000100012', serial: 'SHELF0001A', batch: 'ALB311', expiry: '2031-12' },
      ],
    ]);
  });

  test('what became of one enrolment link says nothing about the next', async () => {
    const page = await openStory('enrol-another');
    await page.getByRole('button', { name: 'Enrol this device' }).click();
    expect((await callsOf(page)).at(-1)?.[1]).toBe('qrstuvwxyzabcdef');
  });

  test('an enrolment link acts after a tap and is gone from the address', async () => {
    const page = await openStory('enrol');
    expect(page.url()).toMatch(/#\/enrol$/);
    await page.getByRole('button', { name: 'Enrol this device' }).click();
    expect((await callsOf(page)).at(-1)).toEqual(['enrolWith', 'abcdefghijklmnop', '0123456789abcdef']);
  });
});
