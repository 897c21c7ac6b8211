import { expect, test } from 'vitest';
import {
  checkValue,
  findAi,
  findAiAt,
  matchesPattern,
  unknownAiAt,
} from '../../../src/domain/codes/ai-table.ts';
import { DICTIONARY, DICTIONARY_RELEASE } from '../../../src/domain/codes/dictionary.ts';
import { LINTERS } from '../../../src/domain/codes/linters.ts';

function problemOf(ai: string, value: string): string | undefined {
  const entry = findAi(ai);
  return entry === undefined ? 'unknown' : checkValue(entry, value, 2026);
}

test('every row of the dictionary is understood, and its linters exist', () => {
  expect(DICTIONARY_RELEASE).toBe('2026-01-27');
  for (const [ais, , format] of DICTIONARY) {
    expect(findAi(ais.split('-')[0] ?? '')).toBeDefined();
    for (const name of format.split(/[ ,]/).filter((word) => /^[a-z]/.test(word)))
      expect(LINTERS.has(name)).toBe(true);
  }
});

test('ranges hold each of their AIs and no more', () => {
  expect(findAi('3105')).toBeDefined();
  expect(findAi('3106')).toBeUndefined();
  expect(findAiAt('xx235ABC', 2)?.ai).toBe('235');
});

test('optional components may be left out, not cut short', () => {
  expect(problemOf('423', '276')).toBeUndefined();
  expect(problemOf('423', '276250')).toBeUndefined();
  expect(problemOf('423', '27625')).toBe('too-short');
  expect(problemOf('423', '276276276276276276')).toBe('too-long');
});

test('character sets by type', () => {
  expect(problemOf('10', 'A#')).toBe('character');
  expect(problemOf('8010', '123456_')).toBe('character');
  expect(problemOf('8030', 'ABC:')).toBe('character');
  expect(problemOf('17', '2712AB')).toBe('character');
});

test('an unknown AI is cut by its first two digits', () => {
  expect(unknownAiAt('05123', 0)).toEqual({ ai: '05', valueLength: undefined });
  expect(unknownAiAt('18811810', 0)).toEqual({ ai: '18', valueLength: 6 });
  expect(unknownAiAt('718ABC', 0)).toEqual({ ai: '718', valueLength: undefined });
  expect(unknownAiAt('3199123456', 0)).toEqual({ ai: '3199', valueLength: 6 });
  expect(unknownAiAt('A1', 0)).toBeUndefined();
});

test('n stands for any digit in a pattern', () => {
  expect(matchesPattern('3102', '31nn')).toBe(true);
  expect(matchesPattern('310', '31nn')).toBe(false);
  expect(matchesPattern('3202', '31nn')).toBe(false);
});
