// What the search for symbols and a decoding library say to each other. The search is a generator: it yields a task and
// is given what the library read, so that the same pure code runs in a worker and on a server, whichever library it is.
import type { GreyPicture } from './grey-picture.ts';
import type { Point } from './quad.ts';

export type EngineTask = {
  readonly picture: GreyPicture;
  /** `clean`: nothing but one upright symbol, drawn by ourselves. `bars`: bar codes alone, whatever is looked for. */
  readonly effort: 'clean' | 'usual' | 'denoise' | 'bars';
  readonly symbolsMax: number;
};

/** A symbol in pixels of the picture that was read; `text` starts with the AIM symbology identifier. */
export type FoundSymbol = {
  readonly text: string;
  /** Clockwise from the top left of the symbol. */
  readonly corners: readonly Point[];
};

export type Search<Result> = Generator<EngineTask, Result, readonly FoundSymbol[]>;
