// Grey pixels of an image file under Node: PNG, JPEG and WebP, by the codecs that browsers use, compiled to WebAssembly.
// Sizes are read from the header and bounded before anything is decoded.
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { GreyPicture } from '../../domain/picture/grey-picture.ts';
import { parsePhotoSize } from '../../domain/picture/photo-size.ts';
import { greyFromRgba } from '../../domain/picture/preparations.ts';
import { err, ok, type Result } from '../../domain/result.ts';

export const IMAGE_BYTES_MAX = 60_000_000;
/** A phone's 50 MP take a gigabyte while they are read. */
export const IMAGE_PIXELS_MAX = 64_000_000;

export type ImageError = 'not-found' | 'not-readable' | 'not-an-image' | 'not-supported' | 'too-large';

type Decode = (
  data: ArrayBuffer,
) => Promise<{ readonly data: ArrayLike<number>; readonly width: number; readonly height: number }>;

export async function readImageFile(path: string): Promise<Result<GreyPicture, ImageError>> {
  const bytes = readBounded(path);
  if (!bytes.ok) return bytes;
  const size = parsePhotoSize(bytes.value);
  if (!size.ok) return err('not-an-image', size.detail);
  if (size.value.width * size.value.height > IMAGE_PIXELS_MAX)
    return err('too-large', `more than ${IMAGE_PIXELS_MAX} pixels`);
  const kind = imageKind(bytes.value);
  if (kind === undefined) return err('not-supported', 'only PNG, JPEG and WebP are read');
  try {
    const decode = await CODECS[kind]();
    const { data, width, height } = await decode(bytes.value.buffer);
    return ok(greyOnPaper(Uint8ClampedArray.from(data), width, height));
  } catch (error) {
    if (error instanceof Error || typeof error === 'string')
      return err('not-an-image', error instanceof Error ? error.message : error);
    // mozjpeg throws what is neither, and tells the console why: cut short, or colours that no browser shows.
    return err('not-an-image', `the ${kind} decoder gave up: damaged, or not supported`);
  }
}

function readBounded(path: string): Result<Uint8Array<ArrayBuffer>, ImageError> {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return err('not-readable', 'not a file');
    if (stat.size > IMAGE_BYTES_MAX) return err('too-large', `more than ${IMAGE_BYTES_MAX} bytes`);
    return ok(Uint8Array.from(readFileSync(path)));
  } catch (error) {
    const why = String(error instanceof Error ? Reflect.get(error, 'code') : error);
    return err(why === 'ENOENT' ? 'not-found' : 'not-readable', why);
  }
}

/** Transparent pixels are paper, as in the browser. */
function greyOnPaper(rgba: Uint8ClampedArray, width: number, height: number): GreyPicture {
  for (let i = 0; i < rgba.length; i += 4) {
    const alpha = (rgba[i + 3] ?? 255) / 255;
    if (alpha === 1) continue;
    for (let k = i; k < i + 3; k++) rgba[k] = 255 + ((rgba[k] ?? 0) - 255) * alpha;
  }
  return greyFromRgba(rgba, width, height);
}

type Kind = 'png' | 'jpeg' | 'webp';

/** By the first bytes; parsePhotoSize has found a whole header of one of more kinds. */
function imageKind(bytes: Uint8Array): Kind | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  if (start.startsWith('\x89PNG')) return 'png';
  if (start.startsWith('\xff\xd8')) return 'jpeg';
  return start.startsWith('RIFF') && start.endsWith('WEBP') ? 'webp' : undefined;
}

const CODECS: Readonly<Record<Kind, () => Promise<Decode>>> = {
  async png() {
    const { init, decode } = await import('@jsquash/png/decode.js');
    await init(await compiled('@jsquash/png/codec/pkg/squoosh_png_bg.wasm'));
    return (data) => decode(data);
  },
  async jpeg() {
    const { init, default: decode } = await import('@jsquash/jpeg/decode.js');
    await init(await compiled('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'));
    return (data) => decode(data);
  },
  async webp() {
    const { init, default: decode } = await import('@jsquash/webp/decode.js');
    await init(await compiled('@jsquash/webp/codec/dec/webp_dec.wasm'));
    return (data) => decode(data);
  },
};

// Node has it; the type library gives it to browsers alone.
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<never> };

/** The codecs fetch their WebAssembly where a browser runs them; here it is handed to them. */
async function compiled(specifier: string): Promise<never> {
  lendImageData();
  return WebAssembly.compile(readFileSync(createRequire(import.meta.url).resolve(specifier)));
}

/** The codecs answer with ImageData, which Node lacks. */
function lendImageData(): void {
  if ('ImageData' in globalThis) return;
  class NodeImageData {
    readonly data: Uint8ClampedArray;
    readonly width: number;
    readonly height: number;
    constructor(data: Uint8ClampedArray, width: number, height: number) {
      this.data = data;
      this.width = width;
      this.height = height;
    }
  }
  Object.assign(globalThis, { ImageData: NodeImageData });
}
