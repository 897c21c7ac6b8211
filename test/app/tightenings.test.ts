// Recalls, withdrawals and locks reach a device that is online within a minute, whatever else stands still, and only
// ever make its verdicts stricter.
import { expect, test } from 'vitest';
import type { AppModel } from '../../src/app/app-model.ts';
import { LedgerError, StoreError } from '../../src/app/ports.ts';
import { encodeBase64, parseBase64 } from '../../src/domain/bytes.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import type { Pack } from '../../src/domain/pack.ts';
import type { TighteningsResponse } from '../../src/domain/wire.ts';
import {
  createWorld,
  gs1,
  idle,
  judge,
  openedWorld,
  shown,
  supply,
  type World,
} from '../support/app-fakes.ts';
import { createTestLedger } from '../support/app-ledger.ts';
import { PACK } from '../support/sample-events.ts';

const pack = SHELF.find(({ id }) => id === 'active')?.printed ?? PACK;
const supplied = SHELF.find(({ id }) => id === 'supplied')?.printed ?? PACK;
const { productCode, batch } = pack;
const PERIOD_MS = 30_000;

const recall = (world: World) => world.ledger.act('recall', [], { batches: [{ productCode, batch }] });
const withdraw = (world: World) =>
  world.ledger.act('withdraw', [], { batches: [{ productCode, batch: null }] });

/** Snapshots stand still, and so does everything that is sent. */
function stall(world: World): void {
  const never = () => new Promise<never>(() => undefined);
  world.answers = { ...world.answers, latestSnapshot: never, postEvents: never, verify: noAnswer };
}
const noAnswer = () => Promise.reject(new LedgerError('timeout'));

async function stalled() {
  const { world, app } = await openedWorld();
  stall(world);
  return { world, app };
}

async function verdictOn(app: AppModel, on: Pack) {
  return (await judge(app, gs1(on))).judgment;
}

async function held({ ports }: World) {
  return (await ports.tightenings.all()).map(({ index, operation }) => [index, operation]);
}

test('a recall is known half a minute later, while snapshots and uploads stand still', async () => {
  const { world, app } = await stalled();
  expect((await verdictOn(app, pack)).verdict).toEqual({ kind: 'active' });
  const { index } = recall(world);
  const heardMs = world.clock.nowMs() + PERIOD_MS;
  await world.clock.advance(PERIOD_MS);
  expect(await verdictOn(app, pack)).toEqual({
    verdict: { kind: 'recalled', state: 'active' },
    ...{ certainty: 'on-this-device', asOfMs: heardMs, fromOutbox: false },
  });
  expect(await held(world)).toEqual([[index, 'recall']]);
  expect(await app.outbox.record(supply(shown(app)))).toEqual({ kind: 'not-allowed', why: 'recalled' });
});

test('a withdrawal and a lock are too, and a pack that has left stays what it is', async () => {
  const { world, app } = await stalled();
  world.ledger.act('lock', [pack]);
  world.ledger.act('lock', [supplied]);
  await world.clock.advance(PERIOD_MS);
  expect((await verdictOn(app, pack)).verdict).toEqual({ kind: 'not-active', state: 'locked' });
  expect((await verdictOn(app, supplied)).verdict).toEqual({ kind: 'not-active', state: 'supplied' });
  withdraw(world);
  await world.clock.advance(PERIOD_MS);
  expect((await verdictOn(app, pack)).verdict).toEqual({ kind: 'withdrawn', state: 'locked' });
});

test('is asked for at the start, when the network is back and when the page is in view again', async () => {
  const { world, app } = await stalled();
  world.setOnline(false);
  recall(world);
  world.setOnline(true);
  await idle();
  expect((await verdictOn(app, pack)).verdict.kind).toBe('recalled');
  world.setVisible(false);
  withdraw(world);
  await world.clock.advance(5 * PERIOD_MS);
  expect((await verdictOn(app, pack)).verdict.kind).toBe('recalled');
  world.setVisible(true);
  await idle();
  expect((await verdictOn(app, pack)).verdict.kind).toBe('withdrawn');
});

