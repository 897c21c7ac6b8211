// GS1 element strings: application identifiers with their values, one after the other, GS (ASCII 29) after those
// whose length is not fixed. Nothing is guessed: where a value may hold a second field because a separator was lost
// on the way, the code is refused, since a wrong serial would look like a falsified pack.
//
// An AI that the dictionary does not know is kept and noted, never a reason to fail: GS1 adds AIs every year, and a
// new one must not stop packs. This departs on purpose from the GS1 Syntax Engine, which refuses such a code;
// `conformsToGs1` in scan.ts tells its stricter verdict.
import { assert } from '../result.ts';
import { checkValue, findAi, findAiAt, unknownAiAt, valueLengthMax } from './ai-table.ts';
import { parseExpiry } from './expiry.ts';
import type { AiPairs } from './pairings.ts';
import { type Finding, finding, note, type ScanNote } from './problem.ts';

export const GS = '\x1d';

/** What a code holds, in the order read, with all that is wrong or odd about the single fields. */
export type Fields = {
  readonly ais: AiPairs;
  readonly problems: readonly Finding[];
  readonly notes: readonly ScanNote[];
};

/** `text` without symbology identifier and without the leading FNC1. */
export function parseElementString(text: string, yearNow: number): Fields {
  const ais: [string, string][] = [];
  const problems: Finding[] = [];
  const notes: ScanNote[] = [];
  let at = 0;
  while (at < text.length) {
    if (text.charAt(at) === GS) {
      notes.push(note(at === 0 ? 'separator-first' : 'separator-doubled'));
      at++;
      continue;
    }
    const cut = cutField(text, at);
    if (cut === undefined) {
      problems.push(finding('ai-unreadable'));
      break;
    }
    const value = text.slice(at + cut.ai.length, cut.end);
    ais.push([cut.ai, value]);
    const entry = findAi(cut.ai);
    const problem = entry && checkValue(entry, value, yearNow);
    if (entry === undefined) notes.push(note('unknown-ai', cut.ai));
    if (problem !== undefined) problems.push(finding(problem, cut.ai));
    at = text.charAt(cut.end) === GS ? cut.end + 1 : cut.end;
  }
  if (ais.length === 0 && problems.length === 0) problems.push(finding('empty'));
  return { ais, problems: explainLostSeparators(text, ais, problems), notes };
}

/** Where the field that starts at `at` ends. */
function cutField(text: string, at: number): { ai: string; end: number } | undefined {
  const entry = findAiAt(text, at);
  const unknown = entry === undefined ? unknownAiAt(text, at) : undefined;
  const ai = entry?.ai ?? unknown?.ai;
  if (ai === undefined) return undefined;
  const separator = text.indexOf(GS, at);
  const endMax = separator < 0 ? text.length : separator;
  const length = entry?.isPredefinedLength ? valueLengthMax(entry) : unknown?.valueLength;
  return { ai, end: length === undefined ? endMax : Math.min(endMax, at + ai.length + length) };
}

/** The fields of a medicine pack, which a scan of one is expected to hold. */
const PACK_AIS = ['21', '10', '17'];

/** Fields of open length that stand on packs, so that a lost separator lets them swallow what follows. */
const SWALLOWING_AIS = new Set(['10', '21', '240', '710', '711', '712', '713', '714', '715', '716', '717']);

/**
 * A scanner that drops GS drops every one, so a single GS acquits the text. Without any, a field is suspect when it
 * could hold just that pack field which is missing.
 */
function explainLostSeparators(text: string, ais: AiPairs, problems: readonly Finding[]): readonly Finding[] {
  const isMissing = (ai: string) => !ais.some(([other]) => other === ai);
  if (isMissing('01')) return problems;
  const missing = PACK_AIS.filter(isMissing);
  if (missing.length > 0 && hasStrayAi(text, ais)) return [...problems, finding('separator-lost')];
  if (text.includes(GS)) return problems;
  const suspect = ais.find(
    ([ai, value]) => SWALLOWING_AIS.has(ai) && missing.some((lost) => mayHold(value, lost)),
  );
  if (suspect === undefined) return problems;
  const others = problems.filter(({ code }) => code !== 'too-long');
  return [...others, finding('separator-lost', suspect[0])];
}

/** An unknown AI straight after a field of fixed length, with no GS before it: the text may be out of step. */
function hasStrayAi(text: string, ais: AiPairs): boolean {
  let at = 0;
  for (const [ai, value] of ais) {
    at = text.indexOf(ai + value, at);
    if (at > 0 && text.charAt(at - 1) !== GS && findAi(ai) === undefined) return true;
    at += ai.length + value.length;
  }
  return false;
}

/** Whether a value could end with the field `ai`: at least one character of its own comes first. */
function mayHold(value: string, ai: string): boolean {
  for (let at = value.indexOf(ai, 1); at > 0; at = value.indexOf(ai, at + 1)) {
    const rest = value.slice(at + 2);
    if (ai === '17' ? parseExpiry(rest.slice(0, 6), 2000) !== undefined : rest.length > 0) return true;
  }
  return false;
}

/** Writes fields one after the other, GS after each whose length is not fixed, except the last. */
export function encodeElementString(ais: AiPairs): string {
  let text = '';
  ais.forEach(([ai, value], i) => {
    assert(!value.includes(GS), `the value of (${ai}) holds no separator`);
    const isOpen = findAi(ai)?.isPredefinedLength !== true;
    text += ai + value + (isOpen && i < ais.length - 1 ? GS : '');
  });
  return text;
}
