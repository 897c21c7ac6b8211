// What a person can hand the app that it cannot use: no camera, no right to it, photos that are none, codes mistyped, a
// device without room. Each gets a clear message and a way on, and nothing is lost.
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { PHOTO_BYTES_MAX } from '../../src/adapters/decoder.ts';
import { shelfPng } from '../../src/server/demo/shelf-codes.ts';
import { openAppInBrowser } from '../support/app-in-browser.ts';
import { launchChromium } from '../support/chromium.ts';
import {
  enrol,
  openVisit,
  shelfItem,
  tapDeliberately,
  typePack,
  type Visit,
  WAIT,
  waitUntilKept,
} from '../support/visit.ts';

const KEPT = 'Nothing was recorded, and nothing recorded before is lost.';
const ACTIVE = shelfItem('active');
const OTHER = shelfItem('active-month');

describe('bad input', () => {
  const noCamera = [
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream=device-count=0',
  ] as const;
  const on = openAppInBrowser(noCamera);

  /** Opens the app as a newcomer and, at the end, sees that nothing went wrong unseen. */
  async function visitApp(
    run: (page: Page, visit: Visit) => Promise<void>,
    at: Browser = on.browser,
    prepare: (visit: Visit) => Promise<unknown> = async () => undefined,
  ): Promise<void> {
    const visit = await openVisit(at, on.server.url);
    await prepare(visit);
    await visit.page.goto(on.server.url);
    await run(visit.page, visit);
    await visit.context.close();
    expect(visit.faults).toEqual([]);
  }

  test('a camera that the user denies', async () => {
    const denying = await launchChromium(['--use-fake-device-for-media-stream', '--deny-permission-prompts']);
    await visitApp(async (page) => {
      await page.getByText('Open the camera').click();
      await told(page, 'The camera is not allowed for this app.', 'Allow the camera in the browser');
      await page.getByRole('button', { name: 'Start the camera again' }).click();
      await told(page, 'The camera is not allowed for this app.', 'Typing, a photo and a scanner work');
      await checkTyped(page);
    }, denying);
    await denying.close();
  });

  test('no camera', async () => {
    await visitApp(async (page) => {
      await page.getByText('Open the camera').click();
      await told(page, 'This device has no camera that the app can use.', 'Use a photo or a scanner');
      await checkTyped(page);
    });
  });

  test('photos that hold no code, are cut short, too large, or no photos at all', async () => {
    const icon = await readFile(new URL('../../public/icon-192.png', import.meta.url));
    const photo = Buffer.from(await shelfPng(ACTIVE));
    await visitApp(async (page) => {
      await givePhoto(page, icon);
      await told(page, 'No code was found in this photo.', 'Take it again: closer', KEPT);
      await givePhoto(page, photo.subarray(0, photo.length / 3));
      await told(page, 'This file is not a picture that the app can read.', KEPT);
      await givePhoto(page, photo.subarray(0, 20));
      await told(
        page,
        'This file is not a picture that the app can read.',
        'Choose a JPEG, PNG or WebP',
        KEPT,
      );
      await givePhoto(page, Buffer.from('<svg onload="alert(1)"/>'));
      await told(page, 'This file is not a picture that the app can read.', KEPT);
      await givePhoto(page, Buffer.alloc(0));
      await told(page, 'This file is not a picture that the app can read.', KEPT);
      const huge = join(on.server.folder, 'huge.png');
      await writeFile(huge, photo);
      await truncate(huge, PHOTO_BYTES_MAX + 1);
      await givePhoto(page, huge);
      await told(page, 'This picture is too large.', 'Take a photo of the square code alone', KEPT);
      await givePhoto(page, sized(photo, 30_000));
      await told(page, 'This picture is too large.', KEPT);
      // And after all that, one that is right.
      await givePhoto(page, photo);
      await page.getByRole('heading', { name: 'Active' }).waitFor(WAIT);
    });
  });

  test('codes mistyped: what was typed stays until it is right', async () => {
    const { productCode, serial, batch, expiry } = ACTIVE.printed;
    const gtin = productCode.replace('gtin:', '');
    const misread = `${gtin.slice(0, -1)}${(Number(gtin.at(-1)) + 1) % 10}`;
    await visitApp(async (page) => {
      await page.getByRole('link', { name: 'Type the code' }).click();
      await page.getByLabel('Product code').fill('4711');
      await page.getByLabel('Serial number').fill(serial);
      await page.getByLabel('Expiry').fill('2031-13');
      await page.getByRole('button', { name: 'Check this pack' }).click();
      await told(page, '2 fields need a look.', 'Type the batch', 'Type the expiry as year and month');
      await page.getByLabel('Batch').fill(batch);
      await page.getByLabel('Expiry').fill(expiry);
      await page.getByLabel('Product code').fill(misread);
      await page.getByRole('button', { name: 'Check this pack' }).click();
      await told(page, 'A check digit does not match', KEPT);
      await page.getByRole('button', { name: 'Try again' }).click();
      expect(await page.getByLabel('Serial number').inputValue()).toBe(serial);
      await page.getByLabel('Product code').fill(gtin);
      await page.getByRole('button', { name: 'Check this pack' }).click();
      await page.getByRole('heading', { name: 'Active' }).waitFor(WAIT);
    });
  });

  test('a code that lacks fields, and another before they were typed: each is asked about itself', async () => {
    const { productCode, serial, batch, expiry } = OTHER.printed;
    await visitApp(async (page) => {
      await page.getByRole('heading', { name: 'Check a medicine pack' }).waitFor(WAIT);
      await scanAtOnce(page, `01${ACTIVE.printed.productCode.slice(5)}21${ACTIVE.printed.serial}`);
      await page.getByLabel('Batch').fill('OF-THE-FIRST');
      await scanAtOnce(page, `01${productCode.slice(5)}21${serial}`);
      await page.locator('dd').getByText(serial, { exact: true }).waitFor(WAIT);
      expect(await page.getByLabel('Batch').inputValue()).toBe('');
      await page.getByLabel('Batch').fill(batch);
      await page.getByLabel('Expiry').fill(expiry);
      await page.getByRole('button', { name: 'Check this pack' }).click();
      await page.locator('.banner-word').waitFor(WAIT);
      expect(await page.locator('.verdict dd').getByText(serial, { exact: true }).count()).toBe(1);
    });
  });

  test('codes that are none, scanned or pasted', async () => {
    await visitApp(async (page) => {
      const scans = [
        ['https://example.org/menu', 'This code is a web address'],
        ['01095060001000121731133110A\x1d21B', 'date that does not exist'],
        ['01095060001000121731123110ALB311', 'no serial number'],
        [`010950600010001221${'X'.repeat(21)}`, 'A field of the code is too long'],
        [`010950600010001221${'X'.repeat(9_000)}`, 'This is longer than any code'],
      ] as const;
      for (const [text, words] of scans) {
        await page.goto(`${on.server.url}/#/type`);
        await page.getByLabel('Product code').fill(text);
        await page.getByRole('button', { name: 'Check this pack' }).click();
        await told(page, words, KEPT);
        await page.getByRole('button', { name: 'Try again' }).click();
      }
    });
  });

  test('a full disk: not recorded is said, and once there is room all goes on', async () => {
    // Chromium goes by the space that it found at first for half a minute, so the bound stands before the first write.
    const bound = async ({ context: device, page }: Visit) =>
      (await device.newCDPSession(page)).send('Storage.overrideQuotaForOrigin', {
        ...{ origin: on.server.url, quotaSize: 30_000_000 },
      });
    await visitApp(
      async (page, visit) => {
        await enrol(visit, on.server.inviteLink());
        await waitUntilKept(page);
        await visit.context.setOffline(true);
        await supply(page, ACTIVE.printed);
        await page.getByText('1 unsent').first().waitFor(WAIT);

        await fillStorage(page);
        await typePack(page, OTHER.printed);
        await tapDeliberately(page, 'Seal intact - supply');
        await told(page, 'Not recorded: the storage of this device is full.', 'Free some space', KEPT);
        await page.getByText('1 unsent').first().waitFor(WAIT);
        expect(await page.getByText('Recorded on this device.', { exact: true }).count()).toBe(0);

        await makeRoom(page);
        await tapDeliberately(page, 'Seal intact - supply');
        await page.getByText('Recorded on this device.', { exact: true }).waitFor(WAIT);
        await page.getByText('2 unsent').first().waitFor(WAIT);
        await visit.context.setOffline(false);
        await page.getByText('0 unsent').first().waitFor(WAIT);
        for (const { printed } of [ACTIVE, OTHER])
          expect(on.server.ledger.verify(printed).finding).toMatchObject({ state: 'supplied' });
      },
      on.browser,
      bound,
    );
  });
});

