// A scanner that has been calibrated on this computer. What arrived at calibration is kept rather than what was derived
// from it, so that a better derivation serves at once; and it is derived anew each time it is read back.
import { err, ok, type Result } from '../result.ts';
import { integer, list, oneOf, record, type Shaped, text } from '../shape.ts';
import { type Calibration, type CalibrationRefusal, calibrate } from './calibration.ts';
import {
  hasSureStart,
  type KeyedProblem,
  type KeyedScan,
  type KeyedText,
  readUncalibrated,
} from './keyed-scan.ts';
import type { Layout } from './layout.ts';
import { createUndoer } from './undo.ts';

export const SCANNERS_MAX = 20;
export const SCANNER_NAME_LENGTH_MAX = 40;
/** 94 pairs of a dead key and a character, of six units each at most, twice over. */
const ARRIVED_LENGTH_MAX = 2_000;

const arrived = text(ARRIVED_LENGTH_MAX);
export const learntScannerShape = record({
  name: text(SCANNER_NAME_LENGTH_MAX, undefined, 1),
  learntMs: integer(0),
  /** Whether the layout's characters or the places of a US keyboard are read. */
  basis: oneOf(['characters', 'us-places']),
  baseline: arrived,
  deadKeyCodes: list(record({ deadKey: text(1, undefined, 1), arrived }), 94),
});
export const learntScannersShape = list(learntScannerShape, SCANNERS_MAX);
export type LearntScanner = Shaped<typeof learntScannerShape>;

/** What arrived so far of a calibration under way: the first code, then one code for each dead key. */
export type CalibrationScans = {
  readonly baseline: KeyedScan;
  readonly deadKeyCodes: readonly { readonly deadKey: string; readonly scan: KeyedScan }[];
};

export type Lesson =
  | {
      readonly kind: 'learnt';
      readonly scanner: Omit<LearntScanner, 'name' | 'learntMs'>;
      readonly isPlain: boolean;
    }
  | { readonly kind: 'dead-key'; readonly deadKey: string }
  | {
      readonly kind: 'refused';
      readonly why: CalibrationRefusal | 'caps-lock';
      readonly characters: readonly string[];
    };

/** The layout's characters where they need no mending, else the keys' places, else the characters mended. */
export function learnScanner({ baseline, deadKeyCodes }: CalibrationScans): Lesson {
  if (baseline.capsLock || deadKeyCodes.some(({ scan }) => scan.capsLock))
    return { kind: 'refused', why: 'caps-lock', characters: [] };
  const codes = deadKeyCodes.map(({ deadKey, scan }) => ({ deadKey, arrived: scan.text }));
  const byCharacters = calibrate(baseline.text, asMap(codes));
  const isPlain = byCharacters.kind === 'learnt' && isIdentity(byCharacters.layout);
  const { usText } = baseline;
  if (!isPlain && usText !== undefined && usText !== baseline.text) {
    const byPlaces = calibrate(usText, new Map());
    if (byPlaces.kind === 'learnt')
      return learnt({ basis: 'us-places', baseline: usText, deadKeyCodes: [] }, isIdentity(byPlaces.layout));
  }
  if (byCharacters.kind !== 'learnt') return byCharacters;
  return learnt({ basis: 'characters', baseline: baseline.text, deadKeyCodes: codes }, isPlain);
}

function learnt(scanner: Omit<LearntScanner, 'name' | 'learntMs'>, isPlain: boolean): Lesson {
  const isStorable = [scanner.baseline, ...scanner.deadKeyCodes.map((code) => code.arrived)].every(
    (each) => each.length <= ARRIVED_LENGTH_MAX,
  );
  if (!isStorable) return { kind: 'refused', why: 'not-calibration', characters: [] };
  return { kind: 'learnt', scanner, isPlain };
}

function isIdentity({ typed, accents }: Layout): boolean {
  return (
    accents.size === 0 && [...typed].every(([character, arrives]) => character === arrives || character < ' ')
  );
}

function asMap(codes: LearntScanner['deadKeyCodes']): ReadonlyMap<string, string> {
  return new Map(codes.map((code) => [code.deadKey, code.arrived]));
}

/** Ready to read with; undefined where what was kept no longer makes a layout. */
export type OpenScanner = {
  readonly name: string;
  /** What the code holds, or undefined where these keys cannot have come from this scanner. */
  read(scan: KeyedScan): string | undefined;
};

export function openLearntScanner({
  name,
  basis,
  baseline,
  deadKeyCodes,
}: LearntScanner): OpenScanner | undefined {
  const calibration: Calibration = calibrate(baseline, asMap(deadKeyCodes));
  if (calibration.kind !== 'learnt') return undefined;
  const { layout } = calibration;
  const undo = createUndoer(layout);
  function read(scan: KeyedScan): string | undefined {
    const keys = basis === 'characters' ? scan.text : scan.usText;
    const inner = keys === undefined ? undefined : withoutAffixes(keys, layout);
    const undone = inner === undefined ? undefined : undo(inner);
    if (!undone?.ok) return undefined;
    // A scanner that sends identifiers sends them always, so this tells two scanners of one layout apart.
    return undone.value.startsWith(']') === layout.sendsIdentifier ? undone.value : undefined;
  }
  return { name, read };
}

function withoutAffixes(keys: string, { prefix, suffix }: Layout): string | undefined {
  if (!keys.startsWith(prefix) || !keys.endsWith(suffix) || keys.length < prefix.length + suffix.length)
    return undefined;
  return keys.slice(prefix.length, keys.length - suffix.length);
}

export type KeyedReading = Result<
  KeyedText & {
    readonly scanner: string | undefined;
    /** What the keys hold if another scanner has pressed them, one that was never learnt: a code of its own. */
    readonly rival: string | undefined;
  },
  KeyedProblem
>;

/**
 * What a scan holds, by the learnt scanner that it fits. Where none fits, by what is certain without calibration; where
 * several fit and read different codes, nothing. Keys do not tell whose they are: what makes sense as it arrived too is
 * unconfirmed. `isReadable` says whether a text reads as a code at all.
 */
export function readKeyed(
  scan: KeyedScan,
  scanners: readonly OpenScanner[],
  isReadable: (text: string) => boolean,
): KeyedReading {
  const fitting = scanners.flatMap(({ name, read }) => {
    const read1 = read(scan);
    return read1 !== undefined && isReadable(read1) ? [{ scanner: name, text: read1 }] : [];
  });
  const [first] = fitting;
  const asItCame = readUncalibrated(scan, isReadable);
  if (first === undefined)
    return asItCame.ok ? ok({ ...asItCame.value, scanner: undefined, rival: undefined }) : asItCame;
  if (fitting.some(({ text: other }) => other !== first.text)) return err('scanner-unclear');
  // Calibration was with Caps Lock off; an identifier typed in its right case shows that this scanner minds it.
  if (scan.capsLock && /[A-Za-z]/.test(first.text) && !hasSureStart(first.text)) return err('caps-lock');
  const isDisputed = asItCame.ok && asItCame.value.text !== first.text && isReadable(asItCame.value.text);
  return ok({ ...first, isUnconfirmed: isDisputed, rival: isDisputed ? asItCame.value.text : undefined });
}
