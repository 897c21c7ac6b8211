// Preparations of a grey picture before it is decoded. Pure functions over bytes, so that what the ladder does to a
// photograph is the same in every browser and can be tested without one. Each returns a new picture.
import type { GreyPicture } from './grey-picture.ts';
import type { Box } from './quad.ts';

/** RGBA bytes to grey, with the luma weights of ITU-R BT.601. */
export function greyFromRgba(rgba: Uint8ClampedArray, width: number, height: number): GreyPicture {
  const pixels = new Uint8Array(width * height);
  for (let i = 0, j = 0; i < pixels.length; i++, j += 4) {
    pixels[i] = (at(rgba, j) * 306 + at(rgba, j + 1) * 601 + at(rgba, j + 2) * 117 + 512) >> 10;
  }
  return { width, height, pixels };
}

export function rgbaFromGrey({ width, height, pixels }: GreyPicture): Uint8ClampedArray<ArrayBuffer> {
  const words = new Uint32Array(width * height);
  // Every browser runs on little-endian machines: the highest byte is alpha.
  for (let i = 0; i < words.length; i++) words[i] = 0xff000000 | (at(pixels, i) * 0x010101);
  return new Uint8ClampedArray(words.buffer);
}

/** The part of a picture inside a box, which lies within it. */
export function cropped({ width, pixels }: GreyPicture, box: Box): GreyPicture {
  const result = new Uint8Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const from = (box.top + y) * width + box.left;
    result.set(pixels.subarray(from, from + box.width), y * box.width);
  }
  return { width: box.width, height: box.height, pixels: result };
}

/** Light for dark: the library looks for bar codes dark on light alone. */
export function inverted(picture: GreyPicture): GreyPicture {
  return { ...picture, pixels: picture.pixels.map((level) => 255 - level) };
}

/** Darkest and lightest 1 % stretched to black and white: the decoder's own threshold gives up on faint print. */
export function stretched(picture: GreyPicture): GreyPicture {
  const counts = new Uint32Array(256);
  for (const level of picture.pixels) counts[level] = (counts[level] ?? 0) + 1;
  const cut = picture.pixels.length / 100;
  const low = levelPast(counts, cut);
  const high = levelPast(counts, picture.pixels.length - cut);
  if (high - low < 4) return picture;
  const table = Uint8ClampedArray.from({ length: 256 }, (_, level) => ((level - low) * 255) / (high - low));
  return { ...picture, pixels: picture.pixels.map((level) => at(table, level)) };
}

const EVENED_WINDOW = 24;

/**
 * The same contrast everywhere: each pixel by the mean and the deviation of the square around it, so that faint print
 * in a shadow stands out like black on white.
 */
export function evened({ width, height, pixels }: GreyPicture): GreyPicture {
  const result = new Uint8ClampedArray(width * height);
  // Of the rows in the window, for each column; then of the columns in it, sliding along the row.
  const sums = new Float64Array(width);
  const squares = new Float64Array(width);
  const addRow = (y: number, sign: 1 | -1) => {
    if (y < 0 || y >= height) return;
    for (let x = 0, i = y * width; x < width; x++, i++) {
      const level = at(pixels, i);
      sums[x] = (sums[x] as number) + sign * level;
      squares[x] = (squares[x] as number) + sign * level * level;
    }
  };
  for (let y = 0; y < EVENED_WINDOW; y++) addRow(y, 1);
  for (let y = 0; y < height; y++) {
    addRow(y + EVENED_WINDOW, 1);
    addRow(y - EVENED_WINDOW - 1, -1);
    const rows = Math.min(y + EVENED_WINDOW, height - 1) - Math.max(y - EVENED_WINDOW, 0) + 1;
    let [sum, square] = [0, 0];
    for (let x = 0; x < Math.min(EVENED_WINDOW, width); x++) {
      sum += sums[x] as number;
      square += squares[x] as number;
    }
    for (let x = 0; x < width; x++) {
      const [enters, leaves] = [x + EVENED_WINDOW, x - EVENED_WINDOW - 1];
      if (enters < width) {
        sum += sums[enters] as number;
        square += squares[enters] as number;
      }
      if (leaves >= 0) {
        sum -= sums[leaves] as number;
        square -= squares[leaves] as number;
      }
      const count = rows * (Math.min(enters, width - 1) - Math.max(leaves + 1, 0) + 1);
      const mean = sum / count;
      const deviation = Math.sqrt(Math.max(square / count - mean * mean, 0));
      const i = y * width + x;
      // Even ground stays even: below a few levels there is only noise.
      result[i] = 128 + ((at(pixels, i) - mean) * 64) / Math.max(deviation, 3);
    }
  }
  return { width, height, pixels: new Uint8Array(result.buffer) };
}

