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
// Some Bluetooth scanners are as slow as a quick typist. What starts as only a pack's code does, with a check digit that
// holds, is a scanner's at that pace too: nobody types a code of thirty characters off a pack without looking up.
//
// Two texts are kept: what the layout made of the keys, and what a US keyboard types at their places. A key without a
// character (a dead key, a key that the layout does not have, the arrow or function key that some scanners press for GS)
// stands in the first as NUL, so that the code is refused in words and not lost in silence, or mended where the
// scanner's layout has been learnt.
import { hasGs1CheckDigit } from '../domain/codes/check-digit.ts';
import type { KeyedScan } from '../domain/keyboard/keyed-scan.ts';
import { NO_CHARACTER } from '../domain/keyboard/layout.ts';
import { controlCharacter, usCharacter } from './wedge-places.ts';

export type WedgeKey = {
  /** `KeyboardEvent.key` and `.code`. */
  readonly key: string;
  readonly code: string;
  readonly shift: boolean;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly altGraph: boolean;
  readonly meta: boolean;
  readonly capsLock: boolean;
  /** Held down by a finger. */
  readonly repeat: boolean;
  readonly timeMs: number;
};

export type WedgeState = {
  readonly text: string;
  /** Undefined once a key came whose place says nothing. */
  readonly usText: string | undefined;
  readonly capsLock: boolean;
  /** How many keys of the text there are, and how many of them came before a stall; 0 while there was none. */
  readonly length: number;
  readonly headLength: number;
  /** When the text began, or what came after the head. */
  readonly startMs: number;
  readonly lastMs: number;
  /** Digits of an Alt+numpad code so far; undefined while Alt is up. */
  readonly altDigits: string | undefined;
  /** Nothing more is taken from this burst; its keys are counted all the same, since a scanner's must not reach the page. */
  readonly isSpoiled: boolean;
  /** When a scanner last ended a code. */
  readonly endedMs: number;
};

/** `scan` is a finished code; `isScanner` says that the key came from a scanner and the page should not react to it. */
export type WedgeStep = {
  readonly state: WedgeState;
  readonly scan: KeyedScan | undefined;
  readonly isScanner: boolean;
};

/** Mean time between the keys of a scanner; a fast typist needs 80 ms. */
export const BETWEEN_KEYS_MS_MAX = 60;
/** The same where the keys so far are the start of a pack's code. */
export const BETWEEN_CODE_KEYS_MS_MAX = 150;
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
  usText: '',
  capsLock: false,
  length: 0,
  headLength: 0,
  startMs: Number.NEGATIVE_INFINITY,
  lastMs: Number.NEGATIVE_INFINITY,
  altDigits: undefined,
  isSpoiled: false,
  endedMs: Number.NEGATIVE_INFINITY,
};

/** Whether something of a code may be there. */
export function isUnderWay({ length, altDigits }: WedgeState): boolean {
  return length > 0 || altDigits !== undefined;
}

export function pressKey(before: WedgeState, key: WedgeKey): WedgeStep {
  const { timeMs } = key;
  const state = resume(before, timeMs);
  if (isModifier(key.key)) return { state: touch(state, timeMs), scan: undefined, isScanner: false };
  const isScanner = state.length > state.headLength && isFast(state, timeMs);
  const isEnd = key.key === 'Enter' || key.key === 'Tab';
  if (isEnd || (isLineFeed(key) && (isScanner || isTail(state, timeMs)))) return endByKey(state, timeMs);
  // A person who holds a key down repeats it as fast as a scanner types.
  if (key.repeat)
    return { state: { ...state, lastMs: timeMs, isSpoiled: true }, scan: undefined, isScanner: false };
  if (key.alt && !key.ctrl && /^Numpad\d$/.test(key.code)) return altDigit(state, key, isScanner);
  const read = readKey(key, isScanner);
  // A person's Escape or shortcut before a scan, or the key or control that a scanner is set up to press first.
  if (!isUnderWay(state) && (read === undefined || isNamed(key)))
    return { state, scan: undefined, isScanner };
  const next = append(state, read, timeMs);
  return { state: { ...next, capsLock: next.capsLock || key.capsLock }, scan: undefined, isScanner };
}

/** The burst that a key at this time belongs to: the same, the same after a stall, or a new one. */
function resume(before: WedgeState, timeMs: number): WedgeState {
  const silenceMs = timeMs - before.lastMs;
  // One character is enough to hold: the tail of a code must not pass for a code either.
  const isHeld = isUnderWay(before);
  if (silenceMs <= PAUSE_MS) return isHeld ? before : { ...before, startMs: timeMs };
  if (silenceMs > SETTLE_MS || !isHeld) return { ...WEDGE_IDLE, startMs: timeMs };
  const isTorn = before.headLength > 0 || before.altDigits !== undefined || !isFast(before, before.lastMs);
  return isTorn ? { ...before, isSpoiled: true } : { ...before, headLength: before.length, startMs: timeMs };
}

/** Shift before a character is a key of the burst; before the first one it is not, and would slow its mean. */
function touch(state: WedgeState, timeMs: number): WedgeState {
  return state.length === 0 ? state : { ...state, lastMs: timeMs };
}

function isFast(state: WedgeState, untilMs: number): boolean {
  const spanMs = untilMs - state.startMs;
  const keys = state.length - state.headLength;
  if (spanMs <= keys * BETWEEN_KEYS_MS_MAX) return true;
  // What follows a stall must show by its pace alone that it belongs to the head.
  if (state.headLength > 0 || spanMs > keys * BETWEEN_CODE_KEYS_MS_MAX) return false;
  return isCodeStart(state.text) || isCodeStart(state.usText);
}

