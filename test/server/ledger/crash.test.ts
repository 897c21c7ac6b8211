import { expect, test } from 'vitest';
import { killRepeatedly } from '../../bench/crash.ts';

test('killed at any moment, the ledger keeps all that it has answered, and its files agree', async () => {
  const { answered, logSize } = await killRepeatedly({ kills: 5, seed: 20_261_122 });
  expect(answered).toBeGreaterThan(100);
  expect(logSize).toBeGreaterThanOrEqual(answered);
}, 120_000);
