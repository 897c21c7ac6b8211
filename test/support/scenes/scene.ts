// Renders what a camera sees of printed symbols: reflectance of the print in the plane of its modules, brought through
// curvature, tilt and turn into the frame, then light, lens, motion and sensor. Seeded, so each picture is the same in
// every run and on every machine.
import type { GreyPicture } from '../../../src/domain/picture/grey-picture.ts';
import { seededRandom } from '../fake-camera.ts';
import { drawPackaging } from './packaging.ts';
import { createPrint, type PrintFaults } from './print.ts';
import type { Modules } from './symbol-modules.ts';

/** How a symbol lies before the camera. Lengths in pixels, angles in degrees. */
export type Pose = {
  readonly modulePx: number;
  readonly turn: number;
  readonly tilt: number;
  /** How much of a cylinder's circumference the symbol's width covers; 0 is flat. */
  readonly bend: number;
  readonly centre: { readonly x: number; readonly y: number };
};

/** What light and camera do. Blur and motion in modules of the symbol, the rest in grey levels or shares. */
export type Optics = {
  readonly blur: number;
  readonly motion: number;
  readonly noise: number;
  /** 1: black on white; 0.1: a tenth of that. */
  readonly contrast: number;
  /** Share of the symbol that a reflection burns out. */
  readonly glare: number;
  readonly hasShadow: boolean;
};

export type Placed = { readonly modules: Modules; readonly pose: Pose; readonly faults: PrintFaults };

export type Scene = {
  readonly width: number;
  readonly height: number;
  readonly seed: number;
  readonly symbols: readonly Placed[];
  readonly optics: Optics;
};

const FOCAL_PX = 1100;
const PAPER = 215;

export function renderScene({ width, height, seed, symbols, optics }: Scene): GreyPicture {
  const random = seededRandom(seed * 104_729 + 1);
  const light = drawPackaging(width, height, seed);
  for (const placed of symbols) paint(light, width, height, placed, optics, random);
  if (optics.hasShadow) shade(light, width, height, random);
  const modulePx = symbols[0]?.pose.modulePx ?? 5;
  let seen = light;
  // A lens is never sharper than about half a pixel.
  seen = blurred(seen, width, height, Math.hypot(0.5, optics.blur * modulePx));
  if (optics.motion > 0)
    seen = smeared(seen, width, height, optics.motion * modulePx, random() * 2 * Math.PI);
  return { width, height, pixels: sensed(seen, optics.noise, random) };
}

function paint(
  light: Float32Array,
  width: number,
  height: number,
  { modules, pose, faults }: Placed,
  optics: Optics,
  random: () => number,
): void {
  const print = createPrint(modules, faults, random);
  const toPlane = planeOf(pose, modules.columns, random() * 2 * Math.PI);
  const ink = PAPER * (1 - 0.9 * optics.contrast);
  const [dark, bright] = faults.isInverted ? [PAPER, ink] : [ink, PAPER];
  const glare = glareOf(optics.glare, modules, random);
  const reach =
    (Math.hypot(modules.columns, modules.rows) / 2 + 1.5 * faults.quietZone + 1) * pose.modulePx * 1.1;
  const [left, right] = [Math.max(0, pose.centre.x - reach), Math.min(width, pose.centre.x + reach)];
  const [top, bottom] = [Math.max(0, pose.centre.y - reach), Math.min(height, pose.centre.y + reach)];
  const samples = 3;
  for (let y = Math.floor(top); y < bottom; y++)
    for (let x = Math.floor(left); x < right; x++) {
      let sum = 0;
      let covered = 0;
      for (let s = 0; s < samples * samples; s++) {
        const point = toPlane(
          x + ((s % samples) + 0.5) / samples,
          y + (Math.floor(s / samples) + 0.5) / samples,
        );
        const inked = point && print(point.u, point.v);
        if (inked === undefined || !point) continue;
        const value = inked ? dark : bright;
        sum += value + glare(point.u, point.v) * (255 - value);
        covered++;
      }
      if (covered === 0) continue;
      const i = y * width + x;
      const share = covered / (samples * samples);
      light[i] = (light[i] ?? 0) * (1 - share) + (sum / covered) * share;
    }
}

