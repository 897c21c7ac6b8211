import { expect, test } from 'vitest';
import type { Receipt } from '../../../src/domain/receipt.ts';
import { createSignatureFailures, FAILURES_MAX } from '../../../src/server/http/signature-failures.ts';

const wrong = (reason: 'bad-signature' | 'malformed', length: number): readonly Receipt[] =>
  Array.from({ length }, () => ({ kind: 'rejected', id: '0'.repeat(64), reason }));
const REFUSED = { name: 'Refusal', code: 'too-many-requests' };

test('failures add up within a minute from the first, and only those of signatures', async () => {
  let nowMs = 0;
  const failures = createSignatureFailures(() => nowMs);
  const send = (length: number, reason: 'bad-signature' | 'malformed' = 'bad-signature') =>
    failures.count('a', async () => wrong(reason, length));
  await send(1_000, 'malformed');
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
  const junk = async () => {
    checked++;
    await new Promise((resolve) => setImmediate(resolve));
    return wrong('bad-signature', 1_000);
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
