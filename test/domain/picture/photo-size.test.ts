import { describe, expect, it } from 'vitest';
import { parsePhotoSize } from '../../../src/domain/picture/photo-size.ts';

const ascii = (text: string) => [...text].map((c) => c.charCodeAt(0));
const u16 = (n: number) => [n >> 8, n & 255];
const u32 = (n: number) => [...u16(n >>> 16), ...u16(n & 0xffff)];
const little = (bytes: number[]) => bytes.toReversed();

const headers: Record<string, number[]> = {
  png: [
    0x89,
    ...ascii('PNG\r\n\x1a\n'),
    ...u32(13),
    ...ascii('IHDR'),
    ...u32(640),
    ...u32(480),
    8,
    2,
    0,
    0,
    0,
  ],
  // A thumbnail's segment in front, whose content must not be taken for a frame.
  jpeg: [
    0xff,
    0xd8,
    0xff,
    0xe1,
    ...u16(6),
    0xff,
    0xc0,
    1,
    2,
    0xff,
    0xff,
    0xc2,
    ...u16(17),
    8,
    ...u16(480),
    ...u16(640),
  ],
  webpLossy: [
    ...ascii('RIFF'),
    0,
    0,
    0,
    0,
    ...ascii('WEBPVP8 '),
    ...new Array(10).fill(0),
    ...little(u16(640)),
    ...little(u16(480)),
  ],
  webpLossless: [
    ...ascii('RIFF'),
    0,
    0,
    0,
    0,
    ...ascii('WEBPVP8L'),
    0,
    0,
    0,
    0,
    0x2f,
    ...little(u32(639 | (479 << 14))),
  ],
  webpExtended: [
    ...ascii('RIFF'),
    0,
    0,
    0,
    0,
    ...ascii('WEBPVP8X'),
    ...new Array(8).fill(0),
    ...little(u32(639)).slice(0, 3),
    ...little(u32(479)).slice(0, 3),
  ],
  gif: [...ascii('GIF89a'), ...little(u16(640)), ...little(u16(480))],
  bmp: [...ascii('BM'), ...new Array(16).fill(0), ...little(u32(640)), ...little(u32(-480 >>> 0))],
  heif: [
    ...u32(24),
    ...ascii('ftypheic'),
    ...new Array(12).fill(0),
    ...ascii('ispe'),
    ...u32(0),
    ...u32(160),
    ...u32(120),
    ...ascii('ispe'),
    ...u32(0),
    ...u32(640),
    ...u32(480),
    0,
  ],
};

describe('the size of a picture file', () => {
  it.each(Object.entries(headers))('is read from %s', (_, bytes) => {
    expect(parsePhotoSize(Uint8Array.from(bytes))).toEqual({ ok: true, value: { width: 640, height: 480 } });
  });

  it.each([
    ['nothing', ''],
    ['text', 'Dear customer, your pack'],
    ['a PDF', '%PDF-1.7 ..................'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg">'],
  ])('is refused for %s', (_, text) => {
    expect(parsePhotoSize(Uint8Array.from(ascii(text)))).toMatchObject({ ok: false, error: 'not-an-image' });
  });

  it('is refused where a side is nothing', () => {
    const empty = [...ascii('GIF89a'), 0, 0, 1, 0];
    expect(parsePhotoSize(Uint8Array.from(empty)).ok).toBe(false);
  });

  it('survives every truncation and every changed byte', () => {
    for (const bytes of Object.values(headers)) {
      for (let length = 0; length < bytes.length; length++)
        parsePhotoSize(Uint8Array.from(bytes.slice(0, length)));
      for (let i = 0; i < bytes.length; i++) {
        for (const flip of [1, 0x80, 0xff])
          parsePhotoSize(Uint8Array.from(bytes.with(i, (bytes[i] ?? 0) ^ flip)));
      }
    }
  });

  it('does not run past a JPEG segment of length nought', () => {
    expect(parsePhotoSize(Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 0, 0xff, 0xe0, 0, 0])).ok).toBe(false);
  });
});
