// The main thread's end of file-writer.ts. A thread that fails takes with it what it was doing, which is reported to
// whoever asked; the next task starts another.
import { Worker } from 'node:worker_threads';

export type NamedFile = { readonly path: string; readonly bytes: Uint8Array };

export type FileTask = {
  readonly number: number;
  readonly folder: string;
  readonly staging: string;
  /** In this order: files to write, folders whose names to make durable, a file to write once all that is durable. */
  readonly write: readonly NamedFile[];
  readonly flush: readonly string[];
  readonly last: NamedFile | undefined;
  /** Files or folders. */
  readonly remove: readonly string[];
};

export type FileThread = {
  perform(task: Omit<FileTask, 'number'>): Promise<void>;
  close(): Promise<void>;
};

type Waiting = { resolve(): void; reject(error: unknown): void };

export function createFileThread(): FileThread {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let number = 0;

  function settle(done: number, answer: (task: Waiting) => void): void {
    const task = waiting.get(done);
    waiting.delete(done);
    // A thread with nothing to do must not keep the process alive.
    if (waiting.size === 0) worker?.unref();
    if (task) answer(task);
  }

  function start(): Worker {
    const started = new Worker(new URL('./file-writer.ts', import.meta.url));
    const fail = (error: unknown) => {
      if (worker === started) worker = undefined;
      for (const lost of [...waiting.keys()]) settle(lost, (task) => task.reject(error));
    };
    started.on('message', (answer: { number: number; error?: unknown }) =>
      settle(answer.number, (task) => (answer.error ? task.reject(answer.error) : task.resolve())),
    );
    started.on('error', fail).on('exit', () => fail(new Error('the file writer has stopped')));
    return started;
  }

  return {
    perform(task) {
      worker ??= start();
      worker.ref();
      number += 1;
      const own = number;
      worker.postMessage({ ...task, number: own } satisfies FileTask);
      return new Promise((resolve, reject) => waiting.set(own, { resolve, reject }));
    },
    async close() {
      await worker?.terminate();
    },
  };
}