/** A product code under its AI, or the head of an IFA envelope. */
function isCodeStart(text: string | undefined): boolean {
  const [, gtin, envelope] = /^(?:\][A-Za-z]\d)?(?:\x1d?01(\d{14})|(\[\)>))/.exec(text ?? '') ?? [];
  return envelope !== undefined || (gtin !== undefined && hasGs1CheckDigit(gtin));
}

/** Alt has been released: the digits typed under it make one character. */
export function releaseAlt(before: WedgeState, timeMs: number): WedgeState {
  if (before.altDigits === undefined) return before;
  const state = resume(before, timeMs);
  if (state.altDigits === undefined) return state;
  const code = Number(state.altDigits);
  // Beyond ASCII the character depends on the code page of the computer.
  const character = code > 0 && code < 128 ? String.fromCharCode(code) : undefined;
  const key = character === undefined ? undefined : { text: character, us: character };
  return append({ ...state, altDigits: undefined }, key, timeMs);
}

/** Nothing has come for SETTLE_MS: what is there is all there is. */
export function pause(state: WedgeState): WedgeStep {
  const isScan = state.headLength === 0 && isWhole(state, state.lastMs);
  return { state: WEDGE_IDLE, scan: isScan ? scanOf(state, false) : undefined, isScanner: false };
}

function endByKey(state: WedgeState, timeMs: number): WedgeStep {
  // One character has no pace of its own: after a stall the Enter has to come at a scanner's pace too.
  const isScan = isWhole(state, state.headLength > 0 ? timeMs : state.lastMs);
  // The Enter of a torn or spoiled code must press no button either, nor the second of CR and LF.
  const isSpoiltScan = state.isSpoiled && state.length >= SCAN_LENGTH_MIN && isFast(state, state.lastMs);
  const isScanner = isScan || isSpoiltScan || state.headLength >= SCAN_LENGTH_MIN || isTail(state, timeMs);
  return {
    state: isScanner ? { ...WEDGE_IDLE, lastMs: timeMs, endedMs: timeMs } : WEDGE_IDLE,
    scan: isScan ? scanOf(state, true) : undefined,
    isScanner,
  };
}

/** What comes so soon after a code's end is part of it: no hand is as quick. */
function isTail(state: WedgeState, timeMs: number): boolean {
  return !isUnderWay(state) && timeMs - state.endedMs <= PAUSE_MS;
}

/** LF as a control: Ctrl+J, in the browser the list of downloads. */
function isLineFeed({ code, ctrl, alt, altGraph }: WedgeKey): boolean {
  return code === 'KeyJ' && ctrl && !alt && !altGraph;
}

function isWhole(state: WedgeState, untilMs: number): boolean {
  if (state.isSpoiled || state.altDigits !== undefined) return false;
  return state.length >= SCAN_LENGTH_MIN && isFast(state, untilMs);
}

function scanOf({ text, usText, capsLock }: WedgeState, endsByKey: boolean): KeyedScan {
  const us = usText === undefined ? undefined : withSeparators(usText);
  return { text: withSeparators(text), usText: us, capsLock, endsByKey };
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

type ReadKey = { readonly text: string; readonly us: string | undefined };

function append(state: WedgeState, key: ReadKey | undefined, timeMs: number): WedgeState {
  if (state.isSpoiled || key === undefined || state.length >= SCAN_LENGTH_MAX)
    return { ...state, length: state.length + 1, lastMs: timeMs, isSpoiled: true };
  const usText = state.usText === undefined || key.us === undefined ? undefined : state.usText + key.us;
  return { ...state, text: state.text + key.text, usText, length: state.length + 1, lastMs: timeMs };
}

/** What a key means, or undefined for what no scanner types: a shortcut. */
function readKey(wedgeKey: WedgeKey, isInBurst: boolean): ReadKey | undefined {
  const { key, code, shift, ctrl, alt, altGraph, meta } = wedgeKey;
  if (meta) return undefined;
  if (ctrl && !alt && !altGraph) return readControl(key, code, isInBurst);
  const us = ctrl || alt || altGraph ? undefined : usCharacter({ code, shift });
  // Some keys type two characters at once.
  const isText = [...key].length === 1;
  // Ctrl and Alt together are AltGr, under which `]` and `{` live on many layouts; on a Mac Alt alone is.
  if (alt && !ctrl && !altGraph && /^[A-Za-z0-9]$/.test(key)) return undefined;
  if (isText) return { text: key, us };
  return { text: NO_CHARACTER, us: isNamed(wedgeKey) ? NO_CHARACTER : us };
}

/** Ctrl+] is the separator whatever the layout calls that key; other controls are trusted in the middle of a burst only. */
function readControl(key: string, code: string, isInBurst: boolean): ReadKey | undefined {
  const us = controlCharacter(code);
  if (us === '\x1d' || key === ']') return { text: '\x1d', us: us ?? '\x1d' };
  if (!isInBurst) return undefined;
  const text = us ?? (key === '^' ? '\x1e' : NO_CHARACTER);
  return { text, us };
}

/** An arrow, a function key, Escape: a key that has a name on every layout. */
function isNamed({ key }: WedgeKey): boolean {
  return [...key].length > 1 && key !== 'Dead' && key !== 'Unidentified' && key !== 'Process';
}

function isModifier(key: string): boolean {
  return /^(Shift|Control|Alt|AltGraph|Meta|CapsLock|NumLock|ScrollLock|Fn)$/.test(key);
}
