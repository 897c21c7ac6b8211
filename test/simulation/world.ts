// Everything that a simulated history happens in: a server, the market's other actors, a network, and devices at two
// or more sites, each with a disk, tabs and a clock of its own.
import type { Database } from '../../src/adapters/database.ts';
import { createLedgerHttp } from '../../src/adapters/ledger-http.ts';
import { enrolDevice } from '../../src/app/enrolment.ts';
import type { OutboxStore } from '../../src/app/outbox-ports.ts';
import type { LedgerClient } from '../../src/app/ports.ts';
import type { Role } from '../../src/domain/market.ts';
import type { Pack } from '../../src/domain/pack.ts';
import { trustHash } from '../../src/domain/wire.ts';
import { isOfStore } from '../../src/server/ledger/refusal.ts';
import { type Actor, createActor } from './actor.ts';
import { type Chance, createChance } from './chance.ts';
import { createDisk, type Disk } from './disk.ts';
import type { Conditions } from './gates.ts';
import { type BrowserLocks, createBrowserLocks } from './locks.ts';
import type { MemoryDatabase } from './memory-database.ts';
import { addressOf, createNetwork, type Link, type Network } from './network.ts';
import { toResponse } from './network-answers.ts';
import { createPostWatch, type PostWatch } from './post-watch.ts';
import { createSchedule, type Process, type Schedule } from './schedule.ts';
import { createServer, type Server, type Spoil } from './server.ts';
import { takeTime } from './simulated-time.ts';
import { openTab, postFromServiceWorker, type Tab, type TabParts } from './tab.ts';
import { createTally, type Tally } from './tally.ts';

/** Bugs to plant at the ports; none in a plain simulation. */
export type Plants = {
  /** Acts that are to happen more often, since the bug is about them. */
  readonly favours?: readonly string[];
  readonly outbox?: (kept: OutboxStore) => OutboxStore;
  readonly client?: (client: LedgerClient, parts: TabParts) => LedgerClient;
  readonly locks?: (locks: BrowserLocks) => BrowserLocks;
  readonly database?: (database: MemoryDatabase) => Database;
  readonly store?: Spoil;
};

export type Device = {
  readonly name: string;
  readonly site: string;
  readonly role: Role;
  disk: Disk;
  /** Under which it is enrolled now. */
  id: string;
  tabs: Tab[];
  /** The service worker, while it posts. */
  worker: Process | undefined;
  /** The browser has been asked to wake it. */
  isSyncAsked: boolean;
  readonly conditions: Conditions;
  readonly link: Link;
  readonly locks: BrowserLocks;
};

/** What a screen has called recorded. */
export type Promised = {
  readonly id: string;
  readonly device: Device;
  readonly what: string;
  /** The disk that held it is gone, and it had not been sent. */
  isLostWithDisk: boolean;
};

export type World = {
  readonly seed: number;
  readonly chance: Chance;
  readonly schedule: Schedule;
  readonly server: Server;
  readonly network: Network;
  readonly watch: PostWatch;
  readonly maker: Actor;
  readonly authority: Actor;
  readonly elsewhere: Actor;
  readonly devices: Device[];
  readonly packs: Pack[];
  readonly promises: Promised[];
  /** What an administrator let into the log, and what he did not. */
  readonly released: Set<string>;
  readonly refused: Set<string>;
  /** By event: rows in which a bit has flipped, and under which identity they were signed. */
  readonly spoilt: Map<string, { readonly part: 'bytes' | 'signature'; readonly signer: string }>;
  /** What an act came to that neither ended nor was killed: a violation, or a bug. */
  readonly failures: Error[];
  readonly plants: Plants;
  readonly tally: Tally;
  /** Outbox files that people carry about. */
  readonly files: string[];
  /** One line a step, and what came of it. */
  readonly story: string[];
  nowMs(): number;
  pass(ms: number): void;
  openTab(device: Device): Promise<Tab>;
  killTab(device: Device, tab: Tab): Promise<void>;
  /** The system suspends it, with all that it holds; or wakes it, since somebody looks at it. */
  sleep(tab: Tab): void;
  wake(tab: Tab): void;
  /** The service worker posts what waits; nobody waits for it. */
  startWorker(device: Device): void;
  killWorker(device: Device): Promise<void>;
  newDisk(): Disk;
  addDevice(site: string, role: Role): Promise<Device>;
  /** Another device with the same key and what the first one had stored. */
  cloneDevice(device: Device, disk: Disk): Promise<Device>;
  /** The device goes on with this disk, and as whoever that says it is. */
  changeDisk(device: Device, disk: Disk): Promise<void>;
  /** Under a new key, on this disk, which becomes the device's; false: the server could not do it. */
  enrol(device: Device, disk: Disk): Promise<boolean>;
  end(): Promise<void>;
};

