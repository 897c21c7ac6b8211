// A code as a keyboard-wedge scanner typed it: what the computer's layout made of the keys, and what the keys' places say
// a scanner with a US layout meant. Where the two differ, a serial alone does not tell which holds; what every code of
// its kind starts with does.
import { GS } from '../codes/element-string.ts';
import { err, ok, type Result } from '../result.ts';
import { NO_CHARACTER } from './layout.ts';

export type KeyedScan = {
  /** By the layout; NUL where a key gave no character. */
  readonly text: string;
  /** By the keys' places, read as a US keyboard; undefined where a key has no place there or none was reported. */
  readonly usText: string | undefined;
  /** Caps Lock was on at some time during the scan. */
  readonly capsLock: boolean;
  /** Whether Enter or Tab ended it. A scanner that sends neither makes everyone wait. */
  readonly endsByKey: boolean;
};

/** Why the keys of a scan do not tell for sure what the code holds. */
export type KeyedProblem =
  /** Caps Lock is on, or capitals and small letters have changed places. */
  | 'caps-lock'
  /** Scanner and computer disagree on the keyboard's language. */
  | 'keyboard-layout'
  /** Several learnt scanners fit, and read different codes. */
  | 'scanner-unclear';

export type KeyedText = {
  readonly text: string;
  /** The keys' places say something else, and nothing in the code tells which of the two it is. */
  readonly isUnconfirmed: boolean;
};

/** Reads a scan without any calibration. `isReadable` says whether a text reads as a code at all. */
export function readUncalibrated(
  { text, usText, capsLock }: KeyedScan,
  isReadable: (text: string) => boolean,
): Result<KeyedText, KeyedProblem> {
  if (hasSureStart(text) && isAscii(text)) return ok({ text, isUnconfirmed: false });
  if (usText !== undefined && hasSureStart(usText)) return ok({ text: usText, isUnconfirmed: false });
  if (hasSwappedStart(text)) return err('caps-lock');
  if (capsLock && /[A-Za-z]/.test(text)) return err('caps-lock');
  if (!isAscii(text)) return err('keyboard-layout');
  const isDisputed = usText !== undefined && usText !== text;
  if (isDisputed && !isReadable(text) && isReadable(usText)) return err('keyboard-layout');
  return ok({ text, isUnconfirmed: isDisputed });
}

/** An AIM identifier of a carrier that may hold a pack's code (ISO/IEC 15424), or the head of a format 05 or 06 envelope. */
export function hasSureStart(text: string): boolean {
  return /^\](?:d[0-9a-f]|C[0-4]|Q[0-6]|e[0-3]|J[0-6]|E[0-4]|I[0-3])/.test(text) || ENVELOPE.test(text);
}

const ENVELOPE = new RegExp(`^\\[\\)>[\\x1e${NO_CHARACTER}]?0[56]${GS}(?:\\d{0,3}[A-Z]|\\d{2})`);

/** The same with capitals and small letters swapped. No identifier of a carrier of packs has such letters. */
function hasSwappedStart(text: string): boolean {
  return /^\](?:D[0-9A-F]|c[0-4]|q[0-6]|j[0-6]|i[0-3])/.test(text) || SWAPPED_ENVELOPE.test(text);
}

const SWAPPED_ENVELOPE = new RegExp(`^\\[\\)>[\\x1e${NO_CHARACTER}]?06${GS}\\d{0,3}[a-z]`);

/** RS and EOT may be missing from an envelope; a NUL elsewhere stands for a character that is not known. */
function isAscii(text: string): boolean {
  const known = text.startsWith('[)>') ? text.replace(/^\[\)>\0/, '[)>').replace(/\0?\x04?$/, '') : text;
  return /^[\x1c-\x7e]*$/.test(known);
}
