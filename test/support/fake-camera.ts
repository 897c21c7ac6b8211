// Makes films for Chromium's fake camera, without a video tool: a picture, turned, drifting about the centre and under
// seeded noise, as uncompressed Y4M. Also draws DataMatrix symbols and loads photographs, to have something to film.
import { readFile, writeFile } from 'node:fs/promises';
// The named export `raw` is a symbology of that name; the encoder's output is on the default export.
import bwipjs from 'bwip-js/node';
import type { Page } from 'playwright-core';

/** RGBA, four bytes a pixel, row by row. */
export type Picture = { readonly width: number; readonly height: number; readonly rgba: Uint8ClampedArray };

export type Film = {
  readonly picture: Picture;
  readonly turnDegrees: number;
  /** How far the picture's middle wanders from the frame's, in pixels. */
  readonly driftPx: number;
  /** Half the width of the evenly spread noise, in grey levels. */
  readonly noise: number;
  readonly seed: number;
  readonly frames?: number;
};

const WIDTH = 1280;
const HEIGHT = 720;
const BACKGROUND = 118;
// 1.4 MB a frame; Chromium plays the file in a loop.
const FRAMES = 20;

/** Chromium flags that make a file the only camera, and allow it without asking. */
export function fakeCameraArgs(filmPath: string): readonly string[] {
  return [
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${filmPath}`,
  ];
}

/** Writes a 1280 x 720 film of 30 frames a second. */
export async function writeFilm(path: string, film: Film): Promise<void> {
  const random = seededRandom(film.seed);
  const count = film.frames ?? FRAMES;
  const chroma = Buffer.alloc((WIDTH * HEIGHT) / 2, 128);
  const parts: Buffer[] = [Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F30:1 Ip A1:1 C420jpeg\n`)];
  for (let i = 0; i < count; i++) {
    parts.push(Buffer.from('FRAME\n'), drawFrame(film, (i / count) * 2 * Math.PI, random), chroma);
  }
  await writeFile(path, Buffer.concat(parts));
}

function drawFrame(
  { picture, turnDegrees, driftPx, noise }: Film,
  phase: number,
  random: () => number,
): Buffer {
  const luma = Buffer.alloc(WIDTH * HEIGHT);
  const radians = (turnDegrees * Math.PI) / 180;
  const [sin, cos] = [Math.sin(radians), Math.cos(radians)];
  const middleX = WIDTH / 2 + driftPx * Math.sin(phase);
  const middleY = HEIGHT / 2 + driftPx * 0.6 * Math.cos(phase);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const [dx, dy] = [x - middleX, y - middleY];
      const value = greyAt(
        picture,
        cos * dx + sin * dy + picture.width / 2,
        cos * dy - sin * dx + picture.height / 2,
      );
      const noisy = value + (random() * 2 - 1) * noise;
      luma[y * WIDTH + x] = Math.min(Math.max(Math.round(noisy), 0), 255);
    }
  }
  return luma;
}

/** Bilinear luma of a picture at a point, the background outside of it. */
function greyAt(picture: Picture, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - left, y - top];
  const upper = pixel(picture, left, top) * (1 - fx) + pixel(picture, left + 1, top) * fx;
  const lower = pixel(picture, left, top + 1) * (1 - fx) + pixel(picture, left + 1, top + 1) * fx;
  return upper * (1 - fy) + lower * fy;
}

function pixel({ width, height, rgba }: Picture, x: number, y: number): number {
  if (x < 0 || y < 0 || x >= width || y >= height) return BACKGROUND;
  const [r = 0, g = 0, b = 0] = rgba.subarray((y * width + x) * 4);
  return 0.299 * r + 0.587 * g + 0.114 * b;
}

/** Mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A DataMatrix with its quiet zone. `(01)...(21)...` becomes a GS1 symbol with FNC1; anything else is encoded as it is,
 * control characters included (IFA format 06).
 */
export function drawDataMatrix(text: string, modulePx = 6): Picture {
  const isGs1 = text.startsWith('(');
  const [symbol] = bwipjs.raw(
    isGs1
      ? { bcid: 'gs1datamatrix', text, parsefnc: false }
      : { bcid: 'datamatrix', text: escaped(text), parse: true },
  );
  if (!symbol || !('pixs' in symbol)) throw new Error('not a matrix symbol');
  return drawModules(symbol.pixs, symbol.pixx, modulePx);
}

/** BWIPP's ^NNN notation for what is not printable, and for the caret itself. */
function escaped(text: string): string {
  return text.replace(/[^\x20-\x5d\x5f-\x7e]/g, (c) => `^${String(c.charCodeAt(0)).padStart(3, '0')}`);
}

function drawModules(modules: ArrayLike<number>, across: number, modulePx: number): Picture {
  const quiet = 2;
  const down = modules.length / across;
  const [width, height] = [(across + 2 * quiet) * modulePx, (down + 2 * quiet) * modulePx];
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = [Math.floor(x / modulePx) - quiet, Math.floor(y / modulePx) - quiet];
      const isInside = column >= 0 && row >= 0 && column < across && row < down;
      const i = (y * width + x) * 4;
      if (isInside && modules[row * across + column]) rgba.fill(20, i, i + 3);
    }
  }
  return { width, height, rgba };
}

/** Decodes a picture file with a browser page. */
export async function loadPicture(path: string, page: Page): Promise<Picture> {
  const base64 = (await readFile(path)).toString('base64');
  const { width, height, pixels } = await page.evaluate(async (data) => {
    const blob = new Blob([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))]);
    const bitmap = await createImageBitmap(blob);
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    if (!context) throw new Error('no 2D context');
    context.drawImage(bitmap, 0, 0);
    const { data: rgba, width, height } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    let binary = '';
    for (let i = 0; i < rgba.length; i += 8192) binary += String.fromCharCode(...rgba.subarray(i, i + 8192));
    return { width, height, pixels: btoa(binary) };
  }, base64);
  return { width, height, rgba: new Uint8ClampedArray(Buffer.from(pixels, 'base64')) };
}
