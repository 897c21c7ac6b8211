// Outages under Art. 29: what was supplied meanwhile, and what of it needs attention once it can be checked.
import { describe, expect, it } from 'vitest';
import { LedgerError } from '../../src/app/ports.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import type { Pack } from '../../src/domain/pack.ts';
import { eventsOf, gs1, idle, judge, openedWorld, rowsOf, START_MS, supply } from '../support/app-fakes.ts';
import { PACK } from '../support/sample-events.ts';

const packOf = (id: string): Pack => SHELF.find((item) => item.id === id)?.printed ?? PACK;
const DAY_MS = 86_400_000;
const isoDay = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const unverified = { reason: 'technical-problem' } as const;

describe('an outage', () => {
  async function declared() {
    const { world, app } = await openedWorld();
    world.setOnline(false);
    expect(await app.outages.declare('no-network', START_MS - 60_000)).toBeUndefined();
    return { world, app };
  }

  it('is two signed events, and lists what was supplied in between', async () => {
    const { world, app } = await declared();
    expect(app.outages.outages.value).toEqual([
      { reason: 'no-network', startMs: START_MS - 60_000, endMs: undefined },
    ]);
    await app.outbox.record(supply(await judge(app, gs1(packOf('active'))), { reference: 'R/1' }));
    await world.clock.advance(60_000);
    expect(await app.outages.end()).toBeUndefined();
    await world.clock.advance(60_000);
    await app.outbox.record(supply(await judge(app, gs1(packOf('active-month')))));
    const [outage] = app.outages.outages.value;
    expect(outage).toEqual({ reason: 'no-network', startMs: START_MS - 60_000, endMs: START_MS + 60_000 });
    const supplies = outage ? await app.outages.suppliesIn(outage) : [];
    expect(supplies).toMatchObject([
      { pack: { serial: packOf('active').serial, seal: 'intact' }, reference: 'R/1' },
    ]);
    const events = await eventsOf(world);
    expect(events.map(({ operation, outage }) => [operation, outage?.endMs])).toEqual([
      ['outage', null],
      ['supply', undefined],
      ['outage', START_MS + 60_000],
      ['supply', undefined],
    ]);
    world.setOnline(true);
    await idle();
    expect(world.ledger.taken.map(({ receipt }) => receipt.kind)).toEqual(Array(4).fill('accepted'));
  });

  it('neither lists nor checks what was taken back, and goes on with the rest of the same act', async () => {
    const { app } = await declared();
    const [taken, kept] = [packOf('active'), packOf('active-month')];
    const scans = [await judge(app, gs1(taken)), await judge(app, gs1(kept))];
    const act = { operation: 'supply', seal: 'intact', reason: undefined, reference: undefined } as const;
    expect(await app.outbox.recordAll({ ...act, scans })).toMatchObject([{ ok: true }, { ok: true }]);
    expect(await app.outbox.undo({ scan: await judge(app, gs1(taken)), handedOver: false })).toBeUndefined();
    await app.outages.end();
    expect(app.outages.uncheckedCount.value).toBe(1);
    const [outage] = app.outages.outages.value;
    const supplies = outage ? await app.outages.suppliesIn(outage) : [];
    expect(supplies.map(({ pack }) => pack.serial)).toEqual([kept.serial]);
  });

  it('has its supplies checked by itself, and tells of those that need attention', async () => {
    const { world, app } = await declared();
    for (const id of ['active', 'active-month'])
      await app.outbox.record(supply(await judge(app, gs1(packOf(id)))));
    world.ledger.act('supply', [packOf('active')]);
    await world.clock.advance(60_000);
    expect(app.outages.uncheckedCount.value).toBe(2);
    world.setOnline(true);
    await idle();
    await world.clock.advance(120_000);
    expect(app.outages.attention.value).toMatchObject([
      {
        supply: { pack: { serial: packOf('active').serial } },
        judgment: { verdict: { kind: 'not-active', state: 'supplied' }, certainty: 'in-ledger' },
        conflict: { why: 'not-active', alert: 'A7' },
      },
    ]);
    // The other one is settled for good: a new start asks no more.
    const asked: string[] = [];
    const { verify } = world.ledger.client;
    world.answers = {
      verify: (pack) => {
        asked.push(pack.serial);
        return verify(pack);
      },
    };
    app.stop();
    const again = await world.openApp();
    expect(again.outages.attention.value).toHaveLength(1);
    expect([...new Set(asked)]).toEqual([packOf('active').serial]);
  });

  it('has nothing to say against what was supplied on its last day, and is no longer good when it is checked', async () => {
    const { world, app } = await openedWorld();
    const good = { ...PACK, serial: 'LASTDAY1', batch: 'LASTDAY', expiry: isoDay(START_MS) };
    const bad = { ...good, serial: 'STRAY' };
    world.ledger.act('commission', [good]);
    await app.sync.syncNow();
    world.setOnline(false);
    for (const pack of [good, bad]) {
      const scan = await judge(app, gs1(pack));
      expect(await app.outbox.record(supply(scan, unverified))).toBeUndefined();
    }
    world.answers = { verify: () => Promise.reject(new LedgerError('timeout')) };
    world.setOnline(true);
    await idle();
    expect(await rowsOf(world)).toHaveLength(1);
    world.clock.jump(2 * DAY_MS);
    world.answers = {};
    await world.clock.advance(120_000);
    expect(app.outages.attention.value.map(({ supply: { pack } }) => pack.serial)).toEqual(['STRAY']);
  });

  it('nor where the ledger heard of it when that day was over', async () => {
    const { world, app } = await openedWorld();
    const good = { ...PACK, serial: 'LASTDAY1', batch: 'LASTDAY', expiry: isoDay(START_MS) };
    world.ledger.act('commission', [good]);
    await app.sync.syncNow();
    world.setOnline(false);
    for (const pack of [good, { ...good, serial: 'STRAY' }])
      expect(await app.outbox.record(supply(await judge(app, gs1(pack)), unverified))).toBeUndefined();
    world.clock.jump(2 * DAY_MS);
    world.setOnline(true);
    await idle();
    await world.clock.advance(120_000);
    const [item] = app.outbox.items.value;
    expect(item?.progress).toMatchObject({ kind: 'conflict', conflicts: [{ why: 'expired' }] });
    expect(app.outages.attention.value.map(({ supply: { pack } }) => pack.serial)).toEqual(['STRAY']);
  });

  it('has a long list checked a part at a time, and what needs attention in turn', async () => {
    const { world, app } = await declared();
    const strays = Array.from({ length: 150 }, (_, i) => ({ ...packOf('active'), serial: `NOWHERE${i}` }));
    const scans = [];
    for (const pack of strays) scans.push(await judge(app, gs1(pack)));
    const outcomes = await app.outbox.recordAll({
      ...{ scans, operation: 'supply', seal: 'intact', reference: undefined, ...unverified },
    });
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    const asked: string[] = [];
    const { verify } = world.ledger.client;
    world.answers = {
      verify: (pack) => {
        asked.push(pack.serial);
        return verify(pack);
      },
    };
    world.setOnline(true);
    await idle();
    expect([asked.length > 0, app.outages.uncheckedCount.value > 0]).toEqual([true, true]);
    for (let minute = 0; minute < 4; minute++) {
      const before = asked.length;
      await world.clock.advance(60_000);
      expect(asked.length - before).toBeLessThanOrEqual(120);
    }
    expect(app.outages.uncheckedCount.value).toBe(0);
    expect(app.outages.attention.value).toHaveLength(150);
    const times = new Map<string, number>();
    for (const serial of asked) times.set(serial, (times.get(serial) ?? 0) + 1);
    expect(Math.max(...times.values()) - Math.min(...times.values())).toBeLessThanOrEqual(1);
  });

  it('that lasts longer than an undo may take is still there, with what was supplied in it, until it has ended', async () => {
    const { world, app } = await declared();
    await app.outbox.record(supply(await judge(app, gs1(packOf('active'))), { reference: 'R/1' }));
    world.setOnline(true);
    await idle();
    expect(await rowsOf(world)).toEqual([]);
    const aFortnightOn = async () => {
      app.stop();
      world.clock.jump(14 * DAY_MS);
      world.ledger.act('verify', [packOf('active-month')]);
      const again = await world.openApp();
      await world.clock.advance(120_000);
      return again;
    };
    const lasting = await aFortnightOn();
    const [outage] = lasting.outages.outages.value;
    expect(outage).toMatchObject({ startMs: START_MS - 60_000, endMs: undefined });
    expect(await lasting.outages.end()).toBeUndefined();
    await idle();
    await world.clock.advance(120_000);
    const [ended] = lasting.outages.outages.value;
    expect(ended?.endMs).toBeGreaterThan(START_MS + 14 * DAY_MS);
    const supplies = ended ? await lasting.outages.suppliesIn(ended) : [];
    expect(supplies).toMatchObject([{ pack: { serial: packOf('active').serial }, reference: 'R/1' }]);
    lasting.stop();
    // Its time is over: the ledger holds it, and the device lets go.
    const later = await aFortnightOn();
    expect(later.outages.outages.value).toEqual([]);
  });

  it('needs no declaration for what Art. 29 was given as the reason of', async () => {
    const { world, app } = await openedWorld();
    world.setOnline(false);
    const stray = { ...packOf('active'), serial: 'NOWHERE1' };
    expect(await app.outbox.record(supply(await judge(app, gs1(stray)), unverified))).toBeUndefined();
    world.setOnline(true);
    await idle();
    await world.clock.advance(60_000);
    expect(app.outages.attention.value).toMatchObject([{ judgment: { verdict: { kind: 'unknown-pack' } } }]);
  });

  it('is no business of an inspector, and has a reason and an order of times', async () => {
    const { app } = await openedWorld({ role: 'inspector' });
    expect(app.outages.mayDeclare).toBe(false);
    expect(await app.outages.declare('no-network', START_MS)).toEqual({ kind: 'not-allowed', why: 'role' });
    const pharmacy = await openedWorld();
    const backwards = { reason: 'no-network', startMs: START_MS, endMs: START_MS - 1 };
    expect(await pharmacy.app.outbox.recordOutage(backwards)).toEqual({ kind: 'not-allowed', why: 'state' });
    const beforeAll = await pharmacy.app.outages.declare('no-network', Date.UTC(202, 10, 22));
    expect(beforeAll).toEqual({ kind: 'not-allowed', why: 'state' });
    expect(await pharmacy.app.outages.end()).toBeUndefined();
  });
});
