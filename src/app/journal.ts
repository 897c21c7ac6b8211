// This device's own events, read back from the outbox: those that wait and those that the ledger already holds. What
// they make of a pack is worked out in own-acts.ts.
import { type EventPack, type PackEvent, parseEvent } from '../domain/event.ts';
import type { Pack } from '../domain/pack.ts';
import type { PackConflict, PlacedReceipt } from '../domain/receipt.ts';
import type { ChainHead, OutboxChanges, OutboxRow, OutboxStore } from './outbox-ports.ts';
import { isHeld } from './posting.ts';

export type OwnEvent = {
  readonly id: string;
  readonly event: PackEvent;
  /** Once the ledger has been proven to hold it: until then an answer is a claim, and our own act stands. */
  readonly receipt: PlacedReceipt | undefined;
  /** For good: what waits for an administrator may still count, and the pack may have gone. */
  readonly isRejected: boolean;
  /** Undefined: it has left the outbox, because the ledger was proven to hold it. */
  readonly row: Pick<OutboxRow, 'place' | 'progress'> | undefined;
};

export type JournalPage = {
  readonly head: ChainHead;
  /** In the order in which they were recorded. */
  readonly events: readonly OwnEvent[];
  /** Rows of the outbox that cannot be read. */
  readonly damagedCount: number;
};

export type Journal = {
  /** Reads what has changed since the last time, in this tab or another. Throws StoreError. */
  read(): Promise<JournalPage>;
  /** Drops tombstones that the snapshot contains, but not what can still be undone or belongs to a lasting outage. */
  sweep(logSize: number, keepFromMs: number): Promise<void>;
};

/** Some 10 ms of reading and parsing, so that a long outbox never holds up the screen. */
const SLICE_ROWS = 200;
/** An outage that lasts longer was forgotten, and would keep everything that follows it on the device. */
export const OUTAGE_MS_MAX = 100 * 86_400_000;

/** `device`: whose chain grows now; events of a former enrolment come before it. */
export function createJournal(store: OutboxStore, device: string): Journal {
  let own = new Map<string, OwnEvent>();
  let events: readonly OwnEvent[] = [];
  let [stamp, removals] = [0, 0];
  let rowCount = 0;
  let turn: Promise<unknown> = Promise.resolve();

  /** One after the other: whoever asks after a change sees it. */
  function read(): Promise<JournalPage> {
    const page = turn.then(readNow);
    turn = page.catch(() => undefined);
    return page;
  }

  async function readNow(): Promise<JournalPage> {
    for (;;) {
      const changes = await store.changes(stamp, SLICE_ROWS);
      if (changes.removals !== removals) {
        [own, events, stamp, removals, rowCount] = [new Map(), [], 0, changes.removals, 0];
        continue;
      }
      take(changes);
      if (!changes.isMore)
        return { head: changes.head, events, damagedCount: Math.max(0, changes.rowCount - rowCount) };
    }
  }

  function take(changes: OutboxChanges): void {
    stamp = changes.stamp;
    const changed = [
      ...changes.rows.map((row) => ownOf(row, row)),
      ...changes.tombstones.map((tombstone) => ownOf(tombstone, undefined, tombstone.receipt)),
    ];
    const taken = inOrder(changed.filter((each) => each !== undefined));
    if (taken.length === 0) return;
    const isOnlyNew = taken.every((each) => !own.has(each.id) && comesAfter(events.at(-1), each));
    for (const each of taken) {
      rowCount += (each.row ? 1 : 0) - (own.get(each.id)?.row ? 1 : 0);
      own.set(each.id, each);
    }
    events = isOnlyNew ? [...events, ...taken] : inOrder([...own.values()]);
  }

  /** An event stays what it is; only what became of it changes. */
  function ownOf(
    { id, bytes }: Pick<OutboxRow, 'id' | 'bytes'>,
    row: OutboxRow | undefined,
    receipt = row?.progress.kind === 'unseen' ? row.progress.receipt : undefined,
  ): OwnEvent | undefined {
    const event = own.get(id)?.event ?? openEvent(bytes);
    const isRejected = row?.progress.kind === 'rejected' && !isHeld(row);
    const inOutbox = row && { place: row.place, progress: row.progress };
    return event && { id, event, receipt, isRejected, row: inOutbox };
  }

  function comesAfter(last: OwnEvent | undefined, { event }: OwnEvent): boolean {
    const isCurrent = event.device === device;
    return isCurrent && (last?.event.device !== device || last.event.sequence < event.sequence);
  }

  /** As they were recorded; what a former device has recorded comes first. */
  function inOrder(all: readonly OwnEvent[]): readonly OwnEvent[] {
    const isCurrent = ({ event }: OwnEvent) => event.device === device;
    const former = all.filter((each) => !isCurrent(each));
    former.sort((a, b) => indexOf(a) - indexOf(b) || a.event.sequence - b.event.sequence);
    const current = all.filter(isCurrent);
    current.sort((a, b) => a.event.sequence - b.event.sequence);
    return [...former, ...current];
  }

  async function sweep(logSize: number, keepFromMs: number): Promise<void> {
    const page = await read();
    const settled = page.events.filter(({ row }) => row === undefined);
    const kept = settled.filter((each) => isAfter(each, keepFromMs) || isStartOfLate(each, page, keepFromMs));
    const lowest = Math.min(logSize, ...kept.map(indexOf));
    if (!settled.some((each) => isInData(each, lowest))) return;
    await store.sweep(lowest);
    for (const each of settled) if (isInData(each, lowest)) own.delete(each.id);
    events = inOrder([...own.values()]);
  }

  return { read, sweep };
}

function isAfter({ receipt }: OwnEvent, timeMs: number): boolean {
  return receipt === undefined || receipt.receiptTimeMs >= timeMs;
}

/** The start of an outage that lasts, or ended lately: what was supplied in it is still to be listed. */
function isStartOfLate(own: OwnEvent, { events }: JournalPage, keepFromMs: number): boolean {
  const { outage } = own.event;
  if (outage?.endMs !== null || !isAfter(own, keepFromMs - OUTAGE_MS_MAX)) return false;
  const isEnd = ({ event, isRejected }: OwnEvent) =>
    event.outage?.startMs === outage.startMs && event.outage.endMs !== null && !isRejected;
  const end = events.findLast(isEnd);
  return !end || isAfter(end, keepFromMs);
}

/** What has no place in the log yet comes last. */
function indexOf({ receipt }: OwnEvent): number {
  return receipt?.index ?? Number.MAX_SAFE_INTEGER;
}

function openEvent(bytes: Uint8Array): PackEvent | undefined {
  const event = parseEvent(bytes);
  return event.ok ? event.value : undefined;
}

export function conflictsOf(receipt: PlacedReceipt): readonly PackConflict[] {
  return receipt.kind === 'accepted' ? [] : receipt.conflicts;
}

/** The data in use holds the event. */
export function isInData({ receipt }: OwnEvent, logSize: number): boolean {
  return receipt !== undefined && receipt.index + receipt.parts <= logSize;
}

/** One serial under two batches is one pack. */
export function isSamePack(
  a: Pick<EventPack, 'productCode' | 'serial'>,
  b: Pick<Pack, 'productCode' | 'serial'>,
): boolean {
  return a.productCode === b.productCode && a.serial === b.serial;
}
