// Tells a keyboard-wedge scanner from a person, as a pure state machine over key presses and their times. A scanner
// types a whole code with 1 to 50 ms between keys and usually ends with Enter; nobody types like that for six keys. The
// mean decides, not each gap: a Bluetooth scanner stutters, and half a code must not pass for a code.
//
// Enter or Tab ends a code at once. A pause may be its end or a stall in it, and the head of a code whose last field is
// a serial reads as another pack's code. So what ends by a pause is held for a further second. Keys that follow in that
// second are joined to it only if they come at a scanner's pace and end with Enter or Tab; otherwise, and at a second
// stall, the code is torn and nothing of it is delivered. The price is paid by scanners that send no Enter: they wait
// 1.2 s, and two codes within that time are both lost. A stall longer than that cannot be told from an end.
//
// What it understands: the group separator as Ctrl+], as a real 0x1D key, as {GS} in the text, and any character as
// Alt plus numpad digits (Alt+0029), which is how layout-independent scanners type. Case is kept as the key says.
// What it cannot undo: a scanner set to another keyboard layout than the computer's (y for z, ? for _), Caps Lock,
// and a scanner that drops the separators. Such scanners need Alt mode or the right layout; check digits and the
// format's own rules catch most of it. A burst with a key that has no character is dropped whole, because a code that
// lacks one character could be another pack's.

export type WedgeKey = {
  /** `KeyboardEvent.key` and `.code`. */
  readonly key: string;
  readonly code: string;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly meta: boolean;
  /** Held down by a finger. */
  readonly repeat: boolean;
  readonly timeMs: number;
};

export type WedgeState = {
  readonly text: string;
  /** How much of the text came before a stall; 0 while there was none. */
  readonly headLength: number;
  /** When the text began, or what came after the head. */
  readonly startMs: number;
  readonly lastMs: number;
  /** Digits of an Alt+numpad code so far; undefined while Alt is up. */
  readonly altDigits: string | undefined;
  /** Nothing more is taken from this burst. */
  readonly isSpoiled: boolean;
};

/** `scan` is a finished code; `isScanner` says that the key came from a scanner and the page should not react to it. */
export type WedgeStep = {
  readonly state: WedgeState;
  readonly scan: string | undefined;
  readonly isScanner: boolean;
};

/** Mean time between the keys of a scanner; a fast typist needs 80 ms. */
export const BETWEEN_KEYS_MS_MAX = 60;
/** A longer silence is no stutter: a burst has ended or stalls. */
export const PAUSE_MS = 200;
/** After this silence what is there is all there is. */
export const SETTLE_MS = PAUSE_MS + 1_000;
/** The shortest code anyone scans is a PZN of 8 digits; a person drumming on keys stays below. */
const SCAN_LENGTH_MIN = 6;
// The largest DataMatrix holds 3,116 digits.
const SCAN_LENGTH_MAX = 4096;
const ALT_DIGITS_MAX = 5;

export const WEDGE_IDLE: WedgeState = {
  text: '',
  headLength: 0,
  startMs: Number.NEGATIVE_INFINITY,
  lastMs: Number.NEGATIVE_INFINITY,
  altDigits: undefined,
  isSpoiled: false,
};

export function pressKey(before: WedgeState, key: WedgeKey): WedgeStep {
  const state = resume(before, key.timeMs);
  if (isModifier(key.key)) return { state: touch(state, key.timeMs), scan: undefined, isScanner: false };
  if (key.key === 'Enter' || key.key === 'Tab') return endByKey(state, key.timeMs);
  const isScanner = state.text.length > state.headLength && isFast(state, key.timeMs);
  if (key.alt && !key.ctrl && /^Numpad\d$/.test(key.code)) return altDigit(state, key, isScanner);
  // A person who holds a key down repeats it as fast as a scanner types.
  const next = append(state, key.repeat ? undefined : characterOf(key, isScanner), key.timeMs);
  return { state: next, scan: undefined, isScanner: isScanner && !next.isSpoiled };
}

/** The burst that a key at this time belongs to: the same, the same after a stall, or a new one. */
function resume(before: WedgeState, timeMs: number): WedgeState {
  const silenceMs = timeMs - before.lastMs;
  if (silenceMs <= PAUSE_MS) return before;
  // One character is enough to hold: the tail of a code must not pass for a code either.
  const isHeld = before.text !== '' || before.altDigits !== undefined;
  if (silenceMs > SETTLE_MS || !isHeld) return { ...WEDGE_IDLE, startMs: timeMs };
  const isTorn = before.headLength > 0 || before.altDigits !== undefined || !isFast(before, before.lastMs);
  return isTorn
    ? { ...before, isSpoiled: true }
    : { ...before, headLength: before.text.length, startMs: timeMs };
}

