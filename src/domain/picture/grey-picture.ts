// A grey picture as every step of reading a symbol takes and gives it.

/** One byte a pixel, row by row, 0 is black. */
export type GreyPicture = { readonly width: number; readonly height: number; readonly pixels: Uint8Array };
