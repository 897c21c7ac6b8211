// One tab of a simulated browser, and its service worker: the real app over the real adapters, with the platform below
// them simulated. Whatever leaves a tab waits for its turn.
import { createLedgerHttp } from '../../src/adapters/ledger-http.ts';
// What the app loads later is loaded here, so that loading it takes no turn of the event loop.
import * as alertsHttp from '../../src/adapters/ledger-http-alerts.ts';
import type { Fetch } from '../../src/adapters/ledger-http-transport.ts';
import { createMemoryStoragePromise } from '../../src/adapters/memory-stores.ts';
import '../../src/app/alerts.ts';
import { createApp } from '../../src/app/app.ts';
import type { AppModel } from '../../src/app/app-model.ts';
import '../../src/app/outbox-export.ts';
import '../../src/app/trail-check.ts';
import type { BackgroundSync, OutboxRow } from '../../src/app/outbox-ports.ts';
import type { Clock, DeviceKey, LedgerClient, Ports } from '../../src/app/ports.ts';
import { createPosting } from '../../src/app/posting.ts';
import { nobleSha256 } from '../support/app-fakes.ts';
import { type GateParts, gatedStores } from './gates.ts';
import type { BrowserLocks } from './locks.ts';
import type { Process } from './schedule.ts';

export type Tab = {
  readonly process: Process;
  readonly app: AppModel;
  /** Under which it was opened; the browser may have been enrolled anew since. */
  readonly deviceId: string;
  /** Rows of which the app was told that they are on disk. */
  readonly told: OutboxRow[];
  readonly started: Promise<void>;
  /** Timers that are due run once each, as in a browser that was asleep. */
  wake(nowMs: number): void;
  /** The network is back, the tab is looked at again, or the service worker has posted. */
  nudge(what: keyof Nudges): void;
};

type Nudges = { online: Set<() => void>; visible: Set<() => void>; sent: Set<() => void> };

export type TabParts = GateParts & {
  readonly locks: BrowserLocks;
  readonly fetch: Fetch;
  /** A bug to plant between the app and the network. */
  readonly spoilClient?: ((client: LedgerClient, parts: TabParts) => LedgerClient) | undefined;
  /** The browser is to wake the service worker when there is a network. */
  askForSync(): void;
  /** True time. */
  nowMs(): number;
};

type Timer = { dueMs: number; readonly periodMs: number; readonly run: () => void };

export async function openTab(parts: TabParts): Promise<Tab> {
  const { process, disk, conditions, schedule, chance, nowMs } = parts;
  const timers = new Set<Timer>();
  const nudges: Nudges = { online: new Set(), visible: new Set(), sent: new Set() };
  const told: OutboxRow[] = [];
  const stores = gatedStores(parts);
  const clock: Clock = {
    nowMs: deviceClock(parts),
    every(periodMs, run) {
      const timer = { dueMs: nowMs() + periodMs, periodMs, run };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  const on = (what: keyof Nudges) => (listener: () => void) => {
    nudges[what].add(listener);
    return () => void nudges[what].delete(listener);
  };
  const backgroundSync: BackgroundSync = { ask: async () => parts.askForSync(), onSent: on('sent') };
  const identity = await disk.stores.enrolments.load();
  if (!identity) throw new Error('the device is not enrolled');
  const waiting = (key: DeviceKey): DeviceKey => ({
    ...key,
    sign: (message) => schedule.ask(process, { lane: 'key', label: 'key.sign' }, () => key.sign(message)),
  });
  const client = createLedgerHttp({
    ...{ fetch: parts.fetch, nowMs: clock.nowMs, loadAlerts: async () => alertsHttp },
    async device() {
      const found = await stores.enrolments.load();
      return found && { id: found.enrolment.device, key: waiting(found.key) };
    },
  });
  const ports: Ports = {
    ...stores,
    outbox: {
      ...stores.outbox,
      async append(expected, row) {
        const isAppended = await stores.outbox.append(expected, row);
        if (isAppended) told.push(row);
        return isAppended;
      },
    },
    ...{ clock, random: { bytes: chance.bytes }, sha256: nobleSha256, backgroundSync },
    surroundings: {
      online: () => conditions.isOnline,
      visible: () => true,
      onOnline: on('online'),
      onVisible: on('visible'),
    },
    ...{ camera: { open: absent }, photoReader: { readPhoto: absent } },
    signals: { canShake: false, sound: () => undefined, shake: () => undefined },
    wedge: { listen: () => () => undefined },
    storagePromise: createMemoryStoragePromise(),
    locks: parts.locks.of(process),
    ledger: parts.spoilClient ? parts.spoilClient(client, parts) : client,
  };
  const app = createApp({
    ports,
    identity: { ...identity, key: waiting(identity.key) },
    ...{ kind: 'enrolled', demoPacks: [], linkOrigin: 'https://packs.example' },
  });
  return {
    ...{ process, app, told, deviceId: identity.enrolment.device, started: app.start() },
    wake(atMs) {
      for (const timer of [...timers]) {
        if (process.isDead || process.isAsleep || timer.dueMs > atMs) continue;
        timer.dueMs = atMs + timer.periodMs;
        timer.run();
      }
    },
    nudge(what) {
      if (!process.isDead && !process.isAsleep) for (const listener of [...nudges[what]]) listener();
    },
  };
}

const LOCK_MS_MAX = 60_000;

/** As sw/service-worker.ts does it. False: something still waits, and the browser asks again later. */
export async function postFromServiceWorker(parts: TabParts): Promise<boolean> {
  const { outbox, settings } = gatedStores(parts);
  const client = createLedgerHttp({
    ...{ fetch: parts.fetch, nowMs: deviceClock(parts) },
    device: async () => undefined,
  });
  const ledger = parts.spoilClient ? parts.spoilClient(client, parts) : client;
  const { post } = createPosting({ outbox, settings, clock: { nowMs: deviceClock(parts) }, ledger });
  const { failure } = await parts.locks.of(parts.process, LOCK_MS_MAX).hold('drain', () => post());
  return failure === undefined;
}

function deviceClock({ conditions, nowMs }: TabParts): () => number {
  return () => Math.max(0, nowMs() + conditions.skewMs);
}

function absent(): Promise<never> {
  return Promise.reject(new Error('nobody looks through this camera'));
}
