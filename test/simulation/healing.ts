// The end of a history: the network is well, the server up, disks have room, people see to what waits for them. Then
// every outbox has to become empty, and every device has to say of every pack what the ledger says.
import type { Checks } from './checks.ts';
import { acknowledgeAll, read } from './device-acts.ts';
import type { Tab } from './tab.ts';
import { Violation } from './violation.ts';
import type { Device, World } from './world.ts';
import { administer, sendOthers } from './world-acts.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Longer than a session lives. */
const NIGHT_MS = 13 * HOUR_MS;
const SECONDS_MS = 6_000;
/** Each gives every delivery one more chance. */
const ROUNDS_MAX = 30;

export async function heal(world: World, checks: Checks): Promise<void> {
  const { devices, server, story, schedule } = world;
  story.push('all is well again');
  await server.restart();
  if (server.isDead()) await server.restart();
  for (const { conditions, link } of devices) {
    Object.assign(conditions, { isOnline: true, isFull: false, trouble: 0 });
    link.weather.faults = 0;
  }
  const review = server.ledger()?.review;
  for (const { device } of review?.devices('', 1_000) ?? []) review?.setRevoked(device, false);
  // A page of before an enrolment says that it has to be reloaded.
  for (const device of devices)
    if (device.tabs.every(({ deviceId }) => deviceId !== device.id)) await world.openTab(device);
  await schedule.run();
  // What others took over from the suspended is delivered without them.
  for (const { tabs } of devices)
    if (tabs.every(({ process }) => process.isAsleep)) for (const tab of tabs) world.wake(tab);
  await deliverAll(world, checks);
  // What those had been at when they fell asleep they now go on with.
  for (const { tabs } of devices) for (const tab of tabs) world.wake(tab);
  await schedule.run();
  await deliverAll(world, checks);
  for (const device of devices) await seeAll(world, device);
  await checks.afterStep();
  for (const device of devices) {
    const rows = await checks.rowsOf(device);
    const { damaged } = await device.disk.stores.outbox.page(1, 1_000);
    if (damaged.length > 0) throw new Violation(`${device.name} keeps ${damaged.length} rows that are lost`);
    if (rows.length > 0)
      throw new Violation(
        `${device.name} keeps for ever: ${JSON.stringify(rows.map(({ progress }) => progress))}`,
      );
  }
  await compareAll(world, checks);
}

async function deliverAll(world: World, checks: Checks): Promise<void> {
  const { devices, server, schedule } = world;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    await sendOthers(world);
    administer(world, (chance) => chance.pick(['release', 'refuse'] as const));
    await server.ledger()?.publishNow();
    world.pass(HOUR_MS + 600_000);
    await schedule.run();
    await checks.afterStep();
    const rows = (await Promise.all(devices.map(checks.rowsOf))).flat();
    const isHeld = (server.ledger()?.review.held(undefined, 1).length ?? 1) > 0;
    if (!isHeld && rows.every(({ progress }) => isSettled(progress))) return;
  }
  const open = await Promise.all(
    devices.map(async (device) => {
      const kinds = (await checks.rowsOf(device)).map(({ progress }) =>
        progress.kind === 'rejected' ? progress.reason : progress.kind,
      );
      const states = device.tabs.map(({ app }) => JSON.stringify(app.outbox.flushState.value));
      return `${device.name}: ${kinds.join(' ')} (${states.join(' ')})`;
    }),
  );
  throw new Violation(`not all is delivered in the end: ${open.join('; ')}`);
}

type Progress = Awaited<ReturnType<Checks['rowsOf']>>[number]['progress'];

/** What is left waits for a person. */
function isSettled(progress: Progress): boolean {
  if (progress.kind === 'unseen') return true;
  return (
    progress.kind === 'rejected' && progress.reason !== 'broken-chain' && progress.reason !== 'device-revoked'
  );
}

async function seeAll(world: World, device: Device): Promise<void> {
  const { damaged } = await device.disk.stores.outbox.page(1, 1_000);
  const tab = damaged.length > 0 ? await tabThatTells(world, device, damaged.length) : device.tabs[0];
  if (!tab) return;
  // What another tab has heard, this one knows once it is looked at.
  tab.nudge('visible');
  await world.schedule.run();
  void acknowledgeAll({ device, tab }).catch((error: Error) => world.failures.push(error));
  await world.schedule.run();
}

