// What the calibration codes say: every character that a scan of a pack may need, in a fixed order, so that what arrives
// shows what the scanner and the computer's keyboard layout make of each. The order is that of the open calibrator of
// Solidsoft Reply, so that its printed sheets serve too.
import { CSET82 } from '../codes/character-sets.ts';

/** Printable ASCII outside CSET 82: needed for symbology identifiers and envelopes, and to tell what else is typed. */
export const OTHERS = '#$@[\\]^`{|}~';

/** GS, FS, RS, US, EOT: separators of GS1 and of ISO/IEC 15434, and what else stands beside them. */
export const CONTROLS = '\x1d\x1c\x1e\x1f\x04';

export const PRINTABLE = Array.from({ length: 94 }, (_, at) => String.fromCharCode(0x21 + at)).join('');

export type Placed = { readonly character: string; readonly spacesAfter: number };

/** The first code: two spaces, then each character and the spaces that stand after it. */
export const BASELINE_HEAD = '  ';
export const BASELINE: readonly Placed[] = [
  ...placed(CSET82, 1, 3),
  ...placed(OTHERS, 1, 4),
  ...placed(CONTROLS, 4, 4),
];

function placed(characters: string, between: number, last: number): Placed[] {
  return [...characters].map((character, at) => ({
    character,
    spacesAfter: at === characters.length - 1 ? last : between,
  }));
}

export function encodeBaseline(): string {
  return BASELINE_HEAD + BASELINE.map((one) => one.character + ' '.repeat(one.spacesAfter)).join('');
}

/** The code that is asked for when a key proves to be dead: that key before each printable character. */
export function encodeDeadKeyCode(deadKey: string): string {
  return [...PRINTABLE].map((character) => deadKey + character).join('');
}
