import { describe, expect, it } from 'vitest';
import { motionBetween, NO_MOTION } from '../../../src/domain/picture/picture-motion.ts';

const at = (text: string, x: number, y: number) => ({
  text,
  corners: [
    { x: x - 0.02, y: y - 0.02 },
    { x: x + 0.02, y: y - 0.02 },
    { x: x + 0.02, y: y + 0.02 },
    { x: x - 0.02, y: y + 0.02 },
  ],
});

describe('how the picture moves', () => {
  const before = [at('a', 0.2, 0.2), at('b', 0.5, 0.2), at('c', 0.8, 0.2), at('gone', 0.01, 0.2)];

  it('is what most symbols did that both pictures show', () => {
    const after = [at('c', 0.74, 0.23), at('b', 0.44, 0.23), at('a', 0.9, 0.9), at('new', 0.99, 0.23)];
    const { dx, dy } = motionBetween(before, after, 50);
    expect(dx).toBeCloseTo(-0.06 / 50, 12);
    expect(dy).toBeCloseTo(0.03 / 50, 12);
  });

  it('is none where nothing tells it: no symbol in common, one that is there twice, pictures far apart or out of order', () => {
    const moved = before.map(({ text, corners }) => ({
      text,
      corners: corners.map(({ x, y }) => ({ x, y: y + 0.1 })),
    }));
    expect(motionBetween(before, moved, 100).dy).toBeCloseTo(0.001, 12);
    for (const ms of [0, -40, 5_000]) expect(motionBetween(before, moved, ms)).toEqual(NO_MOTION);
    expect(motionBetween([], moved, 100)).toEqual(NO_MOTION);
    expect(motionBetween(before, [{ text: 'a', corners: [] }], 100)).toEqual(NO_MOTION);
    expect(motionBetween([at('a', 0.1, 0.1), at('a', 0.3, 0.1)], [at('a', 0.2, 0.1)], 100)).toEqual(
      NO_MOTION,
    );
  });
});
