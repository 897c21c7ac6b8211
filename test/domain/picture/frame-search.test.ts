import { beforeAll, describe, expect, it } from 'vitest';
import { createFrameSearch, type FrameMode } from '../../../src/domain/picture/frame-search.ts';
import type { GreyPicture } from '../../../src/domain/picture/grey-picture.ts';
import { loadZxingEngine, type ZxingEngine } from '../../../src/server/decode/zxing-engine.ts';
import { FAULTLESS } from '../../support/scenes/print.ts';
import { renderScene } from '../../support/scenes/scene.ts';
import { drawManySymbols, drawScene } from '../../support/scenes/scene-set.ts';
import { drawModules } from '../../support/scenes/symbol-modules.ts';

const FRAME_MS = 100;
const FRAMES_MAX = 12;
// A part of the bench's frame, to be quick.
const SMALL = { width: 400, height: 300, offCentrePx: 20 };
const always = () => true;

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

  // Each is one that zxing-cpp alone does not read.
  it.each([
    ['gaps in both L bars', 1],
    ['defocus 0.7', 1],
    ['glare quarter', 2],
    ['dot print', 0],
    ['contrast 15 %', 1],
  ])('%s is read in the end, and rightly', async (column, index) => {
    const { picture, texts } = drawScene(column, index, SMALL);
    const search = createFrameSearch('one');
    const read: string[] = [];
    for (let i = 0; i < FRAMES_MAX && read.length === 0; i++) {
      const found = await engine.run(search(picture, i * FRAME_MS, always), 'packs');
      read.push(...found.map(({ text }) => text));
    }
    expect(read).toEqual(texts);
  });

  it('a clean symbol is read from the first frame', async () => {
    const { picture, texts } = drawScene('rotation random', 0, SMALL);
    expect(await readFrames(picture, 2)).toEqual([texts, texts]);
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
