// A film of several codes, one after the other with a pause between them, for a bench that has to know when a code came
// into view: a strip of black and white blocks in the corner of each frame says which code it shows, and since when.
import { open, readFile, rm } from 'node:fs/promises';
import { drawDataMatrix, type Film, writeFilm } from '../support/fake-camera.ts';

export const FRAMES_PER_SECOND = 30;
/** A code is in view for so many frames, then nothing for so many. */
export const SHOW_FRAMES = { code: 24, blank: 12 } as const;
/** The strip: the code's number (all bits set: none), the frame's number within the show, and a bit of even parity. */
export const STRIP = { blockPx: 24, codeBits: 3, frameBits: 6 } as const;

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
    for (let i = 0; i < blank; i++) await file.write(marked(empty, 2 ** STRIP.codeBits - 1, i));
  }
  await file.close();
}

function marked(frame: Buffer, code: number, index: number): Buffer {
  const { blockPx, codeBits, frameBits } = STRIP;
  const bits = [...bitsOf(code, codeBits), ...bitsOf(index, frameBits)];
  const parity = bits.reduce((sum, bit) => sum ^ bit, 0);
  for (const [i, bit] of [...bits, parity].entries())
    for (let y = 0; y < blockPx; y++) {
      const at = 'FRAME\n'.length + y * WIDTH + i * blockPx;
      frame.fill(bit ? 235 : 16, at, at + blockPx);
    }
  return frame;
}

function bitsOf(value: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => (value >> i) & 1);
}