test('holds over a restart without a network, and while there is no data at all', async () => {
  const { world } = await stalled();
  recall(world);
  await world.clock.advance(PERIOD_MS);
  world.setOnline(false);
  expect((await verdictOn(await world.openApp(), pack)).verdict.kind).toBe('recalled');

  const empty = await createWorld();
  stall(empty);
  recall(empty);
  const app = await empty.openApp();
  expect((await verdictOn(app, pack)).verdict).toEqual({ kind: 'recalled', state: undefined });
  expect((await verdictOn(app, { ...pack, batch: 'OTHER' })).verdict.kind).toBe('cannot-tell');
});

test('goes when a snapshot that contains it is in use', async () => {
  const { world, app } = await stalled();
  recall(world);
  await world.clock.advance(PERIOD_MS);
  world.answers = {};
  const reopened = await world.openApp();
  expect(await held(world)).toEqual([]);
  expect((await verdictOn(reopened, pack)).verdict).toEqual({ kind: 'recalled', state: 'active' });
  // Another tab goes on with the older snapshot, and knows what it knew.
  stall(world);
  expect((await verdictOn(app, pack)).verdict.kind).toBe('recalled');
});

test('gets nothing twice, and no answer while there is nothing new', async () => {
  const { world } = await stalled();
  const asked: [number, boolean, boolean][] = [];
  world.answers = {
    ...world.answers,
    tightenings: async (from, tag) => {
      const answer = await world.ledger.client.tightenings(from, tag);
      asked.push([from, tag !== undefined, answer !== undefined]);
      return answer;
    },
  };
  const size = world.ledger.log.size();
  await world.clock.advance(2 * PERIOD_MS);
  recall(world);
  await world.clock.advance(3 * PERIOD_MS);
  expect(asked).toEqual([
    [size, false, true],
    [size, true, false],
    [size, true, true],
    [size + 1, false, true],
    [size + 1, true, false],
  ]);
});

test('takes what one answer has no room for with the next ones', async () => {
  const { world, app } = await stalled();
  for (let i = 0; i < 600; i++) world.ledger.act('lock', [supplied]);
  recall(world);
  await world.clock.advance(PERIOD_MS);
  expect((await verdictOn(app, pack)).verdict.kind).toBe('recalled');
  expect(await world.ports.tightenings.all()).toHaveLength(601);
});

test('the device may undo its own lock before a snapshot holds either', async () => {
  const { world, app } = await openedWorld();
  stall(world);
  world.answers = { ...world.answers, postEvents: world.ledger.client.postEvents };
  const before = await judge(app, gs1(pack));
  expect(await app.outbox.record(supply(before, { operation: 'lock' }))).toBeUndefined();
  await world.clock.advance(PERIOD_MS);
  const locked = await judge(app, gs1(pack));
  expect(locked.judgment.verdict).toEqual({ kind: 'not-active', state: 'locked' });
  expect(await held(world)).toHaveLength(1);
  expect(await app.outbox.undo({ scan: locked, handedOver: false })).toBeUndefined();
  await world.clock.advance(PERIOD_MS);
  expect((await verdictOn(app, pack)).verdict).toEqual({ kind: 'active' });
  world.ledger.act('lock', [pack]);
  await world.clock.advance(PERIOD_MS);
  expect((await verdictOn(app, pack)).verdict).toEqual({ kind: 'not-active', state: 'locked' });
});

