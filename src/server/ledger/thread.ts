// A thread of its own for work that would hold up everything else of the process: both its ends. It is started when it
// is first asked, and answers in its own time; one that fails takes with it what it was doing, which is reported to
// whoever asked, and the next task starts another.
import { parentPort, Worker } from 'node:worker_threads';
import { LedgerRefusal, type LedgerRefusalCode } from './refusal.ts';

export type Thread<Task, Answer> = {
  /** Throws what the work threw. */
  ask(task: Task): Promise<Answer>;
  close(): Promise<void>;
};

type Numbered<Task> = { readonly number: number; readonly task: Task };
/** A refusal would lose its code on the way. */
type Failure = { readonly error: unknown; readonly code: LedgerRefusalCode | undefined };
type Answered<Answer> = { readonly number: number } & (
  | { readonly answer: Answer; readonly failure?: undefined }
  | { readonly failure: Failure }
);

type Waiting<Answer> = { resolve(answer: Answer): void; reject(error: unknown): void };

/** `script` calls serveThread; it is given `workerData`. */
export function createThread<Task, Answer>(script: URL, workerData?: unknown): Thread<Task, Answer> {
  const waiting = new Map<number, Waiting<Answer>>();
  let worker: Worker | undefined;
  let number = 0;

  function settle(done: number, tell: (task: Waiting<Answer>) => void): void {
    const task = waiting.get(done);
    waiting.delete(done);
    // A thread with nothing to do must not keep the process alive.
    if (waiting.size === 0) worker?.unref();
    if (task) tell(task);
  }

  function start(): Worker {
    const started = new Worker(script, { workerData });
    const fail = (error: unknown) => {
      if (worker !== started) return;
      worker = undefined;
      for (const lost of [...waiting.keys()]) settle(lost, (task) => task.reject(error));
    };
    started.on('message', (answered: Answered<Answer>) =>
      settle(answered.number, (task) =>
        answered.failure ? task.reject(errorOf(answered.failure)) : task.resolve(answered.answer),
      ),
    );
    started.on('error', fail).on('exit', () => fail(new LedgerRefusal('closed', 'A thread has stopped.')));
    return started;
  }

  return {
    ask(task) {
      worker ??= start();
      worker.ref();
      number += 1;
      const own = number;
      worker.postMessage({ number: own, task } satisfies Numbered<Task>);
      return new Promise((resolve, reject) => waiting.set(own, { resolve, reject }));
    },
    async close() {
      await worker?.terminate();
    },
  };
}

function errorOf({ error, code }: Failure): unknown {
  return code && error instanceof Error ? new LedgerRefusal(code, error.message, { cause: error }) : error;
}

/** The thread's own end. */
export function serveThread<Task, Answer>(work: (task: Task) => Answer | Promise<Answer>): void {
  parentPort?.on('message', ({ number, task }: Numbered<Task>) => {
    const answer = (answered: Answered<Answer>) => parentPort?.postMessage(answered);
    Promise.resolve()
      .then(() => work(task))
      .then(
        (done) => answer({ number, answer: done }),
        (error: unknown) =>
          answer({
            number,
            failure: { error, code: error instanceof LedgerRefusal ? error.code : undefined },
          }),
      );
  });
}
