// Published files. Each appears whole or not at all (file-writer.ts); folders are flushed before anything that refers
// to their files is published.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { utf8ToBytes } from '../../domain/bytes.ts';
import type { FileTask, FileThread, NamedFile } from './file-thread.ts';
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
  /** Writes all of them and makes their names durable; and then, where there is one, the file that refers to them. */
  publish(files: readonly NamedFile[], last?: NamedFile): Promise<void>;
  /** A file or a folder; nothing happens where there is none. */
  remove(...paths: readonly string[]): Promise<void>;
  /** Names in a folder, none where there is no such folder. */
  list(path: string): Promise<readonly string[]>;
};

/** `staging` must lie on the same disk, and is emptied: what a crash left there was never published. */
export function openLogFiles(folder: string, staging: string, thread: FileThread): LogFiles {
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  mkdirSync(folder, { recursive: true });
  const unflushed = new Set<string>();

  async function perform(isFlushed: boolean, some: Partial<FileTask>): Promise<void> {
    const task = { folder, staging, write: [], last: undefined, remove: [], ...some };
    for (const { path } of task.write) for (const above of foldersOf(path)) unflushed.add(above);
    const flush = isFlushed ? [...unflushed] : [];
    for (const path of flush) unflushed.delete(path);
    try {
      await thread.ask({ ...task, flush });
    } catch (error) {
      for (const path of flush) unflushed.add(path);
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
    write(path, content) {
      const bytes = typeof content === 'string' ? utf8ToBytes(content) : content;
      return perform(false, { write: [{ path, bytes }] });
    },
    flush: () => perform(true, {}),
    publish: (write, last) => perform(true, { write, last }),
    remove: (...remove) => perform(false, { remove }),
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

/** A new folder's own name stands in the folder above it. */
function foldersOf(path: string): readonly string[] {
  const folders: string[] = [];
  for (let at = dirname(path); ; at = dirname(at)) {
    folders.push(at);
    if (at === '.') return folders;
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
