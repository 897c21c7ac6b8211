import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadReaderToken, loadSessionKey } from '../../../src/server/http/secret-file.ts';
import { writePrivateFile } from '../../../src/server/private-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packtrail-secret-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = (name: string) => join(folder, 'keys', name);

test('made on the first start, found on the next, readable by its owner alone', () => {
  const [key, token] = [loadSessionKey(folder), loadReaderToken(folder)];
  expect(key).toHaveLength(32);
  expect(token).toMatch(/^[\w-]{32}$/);
  expect([loadSessionKey(folder), loadReaderToken(folder)]).toEqual([key, token]);
  expect(readdirSync(join(folder, 'keys')).sort()).toEqual(['reader.token', 'session.key']);
  for (const name of ['session.key', 'reader.token']) expect(statSync(file(name)).mode & 0o777).toBe(0o600);
});

test('an empty, short, long or garbled secret refuses to start and stays as it is', () => {
  mkdirSync(join(folder, 'keys'));
  const base64 = (bytes: number) => Buffer.alloc(bytes, 0xa5).toString('base64');
  const wrong = ['', '\n', 'garbage', '\0'.repeat(44), base64(31), base64(33), `${base64(32)}${base64(32)}`];
  for (const text of [...wrong, base64(32).slice(0, -1), base64(32).replace('p', '*'), 'x'.repeat(10_000)])
    for (const [name, load] of [
      ['session.key', loadSessionKey],
      ['reader.token', loadReaderToken],
    ] as const) {
      writeFileSync(file(name), text);
      expect(() => load(folder), `${name}: ${text}`).toThrow(
        expect.objectContaining({ code: 'data-refused', message: expect.stringContaining(file(name)) }),
      );
      expect(readFileSync(file(name), 'utf8')).toBe(text);
    }
});

test('a file that a crash left half-written beside it is neither used nor in the way', () => {
  mkdirSync(join(folder, 'keys'));
  writeFileSync(`${file('session.key')}.new`, 'half', { mode: 0o644 });
  expect(loadSessionKey(folder)).toHaveLength(32);
  writePrivateFile(file('session.key'), 'another');
  expect(readFileSync(file('session.key'), 'utf8')).toBe('another\n');
  expect(statSync(file('session.key')).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, 'keys'))).toEqual(['session.key']);
});