/** Takes what the browser still gives the site, down to the last kilobyte. */
async function fillStorage(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open('ballast');
      opening.onupgradeneeded = () => opening.result.createObjectStore('ballast', { autoIncrement: true });
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const put = (bytes: number) =>
      new Promise<boolean>((resolve) => {
        const tx = database.transaction('ballast', 'readwrite');
        const ballast = new Uint8Array(bytes);
        for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(ballast.subarray(at, at + 65_536));
        tx.objectStore('ballast').add(ballast);
        tx.oncomplete = () => resolve(true);
        tx.onabort = () => resolve(false);
      });
    for (let bytes = 2_097_152; bytes >= 512; bytes /= 2) while (await put(bytes));
    database.close();
  });
}

/** As a person does who deletes what else takes the space. */
async function makeRoom(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const deleting = indexedDB.deleteDatabase('ballast');
        deleting.onsuccess = () => resolve();
        deleting.onerror = () => reject(deleting.error);
      }),
  );
}

/** The words are on screen, where assistive technology hears of them. */
async function told(page: Page, ...words: readonly (string | RegExp)[]): Promise<void> {
  for (const each of words) await page.getByText(each).first().waitFor(WAIT);
  await page
    .getByRole('alert')
    .or(page.getByRole('status'))
    .filter({ hasText: words[0] ?? '' })
    .first()
    .waitFor({
      ...WAIT,
      state: 'attached',
    });
}

