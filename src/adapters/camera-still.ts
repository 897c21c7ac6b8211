// The camera's picture as a JPEG to keep.
import { CameraError } from '../app/ports-scan.ts';

const JPEG_QUALITY = 0.92;

/** The whole picture as it is now. Throws CameraError where there is none. */
export async function takeStill(video: HTMLVideoElement): Promise<Blob> {
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0 || height === 0) throw new CameraError('failed', 'no picture yet');
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) throw new CameraError('failed', 'no 2D context');
  context.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/jpeg', JPEG_QUALITY);
  });
  if (!blob) throw new CameraError('failed', 'no JPEG');
  return blob;
}
