// What happens to devices, network and server without anybody's asking for it, and what operators and administrators
// do about it.

import type { Pack } from '../../src/domain/pack.ts';
import { isOfStore } from '../../src/server/ledger/refusal.ts';
import { PACK } from '../support/sample-events.ts';
import type { Chance } from './chance.ts';
import { createDisk } from './disk.ts';
import type { Device, World } from './world.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DEVICES_MAX = 4;
/** One expires within the history. */
const BATCHES = [
  { batch: 'SIM-A', expiry: '2031-12-31' },
  { batch: 'SIM-C', expiry: '2031-12-31' },
  { batch: 'SIM-B', expiry: '2026-12-31' },
] as const;

export async function makePacks(world: World, count: number): Promise<string> {
  const { batch, expiry } = world.chance.pick(BATCHES);
  const first = world.packs.length;
  const made: Pack[] = Array.from({ length: count }, (_, i) => ({
    ...PACK,
    batch,
    expiry,
    serial: `SIM${first + i}`,
  }));
  await world.maker.record('commission', made);
  world.packs.push(...made);
  await world.maker.send(world.server.ledger());
  return `${count} packs of ${batch} are made`;
}

export async function othersAct(world: World, pack: Pack): Promise<string> {
  const { chance, elsewhere, authority, server } = world;
  const { productCode, batch } = pack;
  const what = chance.weigh([
    [12, 'supply'],
    [4, 'lock'],
    [4, 'unlock'],
    [0.5, 'recall'],
    [0.1, 'withdraw'],
  ] as const);
  if (what === 'recall') await authority.record(what, [], { batches: [{ productCode, batch }] });
  else if (what === 'withdraw') await authority.record(what, [], { batches: [{ productCode, batch: null }] });
  else await (what === 'unlock' ? authority : elsewhere).record(what, [pack]);
  await sendOthers(world);
  return `elsewhere: ${what} ${what === 'recall' ? batch : pack.serial}${server.isDead() ? ', and the server is down' : ''}`;
}

export async function sendOthers({ maker, authority, elsewhere, server }: World): Promise<void> {
  for (const actor of [maker, authority, elsewhere]) await actor.send(server.ledger());
}

export function passTime(world: World): string {
  const ms = world.chance.weigh([
    [10, 1_000 + world.chance.below(10_000)],
    [4, world.chance.below(10 * MINUTE_MS)],
    [1, world.chance.below(3 * DAY_MS)],
  ]);
  world.pass(ms);
  return `${Math.round(ms / 1_000)} s pass`;
}

export function changeNetwork({ chance }: World, { name, conditions, link, tabs }: Device): string {
  const weather = chance.weigh([
    [4, 'well'],
    [4, 'bad'],
    [3, 'offline'],
  ] as const);
  conditions.isOnline = weather !== 'offline';
  link.weather.faults = weather === 'bad' ? 0.2 + chance.below(5) / 10 : 0.02;
  if (conditions.isOnline) for (const tab of tabs) tab.nudge('online');
  return `${name}: the network is ${weather}`;
}

export function setClock({ chance }: World, { name, conditions }: Device): string {
  const days = chance.happens(0.4) ? 0 : chance.below(600) - 300;
  conditions.skewMs = days * DAY_MS;
  return `${name}: the clock is set ${days} days off`;
}

export function troubleDisk({ chance }: World, { name, conditions }: Device): string {
  conditions.isFull = chance.happens(0.4);
  conditions.trouble = chance.happens(0.3) ? 0.05 : 0;
  return `${name}: the disk is ${conditions.isFull ? 'full' : conditions.trouble > 0 ? 'ailing' : 'well'}`;
}

/** At whatever it was at. */
export async function killTabs(world: World, device: Device): Promise<string> {
  const { chance } = world;
  const isAll = chance.happens(0.7);
  const dying = isAll ? [...device.tabs] : device.tabs.slice(0, 1);
  for (const tab of dying) await world.killTab(device, tab);
  if (device.tabs.length === 0 && chance.happens(0.9)) await world.openTab(device);
  return `${device.name}: ${isAll ? 'the browser is' : 'a tab is'} killed, ${device.tabs.length} open`;
}

