// What runs inside a page under measurement: reads the film's strip from each frame that the browser presents, and
// notes when a code came into view and when a result was there, by the page's own clock.
import type { StripPlace } from '../support/film-strip.ts';
import type { BLANK_SCENE, FRAMES_PER_SECOND } from './scan-film.ts';

export type Watched = {
  /** When the camera produced the first frame of each show, in the page's milliseconds. */
  readonly shows: readonly { readonly code: number; readonly startMs: number }[];
  readonly results: readonly { readonly text: string; readonly atMs: number }[];
  /** Tasks of the main thread of 50 ms and more, as the browser counts them. */
  readonly longTasksMs: readonly number[];
  /** How late a timer of the page was each time it was due: how long the main thread was held. */
  readonly holdsMs: readonly number[];
  /** Frames sent to the decoder's worker, which takes the next one when it has answered. */
  readonly frames: number;
  readonly watchedMs: number;
};

export type WatchOptions = {
  readonly blankScene: typeof BLANK_SCENE;
  readonly framesPerSecond: typeof FRAMES_PER_SECOND;
  /** What appears in the page with a result; its text names the pack. Without it, `read` events do. */
  readonly card: string | undefined;
};

/**
 * Runs in the page, after `installStripReader`, and uses nothing else from outside itself. Leaves what it finds in
 * `window.watched`.
 */
export function watchPage({ blankScene, framesPerSecond, card }: WatchOptions): void {
  const shows: { code: number; startMs: number }[] = [];
  const results: { text: string; atMs: number }[] = [];
  const [longTasksMs, holdsMs]: [number[], number[]] = [[], []];
  const watched = { shows, results, longTasksMs, holdsMs, frames: 0, watchedMs: 0 };
  Object.assign(window, { watched });
  watchThread();
  const video = document.querySelector('video');
  if (!video) throw new Error('no video to watch');
  const readStrip: (video: HTMLVideoElement) => StripPlace | undefined = Reflect.get(window, 'readStrip');
  let last = blankScene as number;

  function watchThread(): void {
    const startMs = performance.now();
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longTasksMs.push(duration);
    }).observe({ type: 'longtask' });
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message: unknown, options?: unknown) {
      if (typeof message === 'object' && message && Reflect.get(message, 'kind') === 'frame')
        watched.frames++;
      Reflect.apply(postMessage, this, [message, options]);
    };
    const everyMs = 8;
    let dueMs = startMs + everyMs;
    setInterval(() => {
      const nowMs = performance.now();
      holdsMs.push(Math.max(0, nowMs - dueMs));
      dueMs = nowMs + everyMs;
      watched.watchedMs = nowMs - startMs;
    }, everyMs);
  }

  const onFrame = (nowMs: number, metadata: VideoFrameCallbackMetadata) => {
    const seen = readStrip(video);
    if (seen && seen.scene !== last) {
      last = seen.scene;
      // If the page was too busy for the first frames, the show began that much earlier.
      const startMs = (metadata.captureTime ?? nowMs) - (seen.frame / framesPerSecond) * 1_000;
      if (last !== blankScene) shows.push({ code: last, startMs });
    }
    // Once the code is gone the next pack's turn begins, as a user would have it.
    if (last === blankScene && card !== undefined && document.querySelector(card))
      document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);

  if (card === undefined) {
    window.addEventListener('read', (event) => {
      if (event instanceof CustomEvent) results.push({ text: event.detail, atMs: performance.now() });
    });
    return;
  }
  let isShown = false;
  new MutationObserver(() => {
    const shown = document.querySelector(card);
    if (shown && !isShown) results.push({ text: shown.textContent ?? '', atMs: performance.now() });
    isShown = shown !== null;
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}
