// What a camera frame in which nothing was read looks like, in a few numbers: how bright, how sharp, how busy. Cheap
// enough to take once a second beside the decoding.
import type { GreyPicture } from './grey-picture.ts';
import { cropped } from './preparations.ts';

export type FrameLook = {
  /** Mean of all, 0 to 255. */
  readonly brightness: number;
  /** Share of the middle's pixels that are as bright as can be, and of their outline that fades instead of ending. */
  readonly clipped: number;
  readonly fading: number;
  /** Typical width of an edge in the middle, in pixels; undefined where there are too few edges to tell. */
  readonly edgeWidthPx: number | undefined;
  /** Share of the picture that is textured in both directions, as a code is. */
  readonly texture: number;
};

/** A step that noise does not make. */
const STEP_MIN = 12;
const CLIPPED_MIN = 250;
const BLOCK_PX = 8;
/** Steps in one block of 64 pixels that make it textured, in each direction. */
const BLOCK_STEPS_MIN = 10;
/** Share of the pixels. */
const EDGES_MIN = 0.002;
const EDGE_REACH_PX = 8;
/** So near to its outline a reflection is still this bright. */
const FADE_REACH_PX = 4;
const FADED_MIN = 200;

/** The frame is made about this wide for what does not need its full sharpness. */
const WHOLE_WIDTH_PX = 320;
/** The middle is looked at in full sharpness: that is where a hand holds the code. */
const CENTRE_PX = 256;
const EDGE_SCALES = [2, 8];

export function lookAtFrame(frame: GreyPicture): FrameLook {
  const whole = shrunk(frame, Math.max(1, Math.round(frame.width / WHOLE_WIDTH_PX)));
  let sum = 0;
  for (const value of whole.pixels) sum += value;
  return {
    brightness: sum / Math.max(1, whole.pixels.length),
    ...burntOut(middleOf(whole, whole.width >> 1)),
    edgeWidthPx: edgeWidth(frame),
    texture: textureShare(whole),
  };
}

/** So much of the width, and of the height as much as there is. */
function middleOf(frame: GreyPicture, edge: number): GreyPicture {
  const [width, height] = [Math.min(edge, frame.width), Math.min(edge, frame.height)];
  return cropped(frame, {
    left: (frame.width - width) >> 1,
    top: (frame.height - height) >> 1,
    width,
    height,
  });
}

/** Each pixel the mean of `times` by `times`. */
function shrunk({ width, height, pixels }: GreyPicture, times: number): GreyPicture {
  const [across, down] = [Math.floor(width / times), Math.floor(height / times)];
  const result = new Uint8Array(across * down);
  for (let y = 0, to = 0; y < down; y++) {
    for (let x = 0; x < across; x++, to++) {
      let sum = 0;
      for (let row = 0; row < times; row++) {
        const from = (y * times + row) * width + x * times;
        for (let at = from; at < from + times; at++) sum += valueAt(pixels, at);
      }
      result[to] = sum / (times * times);
    }
  }
  return { width: across, height: down, pixels: result };
}

/**
 * Looked at from two distances: near by, noise would pass for edges, and what is far out of focus has steps too soft to
 * be told from none.
 */
function edgeWidth(frame: GreyPicture): number | undefined {
  for (const scale of EDGE_SCALES) {
    const steps = stepsInEdge(shrunk(middleOf(frame, CENTRE_PX * scale), scale));
    if (steps !== undefined) return steps * scale;
  }
  return undefined;
}

/** White paper ends where the print begins; a reflection fades. */
function burntOut({ width, height, pixels }: GreyPicture): Pick<FrameLook, 'clipped' | 'fading'> {
  let [clipped, ends, fading] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    const row = pixels.subarray(y * width, (y + 1) * width);
    for (let x = FADE_REACH_PX; x + FADE_REACH_PX < width; x++) {
      if (valueAt(row, x) < CLIPPED_MIN) continue;
      clipped++;
      for (const step of [-1, 1]) {
        if (valueAt(row, x + step) >= CLIPPED_MIN) continue;
        ends++;
        if (valueAt(row, x + step * FADE_REACH_PX) >= FADED_MIN) fading++;
      }
    }
  }
  return { clipped: clipped / Math.max(1, width * height), fading: fading / Math.max(1, ends) };
}

/** How far the values around an edge lie apart, over the steepest step within it: the steps that it takes. */
function stepsInEdge({ width, height, pixels }: GreyPicture): number | undefined {
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
