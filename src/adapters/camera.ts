// The camera port over getUserMedia: opens a camera, shows it, and feeds its frames to the decoder until it is closed
// or goes away.
import { type Camera, type CameraChoice, CameraError, type CameraSession } from '../app/ports-scan.ts';
import { assert } from '../domain/result.ts';
import { type FrameDecoder, readFrames } from './camera-frames.ts';
import { takeStill } from './camera-still.ts';
import { openingConstraints, readAbilities, settingConstraints, type TrackSettings } from './camera-track.ts';

type OpenOptions = Parameters<Camera['open']>[0];

export function createCamera(decoder: FrameDecoder): Camera {
  return { open: (options) => openCamera(decoder, options) };
}

async function openCamera(decoder: FrameDecoder, options: OpenOptions): Promise<CameraSession> {
  const { preview, cameraId } = options;
  assert(preview instanceof HTMLVideoElement, 'the preview is a video element');
  // The browser hides mediaDevices from pages that did not come over HTTPS or from this machine.
  if (!globalThis.isSecureContext || !navigator.mediaDevices) throw new CameraError('insecure');
  try {
    decoder.prepare();
    const stream = await openStream(cameraId);
    try {
      return await startSession(decoder, options, preview, stream);
    } catch (error) {
      stopStream(stream);
      throw error;
    }
  } catch (error) {
    throw toCameraError(error);
  }
}

async function openStream(cameraId: string | undefined): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia(openingConstraints(cameraId));
  } catch (error) {
    // The camera of last time was unplugged, or the browser has dealt out new ids: any camera serves better than none.
    const isGone = nameOf(error) === 'OverconstrainedError' || nameOf(error) === 'NotFoundError';
    if (cameraId === undefined || !isGone) throw error;
    return navigator.mediaDevices.getUserMedia(openingConstraints(undefined));
  }
}

async function startSession(
  decoder: FrameDecoder,
  options: OpenOptions,
  video: HTMLVideoElement,
  stream: MediaStream,
): Promise<CameraSession> {
  const [track] = stream.getVideoTracks();
  if (!track) throw new CameraError('absent');
  const cameras = await listCameras();
  const controls = createControls(track);
  // A camera that refuses continuous focus still shows a picture.
  await controls.apply({}).catch(() => undefined);
  await show(video, stream);

  const closing = new AbortController();
  const close = () => {
    if (closing.signal.aborted) return;
    closing.abort();
    stopStream(stream);
    if (video.srcObject === stream) video.srcObject = null;
  };
  const lose = (cause: unknown) => {
    if (closing.signal.aborted) return;
    close();
    options.onLost(new CameraError('failed', cause));
  };
  // Not fired by our own stop(), only when the device, the system or the user takes the camera away.
  track.addEventListener('ended', () => lose('the camera stopped'), { signal: closing.signal });
  watchInterruptions(video, track, closing.signal, lose);
  readFrames(video, decoder, options, closing.signal).catch(lose);

  return {
    cameraId: track.getSettings().deviceId ?? '',
    cameras,
    hasTorch: controls.abilities.hasTorch,
    zoom: controls.abilities.zoom,
    canFocus: controls.abilities.focusesAtPoint,
    setTorch: (torch) => controls.apply({ torch }),
    setZoom: (zoom) => controls.apply({ zoom }),
    focusAt: (focus) => controls.apply({ focus }),
    takeStill: () => takeStill(video),
    close,
  };
}

/** A picture that stands still for so long, although the page is shown, does not come back by itself. */
const MUTED_MS_MAX = 2_000;

/**
 * A phone call, another app or the lock screen takes the picture away without ending the camera, and some systems leave
 * the video paused when the page is shown again.
 */
function watchInterruptions(
  video: HTMLVideoElement,
  track: MediaStreamTrack,
  signal: AbortSignal,
  lose: (cause: unknown) => void,
): void {
  let patience: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(patience);
    if (document.visibilityState === 'hidden' || signal.aborted) return;
    if (video.paused) video.play().catch(lose);
    if (track.muted) patience = setTimeout(() => lose('the camera gives no picture'), MUTED_MS_MAX);
  };
  document.addEventListener('visibilitychange', look, { signal });
  for (const change of ['mute', 'unmute']) track.addEventListener(change, look, { signal });
  signal.addEventListener('abort', look);
}

function createControls(track: MediaStreamTrack) {
  const abilities = readAbilities(
    track.getCapabilities?.(),
    navigator.mediaDevices.getSupportedConstraints(),
  );
  let settings: TrackSettings = { torch: undefined, zoom: undefined, focus: undefined };
  let turn: Promise<void> = Promise.resolve();
  /** One after the other: each call sets all, so one made before the last has settled would take that back. */
  function apply(change: Partial<TrackSettings>): Promise<void> {
    const done = turn.then(() => applyNow(change));
    turn = done.catch(() => undefined);
    return done;
  }
  async function applyNow(change: Partial<TrackSettings>): Promise<void> {
    const wanted = { ...settings, ...change };
    const constraints = settingConstraints(abilities, wanted);
    try {
      if (constraints) await track.applyConstraints(constraints);
      settings = wanted;
    } catch (error) {
      throw toCameraError(error);
    }
  }
  return { abilities, apply };
}

async function show(video: HTMLVideoElement, stream: MediaStream): Promise<void> {
  video.playsInline = true;
  video.muted = true;
  video.srcObject = stream;
  await video.play();
}

/** After permission has been given, since before it devices have no names. */
async function listCameras(): Promise<readonly CameraChoice[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind, deviceId }) => kind === 'videoinput' && deviceId !== '')
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}

function stopStream(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** Maps what getUserMedia throws (Media Capture and Streams, section 10.2.6) to what a screen can explain. */
export function toCameraError(error: unknown): CameraError {
  if (error instanceof CameraError) return error;
  return new CameraError(codeOf(nameOf(error)), error);
}

function codeOf(name: string): CameraError['code'] {
  switch (name) {
    case 'NotAllowedError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'absent';
    case 'NotReadableError':
      return 'in-use';
    case 'SecurityError':
      return 'insecure';
    default:
      return 'failed';
  }
}

function nameOf(error: unknown): string {
  const name: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'name') : undefined;
  return typeof name === 'string' ? name : '';
}
