import { describe, expect, it } from 'vitest';
import { lookAtFrame } from '../../../src/domain/picture/frame-look.ts';
import type { GreyPicture } from '../../../src/domain/picture/grey-picture.ts';
import { adviseHand } from '../../../src/domain/picture/hand-advice.ts';
import { seededNumbers } from '../../support/app-fakes.ts';

const [WIDTH, HEIGHT] = [1280, 720];

type Scene = {
  /** Of a module of the code, in pixels; 0 for no code. */
  readonly modulePx: number;
  readonly paper: number;
  readonly ink: number;
  /** Width of the edges, in pixels. */
  readonly edgePx: number;
  /** How far a reflection reaches about the middle. */
  readonly glarePx?: number;
};

const MODULES = 24;
const GOOD: Scene = { modulePx: 12, paper: 190, ink: 40, edgePx: 1 };

/** A square of random modules in the middle of plain paper, with the noise of a camera. */
function draw({ modulePx, paper, ink, edgePx, glarePx = 0 }: Scene): GreyPicture {
  const [width, height] = [WIDTH, HEIGHT];
  const random = seededNumbers(7);
  const dark = Array.from({ length: MODULES * MODULES }, () => random() < 0.5);
  const side = MODULES * modulePx;
  const [left, top] = [(width - side) / 2, (height - side) / 2];
  const moduleAt = (x: number, y: number) => {
    const [column, row] = [Math.floor((x - left) / modulePx), Math.floor((y - top) / modulePx)];
    const isInside = modulePx > 0 && column >= 0 && row >= 0 && column < MODULES && row < MODULES;
    return isInside && dark[row * MODULES + column] ? ink : paper;
  };
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let dx = 0; dx < edgePx; dx++) sum += moduleAt(x + dx - edgePx / 2, y);
      const distance = Math.hypot(x - width / 2, y - height / 2) / Math.max(1, glarePx);
      const glare = 300 * Math.max(0, Math.min(1, (1.4 - distance) / 0.6));
      pixels[y * width + x] = Math.max(0, Math.min(255, sum / edgePx + glare + (random() - 0.5) * 6));
    }
  }
  return { width, height, pixels };
}

const adviceFor = (scene: Scene) => adviseHand(lookAtFrame(draw(scene)));

describe('a frame in which nothing was read', () => {
  it.each<[string, Scene, string]>([
    ['is good: the code must be elsewhere or damaged', GOOD, 'aim'],
    ['is empty', { ...GOOD, modulePx: 0 }, 'aim'],
    ['is dark', { ...GOOD, paper: 40, ink: 10 }, 'more-light'],
    ['holds a glare', { ...GOOD, glarePx: 150 }, 'less-glare'],
    ['is of paper as white as can be', { ...GOOD, paper: 260 }, 'aim'],
    ['is blurred', { ...GOOD, edgePx: 10 }, 'hold-still'],
    ['is far away', { ...GOOD, modulePx: 4 }, 'closer'],
  ])('%s', (_, scene, advice) => {
    expect(adviceFor(scene)).toBe(advice);
  });

  it('tells the width of its edges', () => {
    for (const edgePx of [3, 6, 12]) {
      const { edgeWidthPx } = lookAtFrame(draw({ ...GOOD, edgePx }));
      expect(edgeWidthPx).toBeGreaterThan(edgePx * 0.6);
      expect(edgeWidthPx).toBeLessThan(edgePx * 1.5);
    }
  });

  it('may be no picture at all', () => {
    const none = { width: 0, height: 0, pixels: new Uint8Array() };
    expect(lookAtFrame(none)).toEqual({
      brightness: 0,
      clipped: 0,
      fading: 0,
      edgeWidthPx: undefined,
      texture: 0,
    });
  });
});
