import bwipjs from 'bwip-js/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { createFrameSearch } from '../../../src/domain/picture/frame-search.ts';
import type { GreyPicture } from '../../../src/domain/picture/grey-picture.ts';
import type { Carriers } from '../../../src/domain/picture/zxing-result.ts';
import { loadZxingEngine, type ZxingEngine } from '../../../src/server/decode/zxing-engine.ts';
import { drawModules } from '../../support/scenes/symbol-modules.ts';

const ELEMENTS = '(01)04012345123456(17)271130(10)B4C2(21)7F3K9QX2PM';
const DATA = '01040123451234561727113010B4C2\x1d217F3K9QX2PM';
const LINK = 'https://example.org/01/04012345123456/10/B4C2/21/7F3K9QX2PM?17=271130';
const SSCC = '(00)340123450000000017';
const PX = 4;

type Options = Parameters<typeof drawModules>[0] & Readonly<Record<string, unknown>>;

function drawn(across: number, down: number, isDark: (x: number, y: number) => boolean): GreyPicture {
  const [width, height] = [(across + 20) * PX, (down + 20) * PX];
  const pixels = new Uint8Array(width * height).fill(230);
  for (let y = 0; y < down * PX; y++)
    for (let x = 0; x < across * PX; x++)
      if (isDark(Math.floor(x / PX), Math.floor(y / PX))) pixels[(y + 10 * PX) * width + x + 10 * PX] = 25;
  return { width, height, pixels };
}

function matrix(options: Options): GreyPicture {
  const { columns, rows, dark } = drawModules(options);
  return drawn(columns, rows, (x, y) => dark[y * columns + x] === 1);
}

/** bwip-js gives a bar code as widths, a bar first. */
function bars(options: Options): GreyPicture {
  const [symbol] = bwipjs.raw(options);
  if (!symbol || !('sbs' in symbol)) throw new Error('not a bar code');
  const widths: readonly number[] = Array.from(symbol.sbs);
  const cells = widths.flatMap((width, i) => Array(width).fill(i % 2 === 0));
  return drawn(cells.length, 30, (x) => cells[x] === true);
}

const inverted = (picture: GreyPicture): GreyPicture => ({
  ...picture,
  pixels: picture.pixels.map((level) => 255 - level),
});

const mirrored = (picture: GreyPicture): GreyPicture => ({
  ...picture,
  pixels: picture.pixels.map((_, i) => {
    const x = i % picture.width;
    return picture.pixels[i - x + picture.width - 1 - x] ?? 0;
  }),
});

const gs1 = { bcid: 'gs1datamatrix', text: ELEMENTS, parsefnc: false };

describe('the library, as we ask it', () => {
  let engine: ZxingEngine;
  beforeAll(async () => {
    engine = await loadZxingEngine();
  });

  const read = async (picture: GreyPicture, carriers: Carriers = 'packs-and-cases') =>
    (await engine.read({ picture, effort: 'usual', symbolsMax: 8 }, carriers)).map(({ text }) => text);

  it.each<[string, GreyPicture, string]>([
    ['GS1 DataMatrix', matrix(gs1), `]d2${DATA}`],
    ['a rectangular one', matrix({ ...gs1, format: 'rectangle', version: '16x48' }), `]d2${DATA}`],
    [
      'one of the rectangular extension',
      matrix({ ...gs1, format: 'rectangle', dmre: true, version: '20x44' }),
      `]d8${DATA}`,
    ],
    ['a light one on dark', inverted(matrix(gs1)), `]d2${DATA}`],
    ['one seen in a mirror', mirrored(matrix(gs1)), `]d2${DATA}`],
    [
      'Data Matrix without FNC1',
      matrix({ bcid: 'datamatrix', text: '0104012345123456' }),
      ']d10104012345123456',
    ],
    ['GS1 QR', matrix({ ...gs1, bcid: 'gs1qrcode' }), `]Q3${DATA}`],
    ['a Digital Link in QR', matrix({ bcid: 'qrcode', text: LINK }), `]Q1${LINK}`],
    ['GS1-128', bars({ bcid: 'gs1-128', text: SSCC }), ']C100340123450000000017'],
    ['EAN-13', bars({ bcid: 'ean13', text: '4012345123456' }), ']E04012345123456'],
    ['ITF-14', bars({ bcid: 'itf14', text: '04012345123456' }), ']I104012345123456'],
  ])('reads %s', async (_, picture, text) => {
    expect(await read(picture)).toEqual([text]);
  });

  it.each([
    ['05', '[)>\x1e05\x1d01040123451234561727113010B4C2\x1d217F3K9QX2PM\x1e\x04'],
    ['06', '[)>\x1e06\x1d9N110375286414\x1d1T12345ABCD\x1dD150617\x1dS12345ABCDEF98765\x1e\x04'],
  ])('expands macro %s to its whole envelope', async (_, envelope) => {
    const text = envelope.replace(
      /[^\x20-\x5d\x5f-\x7e]/g,
      (c) => `^${String(c.charCodeAt(0)).padStart(3, '0')}`,
    );
    expect(await read(matrix({ bcid: 'datamatrix', text, parse: true }))).toEqual([`]d1${envelope}`]);
  });

  it('looks for bar codes only where cases are to be read', async () => {
    expect(await read(bars({ bcid: 'gs1-128', text: SSCC }), 'packs')).toEqual([]);
  });

  it('names the price code that a camera is held to, but only once no other code was read for long', async () => {
    const search = createFrameSearch('one');
    const picture = bars({ bcid: 'ean13', text: '4012345123456' });
    const frames: string[][] = [];
    for (let i = 0; i < 30; i++) {
      const found = await engine.run(
        search(picture, i * 70, () => true),
        'packs',
      );
      frames.push(found.map(({ text }) => text));
    }
    expect(frames.slice(0, 9).flat()).toEqual([]);
    expect(frames.flat()).toContain(']E04012345123456');
  });
});
