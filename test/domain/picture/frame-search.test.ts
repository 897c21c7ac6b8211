import { beforeAll, describe, expect, it } from 'vitest';
import { acceptAll, createFrameSearch, type FrameMode } from '../../../src/domain/picture/frame-search.ts';
import type { GreyPicture } from '../../../src/domain/picture/grey-picture.ts';
import type { Carriers } from '../../../src/domain/picture/zxing-result.ts';
import { loadZxingEngine, type ZxingEngine } from '../../../src/server/decode/zxing-engine.ts';
import { CARRIERS, mirrored } from '../../support/scenes/carriers.ts';
import { FAULTLESS, type PrintFaults } from '../../support/scenes/print.ts';
import { renderScene } from '../../support/scenes/scene.ts';
import { drawManySymbols, drawScene } from '../../support/scenes/scene-set.ts';
import { drawModules, type Modules } from '../../support/scenes/symbol-modules.ts';

const FRAME_MS = 100;
const FRAMES_MAX = 12;
// A part of the bench's frame, to be quick.
const SMALL = { width: 400, height: 300, offCentrePx: 20 };
const always = () => true;

/** On a label of its own, so that what is tested is the symbol and not the print around it. */
function drawCarrier(modules: Modules, faults: Partial<PrintFaults>): GreyPicture {
  const pose = {
    ...{ modulePx: modules.columns > 90 ? 2.5 : 4, turn: 12, tilt: 0, bend: 0 },
    centre: { x: 200, y: 150 },
  };
  const optics = { blur: 0.1, motion: 0, noise: 3, contrast: 0.8, glare: 0, hasShadow: false };
  const placed = { modules, pose, faults: { ...FAULTLESS, quietZone: 10, ...faults } };
  return renderScene({ width: 400, height: 300, seed: 7, symbols: [placed], optics });
}

describe('what one frame gave', () => {
  const at = (x: number, text = ']d10104012345123456') => ({
    text,
    corners: [0, 10].flatMap((dx) => ({ x: x + dx, y: dx })),
  });
  const isSure = <T>(found: readonly T[]) => found;

  it('holds a symbol once that was read late as well, where the camera saw it before', () => {
    const placesOf = (found: ReturnType<typeof acceptAll>) => found.map(({ corners: [first] }) => first?.x);
    expect(placesOf(acceptAll(isSure, [at(100)], [{ ...at(40), atMs: 0 }], 100))).toEqual([100]);
    expect(placesOf(acceptAll(isSure, [], [{ ...at(40), atMs: 0 }], 100))).toEqual([40]);
    // Two of one code in one frame are two.
    expect(placesOf(acceptAll(isSure, [at(100)], [{ ...at(40), atMs: 100 }], 100))).toEqual([100, 40]);
  });
});

