import { describe, expect, it } from 'vitest';
import {
  blurred,
  doubled,
  type GreyPicture,
  greyFromRgba,
  halved,
  rgbaFromGrey,
  sharpened,
  turned,
} from '../../src/adapters/decoder-pictures.ts';

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
    ['turned', (grey: GreyPicture) => turned(grey, 33)],
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

  it('turns clockwise: a right angle moves the left edge to the top', () => {
    const before = picture(3, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...turned(before, 90).pixels]).toEqual([7, 4, 1, 8, 5, 2, 9, 6, 3]);
  });

  it('sharpens an edge into a steeper one and stays within a byte', () => {
    const edge = picture(4, [10, 10, 240, 240, 10, 10, 240, 240, 10, 10, 240, 240]);
    const [, left = 0, right = 0] = sharpened(edge).pixels;
    expect([left, right]).toEqual([0, 255]);
  });
});
