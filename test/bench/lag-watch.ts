// When each checkpoint became readable: a thread reads the published file every few milliseconds, as a reader would,
// so that a busy main thread cannot make its own delays look short.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const POLL_MS = 5;

export type Ack = { readonly timeMs: number; readonly index: number };
type Seen = { readonly timeMs: number; readonly size: number };

export type LagWatch = {
  /** From each acknowledgement to the checkpoint that covers it; ends the watch. Zero where that came first. */
  lagsOf(acks: readonly Ack[]): Promise<readonly number[]>;
};

export function watchCheckpoint(logFolder: string): LagWatch {
  const worker = new Worker(new URL(import.meta.url), { workerData: join(logFolder, 'checkpoint') });
  return {
    async lagsOf(acks) {
      // The last checkpoint is published already; the watch must have seen it.
      await setTimeout(10 * POLL_MS);
      const seen = await new Promise<readonly Seen[]>((resolve) => {
        worker.once('message', resolve);
        worker.postMessage('stop');
      });
      await worker.terminate();
      return lagsBetween(acks, seen);
    },
  };
}

function lagsBetween(acks: readonly Ack[], seen: readonly Seen[]): readonly number[] {
  let at = 0;
  return [...acks]
    .sort((a, b) => a.index - b.index)
    .map(({ timeMs, index }) => {
      while (at < seen.length && (seen[at] as Seen).size <= index) at += 1;
      const covering = seen[at];
      if (!covering) throw new Error(`no checkpoint covers ${index}`);
      return Math.max(0, covering.timeMs - timeMs);
    });
}

function watch(path: string): void {
  const seen: Seen[] = [];
  setInterval(() => {
    const size = Number(readFileSync(path, 'utf8').split('\n')[1]);
    if (size !== seen.at(-1)?.size) seen.push({ timeMs: Date.now(), size });
  }, POLL_MS);
  parentPort?.on('message', () => parentPort?.postMessage(seen));
}

if (!isMainThread && typeof workerData === 'string') watch(workerData);
