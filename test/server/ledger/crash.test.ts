import { expect, test } from 'vitest';
import { killRepeatedly } from '../../bench/crash.ts';

test('killed at any moment, the server keeps all that it has answered, and its files agree', async () => {
  const { answered, logSize } = await killRepeatedly({ kills: 3, seed: 20_261_122 });
  // One at least before each kill of a server that had started; how many more, the machine decides.
  expect(answered).toBeGreaterThan(1);
  expect(logSize).toBeGreaterThan(answered);
});
