import { expect, test } from 'vitest';
import { killRepeatedly } from '../../bench/crash.ts';

test('killed at any moment, the server keeps all that it has answered, and its files agree', async () => {
  const { answered, logSize } = await killRepeatedly({ kills: 3, seed: 20_261_122 });
  expect(answered).toBeGreaterThan(10);
  expect(logSize).toBeGreaterThan(answered);
});
