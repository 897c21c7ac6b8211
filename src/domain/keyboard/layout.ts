// What a scanner and a keyboard layout together make of each character: the result of a calibration, and all that is
// needed to undo it.

/** Stands in what arrives for a key that gave no character: a dead key, or one that the layout does not have. */
export const NO_CHARACTER = '\0';

export type Layout = {
  /** What arrives for each character alone; empty where it is lost without a trace. Dead keys are not in it. */
  readonly typed: ReadonlyMap<string, string>;
  /** For each dead key what arrives when it stands before a space or before what it does not combine with. */
  readonly accents: ReadonlyMap<string, string>;
  /** For each dead key and the character after it what arrives for both. */
  readonly combined: ReadonlyMap<string, string>;
  /** What this scanner puts before and after each code, as it arrives, without AIM identifier and line end. */
  readonly prefix: string;
  readonly suffix: string;
  /** Whether it sends AIM identifiers. */
  readonly sendsIdentifier: boolean;
};

/** One character, or a dead key with the character after it, and what arrives for it. */
export type Unit = { readonly meant: string; readonly arrives: string };

/** Every unit whose characters are among `characters`. What follows a dead key uncombined is typed after its accent. */
export function unitsOf(layout: Layout, characters: string): Unit[] {
  const all = [...characters];
  const singles = all.flatMap((meant) => {
    const arrives = layout.typed.get(meant);
    return arrives === undefined ? [] : [{ meant, arrives }];
  });
  const pairs = all.flatMap((dead) => {
    const accent = layout.accents.get(dead);
    if (accent === undefined) return [];
    return all.map((next) => ({ meant: dead + next, arrives: arrivalOfPair(layout, dead, accent, next) }));
  });
  return [...singles, ...pairs];
}

function arrivalOfPair(
  { combined, accents, typed }: Layout,
  dead: string,
  accent: string,
  next: string,
): string {
  const known = combined.get(dead + next);
  if (known !== undefined) return known;
  // A second dead key ends the first: both accents come, and one sign of it.
  const second = accents.get(next)?.slice(NO_CHARACTER.length);
  return accent + (second ?? typed.get(next) ?? '');
}
