// One tab of a simulated browser: the real app over ports whose every call waits for its turn, and fails as disks do.
import { createPrivateKey, createPublicKey, sign as signWith } from 'node:crypto';
import { createNoBackgroundSync } from '../../src/adapters/memory-outbox.ts';
import { createMemoryStoragePromise } from '../../src/adapters/memory-stores.ts';
// What the app loads later is loaded here, so that loading it takes no turn of the event loop.
import '../../src/app/alerts.ts';
import { createApp } from '../../src/app/app.ts';
import type { AppModel } from '../../src/app/app-model.ts';
import type { OutboxRow, OutboxStore } from '../../src/app/outbox-ports.ts';
import {
  type Clock,
  type DeviceKey,
  type LedgerClient,
  type Ports,
  StoreError,
} from '../../src/app/ports.ts';
import { nobleSha256 } from '../support/app-fakes.ts';
import type { Chance } from './chance.ts';
import { CHANGES, type Disk, STORE_NAMES, type StoreName, type Stores } from './disk.ts';
import type { BrowserLocks } from './locks.ts';
import type { Process, Schedule } from './schedule.ts';

/** A device's surroundings, as they are at the moment. */
export type Conditions = {
  isOnline: boolean;
  /** The disk is full: nothing more can be written. */
  isFull: boolean;
  /** How often a call to a store fails for no reason. */
  trouble: number;
  /** The device's clock is ahead by so much. */
  skewMs: number;
};

export type Tab = {
  readonly process: Process;
  readonly app: AppModel;
  /** Rows of which the app was told that they are on disk. */
  readonly told: OutboxRow[];
  readonly started: Promise<void>;
  /** Timers that are due run once each, as in a browser that was asleep. */
  wake(nowMs: number): void;
  /** The network is back, or the tab is looked at again. */
  nudge(what: 'online' | 'visible'): void;
};

export type TabParts = {
  readonly process: Process;
  readonly disk: Disk;
  readonly conditions: Conditions;
  readonly schedule: Schedule;
  readonly chance: Chance;
  readonly locks: BrowserLocks;
  readonly client: LedgerClient;
  /** A bug to plant between the app and its outbox. */
  readonly spoil?: ((outbox: OutboxStore) => OutboxStore) | undefined;
  /** True time. */
  nowMs(): number;
};

type Timer = { dueMs: number; readonly periodMs: number; readonly run: () => void };

export async function openTab(parts: TabParts): Promise<Tab> {
  const { process, disk, conditions, schedule, chance, nowMs } = parts;
  const timers = new Set<Timer>();
  const listeners = { online: new Set<() => void>(), visible: new Set<() => void>() };
  const told: OutboxRow[] = [];

  function gated<K extends StoreName>(store: K): Stores[K] {
    return new Proxy(disk.stores[store], {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        // A lock, not a call to the disk: what is done under it calls the disk.
        if (name === 'alone') return parts.locks.of(process).hold.bind(undefined, 'snapshots');
        const label = `${store}.${String(name)}`;
        const isChange = CHANGES[store].includes(String(name));
        return (...args: unknown[]) =>
          schedule.ask(process, { lane: store, label }, async () => {
            if (chance.happens(conditions.trouble)) throw new StoreError('failed', label);
            if (isChange && conditions.isFull) throw new StoreError('full', label);
            return Reflect.apply(method, target, args);
          });
      },
    });
  }

  const stores = Object.fromEntries(STORE_NAMES.map((name) => [name, gated(name)])) as Stores;
  const kept = methodsOf(stores.outbox);
  const outbox = parts.spoil ? parts.spoil(kept) : kept;
  const clock: Clock = {
    nowMs: () => Math.max(0, nowMs() + conditions.skewMs),
    every(periodMs, run) {
      const timer = { dueMs: nowMs() + periodMs, periodMs, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  const subscribe = (set: Set<() => void>, listener: () => void) => {
    set.add(listener);
    return () => void set.delete(listener);
  };
  const ports: Ports = {
    ...stores,
    outbox: {
      ...outbox,
      async append(expected, row) {
        const isAppended = await outbox.append(expected, row);
        if (isAppended) told.push(row);
        return isAppended;
      },
    },
    clock,
    random: { bytes: chance.bytes },
    sha256: nobleSha256,
    surroundings: {
      online: () => conditions.isOnline,
      visible: () => true,
      onOnline: (listener) => subscribe(listeners.online, listener),
      onVisible: (listener) => subscribe(listeners.visible, listener),
    },
    ...{ camera: { open: absent }, photoReader: { readPhoto: absent } },
    signals: { canShake: false, sound: () => undefined, shake: () => undefined },
    wedge: { listen: () => () => undefined },
    storagePromise: createMemoryStoragePromise(),
    locks: parts.locks.of(process),
    backgroundSync: createNoBackgroundSync(),
    ledger: parts.client,
  };
  const identity = await disk.stores.enrolments.load();
  if (!identity) throw new Error('the device is not enrolled');
  const { key } = identity;
  const sign = (message: Uint8Array) =>
    schedule.ask(process, { lane: 'key', label: 'key.sign' }, () => key.sign(message));
  const app = createApp({
    ports,
    identity: { ...identity, key: { alg: key.alg, publicKey: key.publicKey, sign } },
    ...{ kind: 'enrolled', demoPacks: [], linkOrigin: 'https://packs.example' },
  });
  return {
    ...{ process, app, told, started: app.start() },
    wake(atMs) {
      for (const timer of [...timers]) {
        if (process.isDead || timer.dueMs > atMs) continue;
        timer.dueMs = atMs + timer.periodMs;
        timer.run();
      }
    },
    nudge(what) {
      if (!process.isDead) for (const listener of [...listeners[what]]) listener();
    },
  };
}

/** A proxy's methods as an object of its own. */
function methodsOf<T extends object>(proxy: T): T {
  return Object.fromEntries(Object.keys(proxy).map((name) => [name, Reflect.get(proxy, name)])) as T;
}

function absent(): Promise<never> {
  return Promise.reject(new Error('nobody looks through this camera'));
}

/** RFC 8410 s7: what stands before the seed of an Ed25519 key. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** `seed`: 32 bytes. As WebCrypto's key, and several times faster than one in JavaScript. */
export function createSeededKey(seed: Uint8Array): DeviceKey {
  const secret = createPrivateKey({
    ...{ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' },
  });
  const spki = createPublicKey(secret).export({ type: 'spki', format: 'der' });
  return {
    alg: 'Ed25519',
    publicKey: new Uint8Array(spki.subarray(-32)),
    sign: async (message) => new Uint8Array(signWith(null, message, secret)),
  };
}
