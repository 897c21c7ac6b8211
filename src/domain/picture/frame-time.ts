// How long a frame may be worked on: until the camera would wait, and on a slow device so much longer that the stubborn
// part of the search goes on at all.

/** Of a clock that runs evenly, since the frame came. */
const FRAME_MS = 55;
const STUBBORN_MS_MAX = 120;

/**
 * Begin when the frame is there. The first question ends the quick looks: where they took all of the time, what follows
 * is given half as long again.
 */
export function frameTime(clockMs: () => number): () => boolean {
  const startMs = clockMs();
  let endMs: number | undefined;
  return () => {
    const nowMs = clockMs();
    const quickMs = nowMs - startMs;
    endMs ??= nowMs + Math.min(Math.max(FRAME_MS - quickMs, quickMs / 2), STUBBORN_MS_MAX);
    return nowMs < endMs;
  };
}
