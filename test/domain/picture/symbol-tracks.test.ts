import { describe, expect, it } from 'vitest';
import { followSymbols, type Track } from '../../../src/domain/picture/symbol-tracks.ts';

const SIDE = 0.06;
const at = (text: string, x: number, y: number) => ({
  text,
  corners: [
    { x, y },
    { x: x + SIDE, y },
    { x: x + SIDE, y: y + SIDE },
    { x, y: y + SIDE },
  ],
});
type Found = ReturnType<typeof at>;

/** One frame each 100 ms. */
function watch(...frames: readonly (readonly Found[])[]): readonly Track[] {
  let tracks: readonly Track[] = [];
  for (const [i, found] of frames.entries()) tracks = followSymbols(tracks, found, i * 100);
  return tracks;
}
const places = (tracks: readonly Track[]) =>
  Object.fromEntries(tracks.map(({ text, corners: [first] }) => [text, [first?.x, first?.y].map(rounded)]));
const rounded = (value = Number.NaN) => Math.round(value * 1000) / 1000;

describe('symbols from frame to frame', () => {
  it('are where they were read last', () => {
    const tracks = watch([at('a', 0.1, 0.1), at('b', 0.5, 0.5)], [at('a', 0.2, 0.1), at('b', 0.6, 0.5)]);
    expect(places(tracks)).toEqual({ a: [0.2, 0.1], b: [0.6, 0.5] });
  });

  it('move with their neighbours while they are not read', () => {
    const first = [at('a', 0.3, 0.1), at('b', 0.5, 0.5), at('c', 0.7, 0.5)];
    const tracks = watch(
      first,
      [at('a', 0.2, 0.15), at('c', 0.6, 0.55)],
      [at('a', 0.1, 0.2), at('c', 0.5, 0.6)],
    );
    expect(places(tracks)).toEqual({ a: [0.1, 0.2], b: [0.3, 0.6], c: [0.5, 0.6] });
  });

  it('move as those nearest to them do, where the picture turns or grows', () => {
    const left = [0, 1, 2].map((i) => at(`left ${i}`, 0.1, 0.2 + 0.2 * i));
    const right = [0, 1, 2].map((i) => at(`right ${i}`, 0.8, 0.2 + 0.2 * i));
    const grown = [...left.slice(1).map(({ text }, i) => at(text, 0.05, 0.4 + 0.2 * i))];
    const tracks = watch(
      [...left, ...right],
      [...grown, ...right.map(({ text }, i) => at(text, 0.85, 0.2 + 0.2 * i))],
    );
    expect(places(tracks)['left 0']?.[0]).toBeLessThan(0.1);
    expect(places(tracks)['right 0']).toEqual([0.85, 0.2]);
  });

  it('stay where the whole frame was not read, for a while', () => {
    expect(places(watch([at('a', 0.1, 0.1)], [], []))).toEqual({ a: [0.1, 0.1] });
    expect(watch([at('a', 0.1, 0.1)], [], [], [], [], [], [], [])).toEqual([]);
  });

  it('leave with the edge of the picture', () => {
    const tracks = watch([at('a', 0.02, 0.5), at('b', 0.5, 0.5)], [at('b', 0.4, 0.5)]);
    expect(places(tracks)).toEqual({ b: [0.4, 0.5] });
  });

  it('never lie on another that is read there', () => {
    // The camera has jumped by a whole place: nothing says where the first one went.
    const tracks = watch([at('a', 0.3, 0.5)], [at('b', 0.31, 0.5)]);
    expect(places(tracks)).toEqual({ b: [0.31, 0.5] });
  });

  it('are two where one code stands on two packs', () => {
    const tracks = watch([at('a', 0.1, 0.5), at('a', 0.6, 0.5)], [at('a', 0.2, 0.5), at('a', 0.7, 0.5)]);
    expect(tracks.map(({ corners: [first] }) => rounded(first?.x))).toEqual([0.2, 0.7]);
  });

  it('without a place have none', () => {
    expect(watch([{ text: 'a', corners: [] }])).toEqual([]);
  });
});
