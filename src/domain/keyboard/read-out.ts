// Reads what arrived when a calibration code was scanned. The codes' texts are known, so each stretch between the known
// spaces is what became of one character; only a dead key swallows the space after it.
import { BASELINE, CONTROLS, type Placed, PRINTABLE } from './calibration-code.ts';
import { NO_CHARACTER } from './layout.ts';

export type BaselineReadOut = {
  readonly typed: ReadonlyMap<string, string>;
  readonly accents: ReadonlyMap<string, string>;
  /** Before and after the code's own text, as it arrived; no line end. */
  readonly before: string;
  readonly after: string;
};

/** The longest text that one key gives: a few layouts type two or three characters at once. */
const KEY_LENGTH_MAX = 4;
const PRINTED = BASELINE.filter(({ character }) => !CONTROLS.includes(character));

/** Undefined where this is no read-out of the first code, or one with a part missing. */
export function readBaseline(arrived: string): BaselineReadOut | undefined {
  const line = withoutLineEnd(arrived);
  const start = line.indexOf('  ');
  if (start < 0) return undefined;
  const printed = readPrinted(line, start + 2);
  if (printed === undefined) return undefined;
  const parts = line.slice(printed.end).split('    ');
  const typed = new Map(printed.keys.filter(([, key]) => !key.isDead).map(([c, key]) => [c, key.text]));
  const accents = new Map(printed.keys.filter(([, key]) => key.isDead).map(([c, key]) => [c, key.text]));
  [...CONTROLS].forEach((control, at) => {
    const part = parts[at];
    if (part !== undefined) typed.set(control, part);
  });
  return { typed, accents, before: line.slice(0, start), after: parts.slice(CONTROLS.length).join('    ') };
}

type Key = { readonly text: string; readonly isDead: boolean; readonly end: number };
type Printed = { readonly keys: readonly (readonly [string, Key])[]; readonly end: number };

/** Tries the likeliest reading of each stretch first and goes back where the rest then makes no sense. */
function readPrinted(line: string, start: number): Printed | undefined {
  const hopeless = new Set<string>();
  const keys: (readonly [string, Key])[] = [];
  const read = (at: number, from: number): number | undefined => {
    const place = PRINTED[at];
    if (place === undefined) return from;
    const spot = `${at} ${from}`;
    if (hopeless.has(spot)) return undefined;
    for (const key of keysAt(line, from, place)) {
      keys[at] = [place.character, key];
      const end = read(at + 1, key.end);
      if (end !== undefined) return end;
    }
    hopeless.add(spot);
    return undefined;
  };
  const end = read(0, start);
  return end === undefined ? undefined : { keys, end };
}

function keysAt(line: string, from: number, { spacesAfter }: Placed): Key[] {
  const found: Key[] = [];
  const add = (length: number, spaces: number, isDead: boolean) => {
    const text = line.slice(from, from + length);
    const end = from + length + spaces;
    const hasSpaces = line.slice(from + length, end) === ' '.repeat(spaces);
    if (text.length === length && !text.includes(' ') && hasSpaces) found.push({ text, isDead, end });
  };
  if (line.startsWith(NO_CHARACTER, from)) add(2, spacesAfter - 1, true);
  for (let length = 1; length <= KEY_LENGTH_MAX; length++) add(length, spacesAfter, false);
  add(0, spacesAfter, false);
  return found;
}

/**
 * What became of the dead key before each printable character, or undefined where this is no read-out of that key's
 * code. `before` is what the first code showed the scanner to send ahead.
 */
export function readDeadKeyCode(
  arrived: string,
  dead: string,
  { typed, accents, before }: BaselineReadOut,
): ReadonlyMap<string, string> | undefined {
  const line = withoutLineEnd(arrived);
  const accent = accents.get(dead);
  if (accent === undefined || !line.startsWith(before + NO_CHARACTER)) return undefined;
  const text = line.slice(before.length);
  const combined = new Map<string, string>();
  const hopeless = new Set<string>();
  const read = (at: number, from: number): boolean => {
    if (at === PRINTABLE.length) return from === text.length;
    const spot = `${at} ${from}`;
    if (hopeless.has(spot)) return false;
    const next = PRINTABLE.charAt(at);
    for (const arrives of pairsAt(text, from, typed.get(next) ?? accents.get(next)?.slice(1) ?? '')) {
      combined.set(dead + next, arrives);
      if (read(at + 1, from + arrives.length)) return true;
    }
    hopeless.add(spot);
    return false;
  };
  return read(0, 0) ? combined : undefined;
}

/**
 * Both keys' characters; or all up to the next dead key: the one that they make together, or an accent unlike its own.
 * A key that the layout does not have leaves a sign of its own, and the accent may come after it.
 */
function pairsAt(text: string, from: number, plain: string): string[] {
  if (!text.startsWith(NO_CHARACTER, from)) return [];
  const both = text.slice(from, from + 2 + plain.length);
  const next = text.indexOf(NO_CHARACTER, from + (plain.startsWith(NO_CHARACTER) ? 2 : 1));
  const rest = text.slice(from, next < 0 ? text.length : next);
  return [...(both.endsWith(plain) ? [both] : []), rest].filter(({ length }) => length <= 2 + KEY_LENGTH_MAX);
}

function withoutLineEnd(arrived: string): string {
  return arrived.replace(/[\r\n\t]+$/, '');
}
