// The one queue before the log. Submissions keep the order in which they came while their signatures are checked;
// those that wait together share a transaction, and so one write to the disk; each is answered when that is durable.
// A turn is short, so that the process goes on answering others meanwhile.
import { rejectionOf } from '../../domain/ledger/receipts.ts';
import type { Receipt } from '../../domain/receipt.ts';
import { assert } from '../../domain/result.ts';
import { errorTrace } from '../log.ts';
import type { CheckedEvent, EventCheck } from './event-signature.ts';
import { HalfWritten, type Intake } from './intake.ts';
import type { SignedBytes } from './ledger.ts';
import { isOfStore, LedgerRefusal } from './refusal.ts';
import type { Store } from './store.ts';

/** About two seconds' work. */
const QUEUE_EVENTS_MAX = 20_000;
const QUEUE_BYTES_MAX = 64 * 1_048_576;
/** A commit costs about as much as 100 events, so a turn has room for several times that. */
const TURN_MS = 80;
/** Node accepts one new connection in each round of its event loop: one round a turn would be a dozen a second. */
const ROUNDS = 8;

export type Sequencer = {
  /**
   * Resolves when every answer is durable. `tellForged` gets the number of signatures found wrong, also of events that
   * the ledger holds already. Throws LedgerRefusal `busy` when too much waits already.
   */
  accept(events: readonly SignedBytes[], tellForged?: (count: number) => void): Promise<readonly Receipt[]>;
  /** Takes nothing more, for the reason that is given; resolves when all that waits is answered. */
  close(why?: LedgerRefusal): Promise<void>;
};

type Submission = {
  readonly count: number;
  readonly bytes: number;
  /** Undefined while the signatures are being checked. */
  checked: readonly CheckedEvent[] | undefined;
  readonly receipts: Receipt[];
  readonly tellForged: ((count: number) => void) | undefined;
  resolve(receipts: readonly Receipt[]): void;
  reject(error: unknown): void;
};

export type SequencerParts = {
  readonly store: Pick<Store, 'transaction'>;
  readonly check: EventCheck;
  readonly intake: Intake;
  readonly log: (event: Record<string, unknown>) => void;
};

export function createSequencer({ store, check, intake, log }: SequencerParts): Sequencer {
  const queue: Submission[] = [];
  const unanswered = new Set<Promise<unknown>>();
  let waitingEvents = 0;
  let waitingBytes = 0;
  let turn: Promise<void> | undefined;
  let closed: LedgerRefusal | undefined;

  async function accept(
    events: readonly SignedBytes[],
    tellForged?: (count: number) => void,
  ): Promise<readonly Receipt[]> {
    if (closed) throw closed;
    if (events.length === 0) return [];
    const bytes = events.reduce((sum, event) => sum + event.bytes.length, 0);
    if (waitingEvents + events.length > QUEUE_EVENTS_MAX || waitingBytes + bytes > QUEUE_BYTES_MAX)
      throw new LedgerRefusal('busy', `${waitingEvents} events are waiting already.`);
    const answer = new Promise<readonly Receipt[]>((resolve, reject) =>
      enqueue(
        { count: events.length, bytes, checked: undefined, receipts: [], tellForged, resolve, reject },
        events,
      ),
    );
    unanswered.add(answer);
    return answer.finally(() => unanswered.delete(answer));
  }

  function enqueue(submission: Submission, events: readonly SignedBytes[]): void {
    waitingEvents += submission.count;
    waitingBytes += submission.bytes;
    queue.push(submission);
    check(events).then(
      (checked) => {
        submission.checked = checked;
        submission.tellForged?.(checked.filter(({ refusal }) => refusal === 'bad-signature').length);
        turn ??= run();
      },
      (error: unknown) => {
        log({ event: 'check-failed', ...errorTrace(error) });
        finish(submission, () => submission.reject(error));
        turn ??= run();
      },
    );
  }

  async function run(): Promise<void> {
    // What arrives in the same rounds of the event loop shares the first turn.
    await letOthers();
    while (queue[0]?.checked) {
      takeTurn();
      await letOthers();
    }
    turn = undefined;
  }

  function takeTurn(): void {
    const touched: { submission: Submission; receipts: Receipt[] }[] = [];
    try {
      store.transaction(() => {
        const endMs = performance.now() + TURN_MS;
        for (const submission of queue) {
          const { checked, receipts: given } = submission;
          if (!checked || performance.now() >= endMs) break;
          const receipts: Receipt[] = [];
          touched.push({ submission, receipts });
          for (let i = given.length; i < checked.length && performance.now() < endMs; i++)
            receipts.push(takeEvent(checked[i] as CheckedEvent));
        }
      });
    } catch (error) {
      // Nothing of this turn was kept, and nobody answered: the next one goes without that event.
      if (error instanceof HalfWritten) return;
      // The disk, not an event: nothing of this turn was kept, and everyone in it may send again. Where no transaction
      // could even be begun, whoever waits first is told so: to try again for ever would help nobody.
      log({ event: 'store-failed', ...errorTrace(error) });
      const failed = touched.length > 0 ? touched.map(({ submission }) => submission) : queue.slice(0, 1);
      for (const submission of failed) finish(submission, () => submission.reject(error));
      return;
    }
    for (const { submission, receipts } of touched) {
      submission.receipts.push(...receipts);
      if (submission.receipts.length === submission.count)
        finish(submission, () => submission.resolve(submission.receipts));
    }
  }

  /** An event that trips a bug of ours must not hold up all the others: it is refused, and the log says why. */
  function takeEvent(checked: CheckedEvent): Receipt {
    try {
      return intake.take(checked);
    } catch (error) {
      if (isOfStore(error) || error instanceof HalfWritten) throw error;
      const { id } = checked;
      log({ event: 'intake-failed', id, ...errorTrace(error) });
      return rejectionOf(id, 'malformed');
    }
  }

  function finish(submission: Submission, answer: () => void): void {
    const at = queue.indexOf(submission);
    assert(at >= 0, 'a submission is answered once');
    queue.splice(at, 1);
    waitingEvents -= submission.count;
    waitingBytes -= submission.bytes;
    answer();
  }

  async function close(why = new LedgerRefusal('closed', 'The ledger has been closed.')): Promise<void> {
    closed ??= why;
    await Promise.allSettled(unanswered);
    await turn;
  }

  return { accept, close };
}

/** Lets everything else of the process have its turn. */
async function letOthers(): Promise<void> {
  for (let i = 0; i < ROUNDS; i++) await new Promise((resolve) => setImmediate(resolve));
}
