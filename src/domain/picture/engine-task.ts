// What the search for symbols and a decoding library say to each other. The search is a generator: it yields a task and
// is given what the library read, so that the same pure code runs in a worker and on a server, whichever library it is.
import type { GreyPicture } from './grey-picture.ts';
import type { Point } from './quad.ts';

export type EngineTask = {
  readonly picture: GreyPicture;
  /**
   * `clean`: nothing but one upright symbol, drawn by ourselves. `brisk`: dark symbols at the picture's own scale, for
   * two thirds of the time. `bars`: bar codes alone, whatever is looked for.
   */
  readonly effort: 'clean' | 'brisk' | 'usual' | 'denoise' | 'bars';
  readonly symbolsMax: number;
};

/** A symbol in pixels of the picture that was read; `text` starts with the AIM symbology identifier. */
export type FoundSymbol = {
  readonly text: string;
  /** Clockwise from the top left of the symbol. */
  readonly corners: readonly Point[];
};

export type Search<Result> = Generator<EngineTask, Result, readonly FoundSymbol[]>;

/** A search that can be left off and taken up again: it yields `undefined` every few milliseconds, where it may be. */
export type LongSearch<Result> = Generator<EngineTask | undefined, Result, readonly FoundSymbol[]>;

/** Such a search, or a part of one, that needs no library. */
export type Steps<Result> = Generator<undefined, Result, unknown>;

/** Goes on with a search while there is time. Undefined when the time is up: the search can be gone on with later. */
export function* goOn<Result>(
  search: LongSearch<Result>,
  hasTime: () => boolean,
): Search<{ readonly result: Result } | undefined> {
  let answer: readonly FoundSymbol[] = [];
  for (;;) {
    if (!hasTime()) return undefined;
    let step = search.next(answer);
    while (!step.done && step.value) step = search.next(yield step.value);
    if (step.done) return { result: step.value };
    answer = [];
  }
}
