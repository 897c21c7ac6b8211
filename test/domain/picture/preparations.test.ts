import { describe, expect, it } from 'vitest';
import type { GreyPicture } from '../../../src/domain/picture/grey-picture.ts';
import {
  blurred,
  cropped,
  doubled,
  evened,
  greyFromRgba,
  halved,
  rgbaFromGrey,
  sharpened,
  stretched,
} from '../../../src/domain/picture/preparations.ts';

const picture = (width: number, values: number[]): GreyPicture => ({
  width,
  height: values.length / width,
  pixels: Uint8Array.from(values),
});
const flat = picture(4, new Array(16).fill(77));

describe('preparations of a picture', () => {
  it('weighs red, green and blue as the eye does', () => {
    const rgba = Uint8ClampedArray.from([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255]);
    expect([...greyFromRgba(rgba, 4, 1).pixels]).toEqual([76, 150, 29, 255]);
  });

  it('comes back from RGBA unchanged', () => {
    const before = picture(256, [...Array(256).keys()]);
    expect(greyFromRgba(rgbaFromGrey(before), 256, 1)).toEqual(before);
  });

  it.each([
    ['doubled', doubled],
    ['halved', halved],
    ['blurred', blurred],
    ['sharpened', sharpened],
    ['stretched', stretched],
  ])('leaves an even surface even: %s', (_, prepare) => {
    expect(new Set(prepare(flat).pixels)).toEqual(new Set([77]));
  });

  it('doubles and halves sizes, odd ones rounded down', () => {
    const odd = picture(3, new Array(15).fill(9));
    expect(doubled(odd)).toMatchObject({ width: 6, height: 10 });
    expect(halved(odd)).toMatchObject({ width: 1, height: 2 });
  });

  it('halves what it has doubled into nearly the same picture', () => {
    const before = picture(
      8,
      [...Array(64).keys()].map((i) => (i * 37) % 200),
    );
    const after = halved(doubled(before));
    const blurredBefore = [...after.pixels].map((value, i) => Math.abs(value - (before.pixels[i] ?? 0)));
    expect(Math.max(...blurredBefore)).toBeLessThan(90);
    expect(after.width).toBe(8);
  });

  it('cuts a box out', () => {
    const before = picture(3, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...cropped(before, { left: 1, top: 1, width: 2, height: 2 }).pixels]).toEqual([5, 6, 8, 9]);
  });

  it('stretches faint print to black and white', () => {
    const faint = picture(
      20,
      [...Array(400).keys()].map((i) => (i % 3 === 0 ? 100 : 110)),
    );
    expect(new Set(stretched(faint).pixels)).toEqual(new Set([0, 255]));
  });

  it('gives a dark corner the contrast of a light one, and even ground none', () => {
    const half = picture(
      200,
      [...Array(200 * 60).keys()].map((i) => {
        const [x, isInk] = [i % 200, (i * 7919) % 5 < 2];
        return x < 100 ? (isInk ? 20 : 30) : isInk ? 60 : 240;
      }),
    );
    const after = evened(half);
    const spreadOf = (left: number) => {
      const some = cropped(after, { left, top: 20, width: 30, height: 20 }).pixels;
      return Math.max(...some) - Math.min(...some);
    };
    expect(Math.abs(spreadOf(20) - spreadOf(150))).toBeLessThan(40);
    expect(new Set(evened(flat).pixels)).toEqual(new Set([128]));
  });

  it('sharpens an edge into a steeper one and stays within a byte', () => {
    const edge = picture(4, [10, 10, 240, 240, 10, 10, 240, 240, 10, 10, 240, 240]);
    const [, left = 0, right = 0] = sharpened(edge).pixels;
    expect([left, right]).toEqual([0, 255]);
  });
});
