// What a US keyboard types at each key's place. Scanners are delivered with that layout and most are never changed, so
// the places tell what such a scanner means whatever the computer's layout makes of it.

/** Which key, and what was held with it. */
export type Place = { readonly code: string; readonly shift: boolean };

const SHIFTED_DIGITS = ')!@#$%^&*(';
const PUNCTUATION: Readonly<Record<string, string>> = {
  Space: '  ',
  Backquote: '`~',
  Minus: '-_',
  Equal: '=+',
  BracketLeft: '[{',
  BracketRight: ']}',
  Backslash: '\\|',
  Semicolon: ';:',
  Quote: '\'"',
  Comma: ',<',
  Period: '.>',
  Slash: '/?',
};
const NUMPAD: Readonly<Record<string, string>> = {
  NumpadAdd: '+',
  NumpadSubtract: '-',
  NumpadMultiply: '*',
  NumpadDivide: '/',
  NumpadDecimal: '.',
};

/** Undefined for a key that a US keyboard does not have, and where the browser does not say which key it was. */
export function usCharacter({ code, shift }: Place): string | undefined {
  const [, letter] = /^Key([A-Z])$/.exec(code) ?? [];
  if (letter !== undefined) return shift ? letter : letter.toLowerCase();
  const [, digit] = /^Digit(\d)$/.exec(code) ?? [];
  if (digit !== undefined) return shift ? SHIFTED_DIGITS.charAt(Number(digit)) : digit;
  const [, numpad] = /^Numpad(\d)$/.exec(code) ?? [];
  return numpad ?? NUMPAD[code] ?? PUNCTUATION[code]?.charAt(shift ? 1 : 0);
}

/** Control characters are typed as Ctrl and a key: the one that ASCII puts 64 places after the control. */
const CONTROL_PLACES: Readonly<Record<string, string>> = {
  BracketRight: '\x1d',
  Digit6: '\x1e',
  Backslash: '\x1c',
  Minus: '\x1f',
  KeyD: '\x04',
};

export function controlCharacter(code: string): string | undefined {
  return CONTROL_PLACES[code];
}
