import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSessions } from '../../../src/server/http/sessions.ts';
import { mangled } from '../../support/mangle.ts';

const DEVICE = '0123456789abcdef0123456789abcdef';
const SECRET = randomBytes(32);

test('a token is good for its device, under its secret alone, until its time', () => {
  let nowMs = 1_000_000;
  const sessions = createSessions(SECRET, () => nowMs);
  const { token, expiresMs } = sessions.open(DEVICE);
  expect(expiresMs).toBe(nowMs + 12 * 3_600_000);
  expect(sessions.check(token)).toEqual({ ok: true, value: DEVICE });
  expect(createSessions(SECRET, () => nowMs).check(token).ok).toBe(true);
  expect(createSessions(randomBytes(32), () => nowMs).check(token)).toMatchObject({ error: 'not-ours' });
  nowMs = expiresMs;
  expect(sessions.check(token)).toMatchObject({ error: 'expired' });
});

test('a challenge is no token', () => {
  const sessions = createSessions(SECRET, () => 0);
  expect(sessions.check(sessions.challenge(DEVICE))).toMatchObject({ error: 'not-ours' });
});

test('each truncation and each changed byte of a token and of a challenge is refused', () => {
  const sessions = createSessions(SECRET, () => 0);
  for (const sealed of [sessions.open(DEVICE).token, sessions.challenge(DEVICE)])
    for (const bytes of mangled(Buffer.from(sealed)))
      expect(sessions.check(Buffer.from(bytes).toString('latin1'))).toMatchObject({ error: 'not-ours' });
});
