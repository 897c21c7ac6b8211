// Rules between the fields of one code: which must come together, which exclude each other, which may repeat.
// The dictionary states them over all carriers of one item, so what a single carrier lacks may stand on another.
import { findAi, matchesPattern } from './ai-table.ts';
import { type Finding, finding } from './problem.ts';

export type AiPairs = readonly (readonly [ai: string, value: string])[];

/** Fields that stand more than once with the same value: legal, and worth telling. */
export function repeatedAis(ais: AiPairs): string[] {
  return [
    ...new Set(ais.filter(([ai], i) => ais.findIndex(([other]) => other === ai) < i).map(([ai]) => ai)),
  ];
}

export function checkRepeats(ais: AiPairs): Finding | undefined {
  const values = new Map<string, string>();
  for (const [ai, value] of ais) {
    if ((values.get(ai) ?? value) !== value) return finding('repeat-differs', ai);
    values.set(ai, value);
  }
  return undefined;
}

/** "ex": an AI does not exclude itself, even where its pattern matches it. */
export function checkExclusions(ais: AiPairs): Finding | undefined {
  for (const [ai] of ais) {
    const exclusions = findAi(ai)?.exclusions ?? [];
    for (const pattern of exclusions)
      if (ais.some(([other]) => other !== ai && matchesPattern(other, pattern)))
        return finding('pairing-forbidden', ai);
  }
  return undefined;
}

/** "req": each group needs one alternative of which every AI is there. */
export function checkRequisites(ais: AiPairs): Finding | undefined {
  for (const [ai] of ais) {
    const groups = findAi(ai)?.requisites ?? [];
    const isMet = groups.every((group) =>
      group.some((all) => all.every((pattern) => holds(ais, pattern, ai))),
    );
    if (!isMet) return finding('pairing-missing', ai);
  }
  return checkSignedKeys(ais);
}

function holds(ais: AiPairs, pattern: string, self: string): boolean {
  return ais.some(([other]) => other !== self && matchesPattern(other, pattern));
}

/** A digital signature (8030) signs one object, so a key beside it must hold its serial component. */
const KEY_LENGTHS_WITHOUT_SERIAL: ReadonlyMap<string, number> = new Map([
  ['253', 13],
  ['255', 13],
  ['8003', 14],
]);

function checkSignedKeys(ais: AiPairs): Finding | undefined {
  if (!ais.some(([ai]) => ai === '8030')) return undefined;
  for (const [ai, value] of ais)
    if (value.length === KEY_LENGTHS_WITHOUT_SERIAL.get(ai)) return finding('pairing-missing', ai);
  return undefined;
}
