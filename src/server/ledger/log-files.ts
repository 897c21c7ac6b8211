// Published files. Each appears whole or not at all (file-writer.ts); folders are flushed before anything that refers
// to their files is published.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { utf8ToBytes } from '../../domain/bytes.ts';
import type { FileThread } from './file-thread.ts';
import { LedgerRefusal } from './refusal.ts';

export type PublishedFile = { readonly path: string; readonly bytes: Uint8Array };

export type LogFiles = {
  readonly folder: string;
  /** The bytes, or undefined where there is no such file. */
  read(path: string): Uint8Array | undefined;
  exists(path: string): Promise<boolean>;
  /** Replaces what was there. Survives a crash only after `flush`. */
  write(path: string, bytes: Uint8Array | string): Promise<void>;
  /** Makes the names of everything written so far durable. */
  flush(): Promise<void>;
  /** Writes all of them and makes their names durable, in one step. */
  publish(files: readonly PublishedFile[]): Promise<void>;
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

  async function perform(
    write: readonly PublishedFile[],
    isFlushed: boolean,
    remove: readonly string[] = [],
  ): Promise<void> {
    for (const { path } of write) for (const above of foldersOf(path)) unflushed.add(above);
    const flush = isFlushed ? [...unflushed] : [];
    for (const path of flush) unflushed.delete(path);
    try {
      await thread.perform({ folder, staging, write, flush, remove });
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
    write: (path, content) =>
      perform([{ path, bytes: typeof content === 'string' ? utf8ToBytes(content) : content }], false),
    flush: () => perform([], true),
    publish: (written) => perform(written, true),
    remove: (...paths) => perform([], false, paths),
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
