// Preparations of a grey picture before it is decoded. Pure functions over bytes, so that what the ladder does to a
// photograph is the same in every browser and can be tested without one. Each returns a new picture.

/** One byte a pixel, row by row, 0 is black. */
export type GreyPicture = { readonly width: number; readonly height: number; readonly pixels: Uint8Array };

/** Pixels, in the picture that the box is cut from. */
export type Box = {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
};

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

/** Turned clockwise about its centre, same size; what turns in from outside takes the colour of the nearest edge. */
export function turned(picture: GreyPicture, degrees: number): GreyPicture {
  const { width, height } = picture;
  const result = new Uint8Array(width * height);
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const dx = x + 0.5 - width / 2;
      const dy = y + 0.5 - height / 2;
      const sourceX = cos * dx + sin * dy + width / 2 - 0.5;
      const sourceY = cos * dy - sin * dx + height / 2 - 0.5;
      result[y * width + x] = sampled(picture, sourceX, sourceY);
    }
  }
  return { width, height, pixels: result };
}

/** Bilinear, at a point that need not lie inside. */
function sampled(picture: GreyPicture, x: number, y: number): number {
  const { width, height, pixels } = picture;
  const left = clamp(Math.floor(x), width - 1);
  const top = clamp(Math.floor(y), height - 1);
  const right = clamp(left + 1, width - 1);
  const row = top * width;
  const nextRow = clamp(top + 1, height - 1) * width;
  const fx = clamp(x - left, 1);
  const upper = at(pixels, row + left) * (1 - fx) + at(pixels, row + right) * fx;
  const lower = at(pixels, nextRow + left) * (1 - fx) + at(pixels, nextRow + right) * fx;
  const fy = clamp(y - top, 1);
  return Math.round(upper * (1 - fy) + lower * fy);
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
