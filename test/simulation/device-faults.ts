// What happens to devices without anybody's asking for it: their network, clock, disk and browser.
import { allRows } from '../support/outbox-rows.ts';
import { flushedSize } from './disk.ts';
import type { Device, World } from './world.ts';

const DAY_MS = 86_400_000;
const QUARTER_MS = 15 * 60_000;
const DEVICES_MAX = 4;

export function changeNetwork({ chance, tally }: World, { name, conditions, link, tabs }: Device): string {
  const weather = chance.weigh([
    [4, 'well'],
    [4, 'bad'],
    [3, 'offline'],
  ] as const);
  tally.add(`network: ${weather}`);
  conditions.isOnline = weather !== 'offline';
  link.weather.faults = weather === 'bad' ? 0.2 + chance.below(5) / 10 : 0.02;
  if (conditions.isOnline) for (const tab of tabs) tab.nudge('online');
  return `${name}: the network is ${weather}`;
}

export function setClock({ chance, tally }: World, { name, conditions }: Device): string {
  const days = chance.happens(0.4) ? 0 : chance.below(600) - 300;
  tally.add(days === 0 ? 'clock: set right' : 'clock: set by up to 300 days');
  conditions.skewMs = days * DAY_MS;
  return `${name}: the clock is set ${days} days off`;
}

export function troubleDisk({ chance, tally, watch }: World, { name, conditions, link }: Device): string {
  conditions.isFull = chance.happens(0.4);
  conditions.trouble = chance.happens(0.3) ? 0.05 : 0;
  const state = conditions.isFull ? 'full' : conditions.trouble > 0 ? 'ailing' : 'well';
  if (state !== 'well') watch.doubt(link.address);
  tally.add(`disk: ${state}`);
  return `${name}: the disk is ${state}`;
}

/** At whatever it was at. */
export async function killTabs(world: World, device: Device): Promise<string> {
  const { chance, tally } = world;
  if (chance.happens(0.3)) {
    for (const tab of device.tabs.slice(0, 1)) await world.killTab(device, tab);
    await openOne(world, device);
    return `${device.name}: a tab is killed, ${device.tabs.length} open`;
  }
  tally.add('browser killed');
  await closeAll(world, device);
  await openOne(world, device);
  return `${device.name}: the browser is killed, ${device.tabs.length} open`;
}

/** Now and then nobody opens it for a while. */
async function openOne({ chance, openTab }: World, device: Device): Promise<void> {
  if (device.tabs.length === 0 && chance.happens(0.9)) await openTab(device);
}

/** A bit of a row is another now: of its event's bytes, which are lost by that, or of the signature. */
export async function flipBit({ chance, devices, spoilt, tally }: World, picked: Device): Promise<string> {
  const rowsOf = async (device: Device) =>
    (await allRows(device.disk.stores.outbox)).map((row) => ({ device, row }));
  const all = (await Promise.all(devices.map(rowsOf))).flat();
  const waiting = all.filter(({ row }) => row.progress.kind === 'waiting');
  const [some, rest] = [waiting, all].filter((each) => each.length > 0);
  if (!some) return `${picked.name}: there is no row to spoil`;
  const { device, row } = chance.pick(chance.happens(0.2) ? (rest ?? some) : some);
  const { name, disk } = device;
  const part = chance.happens(0.3) ? 'bytes' : 'signature';
  disk.database.spoil('outbox', row.place, (value) => {
    const bytes = new Uint8Array((Reflect.get(Object(value), part) as ArrayBuffer).slice(0));
    const at = chance.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8));
    return { ...Object(value), [part]: bytes.buffer };
  });
  spoilt.set(row.id, { part, signer: row.signer.device });
  tally.add(`bit flipped in ${part === 'bytes' ? 'an event' : 'a signature'}, ${row.progress.kind}`);
  return `${name}: a bit flips in the ${part} of row ${row.place} (${row.progress.kind})`;
}

/** What was written without being flushed may be lost, the latest first. */
export async function cutPower(world: World, picked: Device): Promise<string> {
  const { chance, tally, devices } = world;
  const isFlushed = ({ disk: { database } }: Device) => database.history.length === flushedSize(database);
  const device = devices.find((each) => !isFlushed(each)) ?? picked;
  await closeAll(world, device);
  const { database } = device.disk;
  const size = database.history.length;
  const lost = chance.below(size - flushedSize(database) + 1);
  tally.add(lost > 0 ? 'power cut: with writes lost' : 'power cut: nothing lost');
  await world.changeDisk(device, device.disk.copy(size - lost));
  await world.openTab(device);
  return `${device.name}: the power is cut, and ${lost} writes are lost`;
}

export async function openAnotherTab(world: World, device: Device): Promise<string> {
  const [first] = device.tabs;
  if (device.tabs.length > 1 && first) await world.killTab(device, first);
  await world.openTab(device);
  world.tally.add('another tab opened');
  return `${device.name}: ${device.tabs.length} tabs`;
}

