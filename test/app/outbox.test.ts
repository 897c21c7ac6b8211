// What may be recorded, and that it is on disk, signed into one chain, before anybody is told so.
import { describe, expect, it } from 'vitest';
import type { RecordRequest } from '../../src/app/outbox-model.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { NO_PREVIOUS } from '../../src/domain/event.ts';
import type { Pack } from '../../src/domain/pack.ts';
import {
  createWorld,
  eventsOf,
  gs1,
  idle,
  judge,
  openedWorld,
  rowsOf,
  shown,
  supply,
} from '../support/app-fakes.ts';
import { allRows } from '../support/outbox-rows.ts';
import { PACK } from '../support/sample-events.ts';

const packOf = (id: string): Pack => SHELF.find((item) => item.id === id)?.printed ?? PACK;
const active = packOf('active');

describe('recording', () => {
  it('writes the whole event durably before it answers, offline too', async () => {
    const { world, app } = await openedWorld();
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
      fromOutbox: 'event',
    });
  });

  it('chains each event to the one before', async () => {
    const { world, app } = await openedWorld();
    world.setOnline(false);
    for (const id of ['active', 'active-month'])
      await app.outbox.record(supply(await judge(app, gs1(packOf(id)))));
    const rows = await allRows(world.ports.outbox);
    const [, second] = await eventsOf(world);
    expect(second).toMatchObject({ sequence: 2, previous: rows[0]?.id });
  });

  it('records a second tap once', async () => {
    const { world, app } = await openedWorld();
    const scan = await judge(app, gs1(active));
    const both = await Promise.all([app.outbox.record(supply(scan)), app.outbox.record(supply(scan))]);
    expect(both).toEqual([undefined, { kind: 'not-allowed', why: 'not-active' }]);
    await idle();
    expect(world.ledger.taken).toHaveLength(1);
  });

  const refused: readonly [string, Partial<RecordRequest>, string][] = [
    ['supplied', {}, 'not-active'],
    // Most markets keep no record of a look.
    ['active', { operation: 'verify' }, 'role'],
    ['recalled', {}, 'recalled'],
    ['recalled', { reason: 'technical-problem' }, 'recalled'],
    ['withdrawn', {}, 'withdrawn'],
    ['expired', {}, 'expired'],
    ['batch-mismatch', {}, 'batch-mismatch'],
    ['expiry-mismatch', {}, 'expiry-mismatch'],
    ['active', { seal: 'broken' }, 'state'],
    ['active', { seal: 'broken', operation: 'lock' }, 'state'],
  ];
  for (const [id, change, why] of refused)
    it(`refuses ${change.operation ?? 'supply'} of ${id} ${JSON.stringify(change)}: ${why}`, async () => {
      const { world, app } = await openedWorld();
      const scan = await judge(app, gs1(packOf(id)));
      expect(await app.outbox.record(supply(scan, change))).toEqual({ kind: 'not-allowed', why });
      expect(await rowsOf(world)).toEqual([]);
    });

  it('quarantines a pack whose seal is broken', async () => {
    const { app } = await openedWorld();
    const scan = await judge(app, gs1(active));
    const lock = { operation: 'lock', seal: 'broken', reason: 'seal-broken' } as const;
    expect(await app.outbox.record(supply(scan, lock))).toBeUndefined();
    await idle();
    expect(shown(app).judgment.verdict).toEqual({ kind: 'not-active', state: 'locked' });
  });

  it('destroys what has been recalled', async () => {
    const { app } = await openedWorld();
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

  it('offers a free sample where the role may give one, and none of what must not reach a patient', async () => {
    const { app } = await openedWorld({ role: 'manufacturer' });
    const scan = await judge(app, gs1(active));
    expect(app.offers(scan)).toContain('free-sample');
    expect(await app.outbox.record(supply(scan, { operation: 'free-sample' }))).toBeUndefined();
    await idle();
    expect(shown(app).judgment.verdict).toEqual({ kind: 'not-active', state: 'free-sample' });
    expect(app.offers(await judge(app, gs1(packOf('recalled'))))).not.toContain('free-sample');
    const inspector = await openedWorld({ role: 'inspector' });
    const inspected = await judge(inspector.app, gs1(active));
    expect(inspector.app.offers(inspected)).not.toContain('free-sample');
    expect(await inspector.app.outbox.record(supply(inspected))).toEqual({
      kind: 'not-allowed',
      why: 'role',
    });
    expect(await rowsOf(inspector.world)).toEqual([]);
  });

  it('records nothing on a product that the device may not act on: the ledger would refuse it for good', async () => {
    const other = packOf('active-ifa').productCode;
    expect(other).not.toBe(active.productCode);
    const { world, app } = await openedWorld({ products: [other] });
    const scan = await judge(app, gs1(active));
    expect(scan.judgment.verdict).toEqual({ kind: 'cannot-tell', why: 'outside-scope' });
    expect(app.offers(scan)).toEqual([]);
    for (const request of [
      supply(scan, { reason: 'technical-problem' }),
      supply(scan, { operation: 'inspect' }),
    ])
      expect(await app.outbox.record(request)).toEqual({ kind: 'not-allowed', why: 'product' });
    expect(await app.outbox.undo({ scan, handedOver: false })).toEqual({
      kind: 'not-allowed',
      why: 'product',
    });
    expect(await rowsOf(world)).toEqual([]);
  });

  it('inspects and receives packs in any state', async () => {
    const { app } = await openedWorld({ role: 'wholesaler' });
    const scan = await judge(app, gs1(packOf('stolen')));
    expect(await app.outbox.record(supply(scan, { operation: 'receive' }))).toBeUndefined();
    expect(await app.outbox.record(supply(scan, { operation: 'inspect', seal: 'broken' }))).toBeUndefined();
  });

  it('keeps what a person typed within what an event may hold', async () => {
    const { world, app } = await openedWorld();
    world.setOnline(false);
    const scan = await judge(app, gs1(active));
    const reference = `${'x'.repeat(499)}\u{1f48a}`;
    expect(await app.outbox.record(supply(scan, { reference }))).toBeUndefined();
    expect((await eventsOf(world))[0]?.reference).toBe('x'.repeat(499));
  });

  it('says why when the disk is full or the key is lost, and records nothing', async () => {
    const { world, app } = await openedWorld();
    const scan = await judge(app, gs1(active));
    world.faults.at = 1;
    expect(await app.outbox.record(supply(scan))).toEqual({ kind: 'store', code: 'failed' });
    world.faults.at = undefined;
    expect(await rowsOf(world)).toEqual([]);
  });

  it('asks the browser to keep the storage once, after the first event', async () => {
    const { world, app } = await openedWorld();
    expect([world.askedToPersist, app.outbox.persisted.value]).toEqual([0, false]);
    for (const id of ['active', 'active-month'])
      await app.outbox.record(supply(await judge(app, gs1(packOf(id)))));
    await idle();
    expect([world.askedToPersist, app.outbox.persisted.value]).toEqual([1, true]);
  });

  it('two tabs append to one chain and supply a pack once', async () => {
    const { world, app } = await openedWorld();
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