/** Shift before a character is a key of the burst; before the first one it is not, and would slow its mean. */
function touch(state: WedgeState, timeMs: number): WedgeState {
  return state.text === '' ? state : { ...state, lastMs: timeMs };
}

function isFast({ text, headLength, startMs }: WedgeState, untilMs: number): boolean {
  return untilMs - startMs <= (text.length - headLength) * BETWEEN_KEYS_MS_MAX;
}

/** Alt has been released: the digits typed under it make one character. */
export function releaseAlt(before: WedgeState, timeMs: number): WedgeState {
  if (before.altDigits === undefined) return before;
  const state = resume(before, timeMs);
  if (state.altDigits === undefined) return state;
  const code = Number(state.altDigits);
  // Beyond ASCII the character depends on the code page of the computer.
  const character = code > 0 && code < 128 ? String.fromCharCode(code) : undefined;
  return append({ ...state, altDigits: undefined }, character, timeMs);
}

/** Nothing has come for SETTLE_MS: what is there is all there is. */
export function pause(state: WedgeState): WedgeStep {
  const isScan = state.headLength === 0 && isWhole(state, state.lastMs);
  return { state: WEDGE_IDLE, scan: isScan ? withSeparators(state.text) : undefined, isScanner: false };
}

function endByKey(state: WedgeState, timeMs: number): WedgeStep {
  // One character has no pace of its own: after a stall the Enter has to come at a scanner's pace too.
  const isScan = isWhole(state, state.headLength > 0 ? timeMs : state.lastMs);
  // The Enter of a torn code must press no button either.
  const isScanner = isScan || state.headLength >= SCAN_LENGTH_MIN;
  return { state: WEDGE_IDLE, scan: isScan ? withSeparators(state.text) : undefined, isScanner };
}

function isWhole(state: WedgeState, untilMs: number): boolean {
  if (state.isSpoiled || state.altDigits !== undefined) return false;
  return state.text.length >= SCAN_LENGTH_MIN && isFast(state, untilMs);
}

// Braces are not in GS1's character set 82, so no code holds these as data.
function withSeparators(text: string): string {
  return text.replaceAll('{GS}', '\x1d').replaceAll('{RS}', '\x1e').replaceAll('{EOT}', '\x04');
}

function altDigit(state: WedgeState, { code, timeMs }: WedgeKey, isScanner: boolean): WedgeStep {
  const altDigits = (state.altDigits ?? '') + code.slice(-1);
  const next = {
    ...state,
    altDigits,
    lastMs: timeMs,
    isSpoiled: state.isSpoiled || altDigits.length > ALT_DIGITS_MAX,
  };
  return { state: next, scan: undefined, isScanner };
}

function append(state: WedgeState, character: string | undefined, timeMs: number): WedgeState {
  const isSpoiled = state.isSpoiled || character === undefined || state.text.length >= SCAN_LENGTH_MAX;
  return { ...state, text: isSpoiled ? state.text : state.text + character, lastMs: timeMs, isSpoiled };
}

/** The character that a key means, or undefined: a shortcut, a dead key, a key of an input method. */
function characterOf({ key, code, ctrl, alt, meta }: WedgeKey, isInBurst: boolean): string | undefined {
  if (meta || (alt && !ctrl)) return undefined;
  if (ctrl && !alt) return controlCharacter(key, code, isInBurst);
  // Ctrl and Alt together are AltGr, under which `]` and `{` live on many layouts.
  return [...key].length === 1 ? key : undefined;
}

/** Ctrl+] is the separator whatever the layout calls that key; other controls are trusted in the middle of a burst only. */
function controlCharacter(key: string, code: string, isInBurst: boolean): string | undefined {
  if (code === 'BracketRight' || key === ']') return '\x1d';
  if (!isInBurst) return undefined;
  if (code === 'Digit6' || key === '^') return '\x1e';
  return code === 'KeyD' ? '\x04' : undefined;
}

function isModifier(key: string): boolean {
  return ['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock', 'NumLock'].includes(key);
}
