// A film of a shelf for Chromium's fake camera: many packs in rows, the camera standing still, going along them and
// back, with each frame's number in its strip and the place of each code known.
import { open } from 'node:fs/promises';
import { seededRandom } from './fake-camera.ts';
import { drawStrip } from './film-strip.ts';
import { FAULTLESS } from './scenes/print.ts';
import { renderScene } from './scenes/scene.ts';
import { drawModules } from './scenes/symbol-modules.ts';

export const PAN_WIDTH = 1280;
export const PAN_HEIGHT = 720;
export const PAN_FRAMES_PER_SECOND = 15;
/** So many rows of codes, and the shelf is so many columns wide; the camera sees seven and a half of them at once. */
const [ROWS, COLUMNS, SPACING_PX] = [4, 12, 170];
export const PAN_CODES = ROWS * COLUMNS;
const SHELF_WIDTH = COLUMNS * SPACING_PX;
const MODULE_PX = 4;
/** Frames that the camera stands still, at each end, and that it takes from one to the other. */
const [STILL_FRAMES, MOVING_FRAMES] = [12, 20];

export type PanFilm = {
  /** For each text, its symbol's corners in pixels of the whole shelf. */
  readonly codes: readonly (readonly { readonly x: number; readonly y: number }[])[];
  /** For each frame how far its left edge lies from the shelf's, in pixels. */
  readonly offsetsPx: readonly number[];
  /** Frames in which the camera has stood still for so long that everything drawn must have come to rest. */
  readonly restingFrames: readonly number[];
};

/** Each text in brackets, PAN_CODES of them. Chromium repeats the film for ever. */
export async function writePanFilm(path: string, texts: readonly string[], seed: number): Promise<PanFilm> {
  const random = seededRandom(seed);
  const placed = texts.map((text, i) => ({
    modules: drawModules({ bcid: 'gs1datamatrix', text, parsefnc: false }),
    faults: { ...FAULTLESS, quietZone: 2 },
    pose: {
      ...{ modulePx: MODULE_PX, turn: random() * 360, tilt: 0, bend: 0 },
      centre: { x: ((i % COLUMNS) + 0.5) * SPACING_PX, y: 110 + Math.floor(i / COLUMNS) * SPACING_PX },
    },
  }));
  const optics = { blur: 0.1, motion: 0, noise: 3, contrast: 1, glare: 0, hasShadow: false };
  const shelf = renderScene({ width: SHELF_WIDTH, height: PAN_HEIGHT, seed, symbols: placed, optics });
  const offsetsPx = panOffsets(SHELF_WIDTH - PAN_WIDTH);
  const file = await open(path, 'w');
  const header = `YUV4MPEG2 W${PAN_WIDTH} H${PAN_HEIGHT} F${PAN_FRAMES_PER_SECOND}:1 Ip A1:1 C420jpeg\n`;
  await file.write(Buffer.from(header));
  const chroma = Buffer.alloc((PAN_WIDTH * PAN_HEIGHT) / 2, 128);
  for (const [frame, offset] of offsetsPx.entries()) {
    const luma = Buffer.alloc(PAN_WIDTH * PAN_HEIGHT);
    for (let y = 0; y < PAN_HEIGHT; y++) {
      const from = y * SHELF_WIDTH + offset;
      luma.set(shelf.pixels.subarray(from, from + PAN_WIDTH), y * PAN_WIDTH);
    }
    drawStrip(luma, PAN_WIDTH, { scene: 0, frame });
    await file.write(Buffer.concat([Buffer.from('FRAME\n'), luma, chroma]));
  }
  await file.close();
  return {
    codes: placed.map(({ modules, pose }) => cornersOf(modules, pose)),
    offsetsPx,
    restingFrames: offsetsPx.flatMap((offset, i) => (isResting(offsetsPx, i, offset) ? [i] : [])),
  };
}

function panOffsets(rangePx: number): readonly number[] {
  const still = (offset: number) => Array.from({ length: STILL_FRAMES }, () => offset);
  const there = Array.from({ length: MOVING_FRAMES }, (_, i) =>
    Math.round((rangePx * (i + 1)) / (MOVING_FRAMES + 1)),
  );
  return [...still(0), ...there, ...still(rangePx), ...there.toReversed()];
}

/** Half a second after the camera has come to rest. */
function isResting(offsetsPx: readonly number[], frame: number, offset: number): boolean {
  const before = Math.ceil(PAN_FRAMES_PER_SECOND / 2);
  const earlier = Array.from({ length: before }, (_, k) => offsetsPx.at(frame - 1 - k));
  return earlier.every((each) => each === offset);
}

function cornersOf(
  { columns, rows }: { readonly columns: number; readonly rows: number },
  { turn, centre }: { readonly turn: number; readonly centre: { readonly x: number; readonly y: number } },
) {
  const [sin, cos] = [Math.sin((turn * Math.PI) / 180), Math.cos((turn * Math.PI) / 180)];
  return [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].map(([across = 0, down = 0]) => {
    const [u, v] = [(across * columns * MODULE_PX) / 2, (down * rows * MODULE_PX) / 2];
    return { x: centre.x + cos * u - sin * v, y: centre.y + sin * u + cos * v };
  });
}
