// Undoes what a keyboard layout did to a scan: finds the one text that could have arrived as these keys. The text is held
// to the outer form of what packs carry, which tells apart what the layout alone does not: RS and EOT stand in fixed
// places of an envelope, and a field starts with a digit or a capital.
import { CSET82 } from '../codes/character-sets.ts';
import { GS } from '../codes/element-string.ts';
import { err, ok, type Result } from '../result.ts';
import { FIELD_START } from './ambiguity.ts';
import { PRINTABLE } from './calibration-code.ts';
import { accentsOf, type Layout, NO_CHARACTER, unitsOf } from './layout.ts';

const RS = '\x1e';
const EOT = '\x04';

/** Where in a code a character stands. */
type Place =
  | 'start'
  | 'identifier-1'
  | 'identifier-2'
  | 'data'
  | 'header-1'
  | 'header-2'
  | 'header-3'
  | 'header-4'
  | 'header-5'
  | 'header-6'
  | 'field-start'
  | 'field'
  | 'enveloped-start'
  | 'enveloped'
  | 'trailer'
  | 'end';

/** From a place and a character to the next place; undefined where no code has that character there. */
function step(place: Place, character: string): Place | undefined {
  switch (place) {
    case 'start':
      return character === ']' ? 'identifier-1' : step('data', character);
    case 'identifier-1':
      return /[A-Za-z]/.test(character) ? 'identifier-2' : undefined;
    case 'identifier-2':
      return /[0-9A-Za-z]/.test(character) ? 'data' : undefined;
    case 'data':
      return character === '[' ? 'header-1' : step('field', character);
    case 'header-1':
      return character === ')' ? 'header-2' : undefined;
    case 'header-2':
      return character === '>' ? 'header-3' : undefined;
    case 'header-3':
      return character === RS ? 'header-4' : undefined;
    case 'header-4':
      return character === '0' ? 'header-5' : undefined;
    case 'header-5':
      return character === '5' || character === '6' ? 'header-6' : undefined;
    case 'header-6':
      return character === GS ? 'enveloped-start' : undefined;
    case 'field':
      return character === GS ? 'field-start' : within(character, 'field');
    case 'field-start':
      return character === GS || FIELD_START.test(character) ? step('field', character) : undefined;
    case 'enveloped':
      if (character === RS) return 'trailer';
      return character === GS ? 'enveloped-start' : within(character, 'enveloped');
    case 'enveloped-start':
      return FIELD_START.test(character) || character < ' ' ? step('enveloped', character) : undefined;
    case 'trailer':
      return character === EOT ? 'end' : undefined;
    case 'end':
      return undefined;
  }
}

function within(character: string, place: Place): Place | undefined {
  return CSET82.includes(character) ? place : undefined;
}

const PLACES: readonly Place[] = [
  ...(['start', 'identifier-1', 'identifier-2', 'data'] as const),
  ...(['header-1', 'header-2', 'header-3', 'header-4', 'header-5', 'header-6'] as const),
  ...(['field-start', 'field', 'enveloped-start', 'enveloped', 'trailer', 'end'] as const),
];

/** A text may end anywhere but in an identifier: what else is missing is the reader's to say. */
const ENDS: ReadonlySet<Place> = new Set(PLACES.filter((place) => !place.startsWith('identifier')));

type Move = {
  readonly meant: string;
  readonly arrives: string;
  readonly to: Place;
  readonly isLast: boolean;
};
export type Undoer = (arrived: string) => Result<string, 'foreign' | 'ambiguous'>;

/**
 * `foreign`: no code arrives like this through this layout. `ambiguous`: more than one does. Takes and returns a code
 * without prefix and suffix; the AIM identifier and the controls are part of it.
 */
export function createUndoer(layout: Layout): Undoer {
  const moves = new Map(PLACES.map((place) => [place, movesFrom(place, layout)]));
  return (arrived) => {
    // Texts that lead from a position and place to the end, at most two: two are already one too many.
    let later: Map<Place, readonly string[]>[] = [];
    const at = (position: number) => later[position] ?? new Map<Place, readonly string[]>();
    later = Array.from({ length: arrived.length + 1 }, () => new Map());
    for (let position = arrived.length; position >= 0; position--) {
      // What arrives as nothing leads to another place at the same position: later places first.
      for (const place of PLACES.toReversed()) {
        const ends = position === arrived.length && ENDS.has(place) ? [''] : [];
        const texts = (moves.get(place) ?? [])
          .filter(({ arrives }) => arrived.startsWith(arrives, position))
          .filter(({ isLast, arrives }) => !isLast || position + arrives.length === arrived.length)
          .flatMap(({ meant, arrives, to }) =>
            (at(position + arrives.length).get(to) ?? []).map((rest) => meant + rest),
          );
        at(position).set(place, distinct([...texts, ...ends]));
      }
    }
    const [text, other] = at(0).get('start') ?? [];
    if (text === undefined) return err('foreign');
    return other === undefined ? ok(text) : err('ambiguous');
  };
}

function movesFrom(place: Place, layout: Layout): Move[] {
  // Trailer before separator: where both arrive alike the whole envelope is meant.
  const units = unitsOf(layout, `${EOT}${RS}${GS}${PRINTABLE}`);
  const taken = new Set(units.map(({ arrives }) => arrives));
  const moves = units.flatMap(({ meant, arrives }) => moveOf(place, meant, arrives));
  // A control that arrives as itself although calibration lost or changed it: some scanners send it raw in a pack's code.
  const raw = [EOT, RS, GS].filter((control) => !taken.has(control));
  const deadKeys = [...layout.accents.keys()].flatMap((dead) =>
    accentsOf(layout, dead).map((accent) => ({ dead, accent })),
  );
  for (const control of raw) {
    moves.push(...moveOf(place, control, control));
    for (const { dead, accent } of deadKeys) moves.push(...moveOf(place, dead + control, accent + control));
  }
  // A dead key with nothing after it.
  for (const { dead, accent } of deadKeys)
    for (const arrives of [accent, NO_CHARACTER])
      moves.push(...moveOf(place, dead, arrives).map((move) => ({ ...move, isLast: true })));
  return moves;
}

function moveOf(place: Place, meant: string, arrives: string): Move[] {
  let to: Place | undefined = place;
  for (const character of meant) to = to && step(to, character);
  // Only the controls of an envelope may be lost without a trace: their places are known.
  if (to === undefined || (arrives === '' && meant !== RS && meant !== EOT)) return [];
  return [{ meant, arrives, to, isLast: false }];
}

function distinct(texts: readonly string[]): readonly string[] {
  const [first] = texts;
  if (first === undefined) return [];
  const bare = (text: string) => text.replace(/[\x04\x1d\x1e]+$/, '');
  const other = texts.find((text) => bare(text) !== bare(first));
  return other === undefined ? [first] : [first, other];
}
