// The one queue before the log. Submissions that wait together share a transaction, and so one write to the disk;
// each is answered when that is durable. A turn is short, so that the process goes on answering others meanwhile.
import { eventId } from '../../domain/event.ts';
import type { Receipt } from '../../domain/receipt.ts';
import { type Intake, reject } from './intake.ts';
import type { SignedBytes } from './ledger.ts';
import { LedgerRefusal } from './refusal.ts';
import type { Store } from './store.ts';

/** About a second's work. */
const QUEUE_EVENTS_MAX = 20_000;
const QUEUE_BYTES_MAX = 64 * 1_048_576;
const TURN_MS = 40;

export type Sequencer = {
  accept(events: readonly SignedBytes[]): Promise<readonly Receipt[]>;
  /** Takes nothing more; resolves when all that waits is answered. */
  close(): Promise<void>;
};

type Submission = {
  readonly events: readonly SignedBytes[];
  readonly receipts: Receipt[];
  resolve(receipts: readonly Receipt[]): void;
  reject(error: unknown): void;
};

export type SequencerParts = {
  readonly store: Pick<Store, 'transaction'>;
  readonly intake: Intake;
  readonly log: (event: Record<string, unknown>) => void;
};

export function createSequencer({ store, intake, log }: SequencerParts): Sequencer {
  const queue: Submission[] = [];
  let waitingEvents = 0;
  let waitingBytes = 0;
  let turn: Promise<void> | undefined;
  let closed = false;

  async function accept(events: readonly SignedBytes[]): Promise<readonly Receipt[]> {
    if (closed) throw new LedgerRefusal('closed', 'The ledger has been closed.');
    if (events.length === 0) return [];
    const bytes = bytesIn(events);
    if (waitingEvents + events.length > QUEUE_EVENTS_MAX || waitingBytes + bytes > QUEUE_BYTES_MAX)
      throw new LedgerRefusal('busy', `${waitingEvents} events are waiting already.`);
    waitingEvents += events.length;
    waitingBytes += bytes;
    return new Promise((resolve, reject) => {
      queue.push({ events, receipts: [], resolve, reject });
      turn ??= run();
    });
  }

  async function run(): Promise<void> {
    // What arrives in the same round of the event loop shares the first turn.
    await nextRound();
    while (queue.length > 0) {
      takeTurn();
      await nextRound();
    }
    turn = undefined;
  }

  function takeTurn(): void {
    const touched: { submission: Submission; receipts: Receipt[] }[] = [];
    try {
      store.transaction(() => {
        const endMs = performance.now() + TURN_MS;
        for (const submission of queue) {
          const receipts: Receipt[] = [];
          touched.push({ submission, receipts });
          const from = submission.receipts.length;
          for (let i = from; i < submission.events.length && performance.now() < endMs; i++)
            receipts.push(takeEvent(submission.events[i] as SignedBytes));
          if (performance.now() >= endMs) break;
        }
      });
    } catch (error) {
      // The disk, not an event: nothing of this turn was kept, and everyone in it may send again.
      log({ event: 'store-failed', error: String(error) });
      for (const { submission } of touched) finish(submission, () => submission.reject(error));
      return;
    }
    for (const { submission, receipts } of touched) {
      submission.receipts.push(...receipts);
      if (submission.receipts.length === submission.events.length)
        finish(submission, () => submission.resolve(submission.receipts));
    }
  }

  /** An event that trips a bug of ours must not hold up all the others: it is refused, and the log says why. */
  function takeEvent(signed: SignedBytes): Receipt {
    try {
      return intake.take(signed);
    } catch (error) {
      if (isOfStore(error)) throw error;
      const id = eventId(signed.bytes);
      log({ event: 'intake-failed', id, error: error instanceof Error ? error.stack : String(error) });
      return reject(id, 'malformed');
    }
  }

  function finish(submission: Submission, answer: () => void): void {
    queue.splice(queue.indexOf(submission), 1);
    waitingEvents -= submission.events.length;
    waitingBytes -= bytesIn(submission.events);
    answer();
  }

  async function close(): Promise<void> {
    closed = true;
    await turn;
  }

  return { accept, close };
}

/** node:sqlite marks its errors; damage that reading finds is a LedgerRefusal. */
function isOfStore(error: unknown): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return code === 'ERR_SQLITE_ERROR' || error instanceof LedgerRefusal;
}

function bytesIn(events: readonly SignedBytes[]): number {
  return events.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

function nextRound(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
