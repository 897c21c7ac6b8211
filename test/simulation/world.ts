// Everything that a simulated history happens in: a server, the market's other actors, a network, and devices at two
// or more sites, each with a disk, tabs and a clock of its own.
import type { OutboxStore } from '../../src/app/outbox-ports.ts';
import type { LedgerClient } from '../../src/app/ports.ts';
import { epochKeysOf } from '../../src/domain/epoch-keys.ts';
import { deviceId } from '../../src/domain/event.ts';
import type { Role } from '../../src/domain/market.ts';
import type { Pack } from '../../src/domain/pack.ts';
import type { EnrolResponse } from '../../src/domain/wire.ts';
import type { Ledger } from '../../src/server/ledger/ledger.ts';
import { isOfStore } from '../../src/server/ledger/refusal.ts';
import type { Store } from '../../src/server/ledger/store.ts';
import { type Actor, createActor } from './actor.ts';
import { type Chance, createChance } from './chance.ts';
import { createDisk, type Disk } from './disk.ts';
import { type BrowserLocks, createBrowserLocks } from './locks.ts';
import { createNetwork, type Link, type Network } from './network.ts';
import { createSchedule, type Process, type Schedule } from './schedule.ts';
import { createServer, type Server } from './server.ts';
import { type Conditions, createSeededKey, openTab, type Tab } from './tab.ts';

/** Bugs to plant at the ports; none in a plain simulation. */
export type Plants = {
  readonly outbox?: (kept: OutboxStore) => OutboxStore;
  readonly client?: (client: LedgerClient, outbox: OutboxStore) => LedgerClient;
  readonly store?: (store: Store) => Store;
};

export type Device = {
  readonly name: string;
  readonly site: string;
  readonly role: Role;
  disk: Disk;
  /** Under which it is enrolled now. */
  id: string;
  tabs: Tab[];
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
  readonly chance: Chance;
  readonly schedule: Schedule;
  readonly server: Server;
  readonly network: Network;
  readonly maker: Actor;
  readonly authority: Actor;
  readonly elsewhere: Actor;
  readonly devices: Device[];
  readonly packs: Pack[];
  readonly promises: Promised[];
  /** What an administrator let into the log. */
  readonly released: Set<string>;
  /** What an act came to that neither ended nor was killed: a violation, or a bug. */
  readonly failures: Error[];
  readonly plants: Plants;
  readonly counts: { crashes: number; events: number; restarts: number };
  /** One line a step, and what came of it. */
  readonly story: string[];
  nowMs(): number;
  pass(ms: number): void;
  openTab(device: Device): Promise<Tab>;
  killTab(device: Device, tab: Tab): Promise<void>;
  addDevice(site: string, role: Role): Promise<Device>;
  /** Another device with the same key and what the first one had stored. */
  cloneDevice(device: Device, disk: Disk): Device;
  /** Under a new key, on this disk, which becomes the device's; false: the server could not do it. */
  enrol(device: Device, disk: Disk): Promise<boolean>;
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
  const schedule = createSchedule({ chance, nowMs, note });
  const server = await createServer({ chance, nowMs, spoil: plants.store });
  const network = createNetwork({ chance, schedule, server, nowMs });
  const devices: Device[] = [];
  const counts = { crashes: 0, events: 0, restarts: 0 };
  let tabs = 0;

  function createDevice(site: string, role: Role, disk: Disk, id: string): Device {
    const conditions: Conditions = { isOnline: true, isFull: false, trouble: 0, skewMs: 0 };
    const device: Device = {
      ...{ name: `device ${devices.length + 1}`, site, role, disk, id, tabs: [], conditions },
      link: { weather: { faults: 0.05 }, isOnline: () => conditions.isOnline, device: () => device.id },
      locks: createBrowserLocks(),
    };
    devices.push(device);
    return device;
  }

  async function enrol(device: Device, disk: Disk): Promise<boolean> {
    const ledger = server.ledger();
    if (!ledger) return false;
    const key = createSeededKey(chance.bytes(32));
    const { site, role } = device;
    const former = device.id === '' ? null : device.id;
    const id = deviceId(key.publicKey);
    const at = { organisation: site, site, role };
    const record = { device: id, publicKey: key.publicKey, ...at, products: null };
    try {
      ledger.addSite({ ...at, organisationName: site, siteName: site });
      ledger.addDevice({ ...record, revoked: false, enrolledMs: nowMs() });
    } catch (error) {
      // Known to the server or not: the device has not heard of it.
      if (isOfStore(error)) return false;
      throw error;
    }
    const response = enrolmentOf(ledger, { id, site, role }, former);
    await disk.enrol({ key, response, nowMs: nowMs() });
    Object.assign(device, { id, disk });
    return true;
  }

  async function openTabOf(device: Device): Promise<Tab> {
    tabs += 1;
    const process: Process = { name: `${device.name} tab ${tabs}`, isDead: false };
    const { disk, conditions, locks } = device;
    const client = network.clientOf(process, device.link);
    const tab = await openTab({
      ...{ process, disk, conditions, schedule, chance, locks, nowMs, spoil: plants.outbox },
      client: plants.client ? plants.client(client, disk.stores.outbox) : client,
    });
    tab.started.catch((error: Error) => world.failures.push(error));
    device.tabs.push(tab);
    return tab;
  }

  async function killTab(device: Device, tab: Tab): Promise<void> {
    counts.crashes += 1;
    device.tabs = device.tabs.filter((each) => each !== tab);
    await schedule.kill(tab.process);
    device.locks.release();
  }

  const world: World = {
    ...{ chance, schedule, server, network, devices, counts, nowMs, enrol, killTab },
    maker: createActor({ site: 'works', role: 'manufacturer' }, chance),
    authority: createActor({ site: 'authority', role: 'authority' }, chance),
    elsewhere: createActor({ site: 'elsewhere', role: 'pharmacy' }, chance),
    ...{ packs: [], promises: [], released: new Set(), failures: [], story: [], plants },
    pass(ms) {
      now += ms;
      for (const device of devices) {
        // Nobody waits for a lock for longer than two seconds.
        if (ms > 2_000) device.locks.losePatience();
        for (const tab of device.tabs) tab.wake(now);
      }
    },
    openTab: openTabOf,
    async addDevice(site, role) {
      const device = createDevice(site, role, await createDisk(), '');
      await enrol(device, device.disk);
      return device;
    },
    cloneDevice: (device, disk) => createDevice(device.site, device.role, disk, device.id),
  };
  const ledger = server.ledger();
  if (!ledger) throw new Error('the server does not start');
  for (const actor of [world.maker, world.authority, world.elsewhere]) actor.enrol(ledger);
  return world;
}

function enrolmentOf(
  ledger: Ledger,
  { id, site, role }: Pick<Device, 'id' | 'site' | 'role'>,
  former: string | null,
): EnrolResponse {
  return {
    ...{ device: id, market: 'demo', organisation: site, site, siteName: site, role },
    ...{ trust: ledger.trust, actor: ledger.actorIds(site, site, id), products: null },
    keys: ledger.masters.map((epoch) => epochKeysOf(epoch, null)),
    former: former === null ? null : { device: former, sequence: ledger.nextSequence(former) - 1 },
  };
}
