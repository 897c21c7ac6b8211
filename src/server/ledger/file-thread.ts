// The main thread's end of file-writer.ts.
import { createThread, type Thread } from './thread.ts';

export type NamedFile = { readonly path: string; readonly bytes: Uint8Array };

export type FileTask = {
  readonly folder: string;
  readonly staging: string;
  /** In this order: files to write, folders whose names to make durable, a file to write once all that is durable. */
  readonly write: readonly NamedFile[];
  readonly flush: readonly string[];
  readonly last: NamedFile | undefined;
  /** Files or folders. */
  readonly remove: readonly string[];
};

export type FileThread = Thread<FileTask, void>;

export function createFileThread(): FileThread {
  return createThread(new URL('./file-writer.ts', import.meta.url));
}
