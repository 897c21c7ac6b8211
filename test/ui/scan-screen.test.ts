import { expect, test } from 'vitest';
import { pointInPicture } from '../../src/ui/scan-screen.tsx';

/** A picture of 1920 by 1080 in a place of its own on the screen. */
function videoAt(left: number, top: number, width: number, height: number) {
  const getBoundingClientRect = () => ({ left, top, width, height }) as DOMRect;
  return { videoWidth: 1920, videoHeight: 1080, getBoundingClientRect };
}

test('a tap on the picture is found in the whole, although its sides are cut', () => {
  const upright = videoAt(10, 100, 300, 540);
  expect(pointInPicture(upright, 160, 370)).toEqual({ x: 0.5, y: 0.5 });
  expect(pointInPicture(upright, 10, 100)).toEqual({ x: 0.5 - 150 / 960, y: 0 });
  const broad = videoAt(0, 0, 960, 270);
  expect(pointInPicture(broad, 960, 270)).toEqual({ x: 1, y: 0.75 });
});

test('there is nothing to find before the camera shows a picture', () => {
  const blank = { ...videoAt(0, 0, 300, 200), videoWidth: 0, videoHeight: 0 };
  expect(pointInPicture(blank, 10, 10)).toBeUndefined();
  expect(pointInPicture(videoAt(0, 0, 0, 0), 10, 10)).toBeUndefined();
});
