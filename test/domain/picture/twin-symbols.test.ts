import { describe, expect, it } from 'vitest';
import { createTwinWatch } from '../../../src/domain/picture/twin-symbols.ts';

const SIDE = 0.05;
const at = (x: number, y: number, text = 'a') => ({
  text,
  corners: [
    { x, y },
    { x: x + SIDE, y },
    { x: x + SIDE, y: y + SIDE },
    { x, y: y + SIDE },
  ],
});
type Found = ReturnType<typeof at>;
const mirrored = ({ text, corners }: Found): Found => ({ text, corners: corners.toReversed() });

/** What is told of in `frames` frames, one each 200 ms. */
function told(frames: number, frame: (index: number) => readonly Found[], frameMs = 200): readonly string[] {
  const watch = createTwinWatch();
  const texts = Array.from({ length: frames }, (_, i) => watch(frame(i), i * frameMs));
  return [...new Set(texts.flat())];
}

describe('one code on two symbols', () => {
  it('is told of when both stand apart in several frames', () => {
    expect(told(4, () => [at(0.2, 0.5), at(0.6, 0.5), at(0.4, 0.2, 'b')])).toEqual(['a']);
    expect(told(3, () => [at(0.2, 0.5), at(0.6, 0.5)])).toEqual([]);
    // Within half a second the camera may have taken one frame twice.
    expect(told(10, () => [at(0.2, 0.5), at(0.6, 0.5)], 40)).toEqual([]);
  });

  it('is told of while the camera moves, and where a frame misses one of them', () => {
    expect(told(8, (i) => [at(0.1 + 0.05 * i, 0.5), at(0.4 + 0.05 * i, 0.5)])).toEqual(['a']);
    expect(told(8, (i) => [at(0.2, 0.5), ...(i % 2 === 0 ? [at(0.6, 0.5)] : [])])).toEqual(['a']);
  });

  it('is told of where one stands above the other', () => {
    expect(told(5, (i) => [at(0.2 + 0.01 * (i % 2), 0.2), at(0.205, 0.6)])).toEqual(['a']);
  });

  it('is measured in symbols, however the picture is cut', () => {
    const squeezed = ({ text, corners }: Found): Found => ({
      text,
      corners: corners.map(({ x, y }) => ({ x: x * 0.4, y })),
    });
    expect(told(5, () => [at(0.2, 0.5), at(0.3, 0.5)].map(squeezed))).toEqual(['a']);
    expect(told(5, () => [at(0.2, 0.5), at(0.25, 0.5)].map(squeezed))).toEqual([]);
  });

  it('is not told of where the two readings lie on each other', () => {
    expect(told(20, () => [at(0.2, 0.5), at(0.24, 0.5)])).toEqual([]);
    expect(told(20, () => [at(0.2, 0.5), at(0.2 + SIDE, 0.5)])).toEqual([]);
  });

  it('is not told of where one is the trail of the other', () => {
    // The camera swings, and what was read late lies where the symbol was.
    expect(told(20, (i) => [at(0.5 + 0.3 * Math.sin(i), 0.5), at(0.5 + 0.3 * Math.sin(i - 1), 0.5)])).toEqual(
      [],
    );
  });

  it('is not told of where one is a reflection', () => {
    expect(told(20, () => [at(0.2, 0.5), mirrored(at(0.6, 0.5))])).toEqual([]);
    // The whole picture may be mirrored, as a front camera's.
    expect(told(20, () => [mirrored(at(0.2, 0.5)), mirrored(at(0.6, 0.5))])).toEqual(['a']);
  });

  it('is not told of where the places are not known, or the frames lie far apart', () => {
    expect(told(20, () => [at(0.2, 0.5), { text: 'a', corners: [] }])).toEqual([]);
    expect(told(20, () => [at(0.2, 0.5), at(0.6, 0.5)], 2_000)).toEqual([]);
  });
});
