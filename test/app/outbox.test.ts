// The outbox keeps an event until the ledger is proven to hold it, whatever the server, the network or the other tab
// does, and lets nothing be recorded that the rules forbid.
import { describe, expect, it } from 'vitest';
import type { RecordRequest } from '../../src/app/model.ts';
import { type LedgerClient, LedgerError } from '../../src/app/ports.ts';
import { parseBase64 } from '../../src/domain/bytes.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { eventId, NO_PREVIOUS, parseEvent } from '../../src/domain/event.ts';
import type { Pack } from '../../src/domain/pack.ts';
import type { Receipt } from '../../src/domain/receipt.ts';
import { createWorld, gs1, idle, judge, shown, supply, type World } from '../support/app-fakes.ts';
import { PACK } from '../support/sample-events.ts';

const packOf = (id: string): Pack => SHELF.find((item) => item.id === id)?.printed ?? PACK;
const active = packOf('active');

async function opened(options?: Parameters<typeof createWorld>[0]) {
  const world = await createWorld(options);
  return { world, app: await world.openApp() };
}

async function rowsOf(world: World) {
  return (await world.ports.outbox.rows()).map(({ sequence, progress }) => [sequence, progress.kind]);
}

async function eventsOf(world: World) {
  const rows = await world.ports.outbox.rows();
  return rows.map(({ bytes }) => {
    const event = parseEvent(bytes);
    if (!event.ok) throw new Error(event.detail);
    return event.value;
  });
}

