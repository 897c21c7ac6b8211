import { expect, test } from 'vitest';
import { createSignatureFailures, FAILURES_MAX } from '../../../src/server/http/signature-failures.ts';

const REFUSED = { name: 'Refusal', code: 'too-many-requests' };

test('failures add up within a minute from the first', async () => {
  let nowMs = 0;
  const failures = createSignatureFailures(() => nowMs);
  const send = (count: number) => failures.count('a', async (tell) => tell(count));
  await send(FAILURES_MAX - 1);
  nowMs = 59_000;
  await send(1);
  await expect(send(0)).rejects.toMatchObject(REFUSED);
  nowMs = 60_000;
  await send(FAILURES_MAX - 1);
  await send(0);
});

test('what is sent all at once is checked a few at a time, and dropped after the first failures', async () => {
  const failures = createSignatureFailures(() => 0);
  let checked = 0;
  const junk = async (tell: (count: number) => void) => {
    checked++;
    await new Promise((resolve) => setImmediate(resolve));
    tell(1_000);
  };
  const answers = await Promise.allSettled(Array.from({ length: 100 }, () => failures.count('a', junk)));
  expect(checked).toBe(4);
  expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(96);
});

test('honest batches sent at once are all taken, and one that fails holds none back', async () => {
  const failures = createSignatureFailures(() => 0);
  const answers = await Promise.allSettled(
    Array.from({ length: 50 }, (_, i) =>
      failures.count('a', async () => {
        await new Promise((resolve) => setImmediate(resolve));
        if (i === 3) throw new Error('disk');
        return [];
      }),
    ),
  );
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(49);
});
