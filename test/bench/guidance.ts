// What the camera says to the hand, against pictures of which it is known what ails them: photographs and generated
// packs, each darkened, dazzled, blurred, shaken and moved away. Prints a table of what is said of what.
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lookAtFrame } from '../../src/domain/picture/frame-look.ts';
import type { GreyPicture } from '../../src/domain/picture/grey-picture.ts';
import { adviseHand, type HandAdvice } from '../../src/domain/picture/hand-advice.ts';
import { readImageFile } from '../../src/server/decode/image-file.ts';
import { seededRandom } from '../support/fake-camera.ts';
import { drawPackaging } from '../support/scenes/packaging.ts';
import { blurred } from '../support/scenes/scene.ts';
import { drawScene } from '../support/scenes/scene-set.ts';
import type { Figure, Print } from './figure.ts';

const PHOTOS = new URL('../../../shared/photos/', import.meta.url);
const [WIDTH, HEIGHT] = [1280, 720];
const GENERATED = 10;
const WORDS: readonly HandAdvice[] = ['more-light', 'less-glare', 'hold-still', 'closer', 'aim'];

type Light = Float32Array;
type Ailment = {
  readonly name: string;
  /** Any of these helps. */
  readonly helps: readonly HandAdvice[];
  ail(light: Light, random: () => number): Light;
};

const AILMENTS: readonly Ailment[] = [
  { name: 'nothing', helps: ['aim'], ail: (light) => light },
  ...[0.08, 0.15].map((share) => ({
    name: `light ${share}`,
    helps: ['more-light'] as const,
    ail: (light: Light) => light.map((value) => value * share),
  })),
  ...[0.18, 0.3].map((reach) => ({
    name: `glare ${reach} of the height`,
    helps: ['less-glare'] as const,
    ail: (light: Light, random: () => number) => dazzled(light, reach * HEIGHT, random),
  })),
  ...[4, 8].map((sigma) => ({
    name: `out of focus, sigma ${sigma} px`,
    helps: ['hold-still'] as const,
    ail: (light: Light) => blurred(light, WIDTH, HEIGHT, sigma),
  })),
  { name: 'far, a fifth of the size', helps: ['closer'], ail: (light, random) => far(light, 5, random) },
  { name: 'far, an eighth', helps: ['closer'], ail: (light, random) => far(light, 8, random) },
];

export async function benchGuidance(print: Print): Promise<readonly Figure[]> {
  const photos = await readPhotos();
  const drawn = Array.from({ length: GENERATED }, (_, i) =>
    Float32Array.from(drawScene('base', i).picture.pixels),
  );
  let [right, all] = [0, 0];
  for (const [kind, pictures] of [
    ['generated', drawn],
    ['photographs', photos],
  ] as const) {
    print(`guidance: ${kind.padEnd(30)}${WORDS.map((word) => word.padStart(12)).join('')}`);
    for (const { name, helps, ail } of AILMENTS) {
      const said = new Map<HandAdvice, number>();
      for (const [seed, light] of pictures.entries()) {
        const frame = sensed(ail(light, seededRandom(seed + 1)), seed);
        const advice = adviseHand(lookAtFrame(frame));
        said.set(advice, (said.get(advice) ?? 0) + 1);
        all++;
        if (helps.includes(advice)) right++;
      }
      print(
        `guidance: ${name.padEnd(30)}${WORDS.map((word) => String(said.get(word) ?? 0).padStart(12)).join('')}`,
      );
    }
  }
  print(`guidance: ${right} of ${all} told what helps`);
  return [];
}

async function readPhotos(): Promise<readonly Light[]> {
  if (!existsSync(PHOTOS)) return [];
  const files = readdirSync(PHOTOS, { recursive: true, encoding: 'utf8' }).sort();
  const found: Light[] = [];
  for (const file of files.filter((name) => /datamatrix|diamond|libdmtx|falsepositives/.test(name))) {
    const image = await readImageFile(fileURLToPath(new URL(file, PHOTOS)));
    if (image.ok && Math.min(image.value.width, image.value.height) >= 300) found.push(filling(image.value));
  }
  return found;
}

/** Fills a frame with the middle of a picture. */
function filling(picture: GreyPicture): Light {
  const scale = Math.min(picture.width / WIDTH, picture.height / HEIGHT);
  const [left, top] = [(picture.width - WIDTH * scale) / 2, (picture.height - HEIGHT * scale) / 2];
  const light = new Float32Array(WIDTH * HEIGHT);
  for (let y = 0, i = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++, i++) light[i] = meanAt(picture, left + x * scale, top + y * scale, scale);
  return light;
}

/** The mean of a square whose sides are `size` or one pixel. */
function meanAt({ width, height, pixels }: GreyPicture, x: number, y: number, size: number): number {
  let [sum, count] = [0, 0];
  for (let v = Math.floor(y); v < Math.min(y + size, height); v++)
    for (let u = Math.floor(x); u < Math.min(x + size, width); u++, count++)
      sum += pixels[v * width + u] ?? 0;
  return count === 0 ? 0 : sum / count;
}

/** Burnt out about the middle, with a soft edge, and a veil over all. */
function dazzled(light: Light, reach: number, random: () => number): Light {
  const [cx, cy] = [WIDTH / 2 + (random() - 0.5) * 200, HEIGHT / 2 + (random() - 0.5) * 120];
  return light.map((value, i) => {
    const distance = Math.hypot((i % WIDTH) - cx, Math.floor(i / WIDTH) - cy) / reach;
    return value + 15 + 300 * Math.max(0, Math.min(1, (1.4 - distance) / 0.6));
  });
}

/** The same picture small, in the middle of another pack's blank side. */
function far(light: Light, times: number, random: () => number): Light {
  const whole = { width: WIDTH, height: HEIGHT, pixels: Uint8Array.from(light) };
  const background = new Float32Array(WIDTH * HEIGHT).fill(90 + 110 * random());
  const print = drawPackaging(WIDTH, HEIGHT, Math.floor(random() * 12));
  const [w, h] = [Math.floor(WIDTH / times), Math.floor(HEIGHT / times)];
  const [left, top] = [(WIDTH - w) >> 1, (HEIGHT - h) >> 1];
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++)
      background[(top + y) * WIDTH + left + x] = meanAt(whole, x * times, y * times, times);
  // The rest of the room is there too, out of reach of the code.
  for (let i = 0; i < WIDTH * (HEIGHT >> 2); i++) background[i] = print[i] ?? 0;
  return background;
}

/** By a lens that is never quite sharp and a sensor with its noise. */
function sensed(light: Light, seed: number): GreyPicture {
  const random = seededRandom(seed + 99);
  const seen = blurred(light, WIDTH, HEIGHT, 0.6);
  const pixels = new Uint8ClampedArray(seen.length);
  for (let i = 0; i < seen.length; i++)
    pixels[i] = (seen[i] ?? 0) + (random() + random() + random() - 1.5) * 6;
  return { width: WIDTH, height: HEIGHT, pixels: new Uint8Array(pixels.buffer) };
}
