// The decoder as the page sees it: one worker behind promises. Starts the worker when first needed, starts it afresh
// when it crashes or hangs, and bounds what it is given.
import {
  type DecodedSymbol,
  DecoderError,
  type FrameReading,
  type PhotoReader,
  type ScanView,
} from '../app/ports-scan.ts';
import { PHOTO_HEADER_BYTES_MAX, PREPARED_PIXELS_MAX, parsePhotoSize } from '../domain/picture/photo-size.ts';
import { assert } from '../domain/result.ts';
import type { DecoderReply, DecoderRequest, Picture } from './decoder-messages.ts';

export type Decoder = PhotoReader & {
  /** Starts loading, so that the first frame finds the decoder ready; anew where it had been given up. */
  prepare(): void;
  /** Takes the picture over and closes it. Throws DecoderError. */
  readFrame(picture: Picture, view: ScanView): Promise<FrameReading>;
};

/** The finest phones make 200 MP, their usual pictures 12 or 50: 25 MB. */
export const PHOTO_BYTES_MAX = 60_000_000;
export const PHOTO_PIXELS_MAX = 120_000_000;
/** Larger ones are asked for at the size that is searched: whole they take four bytes a pixel. */
const WHOLE_PIXELS_MAX = 40_000_000;

// Loading may fetch a megabyte over a poor line; afterwards the slowest photograph takes PHOTO_MS_MAX and one rung.
const SILENCE_MS_MAX = { loading: 60_000, ready: 20_000 } as const;
// One frame is in flight at a time, and a person picks photographs one after another.
const WAITING_MAX = 8;

type Waiting = {
  resolve(reading: FrameReading): void;
  reject(error: DecoderError): void;
};

export function createDecoder(): Decoder {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let nextId = 1;
  let isReady = false;
  let crashes = 0;

  function start(): Worker {
    if (worker) return worker;
    if (crashes > 1) throw new DecoderError('failed', 'the decoder crashed again after a restart');
    isReady = false;
    worker = new Worker(new URL('./decoder-worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', (event: MessageEvent<DecoderReply>) => receive(event.data));
    worker.addEventListener('error', (event) => crash(event.message));
    worker.addEventListener('messageerror', () => crash('a reply could not be read'));
    return worker;
  }

  /** A person has opened the camera or chosen a photo: what failed before may work now. */
  function prepare(): void {
    crashes = 0;
    start();
  }

  function receive(reply: DecoderReply): void {
    isReady = true;
    if (reply.kind !== 'ready') settle(reply);
    listenForSilence();
  }

  function settle(reply: Exclude<DecoderReply, { kind: 'ready' }>): void {
    const request = waiting.get(reply.id);
    waiting.delete(reply.id);
    // It answers again, so the next crash is a new one.
    crashes = 0;
    if (reply.kind === 'symbols') request?.resolve(reply);
    else request?.reject(new DecoderError(reply.code, reply.detail));
  }

  function crash(detail: string): void {
    clearTimeout(silence);
    worker?.terminate();
    worker = undefined;
    crashes++;
    for (const request of waiting.values()) request.reject(new DecoderError('failed', detail));
    waiting.clear();
  }

  function listenForSilence(): void {
    clearTimeout(silence);
    if (waiting.size === 0) return;
    const limitMs = isReady ? SILENCE_MS_MAX.ready : SILENCE_MS_MAX.loading;
    silence = setTimeout(() => crash(`no answer for ${limitMs} ms`), limitMs);
  }

  function post(request: DecoderRequest, transfer: Transferable[]): Promise<FrameReading> {
    if (waiting.size >= WAITING_MAX) throw new DecoderError('failed', 'too many pictures at once');
    start().postMessage(request, transfer);
    return new Promise((resolve, reject) => {
      waiting.set(request.id, { resolve, reject });
      listenForSilence();
    });
  }

  async function readFrame(picture: Picture, view: ScanView): Promise<FrameReading> {
    try {
      return await post({ kind: 'frame', id: nextId++, picture, view }, [picture]);
    } finally {
      // Once moved to the worker this closes nothing; if the post failed the frame is still ours.
      picture.close();
    }
  }

  async function readPhoto(file: object): Promise<readonly DecodedSymbol[]> {
    assert(file instanceof Blob, 'a photo is a Blob');
    const width = await widthFor(file);
    prepare();
    return (await post({ kind: 'photo', id: nextId++, file, width }, [])).symbols;
  }

  return { prepare, readFrame, readPhoto };
}

/** At which the photo is decoded; undefined: its own. Throws DecoderError. */
async function widthFor(file: Blob): Promise<number | undefined> {
  if (file.size > PHOTO_BYTES_MAX) throw new DecoderError('too-large');
  const header = await file.slice(0, PHOTO_HEADER_BYTES_MAX).arrayBuffer();
  const size = parsePhotoSize(new Uint8Array(header));
  if (!size.ok) throw new DecoderError('not-an-image', size.detail);
  const pixels = size.value.width * size.value.height;
  if (pixels > PHOTO_PIXELS_MAX) throw new DecoderError('too-large');
  if (pixels <= WHOLE_PIXELS_MAX) return undefined;
  return Math.floor(size.value.width * Math.sqrt(PREPARED_PIXELS_MAX / pixels));
}
