// One history from one seed: some working days of several devices, then everything is healed and has to come together.
// Checked after every step; the same seed gives the same history, and a hash of all that happened in it.
import { createHash, type Hash } from 'node:crypto';
import type { Pack } from '../../src/domain/pack.ts';
import { allRows, allTombstones } from '../support/outbox-rows.ts';
import { type Checks, createChecks } from './checks.ts';
import {
  acknowledgeAll,
  declareOutage,
  exportFile,
  type Hand,
  recordOne,
  recordSome,
  serialsOf,
  undoOne,
} from './device-acts.ts';
import {
  changeNetwork,
  cutPower,
  flipBit,
  killTabs,
  loseStorage,
  openAnotherTab,
  restoreBackup,
  setClock,
  suspendTab,
  troubleDisk,
  wakeWorker,
} from './device-faults.ts';
import { heal } from './healing.ts';
import type { NaiveModel } from './naive-model.ts';
import type { Tally } from './tally.ts';
import { createWorld, type Device, type Plants, type World } from './world.ts';
import {
  administer,
  armServer,
  handIn,
  makePacks,
  othersAct,
  passTime,
  publish,
  revoke,
  sendOthers,
} from './world-acts.ts';

export type History = {
  readonly seed: number;
  /** Of everything that happened, in its order. */
  readonly hash: string;
  readonly story: readonly string[];
  /** Undefined: all held. */
  readonly failure: Error | undefined;
  readonly counts: Tally['counts'];
};

export const STEPS = 150;
const PACKS_MAX = 40;
/** How much more often an act happens that a planted bug lies in wait for. */
const FAVOUR = 6;
const SITES = [
  { site: 'rose', role: 'pharmacy' },
  { site: 'lily', role: 'pharmacy' },
  { site: 'depot', role: 'wholesaler' },
] as const;

export async function playHistory(
  seed: number,
  { steps = STEPS, plants = {} }: { readonly steps?: number; readonly plants?: Plants } = {},
): Promise<History> {
  const trace = createHash('sha256');
  const world = await createWorld(seed, plants, (label) => trace.update(`${label}\n`));
  const checks = createChecks(world);
  const onLost = (error: Error) => void world.failures.push(error);
  process.on('unhandledRejection', onLost);
  let failure: Error | undefined;
  try {
    await begin(world);
    for (let step = 0; step < steps; step++) {
      await takeStep(world, checks);
      await checks.afterStep();
    }
    await heal(world, checks);
    await takeDown(world, trace);
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  } finally {
    process.off('unhandledRejection', onLost);
    await world.end();
  }
  for (const line of world.story) trace.update(`${line}\n`);
  const { tally, schedule, promises, story } = world;
  for (const [name, count] of [
    ['steps', story.length],
    ['calls and messages let through', schedule.turns()],
    ['acts called recorded', promises.length],
  ] as const)
    tally.add(name, count);
  return { seed, hash: trace.digest('hex'), story, failure, counts: tally.counts };
}

/** What everyone holds in the end. */
async function takeDown({ server, devices }: World, trace: Hash): Promise<void> {
  const { ledgerLog } = server.store();
  for (let at = 0; at < ledgerLog.size(); at++) trace.update(ledgerLog.entry(at) ?? '');
  for (const { disk } of devices) {
    const { outbox } = disk.stores;
    const held = [...(await allRows(outbox)), ...(await allTombstones(outbox))];
    for (const { id, bytes } of held) trace.update(id).update(bytes);
  }
}

async function begin(world: World): Promise<void> {
  await makePacks(world, 5);
  await makePacks(world, 5);
  await world.server.ledger()?.buildSnapshotNow();
  const count = 2 + world.chance.below(2);
  for (let i = 0; i < count; i++) {
    const { site, role } = SITES[i] ?? SITES[0];
    await world.openTab(await world.addDevice(site, role));
  }
  if (world.chance.happens(0.5)) await world.openTab(await world.addDevice('rose', 'pharmacy'));
  await world.schedule.run();
}

