// What to try on a picture, and in which order. A camera frame gets one or two cheap tries, because the next frame is
// 30 ms away; a photograph is the only one there is and gets everything, within a time. The order is what was measured
// to read most symbols per millisecond; each decoder brings its own ladder.
import type { DecodedSymbol } from '../app/ports-scan.ts';
import {
  type Box,
  blurred,
  doubled,
  type GreyPicture,
  halved,
  sharpened,
  turned,
} from './decoder-pictures.ts';

/** One way to prepare one part of a picture. Steps apply in the order scale, turn, filter. */
export type Rung = {
  readonly area: 'full' | 'centre' | 'tight' | 'tighter';
  readonly scale: 0.5 | 1 | 2;
  readonly turnDegrees: number;
  readonly filter: 'none' | 'blur' | 'sharpen';
  /** Whether the decoder also tries its own morphological denoising. */
  readonly denoise: boolean;
};

export type Ladder = {
  readonly everyFrame: Rung;
  readonly everySecond: Rung;
  /** One of these a frame, in turn, while nothing is found. */
  readonly afterMiss: readonly Rung[];
  readonly photo: readonly Rung[];
};

export type TryRung = (rung: Rung) => Promise<readonly DecodedSymbol[]>;

export const FULL_FRAME_EVERY_MS = 1_000;
// A person waits: a little longer for further symbols, longer for the first one.
export const PHOTO_MS_MAX = { found: 1_500, nothing: 8_000 } as const;
// The decoder holds about six bytes a pixel while it works; 12 MP stay under 100 MB.
export const PREPARED_PIXELS_MAX = 12_000_000;
const HALVED_PIXELS_MIN = 300_000;
const CENTRE_EDGE_PX_MAX = 640;

const PLAIN: Rung = { area: 'centre', scale: 1, turnDegrees: 0, filter: 'none', denoise: false };
const FULL: Rung = { ...PLAIN, area: 'full' };

export const WASM_LADDER: Ladder = {
  everyFrame: PLAIN,
  everySecond: FULL,
  afterMiss: [
    { ...PLAIN, scale: 2 },
    { ...PLAIN, scale: 2, filter: 'blur', denoise: true },
    { ...PLAIN, area: 'tight' },
    { ...PLAIN, scale: 2, filter: 'sharpen' },
    { ...PLAIN, area: 'tighter' },
  ],
  photo: [
    FULL,
    { ...FULL, scale: 2 },
    { ...FULL, scale: 2, filter: 'blur', denoise: true },
    { ...FULL, scale: 2, filter: 'sharpen' },
    { ...FULL, filter: 'blur', denoise: true },
    { ...FULL, scale: 0.5, denoise: true },
    { ...FULL, scale: 0.5, filter: 'sharpen' },
    { ...PLAIN, scale: 2, denoise: true },
    { ...PLAIN, area: 'tight' },
    { ...PLAIN, area: 'tighter' },
    { ...PLAIN, area: 'tight', scale: 2, filter: 'sharpen' },
  ],
};

// The fallback reads within about 5 degrees of an axis and only over the centre, so its ladder turns the picture:
// quarter turns are the decoder's own, steps between them ours, coarse steps first.
const TURNS_DEGREES = [45, 20, 70, 10, 35, 55, 80, 28, 62];

export const FALLBACK_LADDER: Ladder = {
  everyFrame: PLAIN,
  everySecond: FULL,
  afterMiss: TURNS_DEGREES.map((turnDegrees) => ({ ...PLAIN, turnDegrees })),
  photo: [
    FULL,
    PLAIN,
    { ...FULL, scale: 0.5 },
    { ...PLAIN, area: 'tight' },
    { ...PLAIN, scale: 2 },
    ...TURNS_DEGREES.map((turnDegrees) => ({ ...PLAIN, turnDegrees })),
    ...TURNS_DEGREES.map((turnDegrees) => ({ ...FULL, turnDegrees })),
  ],
};

