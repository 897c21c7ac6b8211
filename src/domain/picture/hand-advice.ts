// What the look of a frame in which nothing was read tells the hand: too dark, a glare, blurred, too far away.
import type { FrameLook } from './frame-look.ts';

export type HandAdvice = 'more-light' | 'less-glare' | 'hold-still' | 'clean-lens' | 'closer' | 'aim';

// Set by `npm run bench guidance`: 25 photographs and generated packs, each in seven ways made unreadable; see its table.
const BRIGHTNESS_MIN = 50;
/** Sharp pictures have 3 to 4, photographs of half the frame's size up to 6.7; sigma 4 px, where reading ends, from 7.7. */
const EDGE_WIDTH_MAX_PX = 7;
/** A reflection over a code burns out from 0.15 of the middle; white paper does, too, but seldom fades at its outline. */
const CLIPPED_MIN = 0.1;
const FADING_MIN = 0.3;
/** A pack within reach has from 0.07, a room with a code too far away at most 0.04. */
const TEXTURE_MIN = 0.045;

/** The worst hindrance first: without light nothing else can be judged. */
export function adviseHand({ brightness, clipped, fading, edgeWidthPx, texture }: FrameLook): HandAdvice {
  if (brightness < BRIGHTNESS_MIN) return 'more-light';
  if (edgeWidthPx !== undefined && edgeWidthPx > EDGE_WIDTH_MAX_PX) return 'hold-still';
  if (clipped > CLIPPED_MIN && fading > FADING_MIN) return 'less-glare';
  if (texture > 0 && texture < TEXTURE_MIN) return 'closer';
  return 'aim';
}
