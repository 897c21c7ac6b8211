// What a decoding library has to offer to the worker, whichever one it is.
import type { Ladder } from './decoder-ladder.ts';
import type { GreyPicture } from './decoder-pictures.ts';

/** A symbol in pixels of the picture that was read; `text` starts with the AIM symbology identifier. */
export type FoundSymbol = {
  readonly text: string;
  readonly corners: readonly { readonly x: number; readonly y: number }[];
};

export type DecoderEngine = {
  readonly ladder: Ladder;
  read(
    picture: GreyPicture,
    options: { readonly denoise: boolean; readonly symbolsMax: number },
  ): Promise<readonly FoundSymbol[]>;
};
