// What people do with their devices: each act goes through the app's own model, as a screen would, and takes the time
// that the schedule gives it. What the screen then calls recorded is a promise.

import type { RecordFailure } from '../../src/app/outbox-model.ts';
import type { OutboxRow } from '../../src/app/outbox-ports.ts';
import type { JudgedScan } from '../../src/app/scan-model.ts';
import { type PackEvent, parseEvent } from '../../src/domain/event.ts';
import type { Operation, Pack } from '../../src/domain/pack.ts';
import { gs1 } from '../support/app-fakes.ts';
import { isSpoilt, short } from './checks.ts';
import type { Tab } from './tab.ts';
import { Violation } from './violation.ts';
import type { Device, World } from './world.ts';

/** Who acts, and in which of the device's tabs. */
export type Hand = { readonly device: Device; readonly tab: Tab };

const FILES_MAX = 3;
const DECOMMISSIONS = [
  'supply',
  'supply',
  'supply',
  'supply',
  'destroy',
  'export',
  'lock',
  'sample',
  'stolen',
] as const;

export async function recordOne(world: World, { device, tab }: Hand, pack: Pack): Promise<string> {
  const { chance } = world;
  const operation = chance.pick(DECOMMISSIONS);
  const isTwice = chance.happens(0.1);
  const reason = chance.happens(0.3) ? ('technical-problem' as const) : undefined;
  const scan = await read(world, { device, tab }, pack);
  if (!scan) return `${device.name} cannot read ${pack.serial}`;
  const request = { scan, operation, seal: 'intact', reason, reference: undefined } as const;
  const record = async () => {
    const failure = await tab.app.outbox.record(request);
    if (!failure) keepPromise(world, { device, tab }, operation, [pack]);
    return wordsOf(failure);
  };
  const answers = await Promise.all(isTwice ? [record(), record()] : [record()]);
  return `${device.name}: ${operation} ${pack.serial}: ${answers.join(' and ')}`;
}

export async function undoOne(world: World, hand: Hand, pack: Pack): Promise<string> {
  const scan = await read(world, hand, pack);
  if (!scan) return `${hand.device.name} cannot read ${pack.serial}`;
  const failure = await hand.tab.app.outbox.undo({ scan, handedOver: false });
  if (!failure) keepPromise(world, hand, 'undo', [pack]);
  return `${hand.device.name}: undo of ${pack.serial}: ${wordsOf(failure)}`;
}

export async function recordSome(world: World, hand: Hand, packs: readonly Pack[]): Promise<string> {
  const scans: JudgedScan[] = [];
  for (const pack of new Set(packs)) {
    const scan = await read(world, hand, pack);
    if (scan) scans.push(scan);
  }
  const operation = world.chance.pick(['supply', 'destroy'] as const);
  const request = { scans, operation, seal: 'intact', reason: undefined, reference: undefined } as const;
  const outcomes = await hand.tab.app.outbox.recordAll(request);
  for (const id of new Set(outcomes.flatMap((each) => (each.ok ? each.eventId : []))))
    promise(world, hand.device, id, `${operation} in bulk`);
  const words = outcomes.map((each) => (each.ok ? 'recorded' : wordsOf(each.failure)));
  return `${hand.device.name}: ${operation} ${scans.map(({ pack }) => pack.serial).join(' ')}: ${words.join(', ')}`;
}

export async function declareOutage(world: World, hand: Hand): Promise<string> {
  const startMs = Math.max(0, world.nowMs());
  const failure = await hand.tab.app.outbox.recordOutage({ reason: 'power', startMs, endMs: undefined });
  if (!failure) keepPromise(world, hand, 'outage', []);
  return `${hand.device.name} declares an outage: ${wordsOf(failure)}`;
}

