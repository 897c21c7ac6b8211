// The frame loop: hands a video's newest frame to the decoder, one at a time, for as long as the page is visible.
// Frames that come while the decoder is busy are never taken, so nothing queues up and what is read is what is shown.
import type { Camera, FrameReading, ScanView } from '../app/ports-scan.ts';

/** What the loop needs of a decoder. It takes the picture over. */
export type FrameDecoder = {
  prepare(): void;
  readFrame(picture: VideoFrame | ImageBitmap, view: ScanView): Promise<FrameReading>;
};

// A decoder that is restarting fails a frame or two; this many in a row is one that stays broken.
const FAILURES_MAX = 10;

/** Runs until the signal aborts. Rejects when the decoder keeps failing. */
export async function readFrames(
  video: HTMLVideoElement,
  decoder: FrameDecoder,
  { view, onSymbols, onUnread }: Pick<Parameters<Camera['open']>[0], 'view' | 'onSymbols' | 'onUnread'>,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  for (;;) {
    const frameMs = await nextFrame(video, signal);
    if (signal.aborted) return;
    try {
      const { symbols, advice } = await decoder.readFrame(await takePicture(video), view);
      failures = 0;
      if (signal.aborted) return;
      onSymbols(symbols, frameMs);
      if (advice) onUnread(advice);
    } catch (error) {
      failures++;
      if (failures >= FAILURES_MAX && !signal.aborted) throw error;
    }
  }
}

/** Resolves when the page is visible and the video has presented a frame, with its time, or when the signal aborts. */
async function nextFrame(video: HTMLVideoElement, signal: AbortSignal): Promise<number> {
  let frameMs = 0;
  if (document.visibilityState === 'hidden') {
    await once(signal, (done) => {
      document.addEventListener('visibilitychange', done);
      return () => document.removeEventListener('visibilitychange', done);
    });
  }
  await once(signal, (done) => {
    if ('requestVideoFrameCallback' in video) {
      const handle = video.requestVideoFrameCallback((_, { mediaTime }) => {
        frameMs = mediaTime * 1_000;
        done();
      });
      return () => video.cancelVideoFrameCallback(handle);
    }
    const handle = requestAnimationFrame((nowMs) => {
      frameMs = nowMs;
      done();
    });
    return () => cancelAnimationFrame(handle);
  });
  return frameMs;
}

/** Resolves at the first call of `done` or when the signal aborts, and then cancels what was subscribed. */
function once(signal: AbortSignal, subscribe: (done: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = () => {
      signal.removeEventListener('abort', finish);
      cancel();
      resolve();
    };
    const cancel = subscribe(finish);
    signal.addEventListener('abort', finish);
  });
}

async function takePicture(video: HTMLVideoElement): Promise<VideoFrame | ImageBitmap> {
  // A VideoFrame shares the camera's buffer; an ImageBitmap is a copy, for browsers without WebCodecs.
  return typeof VideoFrame === 'function' ? new VideoFrame(video) : createImageBitmap(video);
}
