import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runDecode } from '../../../src/server/decode/decode-command.ts';
import { encodePng } from '../../support/png.ts';
import { drawScene } from '../../support/scenes/scene-set.ts';

const PHOTOS = new URL('../../../../shared/photos/', import.meta.url).pathname;
const SMALL = { width: 400, height: 300, offCentrePx: 20 };
const hasPhotos = existsSync(PHOTOS);
if (!hasPhotos) console.log(`decode: photographs skipped, ${PHOTOS} is not there`);

describe('packtrail decode', () => {
  const folder = mkdtempSync(join(tmpdir(), 'packtrail-decode-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  // A clock that runs fast: a photograph without a symbol would be searched for seconds.
  const decode = (...files: string[]) => decodeBy(400, files);

  async function decodeBy(stepMs: number, files: readonly string[], stop = AbortSignal.any([])) {
    const lines: string[] = [];
    const warnings: string[] = [];
    let nowMs = 0;
    const clock = () => {
      nowMs += stepMs;
      return nowMs;
    };
    const io = {
      print: (line: string) => lines.push(line),
      warn: (line: string) => warnings.push(line),
      clock,
      stop,
    };
    return { status: await runDecode(files, io), lines: lines.map((line) => JSON.parse(line)), warnings };
  }

  const file = (name: string, bytes: Uint8Array | string) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };

  it('prints what a symbol says, with its separator, identifier and corners', async () => {
    const { picture, texts } = drawScene('rotation 15', 1, SMALL);
    const path = file('pack.png', encodePng(picture));
    const { status, lines } = await decode(path);
    expect(status).toBe(0);
    const [text = ''] = texts;
    expect(lines).toEqual([
      {
        file: path,
        symbols: [
          {
            text: text.slice(3),
            symbologyIdentifier: ']d2',
            corners: Array(4).fill([expect.any(Number), expect.any(Number)]),
            ms: expect.any(Number),
          },
        ],
      },
    ]);
    expect(text).toContain('\x1d');
  });

  it('goes on past files that are none, and says so by its status', async () => {
    const { picture } = drawScene('base', 0, SMALL);
    const png = encodePng(picture);
    const cut = file('cut.png', png.subarray(0, png.length >> 1));
    const bomb = Uint8Array.from(png);
    // A header that claims 65,535 by 65,535 pixels.
    bomb.set([0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff], 16);
    // As of a phone at full resolution; these pixels are not there.
    const phone = Uint8Array.from(png);
    phone.set([0, 0, 0x1f, 0xe0, 0, 0, 0x17, 0xe8], 16);
    // A frame of 16 by 16 pixels is announced, and nothing follows.
    const headOnly = Uint8Array.of(0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0, 0xff, 0xd9);
    const { status, lines } = await decode(
      join(folder, 'absent.png'),
      folder,
      file('note.txt', 'no picture'),
      file('moving.gif', Uint8Array.of(...Buffer.from('GIF89a'), 16, 0, 16, 0, 0, 0, 0)),
      cut,
      file('head.jpg', headOnly),
      file('phone.png', phone),
      file('bomb.png', bomb),
      file('good.png', png),
    );
    expect(status).toBe(1);
    expect(lines.map(({ error, symbols }) => [symbols.length, error?.code])).toEqual([
      ...[
        [0, 'not-found'],
        [0, 'not-readable'],
        [0, 'not-an-image'],
        [0, 'not-supported'],
        [0, 'not-an-image'],
        [0, 'not-an-image'],
      ],
      ...[
        [0, 'not-an-image'],
        [0, 'too-large'],
        [1, undefined],
      ],
    ]);
    expect(lines[5].error.detail).toMatch(/^the jpeg decoder gave up/);
  });

  it('goes on past pictures that are too small to hold anything', async () => {
    const thin = [
      [1, 1],
      [1, 40],
      [40, 1],
      [2, 2],
    ].map(([width = 0, height = 0]) =>
      file(
        `${width}x${height}.png`,
        encodePng({ width, height, pixels: new Uint8Array(width * height).fill(200) }),
      ),
    );
    const good = file('after.png', encodePng(drawScene('base', 0, SMALL).picture));
    const { status, lines } = await decodeBy(1, [...thin, good]);
    expect(status).toBe(1);
    expect(lines.map(({ error, symbols }) => [symbols.length, error])).toEqual([
      ...thin.map(() => [0, undefined]),
      [1, undefined],
    ]);
  });

  it('takes a name that begins like an option after two dashes', async () => {
    const { status, lines } = await decode('--', '--help');
    expect([status, lines.map(({ error }) => error.code)]).toEqual([1, ['not-found']]);
  });

  it('ends between two files when it is interrupted', async () => {
    const absent = join(folder, 'absent.png');
    expect(await decodeBy(1, [absent, absent], AbortSignal.abort())).toMatchObject({
      status: 130,
      lines: [],
    });
  });

  it('is told what to read', async () => {
    expect(await decode()).toMatchObject({ status: 2, lines: [], warnings: [expect.any(String)] });
    expect(await decode('--fast', 'x.png')).toMatchObject({ status: 2, lines: [] });
  });

  it.skipIf(!hasPhotos)('reads photographs of each file format', async () => {
    const names = [
      'zxing_datamatrix-2/09.png',
      'zxing-cpp_datamatrix-3/dm-2.jpg',
      'zxing-cpp_datamatrix-3/dm-e.webp',
    ];
    const more = ['zxing-cpp_code128-2/02.webp'];
    const expected = JSON.parse(readFileSync(join(PHOTOS, 'expected.json'), 'utf8'));
    const { status, lines } = await decode(...[...names, ...more].map((name) => join(PHOTOS, name)));
    expect(status).toBe(0);
    expect(lines.map(({ symbols }) => symbols[0].text)).toEqual(
      [...names, ...more].map((name) => expected[name].texts[0]),
    );
  });

  it.skipIf(!hasPhotos)('reads nothing where there is no symbol', async () => {
    const { status, lines } = await decode(join(PHOTOS, 'zxing-cpp_falsepositives-1/05.webp'));
    expect([status, lines[0].symbols]).toEqual([1, []]);
  });
});