/** One that has read a row before it was damaged knows it still; one that is opened now says what it cannot read. */
async function tabThatTells(world: World, device: Device, damaged: number): Promise<Tab> {
  const tab = await world.openTab(device);
  await world.schedule.run();
  const told = tab.app.outbox.damagedCount.value;
  if (told !== damaged) throw new Violation(`${tab.process.name} tells of ${told} rows lost, not ${damaged}`);
  world.tally.add('rows lost, and told', damaged);
  return tab;
}

/** Clocks are set right, and after a night everyone has the newest data and knows what of its own it lacks. */
async function compareAll(world: World, checks: Checks): Promise<void> {
  const { devices, server, schedule } = world;
  const rest = async (ms: number) => {
    world.pass(ms);
    await schedule.run();
  };
  // A tab that was waiting for an answer in vain asks again at its next round.
  for (let round = 0; round < 2; round++) await rest(2 * MINUTE_MS);
  for (const { conditions, tabs } of devices) for (const tab of tabs) checkSkew(tab, conditions.skewMs);
  for (const { conditions } of devices) conditions.skewMs = 0;
  await server.ledger()?.buildSnapshotNow();
  await rest(NIGHT_MS);
  await rest(2 * HOUR_MS);
  await rest(SECONDS_MS);
  for (const device of devices) for (const tab of device.tabs) await checkMissing(world, device, tab);
  for (const device of devices) for (const tab of device.tabs) await compare(world, checks, device, tab);
}

function checkSkew({ app, process }: Tab, skewMs: number): void {
  const { aheadMs, uncertainMs } = app.clockSkew.value ?? { aheadMs: Number.NaN, uncertainMs: 0 };
  if (!(Math.abs(aheadMs - skewMs) <= uncertainMs))
    throw new Violation(`${process.name} takes its clock to be ${aheadMs} ms ahead, and it is ${skewMs}`);
}

/** A device whose disk is older than its acts, or that shares its key, says that the ledger holds more of it. */
async function checkMissing({ server, tally }: World, device: Device, tab: Tab): Promise<void> {
  if (tab.deviceId !== device.id) return;
  const { sequence } = await device.disk.stores.outbox.head();
  const held = (server.ledger()?.nextSequence(device.id) ?? 1) - 1;
  const isTold = tab.app.outbox.missing.value !== undefined;
  if (held > sequence) tally.add('events missing on a device, and told');
  if (isTold !== held > sequence)
    throw new Violation(
      `${tab.process.name} says ${isTold ? 'it lacks events' : 'nothing'}, with ${sequence} of ${held}`,
    );
}

async function compare(world: World, checks: Checks, device: Device, tab: Tab): Promise<void> {
  const size = world.server.store().ledgerLog.size();
  const data = tab.app.sync.data.value;
  if (data.kind !== 'held' || data.logSize !== size)
    throw new Violation(
      `${tab.process.name} does not have the newest data: ${JSON.stringify(data)} ${JSON.stringify(tab.app.sync.state.value)}`,
    );
  for (const pack of world.packs) {
    const reading = read(world, { device, tab }, pack);
    await world.schedule.run();
    await reading;
    const state = tab.app.scanner.state.value;
    if (state.kind !== 'judged') throw new Violation(`${tab.process.name} cannot tell of ${pack.serial}`);
    const { judgment, opinion } = state.scan;
    const { verdict } = judgment;
    const shown = verdict.kind === 'active' ? 'active' : 'state' in verdict ? verdict.state : undefined;
    const expected = checks.model.pack(pack.productCode, pack.serial)?.state;
    // The state of what has expired is not held.
    const isRight = shown === expected || (verdict.kind === 'expired' && shown === undefined);
    if (!isRight || opinion.kind !== 'agrees')
      throw new Violation(
        `${tab.process.name} shows ${pack.serial} as ${JSON.stringify(judgment)} (${JSON.stringify(opinion)}), and it is ${expected}`,
      );
  }
}
