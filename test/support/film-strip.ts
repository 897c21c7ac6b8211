// A strip of black and white blocks in the corner of each frame of a film says which scene it is and the how manieth
// frame of it, so that a page under measurement knows what the camera shows at each moment.

/** The scene's number, the frame's number within it, and a bit of even parity. */
export const STRIP = { blockPx: 24, sceneBits: 3, frameBits: 6 } as const;

export type StripPlace = { readonly scene: number; readonly frame: number };

/** Draws the strip into luma bytes of so many a row. */
export function drawStrip(luma: Buffer, width: number, { scene, frame }: StripPlace): void {
  const { blockPx, sceneBits, frameBits } = STRIP;
  const bits = [...bitsOf(scene, sceneBits), ...bitsOf(frame, frameBits)];
  const parity = bits.reduce((sum, bit) => sum ^ bit, 0);
  for (const [i, bit] of [...bits, parity].entries())
    for (let y = 0; y < blockPx; y++) {
      const at = y * width + i * blockPx;
      luma.fill(bit ? 235 : 16, at, at + blockPx);
    }
}

function bitsOf(value: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => (value >> i) & 1);
}

/** Runs in the page, so it uses nothing from outside itself. Leaves `readStrip` on the window. */
export function installStripReader({ blockPx, sceneBits, frameBits }: typeof STRIP): void {
  const blocks = sceneBits + frameBits + 1;
  const context = new OffscreenCanvas(blocks, 1).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no 2D context');
  /** Undefined where the video shows no strip. */
  const readStrip = (video: HTMLVideoElement): StripPlace | undefined => {
    // The middle of each block, one pixel each.
    for (let i = 0; i < blocks; i++)
      context.drawImage(video, i * blockPx + blockPx / 2, blockPx / 2, 1, 1, i, 0, 1, 1);
    const { data } = context.getImageData(0, 0, blocks, 1);
    const bits = Array.from({ length: blocks }, (_, i) => ((data[i * 4] ?? 0) > 127 ? 1 : 0));
    if (bits.reduce((sum: number, bit) => sum ^ bit, 0) !== 0) return undefined;
    const value = (from: number, count: number) =>
      bits.slice(from, from + count).reduce((sum: number, bit, i) => sum + bit * 2 ** i, 0);
    return { scene: value(0, sceneBits), frame: value(sceneBits, frameBits) };
  };
  Object.assign(window, { readStrip });
}