describe('recording', () => {
  it('writes the whole event durably before it answers, offline too', async () => {
    const { world, app } = await opened();
    world.setOnline(false);
    const scan = await judge(app, gs1(active));
    await world.ports.settings.set('user', 'user-7');
    expect(await app.outbox.record(supply(scan, { reference: 'Rx 12' }))).toBeUndefined();
    const held = app.sync.data.value;
    expect((await eventsOf(world))[0]).toMatchObject({
      ...{ v: 1, alg: 'Ed25519', market: 'demo', organisation: 'org-1', site: 'site-1' },
      ...{ device: world.enrolment.device, sequence: 1, previous: NO_PREVIOUS, user: 'user-7' },
      ...{ claimedTimeMs: world.clock.nowMs(), operation: 'supply', verdict: 'active', reference: 'Rx 12' },
      packs: [{ ...active, entryMode: 'scanned', seal: 'intact' }],
      snapshot: held.kind === 'held' ? held.manifestId : undefined,
    });
    await idle();
    expect(app.outbox.unsentCount.value).toBe(1);
    expect(app.outbox.flushState.value).toEqual({ kind: 'offline' });
    expect(shown(app).recorded).toMatchObject({ operation: 'supply' });
    expect(shown(app).judgment).toMatchObject({
      verdict: { kind: 'not-active', state: 'supplied' },
      fromOutbox: true,
    });
  });

  it('chains each event to the one before', async () => {
    const { world, app } = await opened();
    world.setOnline(false);
    for (const id of ['active', 'active-month'])
      await app.outbox.record(supply(await judge(app, gs1(packOf(id)))));
    const rows = await world.ports.outbox.rows();
    const [, second] = await eventsOf(world);
    expect(second).toMatchObject({ sequence: 2, previous: rows[0]?.id });
  });

  it('records a second tap once', async () => {
    const { world, app } = await opened();
    const scan = await judge(app, gs1(active));
    const both = await Promise.all([app.outbox.record(supply(scan)), app.outbox.record(supply(scan))]);
    expect(both).toEqual([undefined, { kind: 'not-allowed', why: 'not-active' }]);
    await idle();
    expect(world.ledger.taken).toHaveLength(1);
  });

  const refused: readonly [string, Partial<RecordRequest>, string][] = [
    ['supplied', {}, 'not-active'],
    ['recalled', {}, 'recalled'],
    ['recalled', { reason: 'technical-problem' }, 'recalled'],
    ['withdrawn', {}, 'withdrawn'],
    ['expired', {}, 'expired'],
    ['batch-mismatch', {}, 'batch-mismatch'],
    ['expiry-mismatch', {}, 'expiry-mismatch'],
    ['active', { operation: 'export' }, 'role'],
    ['active', { seal: 'broken' }, 'state'],
    ['active', { seal: 'broken', operation: 'lock' }, 'state'],
  ];
  for (const [id, change, why] of refused)
    it(`refuses ${change.operation ?? 'supply'} of ${id} ${JSON.stringify(change)}: ${why}`, async () => {
      const { world, app } = await opened();
      const scan = await judge(app, gs1(packOf(id)));
      expect(await app.outbox.record(supply(scan, change))).toEqual({ kind: 'not-allowed', why });
      expect(await rowsOf(world)).toEqual([]);
    });

  it('quarantines a pack whose seal is broken', async () => {
    const { app } = await opened();
    const scan = await judge(app, gs1(active));
    const lock = { operation: 'lock', seal: 'broken', reason: 'seal-broken' } as const;
    expect(await app.outbox.record(supply(scan, lock))).toBeUndefined();
    await idle();
    expect(shown(app).judgment.verdict).toEqual({ kind: 'not-active', state: 'locked' });
  });

  it('destroys what has been recalled', async () => {
    const { app } = await opened();
    const scan = await judge(app, gs1(packOf('recalled')));
    expect(app.offers(scan)).toEqual(['lock', 'destroy', 'sample', 'stolen']);
    expect(await app.outbox.record(supply(scan, { operation: 'destroy' }))).toBeUndefined();
  });

  it('supplies unverified only for a technical problem that is given as the reason', async () => {
    const world = await createWorld();
    world.setOnline(false);
    const app = await world.openApp();
    const scan = await judge(app, gs1(active));
    expect(scan.judgment.verdict).toEqual({ kind: 'cannot-tell', why: 'no-snapshot' });
    expect(app.offers(scan)).toEqual(['supply', 'lock']);
    expect(await app.outbox.record(supply(scan))).toEqual({ kind: 'not-allowed', why: 'state' });
    expect(await app.outbox.record(supply(scan, { reason: 'technical-problem' }))).toBeUndefined();
    expect((await eventsOf(world))[0]).toMatchObject({
      reason: 'technical-problem',
      verdict: 'cannot-tell',
      snapshot: null,
    });
  });

  it('inspects and receives packs in any state', async () => {
    const { app } = await opened({ role: 'wholesaler' });
    const scan = await judge(app, gs1(packOf('stolen')));
    expect(await app.outbox.record(supply(scan, { operation: 'receive' }))).toBeUndefined();
    expect(await app.outbox.record(supply(scan, { operation: 'inspect', seal: 'broken' }))).toBeUndefined();
  });

  it('keeps what a person typed within what an event may hold', async () => {
    const { world, app } = await opened();
    world.setOnline(false);
    const scan = await judge(app, gs1(active));
    const reference = `${'x'.repeat(499)}\u{1f48a}`;
    expect(await app.outbox.record(supply(scan, { reference }))).toBeUndefined();
    expect((await eventsOf(world))[0]?.reference).toBe('x'.repeat(499));
  });

  it('says why when the disk is full or the key is lost, and records nothing', async () => {
    const { world, app } = await opened();
    const scan = await judge(app, gs1(active));
    world.faults.at = 1;
    expect(await app.outbox.record(supply(scan))).toEqual({ kind: 'store', code: 'failed' });
    world.faults.at = undefined;
    expect(await rowsOf(world)).toEqual([]);
  });

  it('asks the browser to keep the storage once, after the first event', async () => {
    const { world, app } = await opened();
    expect([world.askedToPersist, app.outbox.persisted.value]).toEqual([0, false]);
    for (const id of ['active', 'active-month'])
      await app.outbox.record(supply(await judge(app, gs1(packOf(id)))));
    await idle();
    expect([world.askedToPersist, app.outbox.persisted.value]).toEqual([1, true]);
  });

  it('two tabs append to one chain and supply a pack once', async () => {
    const { world, app } = await opened();
    const other = await world.openApp();
    world.setOnline(false);
    const [here, there] = [await judge(app, gs1(active)), await judge(other, gs1(active))];
    const second = await judge(other, gs1(packOf('active-month')));
    const answers = await Promise.all([
      app.outbox.record(supply(here)),
      other.outbox.record(supply(there)),
      other.outbox.record(supply(second)),
    ]);
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(2);
    expect(answers).toContainEqual({ kind: 'not-allowed', why: 'not-active' });
    expect(await rowsOf(world)).toEqual([
      [1, 'waiting'],
      [2, 'waiting'],
    ]);
  });
});

