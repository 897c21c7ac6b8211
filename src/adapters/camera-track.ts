// What a video track can do and how it is told to: torch, zoom, continuous focus. Browsers disagree on these and the
// type library does not know all of them, so capabilities are read as unknown data.
import type { PicturePoint, ZoomRange } from '../app/ports-scan.ts';

export type TrackAbilities = {
  readonly hasTorch: boolean;
  readonly zoom: ZoomRange | undefined;
  readonly focusesContinuously: boolean;
  /** It can be told to focus once, on a point of the picture. */
  readonly focusesAtPoint: boolean;
};

/** From "MediaStream Image Capture", which the type library does not know. */
type CameraConstraintSet = {
  focusMode?: 'continuous' | 'single-shot';
  pointsOfInterest?: readonly PicturePoint[];
  torch?: boolean;
  zoom?: number;
};

/** What the user has set; undefined leaves the camera's own choice. */
export type TrackSettings = {
  readonly torch: boolean | undefined;
  readonly zoom: number | undefined;
  readonly focus: PicturePoint | undefined;
};

/** The constraints to open a camera with: the one named, or the one that looks away from the user. */
export function openingConstraints(cameraId: string | undefined): MediaStreamConstraints {
  const choice =
    cameraId === undefined ? { facingMode: { ideal: 'environment' } } : { deviceId: { exact: cameraId } };
  return {
    audio: false,
    video: { ...choice, width: { ideal: 1920 }, height: { ideal: 1080 }, frameRate: { ideal: 30 } },
  };
}

/** Reads what `getCapabilities()` and `getSupportedConstraints()` returned; a browser without them offers nothing. */
export function readAbilities(capabilities: unknown, supported: unknown): TrackAbilities {
  const focusModes = field(capabilities, 'focusMode');
  const hasPoints = field(supported, 'pointsOfInterest') === true;
  return {
    // Chromium has called it [false, true] and true.
    hasTorch: [field(capabilities, 'torch')].flat().includes(true),
    zoom: readZoom(field(capabilities, 'zoom')),
    focusesContinuously: Array.isArray(focusModes) && focusModes.includes('continuous'),
    focusesAtPoint: hasPoints && Array.isArray(focusModes) && focusModes.includes('single-shot'),
  };
}

function readZoom(range: unknown): ZoomRange | undefined {
  const [min, max, step] = [field(range, 'min'), field(range, 'max'), field(range, 'step')];
  if (typeof min !== 'number' || typeof max !== 'number' || !(max > min)) return undefined;
  return { min, max, step: typeof step === 'number' && step > 0 ? step : 0.1 };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/**
 * The constraints that bring a track to the settings, or undefined where there is nothing to ask. Always all of them,
 * because each call replaces the one before: a zoom set alone would put the torch out.
 */
export function settingConstraints(
  abilities: TrackAbilities,
  settings: TrackSettings,
): MediaTrackConstraints | undefined {
  const wanted: MediaTrackConstraintSet & CameraConstraintSet = {
    ...(abilities.focusesContinuously && { focusMode: 'continuous' }),
    ...(abilities.focusesAtPoint &&
      settings.focus && { focusMode: 'single-shot', pointsOfInterest: [settings.focus] }),
    ...(abilities.hasTorch && settings.torch !== undefined && { torch: settings.torch }),
    ...(abilities.zoom && settings.zoom !== undefined && { zoom: withinZoom(abilities.zoom, settings.zoom) }),
  };
  return Object.keys(wanted).length === 0 ? undefined : { advanced: [wanted] };
}

function withinZoom({ min, max }: ZoomRange, factor: number): number {
  return Math.min(Math.max(factor, min), max);
}
