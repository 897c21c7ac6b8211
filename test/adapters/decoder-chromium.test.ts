import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecodedSymbol } from '../../src/app/ports-scan.ts';
import {
  findChromium,
  type HarnessPage,
  launchChromium,
  NO_CHROMIUM,
  serveHarness,
} from '../support/chromium.ts';
import { drawDataMatrix, loadPicture, type Picture } from '../support/fake-camera.ts';

const PHOTOS = new URL('../../../shared/photos/', import.meta.url);
// Measured: 27 of 27 photographs of one symbol; the slack is for other versions of the browser's JPEG decoder.
const PHOTOS_READ_MIN = 25;

const chromiumPath = findChromium();
const skipped = chromiumPath ? '' : ` (${NO_CHROMIUM})`;

type Outcome = { readonly symbols?: readonly DecodedSymbol[]; readonly code?: string };

describe.skipIf(chromiumPath === undefined)(`the decoder${skipped}`, () => {
  let harness: HarnessPage;

  beforeAll(async () => {
    const decoder = new URL('../../src/adapters/decoder.ts', import.meta.url).pathname;
    harness = await serveHarness(`
      import { createDecoder } from ${JSON.stringify(decoder)};
      const decoder = createDecoder();
      const readBlob = (blob) => decoder.readPhoto(blob).then((symbols) => ({ symbols }), ({ code }) => ({ code }));
      const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      async function readPixels({ width, height, base64 }) {
        const canvas = new OffscreenCanvas(width, height);
        const image = new ImageData(new Uint8ClampedArray(bytesOf(base64)), width, height);
        canvas.getContext('2d').putImageData(image, 0, 0);
        return readBlob(await canvas.convertToBlob());
      }
      /** As a phone's at full resolution: the drawing in the middle of grey. */
      async function readLarge({ width, height, base64 }, across, down) {
        const canvas = new OffscreenCanvas(across, down);
        const context = canvas.getContext('2d');
        context.fillStyle = '#999';
        context.fillRect(0, 0, across, down);
        const image = new ImageData(new Uint8ClampedArray(bytesOf(base64)), width, height);
        const scale = down / height / 8;
        context.drawImage(await createImageBitmap(image), across / 2, down / 2, width * scale, height * scale);
        return readBlob(await canvas.convertToBlob({ type: 'image/jpeg' }));
      }
      Object.assign(window, { readPixels, readLarge, readFile: (base64) => readBlob(new Blob([bytesOf(base64)])) });
    `);
  });
  afterAll(() => harness?.close());

  const readFileBytes = (page: Page, bytes: Uint8Array) =>
    page.evaluate<Outcome, string>(
      (base64) => Reflect.get(window, 'readFile')(base64),
      Buffer.from(bytes).toString('base64'),
    );
  const readDrawn = (page: Page, { width, height, rgba }: Picture) =>
    page.evaluate<Outcome, { width: number; height: number; base64: string }>(
      (drawn) => Reflect.get(window, 'readPixels')(drawn),
      { width, height, base64: Buffer.from(rgba.buffer).toString('base64') },
    );
  const textsOf = ({ symbols }: Outcome) => symbols?.map(({ text }) => text);

  const ELEMENTS = '(01)04012345123456(21)7F3K9QX2PM';
  const GS1_TEXT = ']d20104012345123456217F3K9QX2PM';
  const IFA_TEXT = '[)>\x1e06\x1d9N110375286414\x1d1T12345ABCD\x1dD150617\x1dS12345ABCDEF98765\x1e\x04';

  async function readsCleanSymbols(page: Page): Promise<void> {
    const link = 'https://example.org/01/04012345123456';
    expect(textsOf(await readDrawn(page, drawDataMatrix(ELEMENTS)))).toEqual([GS1_TEXT]);
    expect(textsOf(await readDrawn(page, drawDataMatrix(IFA_TEXT)))).toEqual([`]d1${IFA_TEXT}`]);
    expect(textsOf(await readDrawn(page, drawDataMatrix(link)))).toEqual([`]d1${link}`]);
  }

  describe('with WebAssembly', () => {
    let browser: Browser;
    let page: Page;
    const urls: string[] = [];

    beforeAll(async () => {
      browser = await launchChromium();
      page = await browser.newPage();
      page.context().on('request', (request) => urls.push(request.url()));
      await page.goto(harness.url);
    });
    afterAll(() => browser?.close());

    it('reads GS1 and IFA symbols with their identifiers and control characters', () =>
      readsCleanSymbols(page));

    it('reads a photograph of more than 40 MP, which it has made smaller, and says where the code is', async () => {
      const { width, height, rgba } = drawDataMatrix(ELEMENTS);
      const drawn = { width, height, base64: Buffer.from(rgba.buffer).toString('base64') };
      const found = await page.evaluate<Outcome, typeof drawn>(
        (picture) => Reflect.get(window, 'readLarge')(picture, 7300, 5600),
        drawn,
      );
      expect(textsOf(found)).toEqual([GS1_TEXT]);
      const [corner] = found.symbols?.[0]?.corners ?? [];
      expect(corner?.x).toBeCloseTo(0.5, 1);
      expect(corner?.y).toBeCloseTo(0.5, 1);
    });

    it('refuses what is no picture, or too large a one', async () => {
      const png = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52];
      expect(await readFileBytes(page, Buffer.from('not a picture at all'))).toEqual({
        code: 'not-an-image',
      });
      expect(await readFileBytes(page, Uint8Array.from([...png, 0, 0, 2, 0, 0, 0, 2, 0]))).toEqual({
        code: 'not-an-image',
      });
      expect(await readFileBytes(page, Uint8Array.from([...png, 0, 0, 0x40, 0, 0, 0, 0x40, 0]))).toEqual({
        code: 'too-large',
      });
    });

    it('reads once the network is back that failed while it was loading', async () => {
      const context = await browser.newContext();
      const other = await context.newPage();
      await other.goto(harness.url);
      await context.route(/\.wasm$|zxing-js/, (route) => route.abort());
      expect(await readDrawn(other, drawDataMatrix(ELEMENTS))).toEqual({ code: 'failed' });
      await context.unroute(/\.wasm$|zxing-js/);
      await expect
        .poll(async () => textsOf(await readDrawn(other, drawDataMatrix(ELEMENTS))))
        .toEqual([GS1_TEXT]);
      await context.close();
    });

    it('asked no other host', () => {
      expect(urls.some((url) => url.endsWith('.wasm'))).toBe(true);
      expect(urls.filter((url) => !url.startsWith(harness.url) && !url.startsWith('blob:'))).toEqual([]);
    });

    it.skipIf(!existsSync(PHOTOS))(
      'reads real photographs, and nothing false in others',
      // A slow machine searches each that holds nothing for as long as the app would let it.
      { timeout: 180_000 },
      async () => {
        const photos = await listPhotos();
        let read = 0;
        const falseTexts: string[] = [];
        for (const { file, texts } of photos) {
          const found = textsOf(await readFileBytes(page, await readFile(new URL(file, PHOTOS)))) ?? [];
          if (found.some((text) => texts.includes(text.slice(3)))) read++;
          falseTexts.push(...found.filter((text) => !texts.includes(text.slice(3))));
        }
        const total = photos.filter(({ texts }) => texts.length > 0).length;
        console.log(
          `photographs: ${read} of ${total} read, ${falseTexts.length} false texts in ${photos.length}`,
        );
        expect(read).toBeGreaterThanOrEqual(PHOTOS_READ_MIN);
        expect(falseTexts).toEqual([]);
      },
    );

    it.skipIf(!existsSync(PHOTOS))('loads a photograph as a picture for the fake camera', async () => {
      const path = new URL('zxing_datamatrix-2/01.png', PHOTOS).pathname;
      const picture = await loadPicture(path, page);
      expect(picture.rgba).toHaveLength(picture.width * picture.height * 4);
      expect(textsOf(await readDrawn(page, picture))).toEqual([']d1http://google.com/m']);
    });
  });

  describe.each([
    ['switched off', ['--js-flags=--noexpose_wasm'], false],
    ['not to be loaded', [], true],
  ])('with WebAssembly %s', (_, args, isBlocked) => {
    it('falls back to JavaScript and reads clean symbols', async () => {
      const browser = await launchChromium(args);
      try {
        const page = await browser.newPage();
        if (isBlocked) await page.context().route('**/*.wasm', (route) => route.abort());
        await page.goto(harness.url);
        await readsCleanSymbols(page);
      } finally {
        await browser.close();
      }
    });
  });
});

/** DataMatrix photographs of one symbol, and ones that hold nothing. */
async function listPhotos(): Promise<{ file: string; texts: string[] }[]> {
  const expected: Record<string, { format: string; multi?: boolean; texts: string[] | null }> = JSON.parse(
    await readFile(new URL('expected.json', PHOTOS), 'utf8'),
  );
  return Object.entries(expected)
    .filter(([, { format, multi }]) => (format === 'DataMatrix' || format === 'none') && !multi)
    .flatMap(([file, { texts }]) => (texts ? [{ file, texts }] : []));
}