export async function openAnotherTab(world: World, device: Device): Promise<string> {
  const [first] = device.tabs;
  if (device.tabs.length > 1 && first) await world.killTab(device, first);
  await world.openTab(device);
  return `${device.name}: ${device.tabs.length} tabs`;
}

export async function restoreBackup(world: World, device: Device): Promise<string> {
  const { chance, devices } = world;
  const size = device.disk.size();
  const at = Math.max(firstSize, size - chance.below(60));
  const copy = await device.disk.copy(Math.min(size, at));
  if (chance.happens(0.4) && devices.length < DEVICES_MAX) {
    const clone = world.cloneDevice(device, copy);
    await world.openTab(clone);
    return `${clone.name} is made from a backup of ${device.name}`;
  }
  await closeAll(world, device);
  device.disk = copy;
  forget(world, device);
  await world.openTab(device);
  return `${device.name}: a backup is put back, ${size - at} changes old`;
}

/** Below that, a backup is of a device that was not enrolled. */
const firstSize = 1;

export async function loseStorage(world: World, device: Device): Promise<string> {
  const isKept = world.chance.happens(0.5);
  const before = device.tabs;
  if (!(await world.enrol(device, isKept ? device.disk : await createDisk())))
    return `${device.name} cannot enrol anew`;
  if (!isKept) {
    for (const tab of before) await world.killTab(device, tab);
    forget(world, device);
  }
  await world.openTab(device);
  return `${device.name} ${isKept ? '' : 'has lost its storage and '}is enrolled anew as ${device.id.slice(0, 8)}`;
}

async function closeAll(world: World, device: Device): Promise<void> {
  for (const tab of [...device.tabs]) await world.killTab(device, tab);
}

/** What was on the old disk alone is gone, and no software can help it. */
function forget({ promises, server }: World, device: Device): void {
  const held = new Set(device.disk.appended().map(({ id }) => id));
  for (const promise of promises)
    if (promise.device === device && !held.has(promise.id) && !server.store().event(promise.id))
      promise.isLostWithDisk = true;
}

export function armServer({ chance, server }: World): string {
  const writes = 1 + chance.below(25);
  const isFull = chance.happens(0.3);
  if (isFull) server.fillAfter(writes);
  else server.killAfter(writes);
  return `the server ${isFull ? 'finds its disk full' : 'will be killed'} at its write ${writes} from now`;
}

export async function publish({ chance, server, nowMs }: World): Promise<string> {
  const ledger = server.ledger();
  if (!ledger) return 'nothing is published: the server is down';
  const isSnapshot = chance.happens(0.4);
  const work = isSnapshot ? ledger.buildSnapshotNow() : ledger.publishNow();
  const isDone = await work.then(
    () => true,
    (error: unknown) => {
      if (!isOfStore(error)) throw error;
      return false;
    },
  );
  return `${isSnapshot ? 'a snapshot' : 'a checkpoint'} is published${isDone ? '' : ', but for a fault'} (${nowMs()})`;
}

export function administer(world: World, decide: (chance: Chance) => 'release' | 'refuse' | 'wait'): string {
  const { server, released, chance } = world;
  const ledger = server.ledger();
  if (!ledger) return 'the administrator reaches no server';
  const done: string[] = [];
  for (const { id } of ledger.review.held(undefined, 100)) {
    const decision = decide(chance);
    if (decision === 'wait') continue;
    if (decision === 'release') released.add(id);
    try {
      done.push(
        decision === 'release'
          ? `release ${ledger.review.release(id).ok}`
          : `refuse ${ledger.review.refuse(id).ok}`,
      );
    } catch (error) {
      if (!isOfStore(error)) throw error;
      break;
    }
  }
  return `the administrator decides: ${done.join(', ')}`;
}

export function revoke({ chance, server }: World, device: Device): string {
  const isRevoked = chance.happens(0.5);
  try {
    server.ledger()?.review.setRevoked(device.id, isRevoked);
  } catch (error) {
    if (!isOfStore(error)) throw error;
  }
  return `${device.name} is ${isRevoked ? 'revoked' : 'reinstated'}`;
}
