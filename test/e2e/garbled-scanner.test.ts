// A handheld scanner that believes in another keyboard language than the computer's: its codes are refused in words until
// it has been set up once, and read from then on.
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { encodeElementString } from '../../src/domain/codes/element-string.ts';
import { baselineCode, deadKeyCode, encodeWhole } from '../../src/domain/keyboard/calibration-code.ts';
import { openAppInBrowser } from '../support/app-in-browser.ts';
import { GERMAN_LIKE, typeText } from '../support/keyboard.ts';
import { openVisit, shelfItem, stand, WAIT } from '../support/visit.ts';

const { productCode, serial, batch, expiry } = shelfItem('active').printed;
const PACK = encodeElementString([
  ['01', productCode.replace('gtin:', '')],
  ['17', expiry.slice(2).replaceAll('-', '')],
  ['10', batch],
  ['21', serial],
]);

describe('a garbled scanner', () => {
  const on = openAppInBrowser();

  test('is refused, set up, and then read', async () => {
    const visit = await openVisit(on.browser, on.server.url);
    const { page } = visit;
    await page.goto(on.server.url);
    await heading(page, 'Check a medicine pack').waitFor(WAIT);
    // A dead key in the identifier of the envelope: what arrives is no text that any code holds.
    await scan(page, `[)>\x1e06\x1d9N110375286414\x1dS=7\x1e\x04`);
    await page.getByText('use different keyboard languages', { exact: false }).first().waitFor(WAIT);
    await page.getByRole('button', { name: 'Try again' }).click();

    await page.goto(`${on.server.url}#/device`);
    await page.getByRole('link', { name: 'Set up a scanner' }).click();
    await page.getByRole('button', { name: 'Set up a scanner' }).click();
    await page.getByRole('img', { name: 'Calibration code' }).waitFor(WAIT);
    await scan(page, encodeWhole(baselineCode()));
    for (const [at, deadKey] of [...GERMAN_LIKE.deadKeys.keys()].entries()) {
      await heading(page, `One more code (${at + 1})`).waitFor(WAIT);
      await scan(page, encodeWhole(deadKeyCode(deadKey)));
    }
    await heading(page, 'This scanner can be read').waitFor(WAIT);
    await page.getByLabel('Name of this scanner').fill('Counter');
    await page.getByRole('button', { name: 'Remember it' }).click();
    await page.getByText('"Counter" is remembered').waitFor(WAIT);
    await scan(page, PACK);
    await page.getByText('By "Counter"').waitFor(WAIT);
    expect(await heading(page, 'Active').count()).toBe(0);

    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByRole('link', { name: 'Set up a scanner' }).waitFor(WAIT);
    await stand(page);
    await scan(page, PACK);
    await heading(page, 'Active').waitFor(WAIT);

    // It is remembered when the app is opened anew.
    await page.reload();
    await page.goto(`${on.server.url}#/device`);
    await page.getByRole('link', { name: 'Set up a scanner' }).click();
    await page.getByRole('button', { name: 'Forget Counter' }).waitFor(WAIT);
    await visit.context.close();
    expect(visit.faults).toEqual([]);
  });
});

const heading = (page: Page, name: string) => page.getByRole('heading', { name });

/** All keys at once, as fast as a scanner, with the characters that the computer's layout makes of them. */
async function scan(page: Page, text: string): Promise<void> {
  await page.evaluate(
    (shown) => {
      const controls: Record<string, string> = {
        '\x1d': 'BracketRight',
        '\x1c': 'Backslash',
        '\x1e': 'Digit6',
        '\x1f': 'Minus',
        '\x04': 'KeyD',
      };
      const press = (init: KeyboardEventInit) =>
        (document.activeElement ?? document.body).dispatchEvent(
          new KeyboardEvent('keydown', { ...init, bubbles: true, cancelable: true }),
        );
      for (const character of shown) {
        const control = controls[character];
        if (control !== undefined) press({ key: 'Unidentified', code: control, ctrlKey: true });
        else press({ key: character === '\0' ? 'Dead' : character });
      }
      press({ key: 'Enter', code: 'Enter' });
    },
    typeText(text, GERMAN_LIKE),
  );
}