type Forgery = (
  honest: TighteningsResponse,
  world: World,
) => TighteningsResponse | Promise<TighteningsResponse>;
const changedEntry = (base64: string) => {
  const bytes = parseBase64(base64);
  if (!bytes.ok) throw new Error(bytes.detail);
  bytes.value[60] = (bytes.value[60] ?? 0) ^ 1;
  return encodeBase64(bytes.value);
};
const forgeries: readonly [string, string, Forgery][] = [
  [
    'an entry that was changed',
    'bad-proof',
    (honest) => ({
      ...honest,
      entries: honest.entries.map((each) => ({ ...each, entry: changedEntry(each.entry) })),
    }),
  ],
  [
    'no proof',
    'bad-proof',
    (honest) => ({ ...honest, entries: honest.entries.map((each) => ({ ...each, proof: [] })) }),
  ],
  [
    'what is no entry',
    'malformed',
    (honest) => ({ ...honest, entries: honest.entries.map((each) => ({ ...each, entry: 'AAAA' })) }),
  ],
  [
    'a checkpoint that nobody signed',
    'bad-signature',
    (honest) => ({ ...honest, checkpoint: honest.checkpoint.replace(/\n\d+\n/, '\n999\n') }),
  ],
  [
    'a recall in another log',
    'unknown-key',
    async (_, world) => (await otherLedger(world, 9)).client.tightenings(0, undefined).then(answered),
  ],
  [
    'a recall in another history of this log',
    'forked',
    async (_, world) => {
      const fork = await otherLedger(world, 1);
      fork.act('inspect', [PACK]);
      fork.act('recall', [], { batches: [{ productCode, batch }] });
      world.answers = { tile: fork.client.tile };
      return fork.client.tightenings(fork.log.size() - 1, undefined).then(answered);
    },
  ],
];

function answered(answer: TighteningsResponse | undefined): TighteningsResponse {
  if (!answer) throw new Error('no answer');
  return answer;
}

async function otherLedger({ clock, ports }: World, keySeed: number) {
  const publicKey = (await ports.enrolments.load())?.key.publicKey ?? new Uint8Array(32);
  return createTestLedger({ clock, publicKey, role: 'pharmacy', extra: [PACK], keySeed });
}

test.each(forgeries)('%s is refused and said: %s', async (_, why, forge) => {
  const { world, app } = await openedWorld();
  const locked = world.ledger.act('lock', [pack]);
  // The snapshot that is offered stays the one that is held.
  const latest = await world.ports.snapshots.current();
  world.answers = { latestSnapshot: async () => latest ?? Promise.reject(new LedgerError('timeout')) };
  world.setVisible(true);
  await idle();
  recall(world);
  const honest = answered(await world.ledger.client.tightenings(locked.index + 1, undefined));
  const forged = await forge(honest, world);
  world.answers = { ...world.answers, tightenings: async () => forged, verify: noAnswer };
  await world.clock.advance(PERIOD_MS);
  expect(app.sync.state.value).toEqual({ kind: 'failed', why });
  expect(await held(world)).toEqual([[locked.index, 'lock']]);
  expect((await verdictOn(app, pack)).verdict).toEqual({ kind: 'not-active', state: 'locked' });
});

test('a refusal passes when the next answer holds', async () => {
  const { world, app } = await openedWorld();
  const latest = await world.ports.snapshots.current();
  const latestSnapshot = async () => latest ?? Promise.reject(new LedgerError('timeout'));
  world.answers = { latestSnapshot, tightenings: noAnswer };
  await world.clock.advance(PERIOD_MS);
  expect(app.sync.state.value).toEqual({ kind: 'failed', why: 'timeout' });
  world.answers = { latestSnapshot };
  await app.sync.syncNow();
  expect(app.sync.state.value).toEqual({ kind: 'idle' });
});

test('a full disk is said, and the recall counts all the same', async () => {
  const { world, app } = await stalled();
  const { add } = world.ports.tightenings;
  world.ports.tightenings.add = () => Promise.reject(new StoreError('full'));
  recall(world);
  await world.clock.advance(PERIOD_MS);
  expect((await verdictOn(app, pack)).verdict.kind).toBe('recalled');
  expect(await held(world)).toEqual([]);
  world.ports.tightenings.add = add;
  await world.clock.advance(PERIOD_MS);
  expect(await held(world)).toHaveLength(1);
});
