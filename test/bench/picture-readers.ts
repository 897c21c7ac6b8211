// The readers that the picture bench sets side by side: our search as the camera runs it, and three that others use as
// they come. Each answers with texts that begin with the AIM identifier, where the reader tells it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFrameSearch, type FrameMode } from '../../src/domain/picture/frame-search.ts';
import { frameTime } from '../../src/domain/picture/frame-time.ts';
import type { GreyPicture } from '../../src/domain/picture/grey-picture.ts';
import { readPhotograph } from '../../src/domain/picture/photo-search.ts';
import type { Carriers } from '../../src/domain/picture/zxing-result.ts';
import type { ZxingEngine } from '../../src/server/decode/zxing-engine.ts';
import { encodePng } from '../support/png.ts';

export type Reading = {
  readonly texts: readonly string[];
  /** CPU milliseconds of each frame that it took; one for a reader that takes none. */
  readonly framesMs: readonly number[];
};

export type PictureReader = {
  readonly name: string;
  read(picture: GreyPicture): Promise<Reading> | Reading;
  close(): void;
};

/** Frames of a still picture, as if a hand held perfectly still for a second. */
export const FRAMES_MAX = 10;
const FRAME_EVERY_MS = 100;

/** The machine may be busy with other things. */
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function timed(work: () => Promise<readonly string[]> | readonly string[]): Promise<Reading> {
  const startMs = cpuMs();
  const texts = await work();
  return { texts, framesMs: [cpuMs() - startMs] };
}

/** Ours, frame by frame until something is accepted. */
export function frameReader(
  engine: ZxingEngine,
  mode: FrameMode = 'one',
  carriers: Carriers = 'packs',
  framesMax = FRAMES_MAX,
): PictureReader {
  return {
    name: 'packtrail',
    async read(picture) {
      const search = createFrameSearch(mode);
      const framesMs: number[] = [];
      for (let frame = 0; frame < framesMax; frame++) {
        const startMs = cpuMs();
        const found = await engine.run(search(picture, frame * FRAME_EVERY_MS, frameTime(cpuMs)), carriers);
        framesMs.push(cpuMs() - startMs);
        if (found.length > 0) return { texts: found.map(({ text }) => text), framesMs };
      }
      return { texts: [], framesMs };
    },
    close() {},
  };
}

/** Ours, on a photograph. */
export function photoReader(engine: ZxingEngine): PictureReader {
  return {
    name: 'packtrail',
    read: (picture) =>
      timed(async () => {
        const startMs = cpuMs();
        const found = await engine.run(
          readPhotograph(picture, () => cpuMs() - startMs),
          'packs-and-cases',
        );
        return found.map(({ text }) => text);
      }),
    close() {},
  };
}

/** zxing-cpp with its own defaults. */
export function plainZxingWasm(engine: ZxingEngine, symbolsMax: number): PictureReader {
  return {
    name: 'zxing-wasm',
    read: (picture) =>
      timed(async () => {
        const found = await engine.read({ picture, effort: 'usual', symbolsMax }, 'packs-and-cases');
        return found.map(({ text }) => text);
      }),
    close() {},
  };
}

type ZxingLibrary = typeof import('@zxing/library');

/** The JavaScript port that @zxing/browser wraps. It names no identifier, so what it reads is given ours. */
export function plainZxingLibrary(): PictureReader {
  const zxing: ZxingLibrary = createRequire(import.meta.url)('@zxing/library');
  const reader = new zxing.DataMatrixReader();
  const hints = new Map([[zxing.DecodeHintType.TRY_HARDER, true]]);
  return {
    name: '@zxing/library',
    read: ({ width, height, pixels }) =>
      timed(() => {
        const source = new zxing.RGBLuminanceSource(new Uint8ClampedArray(pixels), width, height);
        try {
          const result = reader.decode(new zxing.BinaryBitmap(new zxing.HybridBinarizer(source)), hints);
          const text = result.getText();
          return [text.startsWith('\x1d') ? `]d2${text.slice(1)}` : `]d1${text}`];
        } catch (error) {
          if (error instanceof zxing.Exception) return [];
          throw error;
        }
      }),
    close() {},
  };
}

/** libdmtx, by the command of the distribution's package dmtx-utils; undefined where that is not installed. */
export function dmtxread(symbolsMax: number, limitMs: number): PictureReader | undefined {
  if (spawnSync('dmtxread', ['--version']).error) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'packtrail-dmtx-'));
  return {
    name: 'libdmtx',
    read(picture) {
      const file = join(folder, 'picture.png');
      writeFileSync(file, encodePng(picture));
      const startMs = performance.now();
      // -G 29: GS for FNC1, which it loses otherwise; a new line after each symbol.
      const { stdout } = spawnSync('dmtxread', ['-n', `-m${limitMs}`, `-N${symbolsMax}`, '-G29', file]);
      const texts = stdout
        .toString('latin1')
        .split('\n')
        .filter((text) => text !== '');
      const named = texts.map((text) => (text.startsWith('\x1d') ? `]d2${text.slice(1)}` : `]d1${text}`));
      return { texts: named, framesMs: [performance.now() - startMs] };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