/** As a handheld scanner without identifiers types it, faster than any machine is slow. */
async function scanAtOnce(page: Page, text: string): Promise<void> {
  await page.evaluate((typed) => {
    for (const key of [...typed, 'Enter'])
      (document.activeElement ?? document.body).dispatchEvent(
        new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }),
      );
  }, text);
}

/** `photo`: its bytes, or where the file is. */
async function givePhoto(page: Page, photo: Buffer | string): Promise<void> {
  // The words of the photo before must not be taken for those of this one.
  await page.goto(new URL('/#/', page.url()).href);
  const again = page.getByRole('button', { name: 'Try again' });
  if (await again.isVisible()) await again.click();
  const file =
    typeof photo === 'string' ? photo : { name: 'photo.png', mimeType: 'image/png', buffer: photo };
  await page.locator('input[type=file]').first().setInputFiles(file);
}

/** A PNG whose header claims to be so many pixels wide and high. */
function sized(png: Buffer, edgePx: number): Buffer {
  const changed = Buffer.from(png);
  changed.writeUInt32BE(edgePx, 16);
  changed.writeUInt32BE(edgePx, 20);
  return changed;
}

async function checkTyped(page: Page): Promise<void> {
  await typePack(page, ACTIVE.printed);
  expect(await page.locator('.banner-word').textContent()).toBe('Active');
}

async function supply(page: Page, pack: Parameters<typeof typePack>[1]): Promise<void> {
  await typePack(page, pack);
  await tapDeliberately(page, 'Seal intact - supply');
  await page.getByText('Recorded on this device.', { exact: true }).waitFor(WAIT);
}