function levelPast(counts: Uint32Array, share: number): number {
  let sum = 0;
  for (let level = 0; level < 256; level++) {
    sum += counts[level] ?? 0;
    if (sum > share) return level;
  }
  return 255;
}

/** Twice the width and height, bilinear: lets the decoder sample modules of only one or two pixels. */
export function doubled({ width, height, pixels }: GreyPicture): GreyPicture {
  const doubledWidth = width * 2;
  const result = new Uint8Array(doubledWidth * height * 2);
  for (let y = 0; y < height * 2; y++) {
    const near = (y >> 1) * width;
    const far = neighbour(y, height) * width;
    for (let x = 0; x < doubledWidth; x++) {
      const nearX = x >> 1;
      const farX = neighbour(x, width);
      const sum =
        9 * at(pixels, near + nearX) +
        3 * (at(pixels, near + farX) + at(pixels, far + nearX)) +
        at(pixels, far + farX);
      result[y * doubledWidth + x] = (sum + 8) >> 4;
    }
  }
  return { width: doubledWidth, height: height * 2, pixels: result };
}

/** Half the width and height, each pixel the mean of four: averages away the noise of a large photograph. */
export function halved({ width, height, pixels }: GreyPicture): GreyPicture {
  const [halfWidth, halfHeight] = [width >> 1, height >> 1];
  const result = new Uint8Array(halfWidth * halfHeight);
  for (let y = 0; y < halfHeight; y++) {
    for (let x = 0; x < halfWidth; x++) {
      const i = 2 * y * width + 2 * x;
      const sum = at(pixels, i) + at(pixels, i + 1) + at(pixels, i + width) + at(pixels, i + width + 1);
      result[y * halfWidth + x] = (sum + 2) >> 2;
    }
  }
  return { width: halfWidth, height: halfHeight, pixels: result };
}

/** 3 x 3 binomial blur: closes the gaps between the dots of dot-peen and ink-jet print. */
export function blurred(picture: GreyPicture): GreyPicture {
  return { ...picture, pixels: mapPixels(picture, (_, soft) => soft) };
}

/** Unsharp mask over the 3 x 3 blur: separates modules that a soft focus has run together. */
export function sharpened(picture: GreyPicture): GreyPicture {
  const strength = 3;
  return { ...picture, pixels: mapPixels(picture, (value, soft) => value + strength * (value - soft)) };
}

/** Each pixel from itself and its 3 x 3 binomial mean, edges repeated, the result clamped to a byte. */
function mapPixels(
  { width, height, pixels }: GreyPicture,
  combine: (value: number, soft: number) => number,
): Uint8Array {
  const result = new Uint8ClampedArray(pixels.length);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    const above = Math.max(y - 1, 0) * width;
    const below = Math.min(y + 1, height - 1) * width;
    for (let x = 0; x < width; x++) {
      const before = Math.max(x - 1, 0);
      const after = Math.min(x + 1, width - 1);
      const value = at(pixels, row + x);
      const soft =
        (at(pixels, above + before) +
          2 * at(pixels, above + x) +
          at(pixels, above + after) +
          2 * (at(pixels, row + before) + 2 * value + at(pixels, row + after)) +
          at(pixels, below + before) +
          2 * at(pixels, below + x) +
          at(pixels, below + after)) /
        16;
      result[row + x] = combine(value, soft);
    }
  }
  return new Uint8Array(result.buffer);
}

/** The source pixel on the other side of the doubled pixel `i`, at an edge the nearest one. */
function neighbour(i: number, length: number): number {
  return clamp((i >> 1) + (i & 1 ? 1 : -1), length - 1);
}

function clamp(value: number, max: number): number {
  return Math.min(Math.max(value, 0), max);
}

// Indices are computed inside the bounds checked by the loops; `?? 0` would cost a branch a pixel.
function at(bytes: Uint8Array | Uint8ClampedArray, index: number): number {
  return bytes[index] as number;
}
