// What happens around the devices: the market's other actors, time, the server's troubles, and what operators,
// administrators and those who carry outbox files do.
import type { Pack } from '../../src/domain/pack.ts';
import { isOfStore } from '../../src/server/ledger/refusal.ts';
import { PACK } from '../support/sample-events.ts';
import type { Chance } from './chance.ts';
import { addressOf } from './network.ts';
import { Violation } from './violation.ts';
import type { Device, World } from './world.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
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
  world.tally.add(ms > DAY_MS / 2 ? 'half a day and more passes' : 'time passes');
  world.pass(ms);
  return `${Math.round(ms / 1_000)} s pass`;
}

export function armServer({ chance, server, tally }: World): string {
  const writes = 1 + chance.below(25);
  const isFull = chance.happens(0.3);
  tally.add(isFull ? 'server: disk to be full' : 'server: to be killed');
  if (isFull) server.fillAfter(writes);
  else server.killAfter(writes);
  return `the server ${isFull ? 'finds its disk full' : 'will be killed'} at its write ${writes} from now`;
}

export async function publish({ chance, server, nowMs, tally }: World): Promise<string> {
  const ledger = server.ledger();
  if (!ledger) return 'nothing is published: the server is down';
  const isSnapshot = chance.happens(0.4);
  const what = isSnapshot ? 'a snapshot' : 'a checkpoint';
  const work = isSnapshot ? ledger.buildSnapshotNow() : ledger.publishNow();
  const isDone = await work.then(
    () => true,
    (error: unknown) => {
      if (!isOfStore(error)) throw error;
      return false;
    },
  );
  tally.add(isDone ? `published ${what}` : `publishing ${what} broken off`);
  return `${what} is published${isDone ? '' : ', but for a fault'} (${nowMs()})`;
}

export function administer(world: World, decide: (chance: Chance) => 'release' | 'refuse' | 'wait'): string {
  const { server, refused, chance } = world;
  const ledger = server.ledger();
  if (!ledger) return 'the administrator reaches no server';
  const done: string[] = [];
  try {
    for (const { id } of ledger.review.held(undefined, 100)) {
      const decision = decide(chance);
      if (decision === 'release') done.push(release(world, id));
      if (decision === 'refuse') done.push(refuse(world, id));
    }
    // On a page that was opened before somebody refused it.
    if (refused.size > 0 && chance.happens(0.3)) done.push(release(world, chance.pick([...refused])));
  } catch (error) {
    if (!isOfStore(error)) throw error;
  }
  return `the administrator decides: ${done.join(', ')}`;
}

function release({ server, released, refused, tally }: World, id: string): string {
  // Where it broke off, nobody knows whether it is in the log.
  if (!refused.has(id)) released.add(id);
  const decided = server.ledger()?.review.release(id);
  if (decided?.ok && refused.has(id)) throw new Violation(`event ${id} is released after it was refused`);
  const answer = decided?.ok ? 'done' : String(decided?.error);
  tally.add(`release: ${answer}`);
  return `release ${answer}`;
}

function refuse({ server, released, refused, tally }: World, id: string): string {
  const isDone = server.ledger()?.review.refuse(id).ok === true;
  if (isDone && !released.has(id)) refused.add(id);
  tally.add(`refuse: ${isDone ? 'done' : 'not held'}`);
  return `refuse ${isDone}`;
}

export function revoke({ chance, server, tally }: World, device: Device): string {
  const isRevoked = chance.happens(0.5);
  try {
    server.ledger()?.review.setRevoked(device.id, isRevoked);
    tally.add(isRevoked ? 'device revoked' : 'device reinstated');
  } catch (error) {
    if (!isOfStore(error)) throw error;
  }
  return `${device.name} is ${isRevoked ? 'revoked' : 'reinstated'}`;
}

/** On the page /hand-in.html, by whoever carries the file: once, or again. */
export async function handIn({ seed, chance, server, files, tally }: World): Promise<string> {
  if (files.length === 0) return 'there is no file to hand in';
  const file = chance.pick(files);
  const request = { method: 'POST', url: '/api/hand-in', headers: { 'content-type': 'application/json' } };
  const remoteAddress = addressOf(seed, 0);
  try {
    const { status, bytes } = await server.answer({ ...request, payload: file, remoteAddress });
    const answer: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const receipts: unknown = Object(answer).receipts;
    const kinds = Array.isArray(receipts) ? receipts.map((each) => String(Object(each).kind)) : [];
    for (const kind of kinds) tally.add(`handed in: ${kind}`);
    return `a file is handed in: ${status} ${kinds.join(' ')}`;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return 'a file is handed in, and nobody answers';
  }
}
