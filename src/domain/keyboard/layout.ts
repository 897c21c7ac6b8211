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

/** Every unit whose characters are among `characters`; some may arrive in more than one way. */
export function unitsOf(layout: Layout, characters: string): Unit[] {
  const all = [...characters];
  const singles = all.flatMap((meant) => {
    const arrives = layout.typed.get(meant);
    return arrives === undefined ? [] : [{ meant, arrives }];
  });
  const pairs = all.flatMap((dead) => {
    const accents = accentsOf(layout, dead);
    return accents.length === 0 ? [] : all.flatMap((next) => unitsAfter(layout, dead, accents, next, all));
  });
  return [...singles, ...pairs];
}

/**
 * What a dead key leaves where it does not combine: as it stands before a space, and as it stands before most others,
 * which on some layouts is another sign.
 */
export function accentsOf({ accents, combined }: Layout, dead: string): readonly string[] {
  const beforeSpace = accents.get(dead);
  if (beforeSpace === undefined) return [];
  const counts = new Map<string, number>();
  for (const [pair, arrives] of combined) {
    const accent = arrives.slice(0, beforeSpace.length);
    if (pair.startsWith(dead)) counts.set(accent, (counts.get(accent) ?? 0) + 1);
  }
  const usual = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [beforeSpace, 0] as const);
  return [...new Set([usual[0], beforeSpace])];
}

/** What arrives for a dead key and the character after it; calibration has shown it for all but controls. */
function unitsAfter(
  { combined, accents, typed }: Layout,
  dead: string,
  ownAccents: readonly string[],
  next: string,
  all: readonly string[],
): Unit[] {
  const known = combined.get(dead + next);
  if (known !== undefined) return [{ meant: dead + next, arrives: known }];
  // A second dead key ends the first: both accents come, and one sign of it.
  const second = accents.get(next)?.slice(NO_CHARACTER.length) ?? typed.get(next) ?? '';
  const units = ownAccents.map((accent) => ({ meant: dead + next, arrives: accent + second }));
  if (second !== NO_CHARACTER) return units;
  // A key that gives no character may leave the dead key waiting for the one after it.
  const waiting = all.flatMap((last) => {
    const both = combined.get(dead + last);
    return both === undefined ? [] : [{ meant: dead + next + last, arrives: NO_CHARACTER + both }];
  });
  return [...units, ...waiting];
}
