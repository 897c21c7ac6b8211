// The simulator is only worth what it catches: each bug that is planted has to be found within a few histories.
import { expect, test } from 'vitest';
import { playHistory } from './history.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';
import { Violation } from './violation.ts';

const SEEDS_MAX = 30;

test.for(Object.entries(PLANTED_BUGS))('%s: caught', { timeout: 240_000 }, async ([, bug]) => {
  const found: string[] = [];
  for (let i = 0; i < SEEDS_MAX && found.length === 0; i++) {
    const seed = bug.seed + i;
    const { failure } = await playHistory(seed, { plants: bug });
    if (failure && !(failure instanceof Violation)) throw failure;
    if (failure) found.push(`seed ${seed}: ${failure.message}`);
  }
  expect(found, `not found in ${SEEDS_MAX} histories`).toHaveLength(1);
});
