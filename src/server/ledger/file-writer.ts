// Runs in a thread of its own and puts published files on the disk. A file takes six steps, each with a wait; where
// the main thread is busy taking events in, every one of them would come round once in a turn only.
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileTask } from './file-thread.ts';
import { serveThread } from './thread.ts';

const WRITES_AT_ONCE = 16;

let staged = 0;

serveThread(perform);

async function perform({ folder, staging, write, flush, last, remove }: FileTask): Promise<void> {
  for (let at = 0; at < write.length; at += WRITES_AT_ONCE) {
    const some = write.slice(at, at + WRITES_AT_ONCE);
    await Promise.all(some.map(({ path, bytes }) => writeFile(join(folder, path), staging, bytes)));
  }
  await Promise.all(flush.map((path) => flushFolder(join(folder, path))));
  if (last) {
    const target = join(folder, last.path);
    await writeFile(target, staging, last.bytes);
    await flushFolder(dirname(target));
  }
  for (const path of remove) await rm(join(folder, path), { recursive: true, force: true });
}

/** Appears whole or not at all: written aside, made durable, then renamed. */
async function writeFile(target: string, staging: string, bytes: Uint8Array): Promise<void> {
  staged += 1;
  const aside = join(staging, `${process.pid}-${staged}`);
  const file = await open(aside, 'w', 0o644);
  try {
    await file.writeFile(bytes);
    await file.datasync();
  } finally {
    await file.close();
  }
  await mkdir(dirname(target), { recursive: true });
  await rename(aside, target);
}

async function flushFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
