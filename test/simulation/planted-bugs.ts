// Bugs as people make them, each planted at a port between the real parts: the app above it and the store, network or
// ledger below know nothing of it. A simulation that lets one of them pass would be worth nothing.
import type { OutboxStep } from '../../src/app/outbox-ports.ts';
import { type LedgerClient, LedgerError, StoreError } from '../../src/app/ports.ts';
import { encodeBase64 } from '../../src/domain/bytes.ts';
import type { PackRecord } from '../../src/domain/ledger/fold.ts';
import type { Store } from '../../src/server/ledger/store.ts';
import type { TabParts } from './tab.ts';
import type { Plants } from './world.ts';

type Put = readonly [key: string, record: PackRecord];

/** `seed`: a history that has found it, where the search begins; any change to a history's chances moves it. */
export type PlantedBug = Plants & { readonly seed: number };

export const PLANTED_BUGS: Readonly<Record<string, PlantedBug>> = {
  'a row leaves on its receipt, with no proof': {
    seed: 2,
    favours: ['network'],
    outbox: (outbox) => ({ ...outbox, advance: (steps) => outbox.advance(steps.map(settledAtOnce)) }),
  },
  'a row leaves on HTTP 200': { seed: 1, client: removingWhatWasPosted },
  'a full disk is not told of': {
    seed: 3,
    favours: ['disk'],
    outbox: (outbox) => ({
      ...outbox,
      append: (expected, row) => outbox.append(expected, row).catch(trueIfFull),
    }),
  },
  'recorded is said before it is on disk': {
    seed: 4,
    favours: ['disk', 'kill'],
    outbox: (outbox) => ({
      ...outbox,
      async append(expected, row) {
        outbox.append(expected, row).catch(() => undefined);
        return true;
      },
    }),
  },
  'tombstones go with their rows': {
    seed: 5,
    favours: ['kill'],
    outbox: (outbox) => ({
      ...outbox,
      async advance(steps) {
        await outbox.advance(steps);
        await outbox.sweep(Number.MAX_SAFE_INTEGER);
      },
    }),
  },
  'the server does not know an event again': {
    seed: 1,
    favours: ['network', 'backup'],
    store: forgettingEvents,
  },
  'a second event under a sequence is taken': {
    seed: 3,
    favours: ['backup'],
    store: (store) => ({
      ...store,
      holdsPlace: () => false,
      addEvent: (event) => store.addEvent(event, !store.holdsPlace(event.device, event.sequence)),
    }),
  },
  'what a cloned device sends is thrown away': {
    seed: 2,
    favours: ['backup'],
    store: (store) => ({
      ...store,
      addEvent: (event, inChain) => (inChain ? store.addEvent(event, inChain) : undefined),
    }),
  },
  'the lock of delivery is not taken': {
    seed: 6,
    locks: (locks) => ({
      ...locks,
      of: (process, waitMsMax) => ({
        hold: (name, work) => (name === 'drain' ? work() : locks.of(process, waitMsMax).hold(name, work)),
        tryHold: async (_, work) => ({ value: await work() }),
        inTurn: locks.of(process, waitMsMax).inTurn,
      }),
    }),
  },
  'a lock is never taken from a tab that is asleep': {
    seed: 64,
    favours: ['suspend'],
    // For whoever waits no time goes by.
    locks: (locks) => ({ ...locks, of: (process, waitMsMax) => locks.of(process, waitMsMax, () => 0) }),
  },
  'Retry-After is not heard': { seed: 7, favours: ['network', 'worker'], client: hurrying },
  'an event is not flushed to the disk': {
    seed: 5,
    favours: ['power'],
    database: (database) => ({
      ...database,
      writeStrictly: (stores, work) =>
        stores.includes('enrolment')
          ? database.writeStrictly(stores, work)
          : database.writeRelaxed(stores, work),
    }),
  },
  'what the ledger holds of a device is not told': {
    seed: 2,
    favours: ['backup'],
    client: (client) => ({ ...client, heldOfDevice: () => undefined }),
  },
  'a file is handed in without a look at what is known': {
    seed: 1,
    favours: ['export', 'hand in'],
    store: (store, path) => takingAll(store, () => path() === '/api/hand-in'),
  },
  'a refused event can be released': {
    seed: 1,
    favours: ['backup', 'administer'],
    store: (store) => ({
      ...store,
      settleHeld: (id, receipt, index, receiptTimeMs) =>
        receipt.kind === 'rejected' ? undefined : store.settleHeld(id, receipt, index, receiptTimeMs),
    }),
  },
  'an undo is applied a second time': { seed: 2, favours: ['undo'], store: undoingTwice },
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

function removingWhatWasPosted(client: LedgerClient, { disk }: TabParts): LedgerClient {
  const { outbox } = disk.stores;
  return {
    ...client,
    async postEvents(events, afterLoss) {
      const receipts = await client.postEvents(events, afterLoss);
      const posted = new Set(events.map(({ bytes }) => bytes));
      const { rows } = await outbox.page(1, 1_000);
      for (const row of rows) {
        if (!posted.has(encodeBase64(row.bytes))) continue;
        await outbox.advance([{ row, progress: { kind: 'rejected', reason: 'malformed' } }]);
        await outbox.remove(row.place);
      }
      return receipts;
    },
  };
}

function hurrying(client: LedgerClient): LedgerClient {
  return {
    ...client,
    async postEvents(events, afterLoss) {
      try {
        return await client.postEvents(events, afterLoss);
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
        throw new LedgerError(error.code, { refusal: error.refusal, cause: error });
      }
    },
  };
}

/** While `isOn`, an event that is known is logged again. */
function takingAll(store: Store, isOn: () => boolean): Store {
  return {
    ...store,
    event: (id) => (isOn() ? undefined : store.event(id)),
    holdsPlace: (device, sequence) => !isOn() && store.holdsPlace(device, sequence),
    addEvent: (event, inChain) => (store.event(event.id) ? undefined : store.addEvent(event, inChain)),
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
