// Published files. Each appears whole or not at all: written aside, flushed, then renamed; folders are flushed before
// anything that refers to their files is published.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { access, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LedgerRefusal } from './refusal.ts';

export type LogFiles = {
  readonly folder: string;
  /** The bytes, or undefined where there is no such file. */
  read(path: string): Uint8Array | undefined;
  exists(path: string): Promise<boolean>;
  /** Replaces what was there. Survives a crash only after `flush`. */
  write(path: string, bytes: Uint8Array | string): Promise<void>;
  /** Makes the names of everything written so far durable. */
  flush(): Promise<void>;
  /** A file or a folder; nothing happens where there is none. */
  remove(path: string): Promise<void>;
  /** Names in a folder, none where there is no such folder. */
  list(path: string): Promise<readonly string[]>;
};

/** `staging` must lie on the same disk, and is emptied: what a crash left there was never published. */
export function openLogFiles(folder: string, staging: string): LogFiles {
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  mkdirSync(folder, { recursive: true });
  const unflushed = new Set<string>();
  let staged = 0;

  async function write(path: string, bytes: Uint8Array | string): Promise<void> {
    staged += 1;
    const aside = join(staging, String(staged));
    const target = join(folder, path);
    const file = await open(aside, 'w', 0o644);
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    await mkdir(dirname(target), { recursive: true });
    await rename(aside, target);
    // A new folder's own name stands in the folder above it.
    for (let at = dirname(path); ; at = dirname(at)) {
      unflushed.add(at);
      if (at === '.') break;
    }
  }

  async function flush(): Promise<void> {
    const folders = [...unflushed];
    unflushed.clear();
    try {
      for (const path of folders) await flushFolder(join(folder, path));
    } catch (error) {
      for (const path of folders) unflushed.add(path);
      throw error;
    }
  }

  return {
    folder,
    read: (path) => orNothing(() => readFileSync(join(folder, path))),
    exists: (path) =>
      access(join(folder, path)).then(
        () => true,
        () => false,
      ),
    write,
    flush,
    remove: (path) => rm(join(folder, path), { recursive: true, force: true }),
    async list(path) {
      try {
        return await readdir(join(folder, path));
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    },
  };
}

async function flushFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new LedgerRefusal('damaged', 'A published file cannot be read.', { cause: error });
  }
}

function isMissing(error: unknown): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
