// A whole world for tests of the use cases, with fakes at the ports alone: time that only moves when told, stores in
// memory that can fail at any call, and a network behind which stands a small but real ledger.
import '../../src/app/alerts.ts';
import '../../src/app/outbox-export.ts';
import '../../src/app/proof-export.ts';
import '../../src/app/scanner-setup.ts';
import '../../src/domain/ledger/log-keys.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import { createMemoryBlinder, createMemoryDeviceKey } from '../../src/adapters/memory-keys.ts';
import { createMemoryOutboxStore, createNoBackgroundSync } from '../../src/adapters/memory-outbox.ts';
import {
  createMemoryCheckpointStore,
  createMemoryEnrolmentStore,
  createMemorySettingsStore,
  createMemorySnapshotStore,
  createMemoryTighteningStore,
} from '../../src/adapters/memory-stores.ts';
import { createApp } from '../../src/app/app.ts';
import type { AppModel } from '../../src/app/app-model.ts';
import type { RecordRequest } from '../../src/app/outbox-model.ts';
import {
  type Clock,
  type LedgerClient,
  LedgerError,
  type Ports,
  type RandomSource,
  StoreError,
} from '../../src/app/ports.ts';
import { type CameraSession, type DecodedSymbol, DecoderError } from '../../src/app/ports-scan.ts';
import type { JudgedScan } from '../../src/app/scan-model.ts';
import { epochKeysOf } from '../../src/domain/epoch-keys.ts';
import { type PackEvent, parseEvent } from '../../src/domain/event.ts';
import type { KeyedScan } from '../../src/domain/keyboard/keyed-scan.ts';
import type { Role } from '../../src/domain/market.ts';
import type { Pack } from '../../src/domain/pack.ts';
import type { EnrolResponse } from '../../src/domain/wire.ts';
import { createTestLedger, MASTER, type TestLedger, type TestLedgerParts } from './app-ledger.ts';
import { createMemoryLocks } from './memory-locks.ts';
import { allRows } from './outbox-rows.ts';

export const START_MS = Date.UTC(2026, 10, 22, 9, 40);

/**
 * Everything here is promises over memory, the parts of the app that come later are there already (imported above), so
 * one turn of the event loop finishes whatever was begun.
 */
export function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export const nobleSha256 = async (bytes: Uint8Array) => sha256(bytes);

export type FakeClock = Clock & { advance(ms: number): Promise<void>; jump(ms: number): void };

export function createFakeClock(startMs = START_MS): FakeClock {
  let now = startMs;
  const tasks = new Set<{ dueMs: number; readonly periodMs: number; readonly run: () => void }>();
  return {
    nowMs: () => now,
    every(periodMs, run) {
      const task = { dueMs: now + periodMs, periodMs, run };
      tasks.add(task);
      return () => void tasks.delete(task);
    },
    /** The device's clock is set; its timers do not notice. */
    jump(ms) {
      now += ms;
      for (const task of tasks) task.dueMs += ms;
    },
    async advance(ms) {
      const endMs = now + ms;
      for (;;) {
        const next = [...tasks].sort((a, b) => a.dueMs - b.dueMs)[0];
        if (!next || next.dueMs > endMs) break;
        now = next.dueMs;
        next.dueMs += next.periodMs;
        next.run();
        await idle();
      }
      now = endMs;
      await idle();
    },
  };
}

/** Numbers in [0, 1) from a seed (mulberry32), so that a failure can be played again. */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function createFakeRandom(next: () => number): RandomSource {
  return { bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)) };
}

/** Counts calls to the stores; from the chosen one on everything fails, as when a browser is killed. */
export type Faults = {
  calls: number;
  /** The call (from 1) at which it crashes; undefined: never. */
  at: number | undefined;
  /** `after`: the write is durable, but nobody hears of it. */
  when: 'before' | 'after';
  log: string[];
};

function withFaults<T extends object>(name: string, port: T, faults: Faults): T {
  return new Proxy(port, {
    get(target, key) {
      const method: unknown = Reflect.get(target, key);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        faults.calls += 1;
        faults.log.push(`${name}.${String(key)}`);
        const isCrash = faults.at !== undefined && faults.calls >= faults.at;
        if (isCrash && faults.when === 'after' && faults.calls === faults.at)
          await Reflect.apply(method, target, args);
        if (isCrash) throw new StoreError('failed', `crash at ${name}.${String(key)}`);
        return Reflect.apply(method, target, args);
      };
    },
  });
}