/** From a point of the frame to the plane of the print, in modules from the symbol's middle. */
function planeOf({ modulePx, turn, tilt, bend, centre }: Pose, columns: number, axis: number) {
  const radians = Math.PI / 180;
  const [sinT, cosT] = [Math.sin(turn * radians), Math.cos(turn * radians)];
  const [sinA, cosA] = [Math.sin(axis), Math.cos(axis)];
  const [sinTilt, cosTilt] = [Math.sin(tilt * radians), Math.cos(tilt * radians)];
  const radius = bend > 0 ? (columns * modulePx) / (bend * radians) : Number.POSITIVE_INFINITY;
  return (x: number, y: number): { u: number; v: number } | undefined => {
    const [dx, dy] = [x - centre.x, y - centre.y];
    // Along the tilt axis and across it; the far half of a tilted plane is smaller.
    const [along, across] = [cosA * dx + sinA * dy, cosA * dy - sinA * dx];
    const depth = across / (cosTilt - (across * sinTilt) / FOCAL_PX);
    const near = 1 + (depth * sinTilt) / FOCAL_PX;
    const a = along * near;
    const [px, py] = [cosA * a - sinA * depth, sinA * a + cosA * depth];
    const [flat, v] = [cosT * px + sinT * py, cosT * py - sinT * px];
    if (Math.abs(flat) >= radius) return undefined;
    const u = radius === Number.POSITIVE_INFINITY ? flat : radius * Math.asin(flat / radius);
    return { u: u / modulePx, v: v / modulePx };
  };
}

/** 0 to 1: how much a point is burnt out by a reflection of about that share of the symbol's area. */
function glareOf(share: number, { columns, rows }: Modules, random: () => number) {
  if (share === 0) return () => 0;
  const spread = 0.35;
  const [cx, cy] = [(random() - 0.5) * columns * spread * 2, (random() - 0.5) * rows * spread * 2];
  const radius = Math.sqrt((share * columns * rows) / Math.PI);
  const stretch = 0.8 + 0.4 * random();
  return (u: number, v: number) => {
    const distance = Math.hypot((u - cx) / stretch, (v - cy) * stretch) / radius;
    return Math.min(1, Math.max(0, (1.2 - distance) / 0.4));
  };
}

/** The edge of a hand's shadow, across the whole frame. */
function shade(light: Float32Array, width: number, height: number, random: () => number): void {
  const angle = random() * 2 * Math.PI;
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const distance = (cos * (x - width / 2) + sin * (y - height / 2)) / 160;
      light[i] = (light[i] ?? 0) * (0.35 + 0.65 / (1 + Math.exp(-distance * 2)));
    }
}

export function blurred(source: Float32Array, width: number, height: number, sigma: number): Float32Array {
  const reach = Math.ceil(3 * sigma);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * sigma ** 2)),
  );
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  const taps = Float32Array.from(kernel, (weight) => weight / total);
  const across = convolved(source, width, height, taps, 1);
  return convolved(across, width, height, taps, width);
}

function convolved(source: Float32Array, width: number, height: number, taps: Float32Array, step: number) {
  const result = new Float32Array(source.length);
  const reach = taps.length >> 1;
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++) {
      const [place, last] = step === 1 ? [x, width - 1] : [y, height - 1];
      let sum = 0;
      for (let k = -reach; k <= reach; k++) {
        const shift = Math.min(Math.max(place + k, 0), last) - place;
        sum += (taps[k + reach] as number) * (source[i + shift * step] as number);
      }
      result[i] = sum;
    }
  return result;
}

function smeared(source: Float32Array, width: number, height: number, lengthPx: number, angle: number) {
  const count = Math.ceil(lengthPx * 2) + 1;
  const result = new Float32Array(source.length);
  for (let k = 0; k < count; k++) {
    const offset = (k / (count - 1) - 0.5) * lengthPx;
    const [ox, oy] = [offset * Math.cos(angle), offset * Math.sin(angle)];
    const [ix, iy] = [Math.floor(ox), Math.floor(oy)];
    const [fx, fy] = [ox - ix, oy - iy];
    for (let y = 0, i = 0; y < height; y++) {
      const upper = Math.min(Math.max(y + iy, 0), height - 1) * width;
      const lower = Math.min(Math.max(y + iy + 1, 0), height - 1) * width;
      for (let x = 0; x < width; x++, i++) {
        const before = Math.min(Math.max(x + ix, 0), width - 1);
        const after = Math.min(Math.max(x + ix + 1, 0), width - 1);
        const above = (source[upper + before] as number) * (1 - fx) + (source[upper + after] as number) * fx;
        const below = (source[lower + before] as number) * (1 - fx) + (source[lower + after] as number) * fx;
        result[i] = (result[i] as number) + (above * (1 - fy) + below * fy) / count;
      }
    }
  }
  return result;
}

function sensed(light: Float32Array, noise: number, random: () => number): Uint8Array {
  const pixels = new Uint8ClampedArray(light.length);
  for (let i = 0; i < light.length; i++) {
    // Close enough to a normal distribution: the sum of three even ones.
    const chance = (random() + random() + random() - 1.5) * 2;
    pixels[i] = (light[i] as number) + chance * noise;
  }
  return new Uint8Array(pixels.buffer);
}
