import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createInvitations } from '../../../src/server/http/invitations.ts';

let folder: string;
let nowMs: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packtrail-invitations-'));
  nowMs = 1_000_000;
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = () => createInvitations(folder, () => nowMs);
const files = () => readdirSync(join(folder, 'invitations'));

function create(invitations = open()): string {
  const made = invitations.create('org', 'site', ['gtin:09506000100012']);
  if (!made.ok) throw new Error(made.error);
  return made.value.code;
}

test('a code works once, for 15 minutes, and after a restart', () => {
  const code = create();
  expect(open().redeem(code)).toMatchObject({ ok: true, value: { organisation: 'org', site: 'site' } });
  expect(open().redeem(code)).toMatchObject({ ok: false, error: 'not-valid' });
  const late = create();
  nowMs += 15 * 60_000;
  expect(open().redeem(late)).toMatchObject({ ok: false });
  nowMs -= 1;
  expect(open().redeem(late)).toMatchObject({ ok: false });
});

test('the folder does not tell the code', () => {
  const code = create();
  const [name = ''] = files();
  expect(name).toMatch(/^[0-9a-f]{64}$/);
  expect(readFileSync(join(folder, 'invitations', name), 'utf8')).not.toContain(code);
});

test('what is no code reaches no file', () => {
  create();
  for (const code of ['', '..', '../keys/session.key', files()[0] ?? '', '\0', 'x'.repeat(10_000)])
    expect(open().redeem(code)).toMatchObject({ ok: false, error: 'not-valid' });
  expect(files().length).toBe(1);
});

test('half a file is no invitation', () => {
  const code = create();
  const path = join(folder, 'invitations', files()[0] ?? '');
  const whole = readFileSync(path, 'utf8').trim();
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(path, whole.slice(0, length));
    expect(open().redeem(code)).toMatchObject({ ok: false });
  }
  writeFileSync(path, whole);
  expect(open().redeem(code)).toMatchObject({ ok: true });
});

test('old codes make room, waiting ones are bounded', () => {
  const invitations = open();
  for (let i = 0; i < 5; i++) create(invitations);
  nowMs += 16 * 60_000;
  create(invitations);
  expect(files().length).toBe(1);
});
