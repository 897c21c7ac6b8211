// Backgrounds for generated pictures: cartons with panels, print, rules and product bar codes, without a symbol.
import { seededRandom } from '../fake-camera.ts';

const KINDS = 12;
const drawn = new Map<string, Float32Array>();

/** Grey levels, row by row; a fresh copy each time. */
export function drawPackaging(width: number, height: number, seed: number): Float32Array {
  const key = `${width} ${height} ${seed % KINDS}`;
  let picture = drawn.get(key);
  if (!picture) {
    picture = drawKind(width, height, seededRandom((seed % KINDS) + 71));
    drawn.set(key, picture);
  }
  return picture.slice();
}

function drawKind(width: number, height: number, random: () => number): Float32Array {
  const picture = new Float32Array(width * height).fill(70 + random() * 130);
  const between = (low: number, high: number) => Math.floor(low + random() * (high - low));
  const fill = (left: number, top: number, w: number, h: number, value: number) => {
    const right = Math.min(left + w, width);
    for (let y = Math.max(top, 0); y < Math.min(top + h, height); y++)
      if (right > left) picture.fill(value, y * width + Math.max(left, 0), y * width + right);
  };
  for (let i = between(3, 7); i > 0; i--)
    fill(
      between(0, width),
      between(0, height),
      between(100, width),
      between(60, height),
      40 + random() * 190,
    );
  for (let i = between(8, 16); i > 0; i--)
    writeLine(between(0, width - 200), between(0, height), between(8, 40), between(6, 26), random() * 80);
  for (let i = between(1, 3); i > 0; i--) drawBars(between(0, width - 300), between(0, height - 120));
  for (let i = between(2, 6); i > 0; i--)
    fill(between(0, width), between(0, height), between(80, 500), 2, 30);
  return picture;

  /** Strokes in cells, as dense as letters. */
  function writeLine(left: number, top: number, em: number, count: number, ink: number): void {
    const stroke = Math.max(1, em >> 3);
    for (let n = 0; n < count; n++) {
      if (random() < 0.15) continue;
      const x = left + Math.round(n * em * 0.65);
      for (const height of [0, 0.5, 1])
        if (random() < 0.6) fill(x, top + Math.round(height * em), Math.round(em * 0.5), stroke, ink);
      for (const place of [0, 0.45])
        if (random() < 0.7) fill(x + Math.round(place * em), top, stroke, em, ink);
    }
  }

  function drawBars(left: number, top: number): void {
    const [unit, tall] = [between(2, 4), between(60, 140)];
    fill(left - 20, top - 10, unit * 95 + 40, tall + 20, 225);
    for (let x = 0; x < 95; x += between(1, 4)) {
      const wide = between(1, 4);
      fill(left + x * unit, top, wide * unit, tall, 25);
      x += wide;
    }
  }
}