/** Reads the frames of a camera, one after another; remembers what the last ones gave. */
export function createFrameReader(
  ladder: Ladder,
): (tryRung: TryRung, nowMs: number) => Promise<readonly DecodedSymbol[]> {
  let misses = 0;
  let fullFrameMs = Number.NEGATIVE_INFINITY;
  return async (tryRung, nowMs) => {
    const found = new Map<string, DecodedSymbol>();
    keepNew(found, await tryRung(ladder.everyFrame));
    const rung = ladder.afterMiss[misses % ladder.afterMiss.length];
    if (nowMs - fullFrameMs >= FULL_FRAME_EVERY_MS) {
      fullFrameMs = nowMs;
      keepNew(found, await tryRung(ladder.everySecond));
    } else if (found.size === 0 && rung) {
      keepNew(found, await tryRung(rung));
      misses++;
    }
    if (found.size > 0) misses = 0;
    return [...found.values()];
  };
}

/** Climbs the whole ladder over one photograph, as long as PHOTO_MS_MAX allows, and gathers what the rungs find. */
export async function readPhotoRungs(
  ladder: Ladder,
  tryRung: TryRung,
  nowMs: () => number,
): Promise<readonly DecodedSymbol[]> {
  const found = new Map<string, DecodedSymbol>();
  const startMs = nowMs();
  for (const rung of ladder.photo) {
    keepNew(found, await tryRung(rung));
    if (nowMs() - startMs > (found.size > 0 ? PHOTO_MS_MAX.found : PHOTO_MS_MAX.nothing)) break;
  }
  return [...found.values()];
}

// The text alone tells symbols apart: the corners of one symbol differ by a pixel or two from rung to rung.
function keepNew(found: Map<string, DecodedSymbol>, symbols: readonly DecodedSymbol[]): void {
  for (const symbol of symbols) if (!found.has(symbol.text)) found.set(symbol.text, symbol);
}

/** The part of a picture that a rung looks at: the whole, or a square about the centre. */
export function boxOf(rung: Rung, width: number, height: number): Box {
  if (rung.area === 'full') return { left: 0, top: 0, width, height };
  const shorter = Math.min(width, height);
  const edges = {
    centre: Math.min((shorter * 2) / 3, CENTRE_EDGE_PX_MAX),
    tight: Math.min(shorter / 3, CENTRE_EDGE_PX_MAX),
    tighter: Math.min(shorter / 5, CENTRE_EDGE_PX_MAX),
  };
  const edge = Math.max(Math.round(edges[rung.area]), Math.min(shorter, 16));
  return { left: (width - edge) >> 1, top: (height - edge) >> 1, width: edge, height: edge };
}

/** Whether a rung is worth its memory and time on a part of this many pixels. */
export function isWorthwhile(rung: Rung, box: Box): boolean {
  const pixels = box.width * box.height;
  if (rung.scale === 0.5) return pixels >= HALVED_PIXELS_MIN;
  return pixels * rung.scale ** 2 <= PREPARED_PIXELS_MAX;
}

export function prepare(picture: GreyPicture, rung: Rung): GreyPicture {
  let result = picture;
  if (rung.scale === 2) result = doubled(result);
  if (rung.scale === 0.5) result = halved(result);
  if (rung.turnDegrees !== 0) result = turned(result, rung.turnDegrees);
  if (rung.filter === 'blur') result = blurred(result);
  if (rung.filter === 'sharpen') result = sharpened(result);
  return result;
}

type Point = { readonly x: number; readonly y: number };

/** A point found in the prepared picture, as fractions of the whole picture that the rung's box was cut from. */
export function unprepare(point: Point, rung: Rung, box: Box, width: number, height: number): Point {
  const radians = (rung.turnDegrees * Math.PI) / 180;
  const [dx, dy] = [point.x / rung.scale - box.width / 2, point.y / rung.scale - box.height / 2];
  const x = Math.cos(radians) * dx + Math.sin(radians) * dy + box.width / 2;
  const y = Math.cos(radians) * dy - Math.sin(radians) * dx + box.height / 2;
  return { x: (box.left + x) / width, y: (box.top + y) / height };
}
