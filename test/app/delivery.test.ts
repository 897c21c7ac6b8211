// An event stays in the outbox until the ledger is proven to hold it, whatever server and network do.
import { describe, expect, it } from 'vitest';
import { type LedgerClient, LedgerError } from '../../src/app/ports.ts';
import { alertId } from '../../src/domain/alerts/alert.ts';
import { parseBase64 } from '../../src/domain/bytes.ts';
import { DEMO_PRODUCTS } from '../../src/domain/demo/products.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { eventId } from '../../src/domain/event.ts';
import type { Pack } from '../../src/domain/pack.ts';
import type { Receipt, Rejection } from '../../src/domain/receipt.ts';
import type { SignedEvent } from '../../src/domain/wire.ts';
import { gs1, idle, judge, openedWorld, rowsOf, supply, type World } from '../support/app-fakes.ts';
import { allRows } from '../support/outbox-rows.ts';
import { PACK } from '../support/sample-events.ts';

const packOf = (id: string): Pack => SHELF.find((item) => item.id === id)?.printed ?? PACK;
const active = packOf('active');

describe('delivery', () => {
  async function recorded(answers: Partial<LedgerClient> = {}) {
    const { world, app } = await openedWorld();
    world.setOnline(false);
    await app.outbox.record(supply(await judge(app, gs1(active))));
    world.answers = answers;
    return { world, app };
  }

  async function online(world: World) {
    world.setOnline(true);
    await idle();
  }

  it('settles an event once its inclusion is proven, and lets it override old data', async () => {
    const { world, app } = await recorded();
    world.answers = { latestSnapshot: () => Promise.reject(new LedgerError('timeout')) };
    const id = app.outbox.items.value[0]?.eventId ?? '';
    expect(app.outbox.progressOf(id)).toEqual({ kind: 'waiting' });
    await online(world);
    expect(await rowsOf(world)).toEqual([]);
    expect(app.outbox.progressOf(id)).toEqual({ kind: 'proven' });
    expect(world.ledger.taken).toHaveLength(1);
    expect(app.outbox.unsentCount.value).toBe(0);
    expect((await judge(app, gs1(active))).judgment).toMatchObject({
      verdict: { kind: 'not-active', state: 'supplied' },
      fromOutbox: 'event',
    });
  });

  it('lets the data rule once it contains the event', async () => {
    const { world, app } = await recorded();
    await online(world);
    expect((await judge(app, gs1(active))).judgment).toMatchObject({
      verdict: { kind: 'not-active', state: 'supplied' },
      fromOutbox: false,
    });
  });

  it('keeps the row while its place is not under a checkpoint yet', async () => {
    const { world, app } = await recorded();
    const old = world.ledger.log.checkpoint();
    world.answers = { checkpoint: async () => old };
    await online(world);
    expect(await rowsOf(world)).toEqual([[1, 'placed']]);
    expect(app.outbox.unsentCount.value).toBe(1);
    expect(app.outbox.items.value[0]?.progress.kind).toBe('proving');
    world.answers = {};
    await world.clock.advance(3_000);
    expect(await rowsOf(world)).toEqual([]);
  });

  const refusals: readonly [string, LedgerError, unknown][] = [
    ['an error of the server', new LedgerError('refused', { refusal: 'unavailable' }), 'server'],
    ['a timeout', new LedgerError('timeout'), 'server'],
    ['an answer that is not what the interface promises', new LedgerError('malformed'), 'malformed'],
    ['being unknown', new LedgerError('refused', { refusal: 'not-enrolled' }), 'not-enrolled'],
  ];
  for (const [what, error, why] of refusals)
    it(`loses nothing to ${what}, and tries again later and later`, async () => {
      let tries = 0;
      const { world, app } = await recorded({
        postEvents: () => {
          tries += 1;
          return Promise.reject(error);
        },
      });
      await online(world);
      expect(app.outbox.flushState.value).toEqual({ kind: 'failed', why });
      await world.clock.advance(60_000);
      expect(tries).toBeGreaterThan(3);
      expect(tries).toBeLessThan(12);
      expect(await rowsOf(world)).toEqual([[1, 'waiting']]);
      world.answers = {};
      await world.clock.advance(120_000);
      expect(await rowsOf(world)).toEqual([]);
      expect(world.ledger.taken).toHaveLength(1);
    });

  const garbage: readonly [string, (receipts: readonly Receipt[]) => readonly Receipt[]][] = [
    ['no receipt at all', () => []],
    ['a receipt for another event', (all) => all.map((r) => ({ ...r, id: '77'.repeat(32) }))],
    ['a receipt without the epochs', (all) => all.map((r) => ('keyIds' in r ? { ...r, keyIds: [] } : r))],
    ['an unknown epoch', (all) => all.map((r) => ('keyIds' in r ? { ...r, keyIds: [99] } : r))],
    ['a wrong place', (all) => all.map((r) => ('index' in r ? { ...r, index: r.index - 1 } : r))],
    ['a wrong time', (all) => all.map((r) => ('index' in r ? { ...r, receiptTimeMs: 1 } : r))],
    ['more parts', (all) => all.map((r) => ('index' in r ? { ...r, index: 0, parts: 2 } : r))],
    ['an undo that it is not', (all) => all.map((r) => ('index' in r ? { ...r, undoesIndex: 1 } : r))],
    ['a gap that never was', (all) => all.map(({ id }) => ({ kind: 'gap', id, expected: 1 }))],
    ['a gap of the future', (all) => all.map(({ id }) => ({ kind: 'gap', id, expected: 9 }))],
  ];
  for (const [what, spoil] of garbage)
    it(`believes no receipt with ${what}; a true one later settles the row`, async () => {
      const { world, app } = await recorded();
      const honest = world.ledger.client;
      world.answers = { postEvents: async (events) => spoil(await honest.postEvents(events)) };
      await online(world);
      await world.clock.advance(20_000);
      expect(await allRows(world.ports.outbox)).toHaveLength(1);
      expect(app.outbox.flushState.value.kind).toBe('failed');
      world.answers = {};
      await world.clock.advance(600_000);
      expect(await rowsOf(world)).toEqual([]);
      expect(world.ledger.taken).toHaveLength(1);
    });

  it('takes a lost answer for what it was: the second is a duplicate, and settles it', async () => {
    const { world, app } = await recorded();
    const honest = world.ledger.client;
    world.answers = {
      postEvents: async (events) => {
        await honest.postEvents(events);
        throw new LedgerError('timeout');
      },
    };
    await online(world);
    expect(await rowsOf(world)).toEqual([[1, 'waiting']]);
    world.answers = {};
    await world.clock.advance(10_000);
    expect(await rowsOf(world)).toEqual([]);
    expect(world.ledger.taken).toHaveLength(1);
    expect(app.outbox.flushState.value).toEqual({ kind: 'idle' });
  });

  it('tells a conflict, keeps it until it is acknowledged, and lets the ledger rule', async () => {
    const { world, app } = await recorded();
    world.ledger.act('supply', [active]);
    await online(world);
    expect(app.outbox.unsentCount.value).toBe(0);
    expect(app.outbox.items.value[0]?.progress).toMatchObject({
      kind: 'conflict',
      conflicts: [{ pack: 0, why: 'not-active', state: 'supplied', winner: { where: 'another-location' } }],
    });
    const told = app.outbox.items.value[0];
    await app.outbox.acknowledge(1);
    expect(app.outbox.items.value).toEqual([]);
    // What was seen is no better for it.
    expect(app.outbox.progressOf(told?.eventId ?? '')).toEqual(told?.progress);
    await app.sync.syncNow();
    expect((await judge(app, gs1(active))).judgment).toMatchObject({
      verdict: { kind: 'not-active', state: 'supplied' },
      fromOutbox: false,
    });
  });

  it('tells that an undo locked the pack, since somebody else had met it, until that is acknowledged', async () => {
    const { world, app } = await recorded();
    await online(world);
    world.ledger.act('supply', [active]);
    await app.outbox.undo({ scan: await judge(app, gs1(active)), handedOver: false });
    await idle();
    const [item] = app.outbox.items.value;
    expect(item).toMatchObject({ operation: 'undo', progress: { kind: 'locked', locked: [0] } });
    expect((await judge(app, gs1(active))).judgment.verdict).toEqual({ kind: 'not-active', state: 'locked' });
    await app.outbox.acknowledge(item?.place ?? 0);
    expect(app.outbox.items.value).toEqual([]);
  });

  it('tells that a colleague had recorded the same before, whose act is the one to undo', async () => {
    const { world, app } = await recorded();
    world.ledger.act('supply', [active], { organisation: 'org-1', site: 'site-1' });
    await online(world);
    const [item] = app.outbox.items.value;
    expect(item?.progress).toMatchObject({ kind: 'repeated', conflicts: [], repeats: [0] });
    const scan = await judge(app, gs1(active));
    expect(scan.judgment.verdict).toEqual({ kind: 'not-active', state: 'supplied' });
    expect(scan.undoable).toBeUndefined();
    expect(await app.outbox.undo({ scan, handedOver: false })).toMatchObject({ why: 'undo-not-possible' });
    await app.outbox.acknowledge(1);
    expect(app.outbox.items.value).toEqual([]);
  });

  it('says that undoing what a colleague had recorded before changed nothing, until that is acknowledged', async () => {
    const { world, app } = await recorded({
      latestSnapshot: () => Promise.reject(new LedgerError('timeout')),
    });
    world.ledger.act('supply', [active], { organisation: 'org-1', site: 'site-1' });
    expect(await app.outbox.undo({ scan: await judge(app, gs1(active)), handedOver: false })).toBeUndefined();
    expect((await judge(app, gs1(active))).judgment.verdict).toEqual({ kind: 'active' });
    const supplied = { verdict: { kind: 'not-active', state: 'supplied' }, fromOutbox: 'event' };
    await online(world);
    expect(app.outbox.items.value.map(({ progress }) => progress)).toMatchObject([
      { kind: 'repeated', repeats: [0] },
      { kind: 'unchanged', unchanged: [0], conflicts: [], alerts: [] },
    ]);
    world.setOnline(false);
    for (let i = 0; i < 2; i++) {
      const scan = await judge(app, gs1(active));
      expect(scan.judgment).toMatchObject(supplied);
      expect(scan.undoable).toBeUndefined();
      for (const { place } of app.outbox.items.value) await app.outbox.acknowledge(place);
      expect(app.outbox.items.value).toEqual([]);
    }
    world.answers = {};
    world.setOnline(true);
    await world.clock.advance(60_000);
    expect((await judge(app, gs1(active))).judgment).toMatchObject({ ...supplied, fromOutbox: false });
  });

  it('keeps what the ledger took and raised an alert on, with its id, until it is acknowledged', async () => {
    const { world, app } = await recorded();
    const honest = world.ledger.client;
    const named = (id: string) =>
      ({ pack: 0, kind: 'copied-serial', id: alertId('demo', id, 0, 'copied-serial') }) as const;
    world.answers = {
      postEvents: async (events) =>
        (await honest.postEvents(events)).map((receipt) =>
          'alerts' in receipt ? { ...receipt, alerts: [named(receipt.id)] } : receipt,
        ),
    };
    await online(world);
    const [item] = app.outbox.items.value;
    expect(item?.progress).toMatchObject({ kind: 'alerted', alerts: [named(item?.eventId ?? '')] });
    expect(app.outbox.unsentCount.value).toBe(0);
    expect((await judge(app, gs1(active))).undoable).toBeDefined();
    await app.outbox.acknowledge(1);
    expect(app.outbox.items.value).toEqual([]);
    await app.sync.syncNow();
    expect((await judge(app, gs1(active))).judgment.verdict).toEqual({
      kind: 'not-active',
      state: 'supplied',
    });
  });

  const elsewhere: readonly [string, (world: World) => void, object][] = [
    [
      'locked',
      (world) => void world.ledger.act('lock', [active]),
      { verdict: { kind: 'not-active', state: 'locked' } },
    ],
    [
      'recalled',
      (world) => {
        const { productCode, batch } = active;
        world.ledger.act('recall', [], { batches: [{ productCode, batch }] });
      },
      { verdict: { kind: 'recalled' } },
    ],
  ];
  for (const [what, act, told] of elsewhere)
    it(`believes the ledger that a pack is ${what} before its data says so, acknowledged or not`, async () => {
      const { world, app } = await recorded({
        latestSnapshot: () => Promise.reject(new LedgerError('timeout')),
      });
      act(world);
      await online(world);
      world.setOnline(false);
      for (let i = 0; i < 2; i++) {
        const scan = await judge(app, gs1(active));
        expect(scan.judgment).toMatchObject({ ...told, fromOutbox: 'receipt' });
        expect(scan.contested?.conflict.winner).toMatchObject({ where: 'another-location' });
        expect(scan.undoable).toBeUndefined();
        expect((await app.outbox.record(supply(scan)))?.kind).toBe('not-allowed');
        await app.outbox.acknowledge(1);
        expect(await rowsOf(world)).toEqual([]);
      }
      world.answers = {};
      world.setOnline(true);
      await world.clock.advance(60_000);
      const known = await judge(app, gs1(active));
      expect(known.judgment).toMatchObject({ ...told, fromOutbox: false });
      expect(known.contested).toBeUndefined();
    });

  it('shows a rejection until it is acknowledged; the next event is not held up', async () => {
    const { world, app } = await recorded();
    await app.outbox.record(supply(await judge(app, gs1(packOf('active-month')))));
    const honest = world.ledger.client;
    world.answers = {
      postEvents: async (events) => {
        const receipts = await honest.postEvents(events);
        return receipts.map((r, i) =>
          i === 0 ? { kind: 'rejected', id: r.id, reason: 'operation-not-allowed' } : r,
        );
      },
    };
    await online(world);
    expect(await rowsOf(world)).toEqual([[1, 'rejected']]);
    expect(app.outbox.unsentCount.value).toBe(0);
    expect((await judge(app, gs1(active))).judgment.fromOutbox).toBe(false);
    const id = app.outbox.items.value[0]?.eventId ?? '';
    await app.outbox.acknowledge(1);
    expect(await rowsOf(world)).toEqual([]);
    expect(app.outbox.progressOf(id)).toEqual({ kind: 'rejected', reason: 'operation-not-allowed' });
  });

  it('goes by what an administrator may still release, until it is refused for good', async () => {
    const { world, app } = await openedWorld();
    world.answers = refusing('broken-chain');
    await app.outbox.record(supply(await judge(app, gs1(active))));
    await idle();
    expect(app.outbox.items.value[0]?.progress).toEqual({ kind: 'rejected', reason: 'broken-chain' });
    const scan = await judge(app, gs1(active));
    expect(scan).toMatchObject({
      judgment: { verdict: { kind: 'not-active', state: 'supplied' }, fromOutbox: 'event' },
      opinion: { kind: 'agrees' },
    });
    expect(await app.outbox.record(supply(scan))).toMatchObject({ why: 'not-active' });
    world.answers = refusing('refused');
    await world.clock.advance(700_000);
    expect((await judge(app, gs1(active))).judgment.verdict).toEqual({ kind: 'active' });
  });

  it('asks at once whether it is released when somebody wants to know', async () => {
    const { world, app } = await openedWorld();
    world.answers = refusing('device-revoked');
    await app.outbox.record(supply(await judge(app, gs1(active))));
    await world.clock.advance(60_000);
    world.answers = refusing('refused');
    await world.clock.advance(60_000);
    expect(app.outbox.items.value[0]?.progress).toEqual({ kind: 'rejected', reason: 'device-revoked' });
    await app.outbox.flush();
    expect(app.outbox.items.value[0]?.progress).toEqual({ kind: 'rejected', reason: 'refused' });
  });

  it('does not let go of an unsent event because someone acknowledges it', async () => {
    const { world, app } = await recorded();
    await app.outbox.acknowledge(1);
    expect(await rowsOf(world)).toEqual([[1, 'waiting']]);
  });

  it('sends again what the server has lost, as long as it is still held', async () => {
    const { world, app } = await recorded();
    const forgetful = async (events: Parameters<LedgerClient['postEvents']>[0]) =>
      events.map((event): Receipt => {
        const bytes = parseBase64(event.bytes);
        const id = bytes.ok ? eventId(bytes.value) : '';
        const place = { index: 1_000_000, parts: 1, receiptTimeMs: 5, undoesIndex: null, keyIds: [1] };
        const none = {
          containerKeyIds: [],
          batchKeyIds: [],
          repeats: [],
          locked: [],
          unchanged: [],
          alerts: [],
        };
        return { kind: 'accepted', id, ...place, ...none };
      });
    world.answers = { postEvents: forgetful };
    await online(world);
    expect(await rowsOf(world)).toEqual([[1, 'placed']]);
    world.answers = {};
    await app.outbox.record(supply(await judge(app, gs1(packOf('active-month')))));
    await world.clock.advance(60_000);
    expect(await rowsOf(world)).toEqual([]);
    expect(world.ledger.taken).toHaveLength(2);
  });

  it('says that something is wrong when the server asks for what has left the outbox', async () => {
    const { world, app } = await recorded();
    await online(world);
    world.answers = {
      postEvents: async (events) =>
        events.map(({ bytes }) => {
          const parsed = parseBase64(bytes);
          return { kind: 'gap', id: parsed.ok ? eventId(parsed.value) : '', expected: 1 };
        }),
    };
    await app.outbox.record(supply(await judge(app, gs1(packOf('active-month')))));
    await idle();
    expect(app.outbox.flushState.value).toEqual({ kind: 'failed', why: 'server' });
    expect(await rowsOf(world)).toEqual([[2, 'waiting']]);
  });

  const busy = () =>
    Promise.reject(new LedgerError('refused', { refusal: 'unavailable', retryAfterMs: 300_000 }));
  for (const asked of ['postEvents', 'checkpoint', 'tile'] as const)
    it(`leaves a server alone that asks for it, at the counter's word too (${asked})`, async () => {
      let tries = 0;
      const { world, app } = await recorded({
        [asked]: () => {
          tries += 1;
          return busy();
        },
      });
      await online(world);
      expect(tries).toBeGreaterThan(0);
      const state = app.outbox.flushState.value;
      expect(state).toMatchObject({ kind: 'failed', why: 'server' });
      expect(state.kind === 'failed' && state.untilMs).toBeGreaterThanOrEqual(world.clock.nowMs() + 300_000);
      await world.clock.advance(30_000);
      const before = world.ledger.taken.length;
      tries = 0;
      await app.outbox.flush();
      expect([tries, app.outbox.flushState.value]).toEqual([0, state]);
      world.answers = {};
      await app.outbox.flush();
      expect(await allRows(world.ports.outbox)).toHaveLength(1);
      expect(world.ledger.taken).toHaveLength(before);
      await world.clock.advance(300_000);
      expect(await rowsOf(world)).toEqual([]);
    });

  describe('of products that the device no longer handles', () => {
    const [kept, ...others] = DEMO_PRODUCTS.flatMap(({ productCode }, i): Pack[] =>
      productCode.startsWith('gtin:') ? [{ ...PACK, productCode, batch: 'MANY', serial: `M${i}` }] : [],
    );
    if (!kept) throw new Error('demo products');
    const isForOthers = ({ products }: Parameters<LedgerClient['keys']>[0]) =>
      products === null || products.some((each) => each !== kept.productCode);

    /** The last one recorded is of the product that it still handles. */
    async function narrowed() {
      const { world, app } = await openedWorld();
      const all = [...others, kept ?? PACK];
      world.ledger.act('commission', all);
      await app.sync.syncNow();
      world.answers = { postEvents: () => Promise.reject(new LedgerError('timeout')) };
      for (const pack of all) await app.outbox.record(supply(await judge(app, gs1(pack))));
      expect(await app.sync.changeScope([kept?.productCode ?? ''])).toMatchObject({ ok: true });
      await idle();
      // One product of the shelf has been withdrawn.
      const { length: count } = await rowsOf(world);
      expect(count).toBeGreaterThan(12);
      return { world, count };
    }

    it('proves a backlog with one request for their keys', async () => {
      const { world, count } = await narrowed();
      let asked = 0;
      const honest = world.ledger.client;
      world.answers = {
        keys: async (request) => {
          if (isForOthers(request)) asked += 1;
          return honest.keys(request);
        },
      };
      await world.clock.advance(120_000);
      expect(await rowsOf(world)).toEqual([]);
      expect([world.ledger.taken.length, asked]).toEqual([count, 1]);
    });

    it('proves the others where those keys cannot be had, and sends nothing again', async () => {
      const { world, count } = await narrowed();
      const honest = world.ledger.client;
      const refused = new LedgerError('refused', { refusal: 'too-many-requests' });
      world.answers = {
        keys: (request) => (isForOthers(request) ? Promise.reject(refused) : honest.keys(request)),
      };
      await world.clock.advance(120_000);
      expect((await rowsOf(world)).map(([, progress]) => progress)).toEqual(Array(count - 1).fill('placed'));
      expect(world.ledger.taken).toHaveLength(count);
      world.answers = {};
      await world.clock.advance(600_000);
      expect(await rowsOf(world)).toEqual([]);
    });
  });

  it('delivers a backlog in order', async () => {
    const extra = Array.from({ length: 60 }, (_, i) => ({ ...PACK, batch: 'MANY', serial: `M${i}` }));
    const { world, app } = await openedWorld();
    world.ledger.act('commission', extra);
    await app.sync.syncNow();
    world.setOnline(false);
    for (const pack of extra) await app.outbox.record(supply(await judge(app, gs1(pack))));
    await online(world);
    expect(await rowsOf(world)).toEqual([]);
    expect(world.ledger.taken).toHaveLength(60);
  });
});

/** A server that refuses all for one reason. */
function refusing(reason: Rejection) {
  return {
    postEvents: async (events: readonly SignedEvent[]) =>
      events.map(({ bytes }) => ({ kind: 'rejected', id: idOf(bytes), reason }) as const),
  };
}

function idOf(base64: string): string {
  const bytes = parseBase64(base64);
  if (!bytes.ok) throw new Error(bytes.detail);
  return eventId(bytes.value);
}