const START_MS = Date.UTC(2026, 10, 22, 9, 40);
export async function createWorld(
  seed: number,
  plants: Plants,
  note: (label: string) => void,
): Promise<World> {
  const chance = createChance(seed);
  let now = START_MS;
  const nowMs = () => now;
  const time = takeTime(nowMs);
  const tally = createTally();
  const server = await createServer({ chance, nowMs, spoil: plants.store });
  const schedule = createSchedule({ chance, nowMs, note, tally, mayJoin: () => !server.isArmed() });
  const devices: Device[] = [];
  const conditionsAt = (address: string) => {
    const device = devices.find(({ link }) => link.address === address);
    if (!device) throw new Error(`nobody is at ${address}`);
    return device.conditions;
  };
  const watch = createPostWatch({
    ...{ trueMs: nowMs, nowMs: (address) => Math.max(0, now + conditionsAt(address).skewMs) },
    goesWithout: (process, address) =>
      devices.some(({ link, locks }) => link.address === address && locks.goesWithout(process)),
    isDiskWell: (address) => !conditionsAt(address).isFull && conditionsAt(address).trouble === 0,
    report: (violation) => void world.failures.push(violation),
  });
  const network = createNetwork({ chance, schedule, server, time, watch, tally, nowMs });
  let processes = 0;

  const newDisk = () => createDisk(() => chance.bytes(32), plants.database);

  function createDevice(site: string, role: Role, disk: Disk, id: string): Device {
    const conditions: Conditions = { isOnline: true, isFull: false, trouble: 0, skewMs: 0 };
    const count = devices.length + 1;
    const locks = createBrowserLocks(nowMs);
    const address = addressOf(seed, count);
    const device: Device = {
      ...{ name: `device ${count}`, site, role, disk, id, tabs: [], conditions },
      ...{ worker: undefined, isSyncAsked: false },
      link: { weather: { faults: 0.05 }, address, isOnline: () => conditions.isOnline },
      locks: plants.locks ? plants.locks(locks) : locks,
    };
    devices.push(device);
    return device;
  }

  /** As the app does it by an invitation, which the server makes; over a good line. */
  async function enrol(device: Device, disk: Disk): Promise<boolean> {
    const ledger = server.ledger();
    if (!ledger) return false;
    const { site, role, link } = device;
    try {
      ledger.addSite({ organisation: site, organisationName: site, site, siteName: site, role });
    } catch (error) {
      if (isOfStore(error)) return false;
      throw error;
    }
    const former = device.id === '' || chance.happens(0.3) ? undefined : device.id;
    const invitation = server.invitations().create(site, site, null, former);
    if (!invitation.ok) throw new Error(invitation.error);
    const client = createLedgerHttp({
      async fetch(url, { method = 'GET', headers = {}, body }) {
        const request = { method, url, headers: headers as Record<string, string>, payload: String(body) };
        return toResponse(await server.answer({ ...request, remoteAddress: link.address }), nowMs());
      },
      device: async () => undefined,
    });
    const clock = { nowMs, every: () => () => undefined };
    const { enrolments } = disk.stores;
    const keyHash = trustHash(ledger.trust);
    const enrolled = await enrolDevice({ enrolments, ledger: client, clock }, invitation.value.code, keyHash);
    // Known to the server or not: the device has not heard of it.
    if (!enrolled.ok) return false;
    await changeDisk(device, disk);
    return true;
  }

  async function changeDisk(device: Device, disk: Disk): Promise<void> {
    const identity = await disk.stores.enrolments.load();
    if (!identity) throw new Error('the device is not enrolled');
    Object.assign(device, { id: identity.enrolment.device, disk });
    // What it was asked may not stand on this one.
    watch.doubt(device.link.address);
  }

  function processOf(device: Device, kind: string): Process {
    processes += 1;
    return { name: `${device.name} ${kind} ${processes}`, isDead: false };
  }

  function partsOf(device: Device, process: Process): TabParts {
    const { disk, conditions, locks } = device;
    const fetch = network.fetchOf(process, device.link);
    const askForSync = () => {
      device.isSyncAsked = true;
    };
    const bugs = { spoil: plants.outbox, spoilClient: plants.client };
    return { process, disk, conditions, schedule, chance, locks, tally, nowMs, fetch, askForSync, ...bugs };
  }

  async function openTabOf(device: Device): Promise<Tab> {
    const tab = await openTab(partsOf(device, processOf(device, 'tab')));
    tab.started.catch((error: Error) => world.failures.push(error));
    device.tabs.push(tab);
    return tab;
  }

  async function killTab(device: Device, tab: Tab): Promise<void> {
    tally.add('tabs killed');
    device.tabs = device.tabs.filter((each) => each !== tab);
    await kill(device, tab.process);
  }

  function startWorker(device: Device): void {
    const worker = processOf(device, 'worker');
    device.worker = worker;
    device.isSyncAsked = false;
    const over = (isDone: boolean) => {
      tally.add(isDone ? 'service worker: all sent' : 'service worker: to be woken again');
      if (!isDone) device.isSyncAsked = true;
      device.worker = undefined;
      for (const tab of device.tabs) tab.nudge('sent');
    };
    postFromServiceWorker(partsOf(device, worker)).then(over, (error: Error) => world.failures.push(error));
  }

  async function killWorker(device: Device): Promise<void> {
    const { worker } = device;
    if (!worker) return;
    tally.add('service worker: killed');
    device.worker = undefined;
    device.isSyncAsked = true;
    await kill(device, worker);
  }

  async function kill({ locks }: Device, process: Process): Promise<void> {
    if (locks.holds('drain', process)) watch.forget(process);
    await schedule.kill(process);
    locks.release();
  }

  const world: World = {
    ...{
      seed,
      chance,
      schedule,
      server,
      network,
      watch,
      devices,
      tally,
      nowMs,
      enrol,
      killTab,
      newDisk,
      changeDisk,
    },
    ...{ startWorker, killWorker },
    sleep({ process }) {
      process.isAsleep = true;
    },
    wake(tab) {
      if (!tab.process.isAsleep) return;
      tab.process.isAsleep = false;
      tab.wake(now);
      tab.nudge('visible');
    },
    maker: createActor({ site: 'works', role: 'manufacturer' }, chance),
    authority: createActor({ site: 'authority', role: 'authority' }, chance),
    elsewhere: createActor({ site: 'elsewhere', role: 'pharmacy' }, chance),
    ...{ packs: [], promises: [], released: new Set(), refused: new Set(), failures: [], story: [] },
    ...{ files: [], plants, spoilt: new Map() },
    pass(ms) {
      now += ms;
      time.pass();
      // No tab is always the first.
      for (const { tabs } of devices) {
        const first = chance.below(tabs.length + 1);
        for (const tab of [...tabs.slice(first), ...tabs.slice(0, first)]) tab.wake(now);
      }
    },
    openTab: openTabOf,
    async addDevice(site, role) {
      const device = createDevice(site, role, newDisk(), '');
      await enrol(device, device.disk);
      return device;
    },
    async cloneDevice({ site, role }, disk) {
      const clone = createDevice(site, role, disk, '');
      await changeDisk(clone, disk);
      return clone;
    },
    async end() {
      time.giveBack();
      await server.remove();
    },
  };
  const ledger = server.ledger();
  if (!ledger) throw new Error('the server does not start');
  for (const actor of [world.maker, world.authority, world.elsewhere]) actor.enrol(ledger);
  return world;
}