/** As phones do it to what is in the background, here to one that is at sending if there is one. Others take over. */
export async function suspendTab(world: World, picked: Device): Promise<string> {
  const { chance, tally, schedule } = world;
  const senderOf = ({ tabs, locks }: Device) => tabs.find(({ process }) => locks.holds('drain', process));
  const device = world.devices.find(senderOf) ?? picked;
  const tab = senderOf(device) ?? device.tabs[0];
  if (!tab) return `${device.name}: no tab is open`;
  const isSending = senderOf(device) === tab;
  tally.add(isSending ? 'tab suspended at sending' : 'tab suspended');
  world.sleep(tab);
  const other = device.tabs.find(({ process }) => !process.isAsleep) ?? (await world.openTab(device));
  for (let i = 0; i < 2; i++) {
    await schedule.run();
    world.pass(QUARTER_MS + chance.below(QUARTER_MS));
    other.nudge('visible');
  }
  if (chance.happens(0.5)) await schedule.run(chance.below(60));
  if (device.locks.goesWithout(other.process)) tally.add('lock stolen from a suspended tab');
  const isWoken = chance.happens(0.5);
  if (isWoken) world.wake(tab);
  return `${device.name}: ${tab.process.name} is suspended${isSending ? ' at sending' : ''}${isWoken ? ' and woken' : ''}`;
}

/** The browser does so when it likes, also where every tab is closed. */
export async function wakeWorker(world: World, device: Device): Promise<string> {
  const { chance } = world;
  if (device.worker) {
    if (chance.happens(0.3)) await world.killWorker(device);
    return `${device.name}: the service worker is ${device.worker ? 'at it' : 'stopped'}`;
  }
  if (!device.isSyncAsked || !device.conditions.isOnline)
    return `${device.name}: no service worker is asked for`;
  if (device.tabs.length > 0 && chance.happens(0.3)) await closeTabs(world, device);
  world.startWorker(device);
  if (chance.happens(0.2)) {
    await world.schedule.run(chance.below(8));
    await world.killWorker(device);
  }
  return `${device.name}: the service worker posts, ${device.tabs.length} tabs open`;
}

export async function restoreBackup(world: World, device: Device): Promise<string> {
  const { chance, devices, tally } = world;
  const { history } = device.disk.database;
  const size = history.length;
  const at = Math.max(firstSize(device), size - chance.below(60));
  const copy = device.disk.copy(at);
  if (chance.happens(0.4) && devices.length < DEVICES_MAX) {
    tally.add('device cloned');
    const clone = await world.cloneDevice(device, copy);
    await world.openTab(clone);
    return `${clone.name} is made from a backup of ${device.name}`;
  }
  tally.add('backup put back');
  await closeAll(world, device);
  await world.changeDisk(device, copy);
  await forget(world, device);
  await world.openTab(device);
  return `${device.name}: a backup is put back, ${size - at} changes old`;
}

/** Below that, a backup is of a device that was not enrolled. */
function firstSize({ disk }: Device): number {
  const { history } = disk.database;
  return history.findIndex(({ writes }) => writes.some(({ store }) => store === 'enrolment')) + 1;
}

export async function loseStorage(world: World, device: Device): Promise<string> {
  const isKept = world.chance.happens(0.5);
  const before = [...device.tabs];
  const unsent = (await device.disk.stores.outbox.page(1, 1_000)).rows.some(
    ({ progress }) => progress.kind === 'waiting',
  );
  if (!(await world.enrol(device, isKept ? device.disk : world.newDisk())))
    return `${device.name} cannot enrol anew`;
  world.tally.add(isKept ? `enrolled anew${unsent ? ' with unsent rows' : ''}` : 'storage lost');
  if (!isKept) {
    await world.killWorker(device);
    for (const tab of before) await world.killTab(device, tab);
    await forget(world, device);
  }
  await world.openTab(device);
  return `${device.name} ${isKept ? '' : 'has lost its storage and '}is enrolled anew as ${device.id.slice(0, 8)}`;
}

async function closeAll(world: World, device: Device): Promise<void> {
  await closeTabs(world, device);
  await world.killWorker(device);
}

async function closeTabs(world: World, device: Device): Promise<void> {
  for (const tab of [...device.tabs]) await world.killTab(device, tab);
}

/** What was on the old disk alone is gone, and no software can help it. */
async function forget({ promises, server }: World, device: Device): Promise<void> {
  const held = new Set((await device.disk.stores.outbox.page(1, 1_000)).rows.map(({ id }) => id));
  for (const promise of promises)
    if (promise.device === device && !held.has(promise.id) && !server.store().event(promise.id))
      promise.isLostWithDisk = true;
}
