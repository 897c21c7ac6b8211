// Width and height of a picture file, read from its first bytes. A file of a few kilobytes can unpack to gigabytes of
// pixels, so its claimed size is checked before a decoder sees it.
import { err, ok, type Result } from '../result.ts';

export type PhotoSize = { readonly width: number; readonly height: number };

// The library holds about six bytes a pixel while it works; 12 MP stay under 100 MB.
export const PREPARED_PIXELS_MAX = 12_000_000;

/** Bytes from the start of a file that hold its size: JPEG puts thumbnails and colour profiles first. */
export const PHOTO_HEADER_BYTES_MAX = 512 * 1024;

/** PNG, JPEG, WebP, GIF, BMP, and the HEIF family (HEIC, AVIF). */
export function parsePhotoSize(bytes: Uint8Array): Result<PhotoSize, 'not-an-image'> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const size = readSize(view);
    return size && size.width > 0 && size.height > 0
      ? ok(size)
      : err('not-an-image', 'no known picture header');
  } catch (error) {
    if (error instanceof RangeError) return err('not-an-image', 'the header is cut short');
    throw error;
  }
}

function readSize(view: DataView): PhotoSize | undefined {
  if (ascii(view, 1, 3) === 'PNG' && ascii(view, 12, 4) === 'IHDR') return sizeAt(view, 16);
  if (view.getUint16(0) === 0xffd8) return jpegSize(view);
  if (ascii(view, 0, 4) === 'RIFF' && ascii(view, 8, 4) === 'WEBP') return webpSize(view);
  if (ascii(view, 0, 4) === 'GIF8')
    return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  if (ascii(view, 4, 4) === 'ftyp') return heifSize(view);
  if (ascii(view, 0, 2) === 'BM') return bmpSize(view);
  return undefined;
}

function sizeAt(view: DataView, offset: number): PhotoSize {
  return { width: view.getUint32(offset), height: view.getUint32(offset + 4) };
}

/** Walks the segments up to the first start-of-frame (ITU-T T.81, B.1.1.3: C0 to CF but C4, C8 and CC). */
function jpegSize(view: DataView): PhotoSize | undefined {
  let offset = 2;
  while (view.getUint8(offset) === 0xff) {
    const marker = view.getUint8(offset + 1);
    if (marker === 0xff) {
      offset++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: view.getUint16(offset + 7), height: view.getUint16(offset + 5) };
    offset += 2 + Math.max(view.getUint16(offset + 2), 2);
  }
  return undefined;
}

function webpSize(view: DataView): PhotoSize | undefined {
  const kind = ascii(view, 12, 4);
  if (kind === 'VP8 ') {
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  }
  if (kind === 'VP8L') {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (kind !== 'VP8X') return undefined;
  const uint24 = (offset: number) => view.getUint16(offset, true) | (view.getUint8(offset + 2) << 16);
  return { width: uint24(24) + 1, height: uint24(27) + 1 };
}

function bmpSize(view: DataView): PhotoSize {
  // A negative height means rows from the top.
  return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) };
}

/** The largest image spatial extents property (`ispe`, ISO/IEC 23008-12): thumbnails and tiles have smaller ones. */
function heifSize(view: DataView): PhotoSize | undefined {
  let largest: PhotoSize | undefined;
  for (let offset = 8; offset + 16 <= view.byteLength; offset++) {
    // Compared as a number: this loop visits every byte of the header.
    if (view.getUint32(offset) !== 0x69737065) continue;
    const size = sizeAt(view, offset + 8);
    if (!largest || size.width * size.height > largest.width * largest.height) largest = size;
  }
  return largest;
}

function ascii(view: DataView, offset: number, length: number): string {
  if (offset + length > view.byteLength) return '';
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + offset, length));
}