describe('delivery', () => {
  async function recorded(answers: Partial<LedgerClient> = {}) {
    const { world, app } = await opened();
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
    await online(world);
    expect(await rowsOf(world)).toEqual([]);
    expect(world.ledger.taken).toHaveLength(1);
    expect(app.outbox.unsentCount.value).toBe(0);
    expect((await judge(app, gs1(active))).judgment).toMatchObject({
      verdict: { kind: 'not-active', state: 'supplied' },
      fromOutbox: true,
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
      expect(await world.ports.outbox.rows()).toHaveLength(1);
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
    await app.outbox.acknowledge(1);
    expect(app.outbox.items.value).toEqual([]);
    expect((await judge(app, gs1(active))).judgment).toMatchObject({
      verdict: { kind: 'not-active', state: 'supplied' },
      fromOutbox: false,
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
        expect(scan.judgment).toMatchObject({ ...told, fromOutbox: true });
        expect(scan.undoable).toBeUndefined();
        expect((await app.outbox.record(supply(scan)))?.kind).toBe('not-allowed');
        await app.outbox.acknowledge(1);
        expect(await rowsOf(world)).toEqual([]);
      }
      world.answers = {};
      world.setOnline(true);
      await world.clock.advance(60_000);
      expect((await judge(app, gs1(active))).judgment).toMatchObject({ ...told, fromOutbox: false });
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
    await app.outbox.acknowledge(1);
    expect(await rowsOf(world)).toEqual([]);
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
        return { kind: 'accepted', id, ...place };
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

  it('delivers a backlog in order', async () => {
    const extra = Array.from({ length: 60 }, (_, i) => ({ ...PACK, batch: 'MANY', serial: `M${i}` }));
    const { world, app } = await opened();
    world.ledger.act('commission', extra);
    await app.sync.syncNow();
    world.setOnline(false);
    for (const pack of extra) await app.outbox.record(supply(await judge(app, gs1(pack))));
    await online(world);
    expect(await rowsOf(world)).toEqual([]);
    expect(world.ledger.taken).toHaveLength(60);
  });
});

describe('undo', () => {
  async function supplied(options?: Parameters<typeof createWorld>[0]) {
    const { world, app } = await opened(options);
    await app.outbox.record(supply(await judge(app, gs1(active))));
    await idle();
    return { world, app };
  }

  it('restores a pack, before and after the data knows of the supply', async () => {
    const { world, app } = await supplied();
    await world.clock.advance(120_000);
    const scan = await judge(app, gs1(active));
    expect(scan.judgment).toMatchObject({ verdict: { kind: 'not-active' }, fromOutbox: false });
    expect(scan.undoable).toMatchObject({ operation: 'supply' });
    expect(await app.outbox.undo({ scan, handedOver: false })).toBeUndefined();
    await idle();
    expect(shown(app).judgment.verdict).toEqual({ kind: 'active' });
    expect(shown(app).recorded?.operation).toBe('undo');
    await world.clock.advance(120_000);
    expect((await judge(app, gs1(active))).judgment).toMatchObject({
      verdict: { kind: 'active' },
      fromOutbox: false,
    });
    expect(await app.outbox.record(supply(shown(app)))).toBeUndefined();
  });

  it('works offline on an event that has not left yet', async () => {
    const { world, app } = await opened();
    world.setOnline(false);
    await app.outbox.record(supply(await judge(app, gs1(active))));
    const scan = await judge(app, gs1(active));
    expect(await app.outbox.undo({ scan, handedOver: false })).toBeUndefined();
    expect((await judge(app, gs1(active))).judgment.verdict).toEqual({ kind: 'active' });
    expect(await app.outbox.undo({ scan, handedOver: false })).toMatchObject({ why: 'undo-not-possible' });
    world.setOnline(true);
    await idle();
    expect(world.ledger.taken.map(({ receipt }) => receipt.kind)).toEqual(['accepted', 'accepted']);
    expect(await rowsOf(world)).toEqual([]);
  });

  it('is refused once the pack was handed over', async () => {
    const { app } = await supplied();
    const scan = await judge(app, gs1(active));
    expect(await app.outbox.undo({ scan, handedOver: true })).toEqual({
      kind: 'not-allowed',
      why: 'handed-over',
    });
  });

  it('is refused after ten days', async () => {
    const { world, app } = await supplied();
    const scan = await judge(app, gs1(active));
    world.clock.jump(10 * 86_400_000 + 1);
    await idle();
    expect(await app.outbox.undo({ scan, handedOver: false })).toMatchObject({ why: 'undo-too-late' });
    expect((await judge(app, gs1(active))).undoable).toBeUndefined();
  });

  it('is refused for a pack that is destroyed, and for one that another place supplied', async () => {
    const { app } = await opened();
    await app.outbox.record(supply(await judge(app, gs1(active)), { operation: 'destroy' }));
    for (const pack of [active, packOf('supplied')]) {
      const scan = await judge(app, gs1(pack));
      expect(scan.undoable).toBeUndefined();
      expect(await app.outbox.undo({ scan, handedOver: false })).toMatchObject({ why: 'undo-not-possible' });
    }
  });

  it('is refused for a batch that has been recalled since', async () => {
    const { world, app } = await supplied();
    world.ledger.act('recall', [], {
      batches: [{ productCode: active.productCode, batch: active.batch }],
    });
    await world.clock.advance(120_000);
    const scan = await judge(app, gs1(active));
    expect(await app.outbox.undo({ scan, handedOver: false })).toMatchObject({ why: 'recalled' });
  });
});
