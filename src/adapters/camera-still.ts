// A second look at the camera's picture, on demand: its numbers for guidance, and a JPEG to keep.
import { CameraError } from '../app/ports-scan.ts';
import { type FrameLook, lookAtFrame } from '../domain/picture/frame-look.ts';
import type { GreyPicture } from '../domain/picture/grey-picture.ts';
import { greyFromRgba } from '../domain/picture/preparations.ts';

const WHOLE_WIDTH_PX = 320;
const CENTRE_PX = 256;
const JPEG_QUALITY = 0.92;

type Crop = { readonly left: number; readonly top: number; readonly width: number; readonly height: number };

/** Undefined while the video has no picture yet. */
export function lookAtVideo(video: HTMLVideoElement): FrameLook | undefined {
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0 || height === 0) return undefined;
  const scale = Math.min(1, WHOLE_WIDTH_PX / width);
  const whole = greyOf(video, { left: 0, top: 0, width, height }, scale);
  const side = Math.min(CENTRE_PX, width, height);
  const centre = { left: (width - side) >> 1, top: (height - side) >> 1, width: side, height: side };
  return lookAtFrame(whole, greyOf(video, centre, 1));
}

function greyOf(video: HTMLVideoElement, { left, top, width, height }: Crop, scale: number): GreyPicture {
  const [across, down] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  const context = contextOf(across, down);
  context.drawImage(video, left, top, width, height, 0, 0, across, down);
  return greyFromRgba(context.getImageData(0, 0, across, down).data, across, down);
}

function contextOf(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new CameraError('failed', 'no 2D context');
  return context;
}

/** The whole picture as it is now. Throws CameraError where there is none. */
export async function takeStill(video: HTMLVideoElement): Promise<Blob> {
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0 || height === 0) throw new CameraError('failed', 'no picture yet');
  const context = contextOf(width, height);
  context.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => {
    context.canvas.toBlob(resolve, 'image/jpeg', JPEG_QUALITY);
  });
  if (!blob) throw new CameraError('failed', 'no JPEG');
  return blob;
}
