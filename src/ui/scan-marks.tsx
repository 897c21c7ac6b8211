// The codes in view of the camera, framed over its picture, each with the sign of its pack's verdict: a shape as well as
// a colour. The list beside it says the same in words. While the camera moves, the picture on screen is newer than the
// one that was read: the frames are drawn where its codes will have come to.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { AppModel } from '../app/app-model.ts';
import type { ScanMark } from '../app/scan-model.ts';
import { headlineOf } from './headline.ts';
import { SignShape } from './icons.tsx';

/** No hand moves evenly for longer. */
const AHEAD_MS_MAX = 200;

export function ScanMarks(props: {
  readonly app: AppModel;
  readonly preview: { readonly current: HTMLVideoElement | null };
}) {
  const { scanner } = props.app;
  const marks = scanner.marks.value;
  const { videoWidth: width = 0, videoHeight: height = 0 } = props.preview.current ?? {};
  const moved = useRef<SVGGElement>(null);
  const shownMs = useRef(0);
  const move = () => {
    const { dx, dy, frameMs } = scanner.marksMotion.peek();
    const aheadMs = Math.min(AHEAD_MS_MAX, Math.max(0, shownMs.current - frameMs));
    moved.current?.setAttribute('transform', `translate(${dx * aheadMs * width} ${dy * aheadMs * height})`);
  };
  useLayoutEffect(move);
  useEffect(
    () =>
      eachFrame(props.preview.current, (frameMs) => {
        shownMs.current = frameMs;
        move();
      }),
    [scanner, width, height],
  );
  if (width === 0) return null;
  // Cut as the video is (object-fit: cover), so that a place in the picture is the same place in both.
  return (
    <svg
      class="scan-marks"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
      focusable="false"
    >
      <g ref={moved}>
        {marks.map((mark) => (
          <Mark key={mark.id} mark={mark} width={width} height={height} />
        ))}
      </g>
    </svg>
  );
}

/** Calls back with the time of each frame that the video shows. Returns a function that stops it. */
function eachFrame(video: HTMLVideoElement | null, onFrame: (frameMs: number) => void): () => void {
  // Without it the frames stay where the codes were read.
  if (!video || !('requestVideoFrameCallback' in video)) return () => undefined;
  const take: VideoFrameRequestCallback = (_, { mediaTime }) => {
    onFrame(mediaTime * 1_000);
    handle = video.requestVideoFrameCallback(take);
  };
  let handle = video.requestVideoFrameCallback(take);
  return () => video.cancelVideoFrameCallback(handle);
}

function Mark({
  mark,
  width,
  height,
}: {
  readonly mark: ScanMark;
  readonly width: number;
  readonly height: number;
}) {
  const { corners, scan, isTwin } = mark;
  if (corners.length === 0) return null;
  const points = corners.map(({ x, y }) => [x * width, y * height] as const);
  const middle = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const reach = Math.max(...points.map(([x, y]) => Math.hypot(x - middle(0), y - middle(1))));
  // The sign fills half the frame, but stays large enough to be told from afar.
  const size = Math.max(reach, width / 48);
  const name = scan ? (isTwin ? 'stop' : headlineOf(scan).tone) : 'wait';
  return (
    <g class={`tone-${name}`}>
      <polygon points={points.map((point) => point.join()).join(' ')} />
      <g transform={`translate(${middle(0) - size / 2} ${middle(1) - size / 2}) scale(${size / 24})`}>
        <SignShape name={name} />
      </g>
    </g>
  );
}