/** To be carried to the ledger by hand, now or later. */
export async function exportFile({ files, chance }: World, { device, tab }: Hand): Promise<string> {
  const made = (await tab.app.outbox.exportFiles()) ?? [];
  files.push(...made.map(({ text }) => text));
  if (files.length > FILES_MAX) files.splice(chance.below(FILES_MAX), 1);
  return `${device.name}: ${made.length} outbox files are saved`;
}

export async function acknowledgeAll({ device, tab }: Hand): Promise<string> {
  for (const { place } of tab.app.outbox.items.value) await tab.app.outbox.acknowledge(place);
  if (tab.app.outbox.damagedCount.value > 0) await tab.app.outbox.acknowledgeDamaged();
  return `${device.name}: everything has been seen`;
}

/** Undefined: there is no verdict, or another scan has taken its place. */
export async function read(world: World, { device, tab }: Hand, pack: Pack): Promise<JudgedScan | undefined> {
  const before = device.disk.appended().length;
  await tab.app.scanner.readText(gs1(pack), 'scanned');
  const state = tab.app.scanner.state.value;
  if (state.kind !== 'judged' || state.scan.pack.serial !== pack.serial) return undefined;
  if (device.disk.appended().length === before) checkOwnActShows(world, { device, tab }, state.scan);
  return state.scan;
}

/** What was done to a pack on this device shows on it, until data that know of it say otherwise. */
function checkOwnActShows(world: World, { device, tab }: Hand, { pack, judgment }: JudgedScan): void {
  const { server, released, story } = world;
  if (judgment.verdict.kind !== 'active') return;
  const own = device.disk
    .appended()
    .findLast((row) => eventOf(row).packs.some((each) => each.serial === pack.serial));
  if (!own || eventOf(own).operation === 'undo' || eventOf(own).operation === 'verify') return;
  // It was refused for a while, and the device may not have heard otherwise yet.
  if (released.has(own.id) || isSpoilt(world, own.id, device)) return;
  const stored = server.store().event(own.id);
  if (stored?.receipt.kind === 'rejected') return;
  if (stored && 'conflicts' in stored.receipt) return;
  const data = tab.app.sync.data.value;
  const heldSize = data.kind === 'held' ? data.logSize : 0;
  if (stored?.index !== undefined && stored.index < heldSize) return;
  throw new Violation(
    `${tab.process.name} shows ${pack.serial} as active after its own ${eventOf(own).operation} ${short(own.id)} (step ${story.length}, index ${stored?.index}, data up to ${heldSize})`,
  );
}

function keepPromise(
  world: World,
  { device, tab }: Hand,
  operation: Operation,
  packs: readonly Pack[],
): void {
  const known = new Set(world.promises.map(({ id }) => id));
  const row = tab.told.find((each) => {
    const event = eventOf(each);
    const isOnPacks = packs.every(({ serial }) => event.packs.some((named) => named.serial === serial));
    return event.operation === operation && isOnPacks && !known.has(each.id);
  });
  if (!row) throw new Violation(`${device.name} says recorded, and nothing was`);
  promise(world, device, row.id, `${operation} ${packs.map(({ serial }) => serial).join(' ')}`);
}

function promise({ promises }: World, device: Device, id: string, what: string): void {
  promises.push({ id, device, what: `${what} on ${device.name}`, isLostWithDisk: false });
}

const parsed = new WeakMap<OutboxRow, PackEvent>();

function eventOf(row: OutboxRow): PackEvent {
  const known = parsed.get(row);
  if (known) return known;
  const event = parseEvent(row.bytes);
  if (!event.ok) throw new Violation('a row holds no event');
  parsed.set(row, event.value);
  return event.value;
}

export function serialsOf(row: OutboxRow): readonly string[] {
  return eventOf(row).packs.map(({ serial }) => serial);
}

function wordsOf(failure: RecordFailure | undefined): string {
  if (!failure) return 'recorded';
  return failure.kind === 'not-allowed' ? failure.why : `${failure.kind} ${failure.code}`;
}
