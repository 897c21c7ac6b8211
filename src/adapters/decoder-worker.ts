// The decoder's worker: takes camera frames and photographs off the page's thread, climbs the ladder over them and
// answers with what it read. Loads the WebAssembly decoder, or where that fails the JavaScript one.
import type { DecodedSymbol } from '../app/ports-scan.ts';
import type { DecoderEngine } from './decoder-engine.ts';
import {
  boxOf,
  createFrameReader,
  isWorthwhile,
  PREPARED_PIXELS_MAX,
  prepare,
  type Rung,
  readPhotoRungs,
  type TryRung,
  unprepare,
} from './decoder-ladder.ts';
import type { DecoderReply, DecoderRequest, Picture } from './decoder-messages.ts';
import { type Box, type GreyPicture, greyFromRgba } from './decoder-pictures.ts';
import { loadZxingWasm } from './decoder-zxing-wasm.ts';

// A frame rarely shows more than a handful of packs, and each symbol more costs time; a photo may show a shelf.
const FRAME_SYMBOLS_MAX = 8;
const PHOTO_SYMBOLS_MAX = 255;

const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext('2d', { willReadFrequently: true });
const readerLoading = loadReader();

self.addEventListener('message', (event: MessageEvent<DecoderRequest>) => {
  // A request that fails is answered, so nothing is left to reject here.
  void answer(event.data).then((reply) => self.postMessage(reply));
});

async function loadReader() {
  const engine = await loadEngine();
  const ready: DecoderReply = { kind: 'ready' };
  self.postMessage(ready);
  return { engine, readFrame: createFrameReader(engine.ladder) };
}

async function loadEngine(): Promise<DecoderEngine> {
  try {
    return await loadZxingWasm();
  } catch (cause) {
    console.warn('decoder: WebAssembly did not load, falling back to JavaScript', cause);
    const { createZxingJs } = await import('./decoder-zxing-js.ts');
    return createZxingJs();
  }
}

async function answer(request: DecoderRequest): Promise<DecoderReply> {
  const { id } = request;
  try {
    const symbols =
      request.kind === 'frame' ? await readFrame(request.picture) : await readPhoto(request.file);
    return { kind: 'symbols', id, symbols };
  } catch (error) {
    return {
      kind: 'failed',
      id,
      code: error instanceof NotAnImage ? 'not-an-image' : 'failed',
      detail: String(error),
    };
  }
}

async function readFrame(picture: Picture): Promise<readonly DecodedSymbol[]> {
  try {
    const { engine, readFrame } = await readerLoading;
    return await readFrame(rungTrier(engine, picture, FRAME_SYMBOLS_MAX), performance.now());
  } finally {
    picture.close();
  }
}

async function readPhoto(file: Blob): Promise<readonly DecodedSymbol[]> {
  const photo = await openPhoto(file);
  try {
    const { engine } = await readerLoading;
    return await readPhotoRungs(engine.ladder, rungTrier(engine, photo, PHOTO_SYMBOLS_MAX), () =>
      performance.now(),
    );
  } finally {
    photo.close();
  }
}

class NotAnImage extends Error {}

/** Scales a photograph down to what the decoder and the canvas of a phone can hold (iOS stops at 16.7 MP). */
async function openPhoto(file: Blob): Promise<ImageBitmap> {
  const full = await createImageBitmap(file).catch((cause: unknown) => {
    throw new NotAnImage('the browser cannot decode this picture', { cause });
  });
  const scale = Math.sqrt(PREPARED_PIXELS_MAX / (full.width * full.height));
  if (scale >= 1) return full;
  const resizeWidth = Math.floor(full.width * scale);
  const resizeHeight = Math.floor(full.height * scale);
  const scaled = await createImageBitmap(full, { resizeWidth, resizeHeight, resizeQuality: 'high' });
  full.close();
  return scaled;
}

/** Rungs of one picture; the pixels of a box are kept for the next rung, which often looks at the same. */
function rungTrier(engine: DecoderEngine, picture: Picture, symbolsMax: number): TryRung {
  const [width, height] = sizeOf(picture);
  let last: { box: Box; grey: GreyPicture } | undefined;
  return async (rung: Rung) => {
    const box = boxOf(rung, width, height);
    if (!isWorthwhile(rung, box)) return [];
    if (last?.box.width !== box.width || last.box.height !== box.height)
      last = { box, grey: pixelsOf(picture, box) };
    const found = await engine.read(prepare(last.grey, rung), { denoise: rung.denoise, symbolsMax });
    return found.map(({ text, corners }) => ({
      text,
      corners: corners.map((corner) => unprepare(corner, rung, box, width, height)),
    }));
  };
}

function sizeOf(picture: Picture): readonly [width: number, height: number] {
  return 'displayWidth' in picture
    ? [picture.displayWidth, picture.displayHeight]
    : [picture.width, picture.height];
}

function pixelsOf(picture: Picture, { left, top, width, height }: Box): GreyPicture {
  if (!context) throw new Error('no 2D context in a worker');
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  // Transparent pixels of a picture file are paper.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.drawImage(picture, left, top, width, height, 0, 0, width, height);
  return greyFromRgba(context.getImageData(0, 0, width, height).data, width, height);
}
