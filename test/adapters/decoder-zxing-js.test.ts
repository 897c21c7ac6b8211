import bwipjs from 'bwip-js/node';
import { describe, expect, it } from 'vitest';
import { createZxingJs } from '../../src/adapters/decoder-zxing-js.ts';
import type { GreyPicture } from '../../src/domain/picture/grey-picture.ts';

const GS1 = '(01)04012345678901(17)271231(10)LOT1(21)SER1';
const ELEMENTS = '01040123456789011727123110LOT1\x1d21SER1';
const LINK = 'https://id.gs1.org/01/04012345678901/10/LOT1/21/SER1?17=271231';

/** Upright and clean, six pixels a module, bars 80 pixels high. */
function draw(options: Parameters<typeof bwipjs.raw>[0]): GreyPicture {
  const [symbol] = bwipjs.raw(options);
  if (!symbol) throw new Error('no symbol');
  const isMatrix = 'pixs' in symbol;
  const bars = isMatrix ? [] : symbol.sbs.flatMap((width, i) => Array<number>(width).fill(1 - (i % 2)));
  const [columns, modules] = isMatrix ? [symbol.pixx, symbol.pixs] : [bars.length, bars];
  const [px, down] = isMatrix ? [6, 6] : [3, 80];
  const quiet = 12 * px;
  const width = columns * px + 2 * quiet;
  const height = (modules.length / columns) * down + 2 * quiet;
  const pixels = new Uint8Array(width * height).fill(255);
  for (let y = quiet; y < height - quiet; y++)
    for (let x = quiet; x < width - quiet; x++) {
      const module = Math.floor((y - quiet) / down) * columns + Math.floor((x - quiet) / px);
      if (modules[module]) pixels[y * width + x] = 0;
    }
  return { width, height, pixels };
}

describe('the fallback decoder', () => {
  const engine = createZxingJs();
  const read = async (options: Parameters<typeof bwipjs.raw>[0], effort: 'usual' | 'bars' = 'usual') => {
    const found = await engine.read({ picture: draw(options), effort, symbolsMax: 1 }, 'packs-and-cases');
    return found.map(({ text }) => text);
  };

  it.each<[string, Parameters<typeof bwipjs.raw>[0], string]>([
    ['GS1 DataMatrix', { bcid: 'gs1datamatrix', text: GS1 }, `]d2${ELEMENTS}`],
    ['a plain Data Matrix', { bcid: 'datamatrix', text: LINK }, `]d1${LINK}`],
    ['a GS1 QR code', { bcid: 'gs1qrcode', text: GS1 }, `]Q3${ELEMENTS}`],
    ['a Digital Link', { bcid: 'qrcode', text: LINK }, `]Q1${LINK}`],
    [
      'a Digital Link with a code page',
      { bcid: 'qrcode', text: `^ECI000026${LINK}`, parsefnc: true },
      `]Q1${LINK}`,
    ],
    [
      'GS1-128',
      { bcid: 'gs1-128', text: '(00)340123450000000017(10)LOT1(21)S1' },
      ']C10034012345000000001710LOT1\x1d21S1',
    ],
    ['Code 128', { bcid: 'code128', text: 'HELLO123' }, ']C0HELLO123'],
    ['EAN-13', { bcid: 'ean13', text: '4012345678901' }, ']E04012345678901'],
    ['EAN-13 of an American product', { bcid: 'ean13', text: '0012345678905' }, ']E00012345678905'],
    ['ITF-14', { bcid: 'itf14', text: '04012345678901' }, ']I004012345678901'],
  ])('names %s', async (_, options, text) => {
    expect(await read(options)).toEqual([text]);
  });

  it('reads bar codes alone where it is asked to', async () => {
    expect(await read({ bcid: 'qrcode', text: LINK }, 'bars')).toEqual([]);
    expect(await read({ bcid: 'ean13', text: '4012345678901' }, 'bars')).toEqual([']E04012345678901']);
  });
});
