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
const BASELINE_HEAD = '  ';
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

/** A code that can be shown as one symbol or, where that is too dense for a scanner, as several after one another. */
export type CalibrationCode = {
  readonly head: string;
  /** Each ends with a letter or digit, which is no dead key anywhere; `gap` is what stands between it and the next. */
  readonly pieces: readonly { readonly text: string; readonly gap: string }[];
};

/** The code that is scanned first. */
export function baselineCode(): CalibrationCode {
  const spaced = (places: readonly Placed[]) =>
    places.map((one) => one.character + ' '.repeat(one.spacesAfter)).join('');
  const cuts = [...'9Zz'].map((last) => BASELINE.findIndex(({ character }) => character === last) + 1);
  const pieces = piecesAt(BASELINE, cuts).map((places) => {
    const text = spaced(places);
    const isLast = places.at(-1) === BASELINE.at(-1);
    return isLast ? { text, gap: '' } : { text: text.trimEnd(), gap: text.slice(text.trimEnd().length) };
  });
  return { head: BASELINE_HEAD, pieces };
}

/** The code that is asked for when a key proves to be dead: that key before each printable character. */
export function deadKeyCode(deadKey: string): CalibrationCode {
  const characters = [...PRINTABLE];
  const cuts = [...'9Z'].map((last) => PRINTABLE.indexOf(last) + 1);
  const pieces = piecesAt(characters, cuts).map((piece) => ({
    text: piece.map((character) => deadKey + character).join(''),
    gap: '',
  }));
  return { head: '', pieces };
}

function piecesAt<T>(all: readonly T[], cuts: readonly number[]): (readonly T[])[] {
  return [0, ...cuts].map((from, i) => all.slice(from, cuts[i]));
}

export function encodeWhole({ head, pieces }: CalibrationCode): string {
  return head + pieces.map(({ text, gap }) => text + gap).join('');
}

const PART_END = '    ';

/** Each begins with as many spaces as tell which it is, since a space arrives as one whatever the layout. */
export function encodeParts({ pieces }: CalibrationCode): readonly string[] {
  return pieces.map(({ text, gap }, i) => partHead(i) + text + (i === pieces.length - 1 ? gap : PART_END));
}

function partHead(index: number): string {
  return ' '.repeat(index + 2);
}

/** Whether this may be what arrived of the part with that index. */
export function isPart(arrived: string, index: number): boolean {
  return openPart(arrived, index) !== undefined;
}

/**
 * What would have arrived of the whole code, from what arrived of its parts in their order. Undefined where they do not
 * belong together: another part, or another prefix or suffix than the first part's.
 */
export function joinParts({ head, pieces }: CalibrationCode, arrived: readonly string[]): string | undefined {
  const [first] = arrived;
  const before = first === undefined ? undefined : openPart(first, 0)?.before;
  let [joined, after] = [`${before}${head}`, undefined as string | undefined];
  for (const [i, { gap }] of pieces.entries()) {
    const part = openPart(arrived[i] ?? '', i);
    if (part === undefined || part.before !== before) return undefined;
    if (i === pieces.length - 1) return joined + part.rest;
    const end = part.rest.lastIndexOf(PART_END);
    const suffix = part.rest.slice(end + PART_END.length);
    if (end < 0 || (after !== undefined && suffix !== after)) return undefined;
    after = suffix;
    joined += part.rest.slice(0, end).replace(/ +$/, '') + gap;
  }
  return undefined;
}

function openPart(arrived: string, index: number): { before: string; rest: string } | undefined {
  const line = arrived.replace(/[\r\n\t]+$/, '');
  const start = line.indexOf('  ');
  if (start < 0) return undefined;
  const rest = line.slice(start);
  const spaces = rest.length - rest.trimStart().length;
  return spaces === partHead(index).length
    ? { before: line.slice(0, start), rest: rest.slice(spaces) }
    : undefined;
}
