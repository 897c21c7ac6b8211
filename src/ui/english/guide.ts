// Words that help the hand in front of the camera.
import type { HandAdvice } from '../../domain/picture/frame-look.ts';

export const GUIDE = {
  advice: (advice: HandAdvice | 'clean-lens'): string => {
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
        return 'Closer: let the square code fill the frame.';
      case 'aim':
        return 'No code seen yet: point at the square code, flat and whole in the frame.';
    }
  },
  keep: 'Keep this picture',
  signals: 'Signals',
  sound: 'Sound',
  shake: 'Vibration',
};
