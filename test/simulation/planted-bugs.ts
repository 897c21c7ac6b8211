// Bugs as people make them, each planted at a port between the real parts: the app above it and the store, network or
// ledger below know nothing of it. A simulation that lets one of them pass would be worth nothing.
import type { OutboxStep, OutboxStore } from '../../src/app/outbox-ports.ts';
import { type LedgerClient, StoreError } from '../../src/app/ports.ts';
import { encodeBase64 } from '../../src/domain/bytes.ts';
import type { PackRecord } from '../../src/domain/ledger/fold.ts';
import type { Store } from '../../src/server/ledger/store.ts';
import type { Plants } from './world.ts';

type Put = readonly [key: string, record: PackRecord];

/** `seed`: a history that has found it, where the search begins; any change to a history's chances moves it. */
export type PlantedBug = Plants & { readonly seed: number };

export const PLANTED_BUGS: Readonly<Record<string, PlantedBug>> = {
  'a row leaves on its receipt, with no proof': {
    seed: 8,
    outbox: (outbox) => ({ ...outbox, advance: (steps) => outbox.advance(steps.map(settledAtOnce)) }),
  },
  'a row leaves on HTTP 200': { seed: 1, client: removingWhatWasPosted },
  'a full disk is not told of': {
    seed: 1,
    outbox: (outbox) => ({
      ...outbox,
      append: (expected, row) => outbox.append(expected, row).catch(trueIfFull),
    }),
  },
  'recorded is said before it is on disk': {
    seed: 1,
    outbox: (outbox) => ({
      ...outbox,
      async append(expected, row) {
        outbox.append(expected, row).catch(() => undefined);
        return true;
      },
    }),
  },
  'tombstones go with their rows': {
    seed: 2,
    outbox: (outbox) => ({
      ...outbox,
      async advance(steps) {
        await outbox.advance(steps);
        await outbox.sweep(Number.MAX_SAFE_INTEGER);
      },
    }),
  },
  'the server does not know an event again': { seed: 2, store: forgettingEvents },
  'a second event under a sequence is taken': {
    seed: 3,
    store: (store) => ({
      ...store,
      holdsPlace: () => false,
      addEvent: (event) => store.addEvent(event, !store.holdsPlace(event.device, event.sequence)),
    }),
  },
  'what a cloned device sends is thrown away': {
    seed: 3,
    store: (store) => ({
      ...store,
      addEvent: (event, inChain) => (inChain ? store.addEvent(event, inChain) : undefined),
    }),
  },
  'an undo is applied a second time': { seed: 1, store: undoingTwice },
  'the later of two acts wins': { seed: 1, store: forgettingStates },
};

function settledAtOnce(step: OutboxStep): OutboxStep {
  if (!('progress' in step) || step.progress.kind !== 'placed') return step;
  const { row, progress } = step;
  return { row, settled: { id: row.id, bytes: row.bytes, receipt: progress.receipt } };
}

function trueIfFull(error: unknown): true {
  if (error instanceof StoreError && error.code === 'full') return true;
  throw error;
}

function removingWhatWasPosted(client: LedgerClient, outbox: OutboxStore): LedgerClient {
  return {
    ...client,
    async postEvents(events, afterLoss) {
      const receipts = await client.postEvents(events, afterLoss);
      const posted = new Set(events.map(({ bytes }) => bytes));
      const { rows } = await outbox.page(1, 1_000);
      for (const { bytes, place } of rows) if (posted.has(encodeBase64(bytes))) await outbox.remove(place);
      return receipts;
    },
  };
}

/** While events are taken in. */
function forgettingEvents(store: Store): Store {
  let isTaking = false;
  return {
    ...store,
    transaction: (work) =>
      store.transaction(() => {
        isTaking = true;
        try {
          return work();
        } finally {
          isTaking = false;
        }
      }),
    event: (id) => (isTaking ? undefined : store.event(id)),
    addEvent: (event, inChain) => (store.event(event.id) ? undefined : store.addEvent(event, inChain)),
  };
}

/** The next event of the same device brings it with it. */
function undoingTwice(store: Store): Store {
  const undone = new Map<string, readonly Put[]>();
  let put: Put[] = [];
  return {
    ...store,
    putPack(key, record) {
      put.push([key, record]);
      store.putPack(key, record);
    },
    addEvent(event, inChain) {
      store.addEvent(event, inChain);
      for (const [key, record] of undone.get(event.device) ?? []) store.putPack(key, record);
      undone.set(event.device, event.operation === 'undo' ? put : []);
      put = [];
    },
  };
}

function forgettingStates(store: Store): Store {
  return {
    ...store,
    pack(key) {
      const known = store.pack(key);
      return known?.state === 'supplied' ? { ...known, state: 'active' } : known;
    },
  };
}