export type FakeCamera = {
  see(...texts: string[]): void;
  seeSymbols(symbols: readonly DecodedSymbol[]): void;
  readonly session: () => Parameters<Ports['camera']['open']>[0] | undefined;
};

export type World = {
  readonly clock: FakeClock;
  readonly ports: Ports;
  readonly faults: Faults;
  readonly camera: FakeCamera;
  ledger: TestLedger;
  /** Replaces single answers of the server. */
  answers: Partial<LedgerClient>;
  readonly enrolment: EnrolResponse;
  wedge(scan: string | KeyedScan): void;
  /** What was heard and felt. */
  readonly signals: string[];
  photo: readonly DecodedSymbol[] | DecoderError;
  setOnline(isOnline: boolean): void;
  setVisible(isVisible: boolean): void;
  /** What `surroundings` says, when it is not the truth. */
  claimsOnline: boolean | undefined;
  askedToPersist: number;
  openApp(): Promise<AppModel>;
};

/** A scan as a scanner types it whose layout is the computer's. */
export function keyed(text: string): KeyedScan {
  return { text, usText: text, capsLock: false, endsByKey: true };
}

export type WorldOptions = Pick<TestLedgerParts, 'cosigners'> & {
  readonly role?: Role;
  readonly seed?: number;
  /** Where the clock stands. */
  readonly nowMs?: number;
  /** Whose rules the device goes by; the ledger's are the demo market's. */
  readonly market?: string;
  /** What the device may act on; every product by default. */
  readonly products?: readonly string[];
};

export async function createWorld({
  nowMs,
  role = 'pharmacy',
  seed = 1,
  cosigners,
  market = 'demo',
  products,
}: WorldOptions = {}): Promise<World> {
  const clock = createFakeClock(nowMs);
  const random = createFakeRandom(seededNumbers(seed));
  const key = createMemoryDeviceKey(random.bytes(32));
  const ledger = createTestLedger({ clock, publicKey: key.publicKey, role, cosigners });
  const faults: Faults = { calls: 0, at: undefined, when: 'before', log: [] };
  const enrolments = createMemoryEnrolmentStore({ createKey: () => key, createBlinder: createMemoryBlinder });
  const { enrolment } = ledger;
  const keys = epochKeysOf(MASTER, products ?? null);
  const response = { ...enrolment, market, products: products ?? null, keys: [keys] };
  await enrolments.save(await enrolments.createKey(), response, clock.nowMs());
  let isOnline = true;
  let isVisible = true;
  const listeners = { online: new Set<() => void>(), visible: new Set<() => void>() };
  let wedgeListener: ((scan: KeyedScan) => void) | undefined;
  let cameraOptions: Parameters<Ports['camera']['open']>[0] | undefined;

  const world: World = {
    ...{ clock, faults, ledger, answers: {}, enrolment, photo: [], claimsOnline: undefined },
    askedToPersist: 0,
    signals: [],
    camera: {
      see: (...texts) =>
        cameraOptions?.onSymbols(
          texts.map((text) => ({ text, corners: [] })),
          clock.nowMs(),
        ),
      seeSymbols: (symbols) => cameraOptions?.onSymbols(symbols, clock.nowMs()),
      session: () => cameraOptions,
    },
    wedge: (scan) => wedgeListener?.(typeof scan === 'string' ? keyed(scan) : scan),
    setOnline(next) {
      isOnline = next;
      if (next) for (const listener of listeners.online) listener();
    },
    setVisible(next) {
      isVisible = next;
      if (next) for (const listener of listeners.visible) listener();
    },
    async openApp() {
      const identity = await enrolments.load();
      if (!identity) throw new Error('not enrolled');
      const options = { kind: 'enrolled', demoPacks: [], linkOrigin: 'https://packs.example' } as const;
      const app = createApp({ ports, identity, ...options });
      await app.start();
      await idle();
      return app;
    },
    get ports() {
      return ports;
    },
  };

  const ports: Ports = {
    ...{ clock, random, enrolments, sha256: nobleSha256 },
    surroundings: {
      online: () => world.claimsOnline ?? isOnline,
      visible: () => isVisible,
      onOnline: (listener) => subscribe(listeners.online, listener),
      onVisible: (listener) => subscribe(listeners.visible, listener),
    },
    camera: {
      open: async (options) => {
        cameraOptions = options;
        return fakeSession(() => {
          cameraOptions = undefined;
        });
      },
    },
    photoReader: {
      readPhoto: async () => {
        if (world.photo instanceof DecoderError) throw world.photo;
        return world.photo;
      },
    },
    signals: {
      canShake: true,
      sound: (kind) => void world.signals.push(`sound ${kind}`),
      shake: (kind) => void world.signals.push(`shake ${kind}`),
    },
    wedge: {
      listen: (onScan) => {
        wedgeListener = onScan;
        return () => {
          wedgeListener = undefined;
        };
      },
    },
    outbox: withFaults('outbox', createMemoryOutboxStore(), faults),
    checkpoints: withFaults('checkpoints', createMemoryCheckpointStore(), faults),
    snapshots: withFaults('snapshots', createMemorySnapshotStore(), faults),
    tightenings: withFaults('tightenings', createMemoryTighteningStore(), faults),
    settings: withFaults('settings', createMemorySettingsStore(), faults),
    storagePromise: {
      persisted: async () => world.askedToPersist > 0,
      spaceLeft: async () => undefined,
      ask: async () => {
        world.askedToPersist += 1;
        return true;
      },
    },
    locks: createMemoryLocks(),
    backgroundSync: createNoBackgroundSync(),
    ledger: overNetwork(
      () => isOnline,
      () => ({ ...world.ledger.client, ...world.answers }),
    ),
  };
  return world;
}