async function takeStep(world: World, checks: Checks): Promise<void> {
  const { chance, schedule, server, story } = world;
  const at = story.length;
  story.push('');
  story[at] = await (server.isDead() && chance.happens(0.4)
    ? restart(world)
    : chooseAct(world, checks.model, at));
  // Mostly all comes to rest between two steps; often enough it does not.
  await schedule.run(chance.happens(0.6) ? undefined : chance.below(60));
  const [failed] = world.failures;
  if (failed) throw failed;
}

async function restart(world: World): Promise<string> {
  world.tally.add('server: started again');
  await world.server.restart();
  await sendOthers(world);
  return `the server starts again${world.server.isDead() ? ', and is killed' : ''}`;
}

function chooseAct(world: World, model: NaiveModel, at: number): Promise<string> | string {
  const { chance, devices, packs } = world;
  const device = chance.pick(devices);
  const pack = likelyPack(world, model);
  const by = (act: (hand: Hand) => Promise<string>) => start(world, device, at, act);
  const choices: readonly (readonly [number, string, () => Promise<string> | string])[] = [
    [20, 'record', () => by((hand) => recordOne(world, hand, pack))],
    [12, 'undo', () => by((hand) => undoOne(world, hand, ownPack(world, device)))],
    [3, 'bulk', () => by((hand) => recordSome(world, hand, somePacks(world)))],
    [1, 'outage', () => by((hand) => declareOutage(world, hand))],
    [3, 'acknowledge', () => by(acknowledgeAll)],
    [2, 'export', () => by((hand) => exportFile(world, hand))],
    [1.5, 'hand in', () => handIn(world)],
    [4, 'elsewhere', () => othersAct(world, pack)],
    [packs.length < PACKS_MAX ? 4 : 0, 'make', () => makePacks(world, 3)],
    [12, 'time', () => passTime(world)],
    [8, 'network', () => changeNetwork(world, device)],
    [10, 'publish', () => publish(world)],
    [6, 'kill', () => killTabs(world, device)],
    [2, 'power', () => cutPower(world, device)],
    [3, 'tab', () => openAnotherTab(world, device)],
    [6, 'worker', () => wakeWorker(world, device)],
    [2, 'flip', () => flipBit(world, device)],
    [3, 'suspend', () => suspendTab(world, device)],
    [2, 'clock', () => setClock(world, device)],
    [2, 'disk', () => troubleDisk(world, device)],
    [1.5, 'backup', () => restoreBackup(world, device)],
    [0.8, 'storage', () => loseStorage(world, device)],
    [4, 'server', () => armServer(world)],
    [
      2,
      'administer',
      () => administer(world, (chosen) => chosen.pick(['release', 'refuse', 'wait'] as const)),
    ],
    [1.2, 'revoke', () => revoke(world, device)],
  ];
  const favours = world.plants.favours ?? [];
  return chance.weigh(
    choices.map(([weight, name, act]) => [favours.includes(name) ? weight * FAVOUR : weight, act] as const),
  )();
}

/** Mostly one with which something can still be done. */
function likelyPack({ chance, packs }: World, model: NaiveModel): Pack {
  const active = packs.filter(
    ({ productCode, serial }) => model.pack(productCode, serial)?.state === 'active',
  );
  return chance.pick(active.length > 0 && chance.happens(0.7) ? active : packs);
}

/** Mostly one that something was done to here. */
function ownPack({ chance, packs }: World, { disk }: Device): Pack {
  const serials = new Set(disk.appended().slice(-5).flatMap(serialsOf));
  const own = packs.filter(({ serial }) => serials.has(serial));
  return chance.pick(own.length > 0 && chance.happens(0.8) ? own : packs);
}

function somePacks({ chance, packs }: World): readonly Pack[] {
  return Array.from({ length: 2 + chance.below(3) }, () => chance.pick(packs));
}

/** Nobody waits for an act to be over: the next step may find it half done, and its tab dead. */
async function start(
  world: World,
  device: Device,
  at: number,
  act: (hand: Hand) => Promise<string>,
): Promise<string> {
  if (device.tabs.length === 0) await world.openTab(device);
  const tab = world.chance.pick(device.tabs);
  world.wake(tab);
  act({ device, tab }).then(
    (words) => {
      world.story[at] = words;
    },
    (error: Error) => void world.failures.push(error),
  );
  return `${device.name} does something that does not come to its end`;
}
