// Words that help the hand in front of the camera.
import type { HandAdvice } from '../../domain/picture/hand-advice.ts';

export const GUIDE = {
  advice: (advice: HandAdvice, isMany: boolean): string => {
    switch (advice) {
      case 'more-light':
        return 'Too dark: turn on the light or the torch.';
      case 'less-glare':
        return 'Glare: tilt the pack a little, or shade it with your hand.';
      case 'hold-still':
        return 'Blurred: hold still, a little further away, and tap the code to focus.';
      case 'clean-lens':
        return 'Still blurred: clean the lens. Then hold still, about a hand away.';
      case 'closer':
        return isMany
          ? 'Closer: the codes are too small to be read.'
          : 'Closer: let the square code fill the frame.';
      case 'aim':
        return isMany
          ? 'No code seen yet: turn the packs so that their square codes face the camera.'
          : 'No code seen yet: point at the square code, flat and whole in the frame.';
    }
  },
  explain: 'About this code',
  complete: 'Type what is missing',
  keep: 'Keep this picture',
  notKept: 'Nothing to keep: the camera gives no picture',
  signals: 'Signals',
  sound: 'Sound',
  shake: 'Vibration',
};