export async function openedWorld(options?: WorldOptions): Promise<{ world: World; app: AppModel }> {
  const world = await createWorld(options);
  return { world, app: await world.openApp() };
}

/** Sequence and progress of what is in the outbox. */
export async function rowsOf({ ports }: World): Promise<[number, string][]> {
  return (await allRows(ports.outbox)).map(({ sequence, progress }) => [sequence, progress.kind]);
}

/** The events in the outbox, in the order of their places. */
export async function eventsOf({ ports }: World): Promise<PackEvent[]> {
  return (await allRows(ports.outbox)).map(({ bytes }) => {
    const event = parseEvent(bytes);
    if (!event.ok) throw new Error(event.detail);
    return event.value;
  });
}

function subscribe(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function fakeSession(onClose: () => void): CameraSession {
  return {
    cameraId: 'back',
    cameras: [{ id: 'back', label: 'Back' }],
    hasTorch: true,
    zoom: { min: 1, max: 4, step: 0.1 },
    setTorch: async () => undefined,
    canFocus: true,
    setZoom: async () => undefined,
    focusAt: async () => undefined,
    takeStill: async () => new Blob(),
    close: onClose,
  };
}

function overNetwork(isOnline: () => boolean, current: () => LedgerClient): LedgerClient {
  return new Proxy({} as LedgerClient, {
    get: (_, key) => {
      // What is known of earlier answers needs no network.
      if (key === 'clockSkew' || key === 'heldOfDevice' || key === 'isReached')
        return Reflect.get(current(), key);
      return async (...args: unknown[]) => {
        if (!isOnline()) throw new LedgerError('offline');
        const answer = await Reflect.apply(Reflect.get(current(), key), undefined, args);
        if (!isOnline()) throw new LedgerError('offline');
        return answer;
      };
    },
  });
}

/** Reads a pack as a demo pack's button does, and waits for the ledger's opinion too. */
export async function judge(app: AppModel, text: string): Promise<JudgedScan> {
  await app.scanner.readText(text, 'scanned');
  await idle();
  return shown(app);
}

export function shown(app: AppModel): JudgedScan {
  const state = app.scanner.state.value;
  if (state.kind !== 'judged') throw new Error(`${state.kind} is shown: ${JSON.stringify(state)}`);
  return state.scan;
}

/** What the carrier of the pack says. */
export function gs1(pack: Pack): string {
  const gtin = pack.productCode.slice('gtin:'.length);
  const expiry = pack.expiry.replaceAll('-', '').slice(2);
  return `]d201${gtin}17${expiry}10${pack.batch}\x1d21${pack.serial}`;
}

export function supply(scan: JudgedScan, change: Partial<RecordRequest> = {}): RecordRequest {
  return {
    ...{ scan, operation: 'supply', seal: 'intact', reason: undefined, reference: undefined },
    ...change,
  };
}
