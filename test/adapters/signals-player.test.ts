// When each note begins and each shake goes through, on a stand-in for the browser's sound and motor.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSignalPlayer } from '../../src/adapters/signals-player.ts';

let starts: { readonly hertz: number; readonly atMs: number }[];
let shakes: number[][];
let nowMs: number;

beforeEach(() => {
  [starts, shakes, nowMs] = [[], [], 1_000];
  const parameter = () => ({ setValueAtTime() {}, linearRampToValueAtTime() {} });
  vi.stubGlobal(
    'AudioContext',
    class {
      readonly destination = {};
      get currentTime() {
        return nowMs / 1_000;
      }
      async resume() {}
      createGain() {
        return { gain: parameter(), connect: (to: unknown) => to };
      }
      createOscillator() {
        const frequency = { value: 0 };
        const start = (atS: number) =>
          void starts.push({ hertz: frequency.value, atMs: Math.round(atS * 1_000) });
        return { frequency, start, stop() {}, connect: (to: unknown) => to };
      }
    },
  );
  vi.stubGlobal('navigator', { vibrate: (pattern: number[]) => void shakes.push(pattern) });
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('what comes at once is told one after the other, each pack by itself', async () => {
  const { sound } = createSignalPlayer();
  for (const kind of ['go', 'stop', 'go'] as const) sound(kind);
  await settle();
  expect(starts.map(({ hertz }) => hertz)).toEqual([1_320, 220, 1_320]);
  expect(starts.map(({ atMs }) => atMs)).toEqual([1_000, 1_180, 1_750]);
  nowMs = 5_000;
  sound('listed');
  await settle();
  expect(starts.slice(3).map(({ atMs }) => atMs)).toEqual([5_000, 5_080]);
});

test('of many at once those that are no "go" are all told', async () => {
  const { sound } = createSignalPlayer();
  for (let i = 0; i < 40; i++) sound('go');
  sound('stop');
  await settle();
  expect(starts.length).toBeLessThan(12);
  expect(starts.at(-1)?.hertz).toBe(220);
});

test('a "go" ends no other shake', () => {
  const { shake } = createSignalPlayer();
  for (const kind of ['go', 'stop', 'go'] as const) shake(kind);
  expect(shakes).toEqual([[40], [220, 80, 220]]);
  nowMs += 1_000;
  shake('go');
  expect(shakes.at(-1)).toEqual([40]);
});
