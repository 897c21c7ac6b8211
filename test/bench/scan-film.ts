// A film of several codes, one after the other with a pause between them, for a bench that has to know when a code came
// into view.
import { open, readFile, rm } from 'node:fs/promises';
import { drawDataMatrix, type Film, writeFilm } from '../support/fake-camera.ts';
import { drawStrip, STRIP } from '../support/film-strip.ts';

export const FRAMES_PER_SECOND = 30;
/** A code is in view for so many frames, then nothing for so many. */
export const SHOW_FRAMES = { code: 24, blank: 12 } as const;
/** The scene without a code; the others are the takes' numbers. */
export const BLANK_SCENE = 2 ** STRIP.sceneBits - 1;

export type Take = Pick<Film, 'turnDegrees' | 'driftPx' | 'noise'> & {
  /** As `drawDataMatrix` takes it. */
  readonly text: string;
  readonly modulePx: number;
};

const [WIDTH, HEIGHT] = [1280, 720];
const LUMA_BYTES = WIDTH * HEIGHT;
const FRAME_BYTES = 'FRAME\n'.length + LUMA_BYTES * 1.5;

/** Writes a film that goes through the takes, which Chromium repeats for ever. */
export async function writeShow(path: string, takes: readonly Take[]): Promise<void> {
  const file = await open(path, 'w');
  const { code, blank } = SHOW_FRAMES;
  for (const [number, take] of takes.entries()) {
    const { text, modulePx, ...film } = take;
    const part = `${path}.part`;
    await writeFilm(part, {
      ...film,
      picture: drawDataMatrix(text, modulePx),
      seed: number + 1,
      frames: code,
    });
    const bytes = await readFile(part);
    await rm(part);
    const header = bytes.indexOf('\n') + 1;
    if (number === 0) await file.write(bytes.subarray(0, header));
    for (let i = 0; i < code; i++) {
      const frame = bytes.subarray(header + i * FRAME_BYTES, header + (i + 1) * FRAME_BYTES);
      await file.write(marked(frame, number, i));
    }
    const empty = Buffer.concat([
      Buffer.from('FRAME\n'),
      Buffer.alloc(LUMA_BYTES, 118),
      Buffer.alloc(LUMA_BYTES / 2, 128),
    ]);
    for (let i = 0; i < blank; i++) await file.write(marked(empty, BLANK_SCENE, i));
  }
  await file.close();
}

function marked(frame: Buffer, scene: number, index: number): Buffer {
  drawStrip(frame.subarray('FRAME\n'.length), WIDTH, { scene, frame: index });
  return frame;
}
