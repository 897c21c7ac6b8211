// What one browser keeps: the memory stores that pass the stores' conformance suites, with every change written down,
// so that a backup, which is a shorter list of changes, can be put back or into another device.
import { createMemoryBlinder } from '../../src/adapters/memory-keys.ts';
import { createMemoryOutboxStore } from '../../src/adapters/memory-outbox.ts';
import {
  createMemoryCheckpointStore,
  createMemoryEnrolmentStore,
  createMemorySettingsStore,
  createMemorySnapshotStore,
  createMemoryTighteningStore,
} from '../../src/adapters/memory-stores.ts';
import type { ChainHead, OutboxRow, OutboxStore } from '../../src/app/outbox-ports.ts';
import type { DeviceKey, Ports } from '../../src/app/ports.ts';
import { NO_PREVIOUS } from '../../src/domain/event.ts';
import type { EnrolResponse } from '../../src/domain/wire.ts';

export type Stores = Pick<
  Ports,
  'outbox' | 'checkpoints' | 'snapshots' | 'tightenings' | 'settings' | 'enrolments'
>;
export type StoreName = keyof Stores;

/** Calls that change what is kept. */
export const CHANGES: Readonly<Record<StoreName, readonly string[]>> = {
  outbox: ['append', 'advance', 'remove', 'sweep'],
  checkpoints: ['replace', 'keepEvidence'],
  snapshots: ['putPages', 'adopt', 'narrow'],
  tightenings: ['add', 'sweep'],
  settings: ['set'],
  enrolments: ['keepKeys', 'changeTrust'],
};
export const STORE_NAMES = Object.keys(CHANGES) as readonly StoreName[];

type Enrolled = { readonly key: DeviceKey; readonly response: EnrolResponse; readonly nowMs: number };
type Change =
  | { readonly kind: 'call'; readonly store: StoreName; readonly method: string; readonly args: unknown[] }
  | ({ readonly kind: 'enrol' } & Enrolled);

export type Disk = {
  readonly stores: Stores;
  /** Changes so far. */
  size(): number;
  /** Every row that was ever written, whatever has become of it. */
  appended(): readonly OutboxRow[];
  /** A new key starts a new chain of events; what was signed under the former one stays. */
  enrol(enrolled: Enrolled): Promise<void>;
  /** Another disk as this one was after so many changes. */
  copy(size: number): Promise<Disk>;
};

/** `past`: the changes to begin with. */
export async function createDisk(past: readonly Change[] = []): Promise<Disk> {
  const changes: Change[] = [];
  let newKey: DeviceKey | undefined;
  const enrolments = createMemoryEnrolmentStore({
    createKey() {
      if (!newKey) throw new Error('a key is made by enrolling');
      return newKey;
    },
    createBlinder: createMemoryBlinder,
  });
  const appended: OutboxRow[] = [];
  const chain = createChain(createMemoryOutboxStore(), appended);
  const kept: Stores = {
    outbox: chain.outbox,
    checkpoints: createMemoryCheckpointStore(),
    snapshots: createMemorySnapshotStore(),
    tightenings: createMemoryTighteningStore(),
    settings: createMemorySettingsStore(),
    enrolments,
  };

  function recorded<K extends StoreName>(store: K): Stores[K] {
    return new Proxy(kept[store], {
      get: (target, method) => {
        const call: unknown = Reflect.get(target, method);
        if (typeof call !== 'function' || !CHANGES[store].includes(String(method))) return call;
        return (...args: unknown[]) => {
          changes.push({ kind: 'call', store, method: String(method), args });
          return Reflect.apply(call, target, args);
        };
      },
    });
  }

  async function enrol(enrolled: Enrolled): Promise<void> {
    changes.push({ kind: 'enrol', ...enrolled });
    newKey = enrolled.key;
    await enrolments.save(await enrolments.createKey(), enrolled.response, enrolled.nowMs);
    await chain.begin(enrolled.response.device);
  }

  const stores: Stores = {
    outbox: recorded('outbox'),
    checkpoints: recorded('checkpoints'),
    snapshots: recorded('snapshots'),
    tightenings: recorded('tightenings'),
    settings: recorded('settings'),
    enrolments: recorded('enrolments'),
  };

  for (const change of past) {
    if (change.kind === 'enrol') await enrol(change);
    else {
      const store = recorded(change.store);
      await Reflect.apply(Reflect.get(store, change.method), store, change.args);
    }
  }
  const copy = (size: number) => createDisk(changes.slice(0, size));
  return { stores, size: () => changes.length, appended: () => appended, enrol, copy };
}

/** As enrolment does it in IndexedDB: places go on, sequences begin anew, a tab of the former device adds nothing. */
function createChain(
  kept: OutboxStore,
  appended: OutboxRow[],
): {
  readonly outbox: OutboxStore;
  begin(device: string): Promise<void>;
} {
  let begun: ChainHead = { place: 0, sequence: 0, id: NO_PREVIOUS };
  let ofDevice: string | undefined;
  const start = (): ChainHead => ({ place: begun.place, sequence: 0, id: NO_PREVIOUS });
  const seen = (head: ChainHead) => (head.place === begun.place ? start() : head);
  return {
    outbox: {
      ...kept,
      head: async () => seen(await kept.head()),
      async changes(since, max) {
        const changes = await kept.changes(since, max);
        return { ...changes, head: seen(changes.head) };
      },
      async append(expected, row) {
        if (row.signer.device !== ofDevice) return false;
        const isStart = expected.place === begun.place && expected.id === NO_PREVIOUS;
        const isAppended = await kept.append(isStart ? { ...start(), id: begun.id } : expected, row);
        if (isAppended) appended.push(row);
        return isAppended;
      },
    },
    async begin(device) {
      begun = await kept.head();
      ofDevice = device;
    },
  };
}
