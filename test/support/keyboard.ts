// A keyboard layout at work: what a computer shows when a scanner that believes in another layout types a text. Dead
// keys combine with what follows, as desktop systems do it; NUL stands for a key that gives no character.
export type KeyboardLayout = {
  /** What each character's key gives; a character that is not here gives itself. */
  readonly keys: ReadonlyMap<string, string>;
  /** The accent of each dead key's character, and what it makes of letters. */
  readonly deadKeys: ReadonlyMap<
    string,
    { readonly accent: string; readonly makes: ReadonlyMap<string, string> }
  >;
};

const NO_CHARACTER = '\0';

export function typeText(text: string, { keys, deadKeys }: KeyboardLayout): string {
  let shown = '';
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    const dead = deadKeys.get(character);
    if (dead === undefined) {
      shown += keys.get(character) ?? character;
      continue;
    }
    const next = text.charAt(++at);
    const after = next === ' ' ? '' : (deadKeys.get(next)?.accent ?? keys.get(next) ?? next);
    shown += NO_CHARACTER + (dead.makes.get(next) ?? dead.accent + after);
  }
  return shown;
}

/** A layout of the German kind: y and z change places, punctuation moves, two keys are dead. */
export const GERMAN_LIKE: KeyboardLayout = {
  keys: new Map(
    [
      ...'y:z z:y Y:Z Z:Y ":Ä &:/ \':ä (:) ):= *:( -:ß /:- ;:ö <:; >:: ?:_ _:? @:" [:ü \\:# ^:& {:Ü |:\' }:* ~:°'.split(
        ' ',
      ),
      '::Ö',
    ].map((pair) => [pair.charAt(0), pair.slice(2)]),
  ),
  deadKeys: new Map([
    [
      '+',
      {
        accent: '`',
        makes: new Map([...'AÀ EÈ aà eè'.split(' ')].map((pair) => [pair.charAt(0), pair.charAt(1)])),
      },
    ],
    [
      '=',
      {
        accent: '´',
        makes: new Map([...'AÁ EÉ aá eé'.split(' ')].map((pair) => [pair.charAt(0), pair.charAt(1)])),
      },
    ],
  ]),
};
