// The decoder's worker: takes camera frames and photographs off the page's thread, searches them for symbols and answers
// with what it read. Loads the WebAssembly decoder, or where that fails the JavaScript one.
import type { DecodedSymbol, FrameReading, ScanView } from '../app/ports-scan.ts';
import type { FoundSymbol } from '../domain/picture/engine-task.ts';
import { lookAtFrame } from '../domain/picture/frame-look.ts';
import { createFrameSearch, type FrameSearch } from '../domain/picture/frame-search.ts';
import { frameTime } from '../domain/picture/frame-time.ts';
import type { GreyPicture } from '../domain/picture/grey-picture.ts';
import { adviseHand, type HandAdvice } from '../domain/picture/hand-advice.ts';
import { readPhotograph } from '../domain/picture/photo-search.ts';
import { PREPARED_PIXELS_MAX } from '../domain/picture/photo-size.ts';
import { type DecoderEngine, runSearch } from './decoder-engine.ts';
import { createGreyReader } from './decoder-grey-reader.ts';
import type { DecoderReply, DecoderRequest } from './decoder-messages.ts';
import { loadZxingWasm } from './decoder-zxing-wasm.ts';

const LOOK_EVERY_MS = 1_000;

const greyReader = createGreyReader();
const engineLoading = loadEngine();
// Neither could be fetched. The page hears of it as of any crash, and starts another worker, which fetches again.
engineLoading.catch((error: unknown) =>
  setTimeout(() => {
    throw error;
  }),
);
let lookMs = Number.NEGATIVE_INFINITY;
let frames: { readonly view: ScanView; readonly search: FrameSearch } | undefined;

self.addEventListener('message', (event: MessageEvent<DecoderRequest>) => {
  // A request that fails is answered, so nothing is left to reject here.
  void answer(event.data).then((reply) => self.postMessage(reply));
});

async function loadEngine(): Promise<DecoderEngine> {
  const engine = await loadSomeEngine();
  const ready: DecoderReply = { kind: 'ready' };
  self.postMessage(ready);
  return engine;
}

async function loadSomeEngine(): Promise<DecoderEngine> {
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
    const reading = request.kind === 'frame' ? await readFrame(request) : await readPhoto(request);
    return { kind: 'symbols', id, ...reading };
  } catch (error) {
    return {
      kind: 'failed',
      id,
      code: error instanceof NoPhoto ? error.code : 'failed',
      detail: String(error),
    };
  }
}

async function readFrame({
  picture,
  view,
}: Extract<DecoderRequest, { kind: 'frame' }>): Promise<FrameReading> {
  try {
    const engine = await engineLoading;
    const grey = await greyReader.read(picture);
    const startMs = performance.now();
    if (frames?.view.aim !== view.aim || frames.view.carriers !== view.carriers)
      frames = { view, search: createFrameSearch(view.aim) };
    const search = frames.search(
      grey,
      startMs,
      frameTime(() => performance.now()),
    );
    const symbols = inFractions(await runSearch(search, engine, view.carriers), grey);
    return { symbols, advice: symbols.length === 0 ? adviseNowAndThen(grey, startMs) : undefined };
  } finally {
    picture.close();
  }
}

function adviseNowAndThen(grey: GreyPicture, nowMs: number): HandAdvice | undefined {
  if (nowMs - lookMs < LOOK_EVERY_MS) return undefined;
  lookMs = nowMs;
  return adviseHand(lookAtFrame(grey));
}

async function readPhoto({ file, width }: Extract<DecoderRequest, { kind: 'photo' }>): Promise<FrameReading> {
  const photo = await openPhoto(file, width);
  try {
    const engine = await engineLoading;
    const grey = await greyReader.read(photo);
    const startMs = performance.now();
    const search = readPhotograph(grey, () => performance.now() - startMs);
    const found = await runSearch(search, engine, 'packs-and-cases');
    return { symbols: inFractions(found, grey), advice: undefined };
  } finally {
    photo.close();
  }
}

function inFractions(
  symbols: readonly FoundSymbol[],
  { width, height }: GreyPicture,
): readonly DecodedSymbol[] {
  return symbols.map(({ text, corners }) => ({
    text,
    corners: corners.map(({ x, y }) => ({ x: x / width, y: y / height })),
  }));
}

class NoPhoto extends Error {
  readonly code: 'not-an-image' | 'too-large';
  constructor(code: NoPhoto['code'], cause: unknown) {
    super('the browser cannot decode this picture', { cause });
    this.code = code;
  }
}

/** Scales a photograph down to what the decoder and the canvas of a phone can hold (iOS stops at 16.7 MP). */
async function openPhoto(file: Blob, width: number | undefined): Promise<ImageBitmap> {
  const reduced = width === undefined ? {} : ({ resizeWidth: width, resizeQuality: 'high' } as const);
  const full = await createImageBitmap(file, reduced).catch((cause: unknown) => {
    throw new NoPhoto(width === undefined ? 'not-an-image' : 'too-large', cause);
  });
  const scale = Math.sqrt(PREPARED_PIXELS_MAX / (full.width * full.height));
  if (scale >= 1) return full;
  const resizeWidth = Math.floor(full.width * scale);
  const resizeHeight = Math.floor(full.height * scale);
  const scaled = await createImageBitmap(full, { resizeWidth, resizeHeight, resizeQuality: 'high' });
  full.close();
  return scaled;
}
