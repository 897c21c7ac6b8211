// How sharp a frame is, to tell one taken while the hand shook from the next that was not.
import type { GreyPicture } from './grey-picture.ts';

const STEP = 4;

/** Mean square of the differences between neighbours, over a sample of the pixels. Compares frames of one scene. */
export function sharpnessOf({ width, height, pixels }: GreyPicture): number {
  let sum = 0;
  let count = 0;
  for (let y = 1; y < height - 1; y += STEP)
    for (let x = 1; x < width - 1; x += STEP) {
      const i = y * width + x;
      const across = (pixels[i + 1] as number) - (pixels[i] as number);
      const down = (pixels[i + width] as number) - (pixels[i] as number);
      sum += across * across + down * down;
      count++;
    }
  return count === 0 ? 0 : sum / count;
}
