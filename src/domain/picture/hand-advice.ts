// What the look of a frame in which nothing was read tells the hand: too dark, a glare, blurred, too far away.
import type { FrameLook } from './frame-look.ts';

export type HandAdvice = 'more-light' | 'less-glare' | 'hold-still' | 'clean-lens' | 'closer' | 'aim';

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
