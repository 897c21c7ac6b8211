// What a camera frame in which nothing was read looks like, in a few numbers, and what they tell the hand: too dark, a
// glare, blurred, too far away. Cheap enough to ask once a second.

import type { GreyPicture } from './grey-picture.ts';

export type FrameLook = {
  /** Mean of all, 0 to 255. */
  readonly brightness: number;
  /** Share of pixels that are as bright as can be. */
  readonly clipped: number;
  /** Typical width of an edge in pixels of the sharp picture; undefined where there are too few edges to tell. */
  readonly edgeWidthPx: number | undefined;
  /** Share of the picture that is textured in both directions, as a code is. */
  readonly texture: number;
};

export type HandAdvice = 'more-light' | 'less-glare' | 'hold-still' | 'closer' | 'aim';

/** A step that noise does not make. */
const STEP_MIN = 12;
const CLIPPED_MIN = 250;
const BLOCK_PX = 8;
/** Steps in one block of 64 pixels that make it textured, in each direction. */
const BLOCK_STEPS_MIN = 10;
/** Share of the pixels. */
const EDGES_MIN = 0.002;
const EDGE_REACH_PX = 8;

/** `whole` is the frame made small (about 320 pixels wide), `centre` its middle at full size. */
export function lookAtFrame(whole: GreyPicture, centre: GreyPicture): FrameLook {
  let sum = 0;
  let clipped = 0;
  for (const value of whole.pixels) {
    sum += value;
    if (value >= CLIPPED_MIN) clipped++;
  }
  const count = Math.max(1, whole.pixels.length);
  return {
    brightness: sum / count,
    clipped: clipped / count,
    edgeWidthPx: edgeWidth(centre),
    texture: textureShare(whole),
  };
}

/** How far the values around an edge lie apart, over the steepest step within it: the steps that it takes. */
function edgeWidth({ width, height, pixels }: GreyPicture): number | undefined {
  let steps = 0;
  let spans = 0;
  let edges = 0;
  for (let y = 0; y < height; y++) {
    const row = pixels.subarray(y * width, (y + 1) * width);
    for (let x = EDGE_REACH_PX; x + EDGE_REACH_PX < width; x++) {
      const step = stepAt(row, x);
      const isSteepest = step >= stepAt(row, x - 1) && step > stepAt(row, x + 1);
      if (step < STEP_MIN || !isSteepest) continue;
      const around = row.subarray(x - EDGE_REACH_PX + 1, x + EDGE_REACH_PX + 1);
      spans += Math.max(...around) - Math.min(...around);
      steps += step;
      edges++;
    }
  }
  return edges === 0 || edges < EDGES_MIN * width * height ? undefined : spans / steps;
}

function stepAt(row: Uint8Array, x: number): number {
  return Math.abs(valueAt(row, x + 1) - valueAt(row, x));
}

function textureShare({ width, height, pixels }: GreyPicture): number {
  let textured = 0;
  let blocks = 0;
  for (let top = 0; top + BLOCK_PX < height; top += BLOCK_PX) {
    for (let left = 0; left + BLOCK_PX < width; left += BLOCK_PX) {
      blocks++;
      let [across, down] = [0, 0];
      for (let y = top; y < top + BLOCK_PX; y++) {
        for (let x = left; x < left + BLOCK_PX; x++) {
          const at = y * width + x;
          const here = valueAt(pixels, at);
          if (Math.abs(valueAt(pixels, at + 1) - here) >= 2 * STEP_MIN) across++;
          if (Math.abs(valueAt(pixels, at + width) - here) >= 2 * STEP_MIN) down++;
        }
      }
      if (across >= BLOCK_STEPS_MIN && down >= BLOCK_STEPS_MIN) textured++;
    }
  }
  return blocks === 0 ? 0 : textured / blocks;
}

function valueAt(pixels: Uint8Array, at: number): number {
  return pixels[at] ?? 0;
}

const BRIGHTNESS_MIN = 50;
const CLIPPED_SHARE_MIN = 0.03;
/** Sharp print has edges of one to three pixels; at four the modules of a small code run together. */
const EDGE_WIDTH_MAX_PX = 4;
/** A code of a fifth of the picture's height on a wide frame; a smaller one is too far away. */
const TEXTURE_MIN = 0.02;

/** The worst hindrance first: without light nothing else can be judged. */
export function adviseHand({ brightness, clipped, edgeWidthPx, texture }: FrameLook): HandAdvice {
  if (brightness < BRIGHTNESS_MIN) return 'more-light';
  if (edgeWidthPx !== undefined && edgeWidthPx > EDGE_WIDTH_MAX_PX) return 'hold-still';
  // A white pack in good light is bright all over; a glare is a patch in what is not.
  if (clipped > CLIPPED_SHARE_MIN && brightness < 200) return 'less-glare';
  if (texture > 0 && texture < TEXTURE_MIN) return 'closer';
  return 'aim';
}
