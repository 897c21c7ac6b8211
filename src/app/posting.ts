// Posts what waits in the outbox and writes down what the ledger answers to each event. It needs neither identity nor
// key, since events carry their own signatures; no row leaves by it.
import { encodeBase64 } from '../domain/bytes.ts';
import { BATCH_BYTES_MAX, BATCH_EVENTS_MAX } from '../domain/limits.ts';
import type { PlacedReceipt, Receipt } from '../domain/receipt.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { guarded } from './failure.ts';
import { openOwnEvent } from './journal.ts';
import type { OutboxRow, Ports } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';

export type Posting = {
  /** Fails without throwing. */
  post(): Promise<Result<undefined, SyncFailure>>;
};

/** A server that keeps asking for earlier events is not followed for ever. */
const ROUNDS_MAX = 1_000;

/** Room for the JSON around the events in one request. */
const POST_BYTES_MAX = BATCH_BYTES_MAX / 2;

export function createPosting({ outbox, ledger }: Pick<Ports, 'outbox' | 'ledger'>): Posting {
  async function postAll(): Promise<Result<undefined, SyncFailure>> {
    let rewoundTo = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const rows = await outbox.rows();
      const batch = nextBatch(rows);
      if (batch.length === 0) return ok(undefined);
      if (batch.some((row) => !openOwnEvent(row.id, row.bytes)))
        return err('storage-failed', 'an event is damaged');
      const receipts = await ledger.postEvents(batch.map(toSigned));
      const taken = await takeReceipts(batch, receipts);
      if (taken.expected === undefined && taken.failure) return err(taken.failure);
      if (taken.expected === undefined) continue;
      // Each time it may ask for yet earlier ones; asking for the same again means that it will not take them.
      if (taken.expected >= rewoundTo) return err('server', `asks for ${taken.expected} again`);
      rewoundTo = taken.expected;
      const rewound = await rewind(rows, taken.expected, batch);
      if (!rewound.ok) return rewound;
    }
    return err('server', 'no end of rounds');
  }

  type Taken = { readonly expected: number | undefined; readonly failure: SyncFailure | undefined };

  async function takeReceipts(batch: readonly OutboxRow[], receipts: readonly Receipt[]): Promise<Taken> {
    const byId = new Map(receipts.map((receipt) => [receipt.id, receipt]));
    let expected: number | undefined;
    let failure: SyncFailure | undefined;
    for (const row of batch) {
      const receipt = byId.get(row.id);
      if (receipt?.kind === 'gap') expected = Math.min(expected ?? receipt.expected, receipt.expected);
      else if (receipt?.kind === 'rejected')
        await outbox.setProgress(row.sequence, { kind: 'rejected', reason: receipt.reason });
      else if (receipt && mayBeOf(row, receipt))
        await outbox.setProgress(row.sequence, { kind: 'placed', receipt });
      else failure = 'malformed';
    }
    return { expected, failure };
  }

  /** The server misses earlier events: those that it has not been proven to hold wait again. */
  async function rewind(
    rows: readonly OutboxRow[],
    expected: number,
    batch: readonly OutboxRow[],
  ): Promise<Result<undefined, SyncFailure>> {
    const first = batch[0]?.sequence ?? 0;
    if (expected >= first) return err('server', `asks for ${expected}, which it was sent`);
    const missing = rows.filter(({ sequence }) => sequence >= expected && sequence < first);
    const isProven = missing.some(({ progress }) => progress.kind === 'conflict');
    if (isProven || missing.length < first - expected)
      return err('server', `asks for ${expected}, which has left the outbox`);
    for (const { sequence } of missing) await outbox.setProgress(sequence, { kind: 'waiting' });
    return ok(undefined);
  }

  return { post: () => guarded(postAll) };
}

function nextBatch(rows: readonly OutboxRow[]): readonly OutboxRow[] {
  const waiting = rows.filter((row) => row.progress.kind === 'waiting');
  waiting.sort((a, b) => a.sequence - b.sequence);
  let bytes = 0;
  const fits = (row: OutboxRow, i: number) => {
    bytes += row.bytes.length * 1.5 + 200;
    return i === 0 || (i < BATCH_EVENTS_MAX && bytes <= POST_BYTES_MAX);
  };
  const end = waiting.findIndex((row, i) => !fits(row, i));
  return end < 0 ? waiting : waiting.slice(0, end);
}

function toSigned({ bytes, signature }: OutboxRow) {
  return { bytes: encodeBase64(bytes), signature: encodeBase64(signature) };
}

/** Whether the answer can be to this event at all; that it is true, the proof shows. */
function mayBeOf(row: OutboxRow, receipt: PlacedReceipt): boolean {
  const event = openOwnEvent(row.id, row.bytes);
  return (
    event !== undefined &&
    receipt.keyIds.length === event.packs.length &&
    (receipt.undoesIndex === null) === (event.undoes === null)
  );
}
