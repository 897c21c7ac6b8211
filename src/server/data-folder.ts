// The folder that holds everything this server keeps, made where it is missing.
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { StartError } from './start-error.ts';

/** Throws StartError. */
export function makeDataFolder(path: string): void {
  try {
    makeFolder(resolve(path));
  } catch (cause) {
    throw new StartError('data-refused', `Cannot use ${path} as the data folder: ${wordsOf(cause)}.`, cause);
  }
}

/**
 * Folder by folder from the top, each tried once: where a file system answers ENOENT for a folder whose parent is
 * there (/proc), Node's recursive mkdir tries for ever.
 */
function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let at = path; !isThere(at); at = dirname(at)) missing.push(at);
  for (const folder of missing.reverse()) mkdirSync(folder, { mode: 0o700 });
  accessSync(path, constants.W_OK | constants.X_OK);
}

function isThere(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) throw Object.assign(new Error(path), { code: 'ENOTDIR' });
  return found !== undefined;
}

function wordsOf(cause: unknown): string {
  const code = cause instanceof Error ? String(Reflect.get(cause, 'code')) : '';
  return WORDS[code] ?? `the system says ${code || String(cause)}`;
}

const WORDS: Readonly<Record<string, string>> = {
  ENOTDIR: 'it is a file, or lies below one',
  EEXIST: 'something else has that name',
  ENOENT: 'the system lets no folder be made there',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'that file system is read-only',
  ENOSPC: 'the disk is full',
};
