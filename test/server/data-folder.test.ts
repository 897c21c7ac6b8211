import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeDataFolder } from '../../src/server/data-folder.ts';
import { startServer } from '../../src/server/main.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packtrail-data-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const refused = (words: RegExp) =>
  expect.objectContaining({
    name: 'StartError',
    code: 'data-refused',
    message: expect.stringMatching(words),
  });

test('made with the folders above it, for its owner alone; one that is there is taken', () => {
  const path = join(folder, 'a', 'b');
  makeDataFolder(path);
  makeDataFolder(path);
  for (const made of [join(folder, 'a'), path]) expect(statSync(made).mode & 0o777).toBe(0o700);
});

test('a file, or a folder below one, is refused in words', () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'kept');
  for (const path of [file, join(file, 'data'), join(file, 'deeper', 'data')])
    expect(() => makeDataFolder(path), path).toThrow(refused(/ file,/));
});

test('a link to nowhere is refused in words', () => {
  symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
  expect(() => makeDataFolder(join(folder, 'link'))).toThrow(refused(/data folder/));
});

test.skipIf(!existsSync('/proc/self'))(
  'where no folder can be made it fails instead of trying for ever',
  () => {
    for (const path of ['/proc/packtrail', '/proc/packtrail/data'])
      expect(() => makeDataFolder(path)).toThrow(refused(/no folder|may not write/));
  },
);

test('the server does not start without its folder', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'kept');
  const options = { dataFolder: file, dist: undefined, host: '127.0.0.1', port: 0 };
  const start = startServer({ ...options, clock: Date.now, writeLog: () => {}, tell: () => {} });
  await expect(start).rejects.toEqual(refused(/file/));
});
