// The rules of undo (Delegated Regulation (EU) 2016/161 Art. 13), as the device applies them.
import { describe, expect, it } from 'vitest';
import type { AppModel } from '../../src/app/app-model.ts';
import { LedgerError } from '../../src/app/ports.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import type { Pack } from '../../src/domain/pack.ts';
import { headlineOf } from '../../src/ui/headline.ts';
import { gs1, idle, judge, openedWorld, rowsOf, shown, supply } from '../support/app-fakes.ts';
import { PACK } from '../support/sample-events.ts';

const packOf = (id: string): Pack => SHELF.find((item) => item.id === id)?.printed ?? PACK;
const active = packOf('active');
const DAY_MS = 86_400_000;

describe('undo', () => {
  async function supplied(options?: Parameters<typeof openedWorld>[0]) {
    const { world, app } = await openedWorld(options);
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
    const { world, app } = await openedWorld();
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

  it('counts the ten days by the time of the ledger, as far as the device knows how far off its own is', async () => {
    const { world, app } = await supplied();
    world.answers = {
      clockSkew: () => ({ aheadMs: 11 * DAY_MS, uncertainMs: 500 }),
      latestSnapshot: () => Promise.reject(new LedgerError('timeout')),
    };
    world.clock.jump(11 * DAY_MS);
    const scan = await judge(app, gs1(active));
    expect(scan.undoable).toMatchObject({ operation: 'supply' });
    expect(await app.outbox.undo({ scan, handedOver: false })).toBeUndefined();
  });

  it('is refused after ten days of the ledger, on a device that is behind', async () => {
    const { world, app } = await supplied();
    world.answers = { clockSkew: () => ({ aheadMs: -11 * DAY_MS, uncertainMs: 500 }) };
    const scan = await judge(app, gs1(active));
    expect(await app.outbox.undo({ scan, handedOver: false })).toMatchObject({ why: 'undo-too-late' });
  });

  it('is refused after ten days by the data, on a device that was set back', async () => {
    const { world, app } = await openedWorld();
    world.answers = { postEvents: () => Promise.reject(new LedgerError('timeout')) };
    await app.outbox.record(supply(await judge(app, gs1(active))));
    world.clock.jump(11 * 86_400_000);
    await world.clock.advance(120_000);
    world.clock.jump(-11 * 86_400_000);
    const scan = await judge(app, gs1(active));
    expect(scan.undoable).toBeUndefined();
    expect(await app.outbox.undo({ scan, handedOver: false })).toMatchObject({ why: 'undo-too-late' });
  });

  it('is refused for a pack that is destroyed, and for one that another place supplied', async () => {
    const { app } = await openedWorld();
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

  const COLLEAGUE = { organisation: 'org-1', site: 'site-1' } as const;
  async function journeyOf(app: AppModel, pack = active) {
    await app.trail.open(pack);
    const state = app.trail.state.value;
    if (state.kind !== 'shown') throw new Error(JSON.stringify(state));
    return state;
  }

  it('takes back what another device of the site recorded, found and proven in the journey', async () => {
    for (const isInData of [false, true]) {
      const { world, app } = await openedWorld();
      const { id } = world.ledger.act('supply', [active], COLLEAGUE);
      world.ledger.act('supply', [active], { ...COLLEAGUE, reference: 'again' });
      if (isInData) await world.clock.advance(120_000);
      const scan = await judge(app, gs1(active));
      expect(scan.undoable).toBeUndefined();
      const act = (await journeyOf(app)).undoable;
      expect(act).toMatchObject({ id, event: { operation: 'supply' } });
      world.setOnline(false);
      expect(await app.outbox.undo({ scan, handedOver: true, act })).toMatchObject({ why: 'handed-over' });
      expect(await app.outbox.undo({ scan, handedOver: false, act })).toBeUndefined();
      expect(await app.outbox.undo({ scan, handedOver: false, act })).toMatchObject({
        why: 'undo-not-possible',
      });
      expect((await judge(app, gs1(active))).judgment.verdict).toEqual({ kind: 'active' });
      world.setOnline(true);
      await idle();
      expect(world.ledger.taken.map(({ receipt }) => receipt.kind)).toEqual(['accepted']);
      expect(await rowsOf(world)).toEqual([]);
      expect((await journeyOf(app)).undoable).toBeUndefined();
      await world.clock.advance(120_000);
      expect((await judge(app, gs1(active))).judgment).toMatchObject({
        verdict: { kind: 'active' },
        fromOutbox: false,
      });
    }
  });

  it("finds nothing to take back in another site's journey, nor what has no undo, nor after ten days", async () => {
    const { world, app } = await openedWorld();
    world.ledger.act('supply', [active]);
    world.ledger.act('supply', [active], COLLEAGUE);
    expect((await journeyOf(app)).undoable).toBeUndefined();
    const month = packOf('active-month');
    world.ledger.act('destroy', [month], COLLEAGUE);
    expect((await journeyOf(app, month)).undoable).toBeUndefined();
    const ifa = packOf('active-ifa');
    world.ledger.act('supply', [ifa], COLLEAGUE);
    const { undoable: act } = await journeyOf(app, ifa);
    await app.sync.syncNow();
    await app.scanner.readTyped({
      ...{ productCode: ifa.productCode.slice(4), serial: ifa.serial },
      ...{ batch: ifa.batch, expiry: ifa.expiry },
    });
    await idle();
    world.clock.jump(11 * DAY_MS);
    const late = { scan: shown(app), handedOver: false, act };
    expect(await app.outbox.undo(late)).toMatchObject({ why: 'undo-too-late' });
  });

  it('takes nothing back that another place did, where its own supply never arrived', async () => {
    const { world, app } = await openedWorld();
    world.setOnline(false);
    await app.outbox.record(supply(await judge(app, gs1(active))));
    world.ledger.act('supply', [active]);
    world.answers = { postEvents: () => Promise.reject(new LedgerError('timeout')) };
    world.setOnline(true);
    await app.sync.syncNow();
    await idle();
    const scan = await judge(app, gs1(active));
    expect(await app.outbox.undo({ scan, handedOver: false })).toBeUndefined();
    const after = await judge(app, gs1(active));
    const supplied = { kind: 'not-active', state: 'supplied' };
    expect(after.judgment).toMatchObject({ verdict: supplied, fromOutbox: false });
    expect(after.opinion).toMatchObject({ kind: 'agrees', judgment: { verdict: supplied } });
    expect(app.offers(after)).toEqual([]);
    expect(await app.outbox.record(supply(after))).toMatchObject({ why: 'not-active' });
  });

  it('does not hide what happened to the pack after its own supply', async () => {
    const { world, app } = await supplied();
    await world.clock.advance(120_000);
    const scan = await judge(app, gs1(active));
    world.setOnline(false);
    expect(await app.outbox.undo({ scan, handedOver: false })).toBeUndefined();
    expect((await judge(app, gs1(active))).judgment).toMatchObject({
      verdict: { kind: 'active' },
      fromOutbox: 'event',
    });
    const colleague = { organisation: 'org-1', site: 'site-1', undoes: world.ledger.taken[0]?.id ?? null };
    expect(world.ledger.act('undo', [active], colleague).kind).toBe('accepted');
    world.ledger.act('stolen', [active]);
    world.answers = { postEvents: () => Promise.reject(new LedgerError('timeout')) };
    world.setOnline(true);
    await app.sync.syncNow();
    await idle();
    expect((await judge(app, gs1(active))).judgment.verdict).toEqual({ kind: 'not-active', state: 'stolen' });
  });

  it('yields to a ledger that has it and has seen another place act since', async () => {
    const { world, app } = await openedWorld();
    world.answers = { latestSnapshot: () => Promise.reject(new LedgerError('timeout')) };
    await app.outbox.record(supply(await judge(app, gs1(active))));
    await idle();
    const scan = await judge(app, gs1(active));
    expect(await app.outbox.undo({ scan, handedOver: false })).toBeUndefined();
    await idle();
    expect(await rowsOf(world)).toEqual([]);
    expect(headlineOf(await judge(app, gs1(active))).tone).toBe('go');
    world.ledger.act('supply', [active]);
    const after = await judge(app, gs1(active));
    expect(after.opinion.kind).toBe('disagrees');
    expect(headlineOf(after)).toMatchObject({ tone: 'stop', judgment: { certainty: 'in-ledger' } });
    expect(app.offers(after)).toEqual([]);
    expect(await app.outbox.record(supply(after))).toMatchObject({ why: 'not-active' });
  });

  it('leads over a ledger that it has not reached, where the supply is known to be its own', async () => {
    const { world, app } = await supplied();
    world.answers = { postEvents: () => Promise.reject(new LedgerError('timeout')) };
    const scan = await judge(app, gs1(active));
    expect(await app.outbox.undo({ scan, handedOver: false })).toBeUndefined();
    await idle();
    expect(shown(app).opinion).toMatchObject({
      ...{ kind: 'agrees', awaitsUndo: true },
      judgment: { verdict: { kind: 'not-active', state: 'supplied' } },
    });
    expect(headlineOf(shown(app))).toMatchObject({ tone: 'go', judgment: { certainty: 'on-this-device' } });
    world.answers = {};
    await app.outbox.flush();
    world.ledger.act('stolen', [active]);
    expect(headlineOf(await judge(app, gs1(active))).tone).toBe('stop');
  });

  it('of a supply that may never have arrived yields to the ledger', async () => {
    const { world, app } = await openedWorld();
    world.setOnline(false);
    await app.outbox.record(supply(await judge(app, gs1(active))));
    world.ledger.act('supply', [active]);
    const timeout = () => Promise.reject(new LedgerError('timeout'));
    world.answers = { postEvents: timeout, latestSnapshot: timeout };
    world.setOnline(true);
    await idle();
    const scan = await judge(app, gs1(active));
    expect(await app.outbox.undo({ scan, handedOver: false })).toBeUndefined();
    await idle();
    expect(shown(app).judgment.verdict).toEqual({ kind: 'active' });
    expect(headlineOf(shown(app))).toMatchObject({ tone: 'stop', judgment: { certainty: 'in-ledger' } });
  });
});
