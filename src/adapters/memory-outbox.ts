// The outbox in memory: practice keeps its events here, so that leaving it leaves no trace, and tests take it as a
// fake. It passes the same conformance suite as the store that lasts.
import type {
  BackgroundSync,
  ChainHead,
  Locks,
  OutboxRow,
  OutboxStore,
  Tombstone,
} from '../app/outbox-ports.ts';
import { NO_PREVIOUS } from '../domain/event.ts';
import { assert } from '../domain/result.ts';

type Stamped<T> = T & { readonly stamp: number };

export function createMemoryOutboxStore(): OutboxStore {
  const rows = new Map<number, Stamped<OutboxRow>>();
  const tombstones = new Map<string, Stamped<Tombstone>>();
  const removed: number[] = [];
  let head: ChainHead = { place: 0, sequence: 0, id: NO_PREVIOUS };
  let stamp = 0;

  function put(row: OutboxRow): void {
    stamp += 1;
    rows.set(row.place, { ...copyRow(row), stamp });
  }

  return {
    head: async () => head,
    async changes(since, max) {
      const changed = [...rows.values(), ...tombstones.values()]
        .filter((each) => each.stamp > since)
        .sort((a, b) => a.stamp - b.stamp);
      const given = changed.slice(0, max);
      const isMore = changed.length > max;
      return {
        ...{ head, isMore, removals: removed.length, rowCount: rows.size },
        stamp: isMore ? (given.at(-1)?.stamp ?? since) : stamp,
        rows: given.flatMap((each) => ('place' in each ? [copyRow(each)] : [])),
        tombstones: given.flatMap((each) => ('place' in each ? [] : [copyTombstone(each)])),
      };
    },
    async page(from, max) {
      const after = [...rows.values()].filter(({ place }) => place >= from);
      after.sort((a, b) => a.place - b.place);
      const given = after.slice(0, max);
      const next = given.length < max ? undefined : (given.at(-1)?.place ?? 0) + 1;
      return { rows: given.map(copyRow), damaged: [], next };
    },
    async append(expected, row) {
      assert(row.sequence === expected.sequence + 1, 'a row follows the head of its chain');
      assert(row.place === expected.place + 1, 'a row has the next place');
      if (head.place !== expected.place || head.id !== expected.id) return false;
      put(row);
      head = { place: row.place, sequence: row.sequence, id: row.id };
      return true;
    },
    async advance(steps) {
      for (const step of steps) {
        if (!rows.has(step.row.place)) continue;
        if ('settled' in step) {
          stamp += 1;
          rows.delete(step.row.place);
          tombstones.set(step.row.id, { ...copyTombstone(step.settled), stamp });
        } else put({ ...step.row, progress: step.progress });
      }
    },
    async remove(place) {
      if (rows.get(place)?.progress.kind !== 'rejected') return;
      rows.delete(place);
      removed.push(place);
    },
    removed: async () => [...removed],
    async sweep(logSize) {
      for (const { id, receipt } of [...tombstones.values()])
        if (receipt.index + receipt.parts <= logSize) tombstones.delete(id);
    },
  };
}

function copyRow({ place, signer, sequence, id, bytes, signature, progress }: OutboxRow): OutboxRow {
  return { place, signer, sequence, id, bytes: bytes.slice(), signature: signature.slice(), progress };
}

function copyTombstone({ id, bytes, receipt }: Tombstone): Tombstone {
  return { id, bytes: bytes.slice(), receipt };
}

/** Practice has but one tab. */
export function createNoLocks(): Locks {
  return {
    hold: (_, work) => work(),
    tryHold: async (_, work) => ({ value: await work() }),
    inTurn: (_, work) => work(),
  };
}

/** No service worker ever sends what is in memory. */
export function createNoBackgroundSync(): BackgroundSync {
  return { ask: async () => undefined, onSent: () => () => undefined };
}
