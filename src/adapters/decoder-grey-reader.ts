// Grey pixels of a camera frame or of a picture. A camera's frame mostly is luma and chroma already: its luma is taken
// as it is, without a detour over the canvas and three colours a pixel.
import type { GreyPicture } from '../domain/picture/grey-picture.ts';
import { greyFromRgba } from '../domain/picture/preparations.ts';
import type { Picture } from './decoder-messages.ts';

/** Formats whose first plane is luma, one byte a pixel. */
const LUMA_FIRST: ReadonlySet<string | null> = new Set(['I420', 'I420A', 'I422', 'I444', 'NV12']);

export function createGreyReader(): { read(picture: Picture): Promise<GreyPicture> } {
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  let buffer = new Uint8Array(0);

  /** The frame's own bytes, valid until the next read. */
  async function readLuma(frame: VideoFrame): Promise<GreyPicture | undefined> {
    const { visibleRect, displayWidth, displayHeight, format } = frame;
    if (!visibleRect || !LUMA_FIRST.has(format)) return undefined;
    const { width, height } = visibleRect;
    // A frame that is shown turned or stretched has its pixels elsewhere than the preview.
    const isTurned = Boolean(Reflect.get(frame, 'rotation')) || Boolean(Reflect.get(frame, 'flip'));
    if (isTurned || width !== displayWidth || height !== displayHeight) return undefined;
    const bytes = frame.allocationSize();
    if (buffer.length < bytes) buffer = new Uint8Array(bytes);
    const [luma] = await frame.copyTo(buffer);
    if (!luma || luma.stride !== width) return undefined;
    return { width, height, pixels: buffer.subarray(luma.offset, luma.offset + width * height) };
  }

  function readCanvas(picture: Picture): GreyPicture {
    if (!context) throw new Error('no 2D context in a worker');
    const [width, height] =
      'displayWidth' in picture
        ? [picture.displayWidth, picture.displayHeight]
        : [picture.width, picture.height];
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
    }
    // Transparent pixels of a picture file are paper.
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
    context.drawImage(picture, 0, 0);
    return greyFromRgba(context.getImageData(0, 0, width, height).data, width, height);
  }

  return {
    async read(picture) {
      const luma = 'copyTo' in picture ? await readLuma(picture).catch(() => undefined) : undefined;
      return luma ?? readCanvas(picture);
    },
  };
}