describe('a camera that shows', () => {
  let engine: ZxingEngine;
  beforeAll(async () => {
    engine = await loadZxingEngine();
  });

  /** The texts accepted in each of so many frames that all show the same. */
  async function readFrames(picture: GreyPicture, count: number, mode: FrameMode = 'one') {
    const search = createFrameSearch(mode);
    const texts: string[][] = [];
    for (let i = 0; i < count; i++) {
      const found = await engine.run(search(picture, i * FRAME_MS, always), 'packs');
      texts.push(found.map(({ text }) => text));
    }
    return texts;
  }

  /** The texts of the first frame in which any was accepted. */
  async function readFirst(picture: GreyPicture, carriers: Carriers = 'packs') {
    const search = createFrameSearch('one');
    for (let i = 0; i < FRAMES_MAX; i++) {
      const found = await engine.run(search(picture, i * FRAME_MS, always), carriers);
      if (found.length > 0) return found.map(({ text }) => text);
    }
    return [];
  }

  // Each is one that zxing-cpp alone does not read.
  it.each([
    ['gaps in both L bars', 1],
    ['defocus 0.7', 1],
    ['glare quarter', 2],
    ['dot print', 0],
    ['contrast 15 %', 1],
  ])('%s is read in the end, and rightly', async (column, index) => {
    const { picture, texts } = drawScene(column, index, SMALL);
    expect(await readFirst(picture)).toEqual(texts);
  });

  it('a mirrored symbol has its corners the other way round', async () => {
    const [square] = CARRIERS;
    if (!square) throw new Error('no such carrier');
    const turns = await Promise.all(
      [square.draw(), mirrored(square.draw())].map(async (modules) => {
        const task = { picture: drawCarrier(modules, {}), effort: 'usual', symbolsMax: 1 } as const;
        const [a, b, , d] = (await engine.read(task, 'packs'))[0]?.corners ?? [];
        return a && b && d && Math.sign((b.x - a.x) * (d.y - a.y) - (b.y - a.y) * (d.x - a.x));
      }),
    );
    expect(turns).toEqual([1, -1]);
  });

  it('a clean symbol is read from the first frame', async () => {
    const { picture, texts } = drawScene('rotation random', 0, SMALL);
    expect(await readFrames(picture, 2)).toEqual([texts, texts]);
  });

  it.each([
    ['square', CARRIERS[0]],
    ['16 x 48', CARRIERS[1]],
    ['DMRE', CARRIERS[2]],
  ])('a damaged %s symbol is read from behind too', async (_, carrier) => {
    if (!carrier) throw new Error('no such carrier');
    const picture = drawCarrier(mirrored(carrier.draw()), { hasGaps: true, isInverted: true });
    expect(await readFirst(picture)).toEqual([carrier.text]);
  });

  const POLARITIES = [
    { isInverted: true, isMirrored: false },
    { isInverted: false, isMirrored: true },
  ];
  it.each(CARRIERS)('$name is read light on dark, and from behind', async (carrier) => {
    const modules = carrier.draw();
    for (const { isInverted, isMirrored } of POLARITIES) {
      const picture = drawCarrier(isMirrored ? mirrored(modules) : modules, { isInverted });
      const read = await readFirst(picture, 'packs-and-cases');
      expect(read, `inverted ${isInverted}, mirrored ${isMirrored}`).toEqual([carrier.text]);
    }
  });

  it('goes on with an earlier frame, whose pixels are gone by then', async () => {
    const { picture, texts } = drawScene('glare quarter', 2, SMALL);
    const search = createFrameSearch('one');
    let read: readonly string[] = [];
    let frames = 0;
    for (; frames < 200 && read.length === 0; frames++) {
      let steps = 0;
      const found = await engine.run(
        search(picture, frames, () => steps++ < 3),
        'packs',
      );
      picture.pixels.fill(255);
      read = found.map(({ text }) => text);
    }
    expect(read).toEqual(texts);
    expect(frames).toBeGreaterThan(3);
  });

  it('packaging without a symbol gives nothing', async () => {
    const optics = { blur: 0, motion: 0, noise: 6, contrast: 1, glare: 0, hasShadow: true };
    const picture = renderScene({ width: 640, height: 360, seed: 3, symbols: [], optics });
    expect((await readFrames(picture, 8)).flat()).toEqual([]);
  });

  it('a text without check digits is believed when a second frame agrees', async () => {
    const modules = drawModules({ bcid: 'datamatrix', text: 'NO CHECK DIGITS' });
    const pose = { modulePx: 5, turn: 10, tilt: 0, bend: 0, centre: { x: 160, y: 120 } };
    const optics = { blur: 0, motion: 0, noise: 2, contrast: 1, glare: 0, hasShadow: false };
    const symbols = [{ modules, pose, faults: FAULTLESS }];
    const picture = renderScene({ width: 320, height: 240, seed: 5, symbols, optics });
    expect(await readFrames(picture, 3)).toEqual([[], [']d1NO CHECK DIGITS'], [']d1NO CHECK DIGITS']]);
  });

  it('twelve packs gives each, and none twice in a frame', async () => {
    const shelf = { modulePx: 4, isTurnedAnyhow: true, blur: 0, width: 800, height: 600 };
    const { picture, texts } = drawManySymbols(12, 1, shelf);
    const frames = await readFrames(picture, 3, 'many');
    for (const read of frames) expect(new Set(read).size).toBe(read.length);
    expect([...new Set(frames.flat())].toSorted()).toEqual(texts.toSorted());
  });
});
