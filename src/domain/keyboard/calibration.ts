// From what arrived when the calibration codes were scanned to a layout that can be undone, or to the reason why this
// scanner must not be used with this keyboard layout. Nothing is known of layouts beforehand: all is learnt.
import { CSET82 } from '../codes/character-sets.ts';
import { GS } from '../codes/element-string.ts';
import { findAmbiguity } from './ambiguity.ts';
import type { Layout } from './layout.ts';
import { type BaselineReadOut, readBaseline, readDeadKeyCode } from './read-out.ts';
import { createUndoer } from './undo.ts';

export type CalibrationRefusal =
  /** Not the read-out of the calibration code, or not all of it. */
  | 'not-calibration'
  /** Capitals arrive small and small letters as capitals. */
  | 'case-swapped'
  | 'separator-lost'
  | 'characters-lost'
  | 'characters-alike';

export type Calibration =
  | { readonly kind: 'learnt'; readonly layout: Layout }
  /** Scan the code of this dead key next. */
  | { readonly kind: 'dead-key'; readonly deadKey: string }
  | {
      readonly kind: 'refused';
      readonly why: CalibrationRefusal;
      /** The characters concerned, GS included. */
      readonly characters: readonly string[];
    };

/** `deadKeyCodes` holds what arrived for the code of each dead key so far. */
export function calibrate(baseline: string, deadKeyCodes: ReadonlyMap<string, string>): Calibration {
  const readOut = readBaseline(baseline);
  if (readOut === undefined) return refuse('not-calibration');
  const early = refuseBaseline(readOut);
  if (early !== undefined) return early;
  const combined = new Map<string, string>();
  let missing: string | undefined;
  for (const deadKey of readOut.accents.keys()) {
    const arrived = deadKeyCodes.get(deadKey);
    const learnt = arrived === undefined ? undefined : readDeadKeyCode(arrived, deadKey, readOut);
    if (arrived !== undefined && learnt === undefined) return refuse('not-calibration', [deadKey]);
    for (const [pair, arrives] of learnt ?? []) combined.set(pair, arrives);
    if (learnt === undefined && isNeeded(deadKey, readOut)) missing ??= deadKey;
  }
  const layout = layoutOf(readOut, combined);
  // What is already ambiguous stays so: no need to ask for the rest.
  const ambiguity = findAmbiguity(layout);
  if (ambiguity !== undefined) return refuse('characters-alike', [...new Set(ambiguity.join(''))].sort());
  return missing === undefined ? { kind: 'learnt', layout } : { kind: 'dead-key', deadKey: missing };
}

/** A pack holds CSET 82 only; brackets begin an identifier or an envelope. */
function isNeeded(deadKey: string, { before }: BaselineReadOut): boolean {
  return CSET82.includes(deadKey) || deadKey === '[' || (deadKey === ']' && before !== '');
}

function refuseBaseline({ typed, accents }: BaselineReadOut): Calibration | undefined {
  if (!typed.get(GS)) return refuse('separator-lost', [GS]);
  const lost = [...CSET82].filter((character) => !accents.has(character) && !typed.get(character));
  if (lost.length > 0) return refuse('characters-lost', lost);
  const swapped = [...CSET82].filter((character) => {
    const arrives = typed.get(character) ?? '';
    return (
      /[A-Za-z]/.test(character) && arrives !== character && arrives.toLowerCase() === character.toLowerCase()
    );
  });
  return swapped.length > 26 ? refuse('case-swapped') : undefined;
}

function layoutOf(readOut: BaselineReadOut, combined: ReadonlyMap<string, string>): Layout {
  const { typed, accents, before, after } = readOut;
  const bare = { typed, accents, combined, prefix: '', suffix: after, sendsIdentifier: false };
  const undo = createUndoer(bare);
  // Whatever stands before the identifier is the user's own prefix.
  for (let at = 0; at < before.length; at++) {
    const identifier = undo(before.slice(at));
    if (identifier.ok && /^\][A-Za-z][0-9A-Za-z]$/.test(identifier.value))
      return { ...bare, prefix: before.slice(0, at), sendsIdentifier: true };
  }
  return { ...bare, prefix: before };
}

function refuse(why: CalibrationRefusal, characters: readonly string[] = []): Calibration {
  return { kind: 'refused', why, characters };
}
