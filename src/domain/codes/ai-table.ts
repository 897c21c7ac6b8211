// The GS1 dictionary's rows, read once into entries that answer: how long is this field, what may it hold, what must
// stand beside it. An AI that is not in the dictionary has no entry; its length in digits follows from its prefix.
import { assert } from '../result.ts';
import { isCset39, isCset64, isCset82, isDigits } from './character-sets.ts';
import { DICTIONARY, type DictionaryRow } from './dictionary.ts';
import { LINTERS, type Linter } from './linters.ts';
import type { ScanProblem } from './problem.ts';

type Component = {
  readonly isOptional: boolean;
  readonly lengthMin: number;
  readonly lengthMax: number;
  readonly isAllowed: (text: string) => boolean;
  readonly linters: readonly Linter[];
};

/** Patterns are AIs in which `n` stands for any digit. */
export type AiEntry = {
  readonly ai: string;
  readonly title: string;
  /** Ends by its length alone: no separator is needed after it. */
  readonly isPredefinedLength: boolean;
  readonly isLinkAttribute: boolean;
  readonly components: readonly Component[];
  /** Each group must be met; a group is met by one alternative; an alternative needs all its patterns. */
  readonly requisites: readonly (readonly (readonly string[])[])[];
  readonly exclusions: readonly string[];
  /** Orders of qualifiers after this key in a Digital Link; `undefined` where this AI is no key. */
  readonly linkQualifiers: readonly (readonly string[])[] | undefined;
};

export const VALUE_LENGTH_MAX = 90;

const CHARACTER_CHECKS = { N: isDigits, X: isCset82, Y: isCset39, Z: isCset64 } as const;

const ENTRIES: ReadonlyMap<string, AiEntry> = new Map(
  DICTIONARY.flatMap(entriesOf).map((entry) => [entry.ai, entry]),
);

export function findAi(ai: string): AiEntry | undefined {
  return ENTRIES.get(ai);
}

/** The entry whose AI starts the text. No AI is a prefix of another, so there is at most one. */
export function findAiAt(text: string, at: number): AiEntry | undefined {
  for (let length = 2; length <= 4; length++) {
    const entry = ENTRIES.get(text.slice(at, at + length));
    if (entry !== undefined) return entry;
  }
  return undefined;
}

const AI_LENGTHS: ReadonlyMap<string, number> = new Map(
  [...ENTRIES.keys()].map((ai) => [ai.slice(0, 2), ai.length]),
);

/**
 * General Specifications figure 7.8.5-2: fields whose first two digits are these have a length fixed for ever
 * (AI included), also where the AI is not allocated yet.
 */
const PREDEFINED_LENGTHS: ReadonlyMap<string, number> = new Map([
  ...pairsOf('00', 20),
  ...pairsOf('01 02 03', 16),
  ...pairsOf('04', 18),
  ...pairsOf('11 12 13 14 15 16 17 18 19', 8),
  ...pairsOf('20', 4),
  ...pairsOf('31 32 33 34 35 36', 10),
  ...pairsOf('41', 16),
]);

/** An AI that the dictionary does not hold: how it would be cut, or `undefined` where no digits stand there. */
export function unknownAiAt(
  text: string,
  at: number,
): { ai: string; valueLength: number | undefined } | undefined {
  const prefix = text.slice(at, at + 2);
  const ai = text.slice(at, at + (AI_LENGTHS.get(prefix) ?? 2));
  if (ai.length < 2 || !isDigits(ai)) return undefined;
  const total = PREDEFINED_LENGTHS.get(prefix);
  return { ai, valueLength: total === undefined ? undefined : total - ai.length };
}

/** What is wrong with a value, or `undefined`. */
export function checkValue(entry: AiEntry, value: string, yearNow: number): ScanProblem | undefined {
  if (value === '') return 'value-empty';
  let at = 0;
  for (const component of entry.components) {
    const part = value.slice(at, at + component.lengthMax);
    if (part === '' && component.isOptional) continue;
    if (part.length < component.lengthMin) return 'too-short';
    at += part.length;
  }
  if (at < value.length) return 'too-long';
  return checkContent(entry, value, yearNow);
}

function checkContent(entry: AiEntry, value: string, yearNow: number): ScanProblem | undefined {
  let at = 0;
  for (const component of entry.components) {
    const part = value.slice(at, at + component.lengthMax);
    if (part === '') continue;
    at += part.length;
    if (!component.isAllowed(part)) return 'character';
    for (const linter of component.linters) {
      const problem = linter(part, yearNow);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

export function valueLengthMax(entry: AiEntry): number {
  return entry.components.reduce((sum, component) => sum + component.lengthMax, 0);
}

export function matchesPattern(ai: string, pattern: string): boolean {
  if (ai.length !== pattern.length) return false;
  for (let i = 0; i < ai.length; i++)
    if (pattern.charAt(i) !== 'n' && pattern.charAt(i) !== ai.charAt(i)) return false;
  return true;
}

function entriesOf([ais, flags, format, pairings, title]: DictionaryRow): AiEntry[] {
  const attributes = pairings.split(' ');
  const valuesOf = (key: string) =>
    attributes.filter((word) => word.startsWith(`${key}=`)).map((word) => word.slice(key.length + 1));
  const qualifiers = valuesOf('dlpkey').flatMap((value) => value.split('|').map((order) => order.split(',')));
  const shared = {
    title,
    isPredefinedLength: flags.includes('*'),
    isLinkAttribute: flags.includes('?'),
    components: format.split(' ').map(componentOf),
    requisites: valuesOf('req').map((value) => value.split(',').map((all) => all.split('+'))),
    exclusions: valuesOf('ex').flatMap((value) => value.split(',')),
    linkQualifiers: attributes.some((word) => word.startsWith('dlpkey')) ? qualifiers : undefined,
  };
  const [first = '', last = first] = ais.split('-');
  const entries: AiEntry[] = [];
  for (let ai = Number(first); ai <= Number(last); ai++)
    entries.push({ ai: String(ai).padStart(first.length, '0'), ...shared });
  return entries;
}

function componentOf(text: string): Component {
  const match = /^(\[?)([NXYZ])(\.\.)?(\d+)\]?((?:,[a-z0-9]+)*)$/.exec(text);
  assert(match, `component ${text} is in the dictionary's grammar`);
  const [, bracket, type, range, length, names] = match;
  return {
    isOptional: bracket === '[',
    lengthMin: range === undefined ? Number(length) : 1,
    lengthMax: Number(length),
    isAllowed: CHARACTER_CHECKS[type as keyof typeof CHARACTER_CHECKS],
    linters: (names ?? '').split(',').slice(1).map(linterNamed),
  };
}

function linterNamed(name: string): Linter {
  const linter = LINTERS.get(name);
  assert(linter, `linter ${name} exists`);
  return linter;
}

function pairsOf(prefixes: string, length: number): [string, number][] {
  return prefixes.split(' ').map((prefix) => [prefix, length]);
}
