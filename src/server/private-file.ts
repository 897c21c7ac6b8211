// Files that only their owner may read, whole or not there at all: keys, tokens and what must survive a crash.
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Replaces the file, one line end after the text. Durable when it returns; a crash leaves the old one or the new. */
export function writePrivateFile(path: string, text: string): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = `${path}.new`;
  // What a crash left behind may have another mode.
  rmSync(temporary, { force: true });
  withDescriptor(openSync(temporary, 'wx', 0o600), (file) => {
    writeSync(file, `${text}\n`);
    fsyncSync(file);
  });
  renameSync(temporary, path);
  withDescriptor(openSync(folder, 'r'), fsyncSync);
}

function withDescriptor(descriptor: number, use: (descriptor: number) => void): void {
  try {
    use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
