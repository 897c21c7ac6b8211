// A list of packs and one act on it, in a world with a real small ledger.
import { effect } from '@preact/signals-core';
import { describe, expect, it, vi } from 'vitest';
import type { AppModel } from '../../src/app/app-model.ts';
import type { PalletState } from '../../src/app/pallet-model.ts';
import { StoreError } from '../../src/app/ports.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import type { Pack } from '../../src/domain/pack.ts';
import { eventsOf, gs1, idle, judge, openedWorld } from '../support/app-fakes.ts';
import { PACK } from '../support/sample-events.ts';

const packOf = (id: string): Pack => SHELF.find((item) => item.id === id)?.printed ?? PACK;
const LISTED = ['active', 'active-month', 'supplied', 'recalled'] as const;

async function listed(ids: readonly string[] = LISTED) {
  const { world, app } = await openedWorld();
  // What undoes keyboards is loaded with the first scan; `idle` does not wait for a file.
  (await app.scanner.openSetup()).release();
  app.pallet.open();
  for (const id of ids) {
    world.wedge(gs1(packOf(id)));
    await idle();
    await world.clock.advance(3_000);
  }
  return { world, app };
}

/** What follows many codes at once is loaded with the first list. */
async function openList({ pallet }: AppModel): Promise<void> {
  pallet.open();
  await vi.dynamicImportSettled();
}

function linesOf(state: PalletState) {
  if (state.kind !== 'open') throw new Error('the list is closed');
  return state.lines;
}

describe('a list of packs before a camera', () => {
  const corners = (x: number, y: number) =>
    [
      [0, 0],
      [0.05, 0],
      [0.05, 0.05],
      [0, 0.05],
    ].map(([dx = 0, dy = 0]) => ({ x: x + dx, y: y + dy }));

  it('takes all that a panning camera sees, each once, and marks what is in view', async () => {
    const { world, app } = await openedWorld();
    await openList(app);
    await app.scanner.openCamera({});
    expect(world.camera.session()?.view.aim).toBe('many');
    // The packs lie side by side; the camera moves along them and back, and reads each in several frames.
    const places = [0, 1, 2, 3, 2, 1, 0];
    for (const place of places) {
      const inView = LISTED.slice(place, place + 2);
      world.camera.seeSymbols(
        inView.map((id, i) => ({ text: gs1(packOf(id)), corners: corners(0.2 + 0.4 * i, 0.5) })),
      );
      await idle();
      await world.clock.advance(100);
    }
    const listedIds = linesOf(app.pallet.state.value).map(({ scan }) => scan.pack.serial);
    expect(listedIds.toSorted()).toEqual(LISTED.map((id) => packOf(id).serial).toSorted());
    world.camera.seeSymbols([{ text: gs1(packOf('active')), corners: corners(0.3, 0.3) }]);
    const marks = app.scanner.marks.value;
    const shown = marks.find(({ scan }) => scan?.pack.serial === packOf('active').serial);
    expect(shown).toMatchObject({
      corners: corners(0.3, 0.3),
      scan: { judgment: { verdict: { kind: 'active' } } },
    });
    await world.clock.advance(2_000);
    world.camera.seeSymbols([]);
    expect(app.scanner.marks.value).toEqual([]);
  });

  it('draws nothing of an earlier picture over that of a camera opened anew', async () => {
    const { world, app } = await openedWorld();
    await openList(app);
    await app.scanner.openCamera({});
    const symbol = { text: gs1(packOf('active')), corners: corners(0.3, 0.3) };
    world.camera.seeSymbols([symbol]);
    expect(app.scanner.marks.value).toHaveLength(1);
    await app.scanner.chooseCamera('another', {});
    expect(app.scanner.marks.value).toEqual([]);
    world.camera.seeSymbols([symbol]);
    app.scanner.closeCamera();
    await app.scanner.openCamera({});
    expect(app.scanner.marks.value).toEqual([]);
  });

  it('judges a pack again that could not be looked up', async () => {
    const { world, app } = await openedWorld();
    await openList(app);
    await app.scanner.openCamera({});
    const see = async () => {
      world.camera.see(gs1(packOf('active')), gs1(packOf('active-month')));
      for (let i = 0; i < 10; i++) await idle();
    };
    world.faults.at = world.faults.calls + 1;
    await see();
    expect(app.scanner.state.value).toMatchObject({ kind: 'failed', failure: { kind: 'store' } });
    const { calls } = world.faults;
    await see();
    expect(world.faults.calls).toBe(calls);
    world.faults.at = undefined;
    await world.clock.advance(2_000);
    await see();
    expect(linesOf(app.pallet.state.value)).toHaveLength(2);
    expect(app.scanner.state.value.kind).toBe('idle');
  });

  it('says what codes that are no packs are, until the next pack comes', async () => {
    const { world, app } = await openedWorld();
    await openList(app);
    await app.scanner.openCamera({});
    expect(world.camera.session()?.view.carriers).toBe('packs-and-cases');
    const problemSeen = (text: string) => {
      world.camera.see(text);
      const failure = app.scanner.passedOver.value;
      return failure?.kind === 'unreadable' ? failure.problem : failure?.kind;
    };
    expect(problemSeen(']C100006141411234567890')).toBe('container');
    expect(problemSeen(']I104012345123456')).toBe('case-bar-code');
    expect(problemSeen(']E03400930000120')).toBe('product-bar-code');
    expect(linesOf(app.pallet.state.value)).toEqual([]);
    expect(problemSeen(gs1(packOf('active')))).toBeUndefined();
    await idle();
    expect(linesOf(app.pallet.state.value)).toHaveLength(1);
    expect(app.scanner.state.value.kind).toBe('idle');
  });

  it('says nothing of the price codes that stand beside packs, until they stand alone', async () => {
    const { world, app } = await openedWorld();
    await openList(app);
    await app.scanner.openCamera({});
    const price = ']E03400930000120';
    world.camera.see(price, gs1(packOf('active')));
    await idle();
    world.camera.see(price);
    await idle();
    expect(app.scanner.passedOver.value).toBeUndefined();
    expect(world.signals.filter((signal) => signal.includes('unread'))).toEqual([]);
    await world.clock.advance(2_000);
    world.camera.see(price);
    expect(app.scanner.passedOver.value).toMatchObject({ problem: 'product-bar-code' });
    expect(world.signals.filter((signal) => signal.includes('unread')).length).toBeGreaterThan(0);
  });

  describe('keeps what went wrong on screen', () => {
    const GARBAGE = 'no code of a pack';

    async function openWithGarbage() {
      const { world, app } = await openedWorld();
      (await app.scanner.openSetup()).release();
      await openList(app);
      await app.scanner.openCamera({});
      world.wedge(GARBAGE);
      await idle();
      return { world, app };
    }

    it('while packs go onto the list', async () => {
      const { world, app } = await openWithGarbage();
      const failed = app.scanner.state.value;
      expect(failed).toMatchObject({ kind: 'failed', failure: { kind: 'unreadable' } });
      const shown = new Set<unknown>();
      const stop = effect(() => void shown.add(app.scanner.state.value));
      world.camera.see(gs1(packOf('active')), gs1(packOf('recalled')));
      for (let i = 0; i < 10; i++) await idle();
      stop();
      expect(linesOf(app.pallet.state.value)).toHaveLength(2);
      expect([...shown]).toEqual([failed]);
      app.scanner.dismiss();
      expect(app.scanner.state.value.kind).toBe('idle');
    });

    it('of a pack that could not be looked up, until it has been, whatever else was judged', async () => {
      const { world, app } = await openedWorld();
      await openList(app);
      await app.scanner.openCamera({});
      const see = async (...ids: string[]) => {
        world.camera.see(...ids.map((id) => gs1(packOf(id))));
        for (let i = 0; i < 10; i++) await idle();
      };
      world.faults.at = world.faults.calls + 1;
      await see('active');
      world.faults.at = undefined;
      await see('recalled');
      expect(linesOf(app.pallet.state.value)).toHaveLength(1);
      expect(app.scanner.state.value).toMatchObject({ kind: 'failed', failure: { kind: 'store' } });
      await world.clock.advance(2_000);
      await see('active', 'recalled');
      expect(linesOf(app.pallet.state.value)).toHaveLength(2);
      expect(app.scanner.state.value.kind).toBe('idle');
    });
  });

  describe('lists a pack again that was taken off', () => {
    async function takenOff() {
      const { world, app } = await openedWorld();
      (await app.scanner.openSetup()).release();
      await openList(app);
      await app.scanner.openCamera({});
      const see = async (ms: number, ...ids: string[]) => {
        for (let past = 0; past < ms; past += 100) {
          world.camera.see(...ids.map((id) => gs1(packOf(id))));
          await world.clock.advance(100);
        }
        return linesOf(app.pallet.state.value).length;
      };
      expect(await see(500, 'active')).toBe(1);
      const [line] = linesOf(app.pallet.state.value);
      if (line) app.pallet.remove(line);
      return { world, app, see };
    }

    it('once it has left the picture and is shown again, and not before', async () => {
      const { world, app, see } = await takenOff();
      expect(await see(5_000, 'active')).toBe(0);
      expect(app.scanner.passedOver.value).toEqual({ kind: 'taken-off' });
      // A frame or two without it is no leaving.
      await see(500);
      expect(await see(1_000, 'active')).toBe(0);
      await see(2_500);
      expect(await see(100, 'active')).toBe(1);
      await world.clock.advance(0);
      expect(app.scanner.passedOver.value).toBeUndefined();
    });

    it('not because the camera was off meanwhile', async () => {
      const { world, app, see } = await takenOff();
      app.scanner.closeCamera();
      await world.clock.advance(10_000);
      await app.scanner.openCamera({});
      expect(await see(3_000, 'active')).toBe(0);
      await see(2_500);
      expect(await see(100, 'active')).toBe(1);
    });

    it('when it is scanned by hand', async () => {
      const { world, app, see } = await takenOff();
      world.wedge(gs1(packOf('active')));
      await idle();
      expect(linesOf(app.pallet.state.value)).toHaveLength(1);
      await see(500, 'active');
      expect(app.scanner.passedOver.value).toBeUndefined();
    });

    it('and a pallet too', async () => {
      const { world, app } = await takenOff();
      const sscc = ']C100006141411234567890';
      const containers = () => {
        world.camera.see(sscc);
        const state = app.pallet.state.value;
        return state.kind === 'open' ? state.containers.length : 0;
      };
      expect(containers()).toBe(1);
      app.pallet.removeContainer(sscc.slice(5));
      expect(containers()).toBe(0);
      await world.clock.advance(2_500);
      expect(containers()).toBe(1);
    });
  });

  describe('warns of one serial on two packs at once', () => {
    async function watch(frames: number, x: (frame: number) => number) {
      const { world, app } = await openedWorld();
      await openList(app);
      await app.scanner.openCamera({});
      const text = gs1(packOf('active'));
      for (let frame = 0; frame < frames; frame++) {
        world.camera.seeSymbols([
          { text, corners: corners(0.2, 0.5) },
          { text, corners: corners(x(frame), 0.5) },
        ]);
        await world.clock.advance(200);
      }
      return { world, app };
    }

    it('on the list and over the picture, counts it once and raises nothing', async () => {
      const { world, app } = await watch(5, () => 0.6);
      expect(app.scanner.twins.value.map(({ serial }) => serial)).toEqual([packOf('active').serial]);
      expect(app.scanner.marks.value.map(({ isTwin }) => isTwin)).toEqual([true, true]);
      const lines = linesOf(app.pallet.state.value);
      expect(lines.map(({ isTwin }) => isTwin)).toEqual([true]);
      expect(await eventsOf(world)).toEqual([]);
      // It has been dealt with.
      if (lines[0]) app.pallet.remove(lines[0]);
      expect(app.scanner.twins.value).toEqual([]);
      app.pallet.close();
      app.pallet.open();
      expect(app.scanner.marks.value).toEqual([]);
    });

    it('and of nothing that lies close by', async () => {
      const { app } = await watch(20, () => 0.25);
      expect(app.scanner.twins.value).toEqual([]);
      expect(linesOf(app.pallet.state.value)).toMatchObject([{ isTwin: false }]);
    });
  });

  describe('takes all packs of a photo', () => {
    it('each once, as if each had been scanned', async () => {
      const { world, app } = await listed(['active']);
      await openList(app);
      const link = ']Q1https://www.example.com/leaflet';
      world.photo = [link, ']C100006141411234567890', ...LISTED.map((id) => gs1(packOf(id)))].map((text) => ({
        text,
        corners: [],
      }));
      await app.scanner.readPhoto({});
      const lines = linesOf(app.pallet.state.value);
      expect(lines.map(({ scan }) => scan.pack.serial).toSorted()).toEqual(
        LISTED.map((id) => packOf(id).serial).toSorted(),
      );
      expect(lines.every(({ scan }) => scan.entryMode === 'file')).toBe(true);
      expect(app.pallet.state.value).toMatchObject({ containers: [{ sscc: '006141411234567890' }] });
      expect(app.scanner.state.value.kind).toBe('idle');
    });

    it('and says what is wrong with one that shows none', async () => {
      const { world, app } = await listed([]);
      world.photo = [{ text: ']Q1https://www.example.com/leaflet', corners: [] }];
      await app.scanner.readPhoto({});
      expect(app.scanner.state.value).toMatchObject({ kind: 'failed', failure: { kind: 'unreadable' } });
    });
  });

  it('goes back to one pack at a time when it is closed', async () => {
    const { world, app } = await openedWorld();
    app.pallet.open();
    app.pallet.close();
    await app.scanner.openCamera({});
    expect(world.camera.session()?.view.aim).toBe('one');
    world.camera.see(gs1(packOf('active')), gs1(packOf('supplied')));
    await idle();
    expect(app.scanner.history.value).toHaveLength(1);
  });
});

describe('a list of packs', () => {
  it('takes each pack once, and scanning goes on at once', async () => {
    const { world, app } = await listed(['active', 'active-month', 'active']);
    expect(linesOf(app.pallet.state.value)).toHaveLength(2);
    expect(app.pallet.state.value).toMatchObject({ last: 'repeat' });
    expect(app.scanner.state.value.kind).toBe('idle');
    expect(linesOf(app.pallet.state.value).map(({ scan }) => scan.opinion.kind)).toEqual([
      'agrees',
      'agrees',
    ]);
    app.pallet.close();
    world.wedge(gs1(packOf('active')));
    await idle();
    expect(app.scanner.state.value.kind).toBe('judged');
  });

  it('takes a pack that was still being judged when the next code came, whatever that was', async () => {
    const { world, app } = await listed([]);
    await vi.dynamicImportSettled();
    await app.scanner.openCamera({});
    world.camera.see(gs1(packOf('supplied')), gs1(packOf('recalled')));
    world.wedge(gs1(packOf('active')));
    await Promise.resolve();
    world.wedge(gs1(packOf('active-month')));
    world.wedge('no code of a pack');
    for (let i = 0; i < LISTED.length * 2; i++) await idle();
    const serials = linesOf(app.pallet.state.value).map(({ scan }) => scan.pack.serial);
    expect(serials.toSorted()).toEqual(LISTED.map((id) => packOf(id).serial).toSorted());
    expect(app.pallet.state.value).toMatchObject({ last: 'added' });
  });

  it('acts on those alone that were there when it was asked', async () => {
    const { world, app } = await listed(['active']);
    const asked = linesOf(app.pallet.state.value);
    world.wedge(gs1(packOf('active-month')));
    await idle();
    const supply = { operation: 'supply', seal: 'intact', reason: undefined, reference: undefined } as const;
    await app.pallet.record(supply, asked);
    const outcomes = () => linesOf(app.pallet.state.value).map(({ act }) => act);
    expect(outcomes()).toEqual([undefined, 'supply']);
    const recorded = linesOf(app.pallet.state.value);
    await app.pallet.record(supply, recorded);
    await app.pallet.undo(false, asked);
    expect(outcomes()).toEqual(['supply', 'undo']);
  });

  it('is one act: packs that allow it share an event, each of the others says why not', async () => {
    const { world, app } = await listed();
    expect(app.pallet.offers()).toContainEqual({ operation: 'supply', packs: 2, containers: 0 });
    world.setOnline(false);
    const request = { operation: 'supply', seal: 'intact', reason: undefined, reference: 'R/1' } as const;
    await app.pallet.record(request, linesOf(app.pallet.state.value));
    const [event, ...others] = await eventsOf(world);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ operation: 'supply', reference: 'R/1', verdict: 'active' });
    expect(event?.action).toMatch(/^[0-9a-f]{32}$/);
    expect(event?.packs.map(({ serial, seal, entryMode }) => [serial, seal, entryMode])).toEqual(
      ['active-month', 'active'].map((id) => [packOf(id).serial, 'intact', 'scanned']),
    );
    expect(linesOf(app.pallet.state.value).map(({ outcome }) => outcome)).toMatchObject([
      { ok: false, failure: { why: 'recalled' } },
      { ok: false, failure: { why: 'not-active' } },
      { ok: true, at: 0 },
      { ok: true, at: 1 },
    ]);
  });

  it('tells of each pack what the ledger made of it', async () => {
    const { world, app } = await listed(['active', 'active-month']);
    world.setOnline(false);
    world.ledger.act('supply', [packOf('active')]);
    await app.pallet.record(
      { operation: 'destroy', seal: 'not-checked', reason: undefined, reference: undefined },
      linesOf(app.pallet.state.value),
    );
    world.setOnline(true);
    await idle();
    const lines = linesOf(app.pallet.state.value);
    const [first] = lines;
    const eventId = first?.outcome?.ok ? first.outcome.eventId : '';
    const progress = app.outbox.progressOf(eventId);
    // The older line is the pack that was supplied elsewhere, and the second in the event.
    expect(progress).toMatchObject({
      kind: 'conflict',
      conflicts: [{ pack: 1, why: 'not-active', alert: 'A24' }],
    });
  });

  it('splits an act by what the verdicts rest on, under one id', async () => {
    const { world, app } = await openedWorld();
    app.pallet.open();
    world.wedge(gs1(packOf('active')));
    await idle();
    world.setOnline(false);
    await world.clock.advance(3_000);
    world.wedge(gs1(packOf('active-month')));
    await idle();
    await app.pallet.record(
      { operation: 'lock', seal: 'not-checked', reason: undefined, reference: undefined },
      linesOf(app.pallet.state.value),
    );
    const events = await eventsOf(world);
    expect(events.map(({ certainty }) => certainty)).toEqual(['on-this-device', 'in-ledger']);
    expect(new Set(events.map(({ action }) => action)).size).toBe(1);
    expect(events[1]?.sequence).toBe(2);
  });

  it('keeps what could not be stored on the list, to be recorded again', async () => {
    const { world, app } = await listed(['active']);
    world.faults.at = world.faults.calls + 1;
    const request = {
      operation: 'destroy',
      seal: 'not-checked',
      reason: undefined,
      reference: undefined,
    } as const;
    await app.pallet.record(request, linesOf(app.pallet.state.value));
    expect(linesOf(app.pallet.state.value)).toMatchObject([
      { outcome: { ok: false, failure: { kind: 'store' } } },
    ]);
    world.faults.at = undefined;
    await app.pallet.record(request, linesOf(app.pallet.state.value));
    expect(linesOf(app.pallet.state.value)).toMatchObject([{ outcome: { ok: true } }]);
    await app.pallet.record(request, linesOf(app.pallet.state.value));
    await idle();
    expect(world.ledger.taken).toHaveLength(1);
  });

  describe('with a pallet on it', () => {
    const SSCC = '006141411234567890';
    const receive = {
      operation: 'receive',
      seal: 'not-checked',
      reason: undefined,
      reference: 'D/7',
    } as const;
    const containersOf = (state: PalletState) => (state.kind === 'open' ? state.containers : []);

    it('comes in with the packs that were checked, in one event, which the ledger proves', async () => {
      const { world, app } = await listed(['active', 'active-month']);
      world.wedge(`]C100${SSCC}`);
      await idle();
      expect(app.pallet.state.value).toMatchObject({ last: 'container', containers: [{ sscc: SSCC }] });
      expect(app.scanner.state.value.kind).toBe('idle');
      expect(app.pallet.offers()).toContainEqual({ operation: 'receive', packs: 0, containers: 1 });
      world.setOnline(false);
      await app.pallet.record(receive, linesOf(app.pallet.state.value));
      const [event, ...others] = await eventsOf(world);
      expect(others).toEqual([]);
      expect(event).toMatchObject({ operation: 'receive', containers: [SSCC], reference: 'D/7' });
      expect(event?.packs.map(({ serial }) => serial)).toEqual(
        ['active-month', 'active'].map((id) => packOf(id).serial),
      );
      expect(containersOf(app.pallet.state.value)).toMatchObject([{ outcome: { ok: true } }]);
      world.setOnline(true);
      await idle();
      expect(await eventsOf(world)).toEqual([]);
      expect(world.ledger.taken[0]?.receipt).toMatchObject({ kind: 'accepted', containerKeyIds: [1] });
    });

    it('comes in alone, where no pack was looked at, and only once', async () => {
      const { world, app } = await listed([]);
      await app.scanner.openCamera({});
      for (let frame = 0; frame < 3; frame++) {
        world.camera.see(`]C100${SSCC}`);
        await idle();
      }
      expect(containersOf(app.pallet.state.value)).toHaveLength(1);
      await app.pallet.record(receive, []);
      await idle();
      await app.pallet.record(receive, []);
      expect(world.ledger.taken).toHaveLength(1);
      const [line] = containersOf(app.pallet.state.value);
      expect(line?.outcome?.ok && app.outbox.progressOf(line.outcome.eventId)).toEqual({ kind: 'proven' });
      app.pallet.removeContainer(SSCC);
      expect(containersOf(app.pallet.state.value)).toEqual([]);
    });

    it('is no part of an act that takes packs out', async () => {
      const { world, app } = await listed(['active']);
      world.wedge(`]C100${SSCC}`);
      await idle();
      world.setOnline(false);
      await app.pallet.record({ ...receive, operation: 'lock' }, linesOf(app.pallet.state.value));
      expect((await eventsOf(world)).map(({ operation, containers }) => [operation, containers])).toEqual([
        ['lock', []],
      ]);
      expect(containersOf(app.pallet.state.value)).toEqual([{ sscc: SSCC, outcome: undefined }]);
    });

    it('is not offered where goods may not come in', async () => {
      const { world, app } = await openedWorld({ role: 'inspector' });
      (await app.scanner.openSetup()).release();
      app.pallet.open();
      world.wedge(`]C100${SSCC}`);
      await idle();
      expect(app.pallet.offers()).toEqual([]);
      await app.pallet.record(receive, []);
      expect(containersOf(app.pallet.state.value)).toMatchObject([
        { outcome: { ok: false, failure: { kind: 'not-allowed', why: 'role' } } },
      ]);
      expect(await eventsOf(world)).toEqual([]);
    });
  });

  describe('an undo of the whole list', () => {
    const supply = { operation: 'supply', seal: 'intact', reason: undefined, reference: undefined } as const;

    it('is one act, with an outcome for each pack, and makes them active again', async () => {
      const { world, app } = await listed();
      await app.pallet.record(supply, linesOf(app.pallet.state.value));
      await idle();
      expect(app.pallet.undoable()).toBe(2);
      await app.pallet.undo(true, linesOf(app.pallet.state.value));
      const handedOver = { ok: false, failure: { why: 'handed-over' } };
      expect(linesOf(app.pallet.state.value).filter(({ act }) => act === 'undo')).toMatchObject([
        ...[{ outcome: handedOver }, { outcome: handedOver }],
      ]);
      world.setOnline(false);
      await app.pallet.undo(false, linesOf(app.pallet.state.value));
      const [undo, ...others] = await eventsOf(world);
      expect(others).toEqual([]);
      expect(undo).toMatchObject({ operation: 'undo', action: expect.stringMatching(/^[0-9a-f]{32}$/) });
      expect(undo?.packs.map(({ serial }) => serial)).toEqual(
        ['active-month', 'active'].map((id) => packOf(id).serial),
      );
      expect(app.pallet.undoable()).toBe(0);
      world.setOnline(true);
      await idle();
      const [, , month, active] = linesOf(app.pallet.state.value);
      for (const line of [month, active]) expect(line).toMatchObject({ act: 'undo', outcome: { ok: true } });
      app.pallet.close();
      expect((await judge(app, gs1(packOf('active')))).judgment.verdict).toEqual({ kind: 'active' });
      expect((await judge(app, gs1(packOf('active-month')))).judgment.verdict).toEqual({ kind: 'active' });
    });

    it('leaves out, with the reason, what another has changed since', async () => {
      const { world, app } = await listed(['active', 'active-month']);
      await app.pallet.record(supply, linesOf(app.pallet.state.value));
      await idle();
      world.ledger.act('undo', [packOf('active')], {
        ...{ organisation: 'org-1', site: 'site-1', undoes: world.ledger.taken[0]?.id ?? '' },
      });
      await app.sync.syncNow();
      await app.pallet.undo(false, linesOf(app.pallet.state.value));
      expect(linesOf(app.pallet.state.value).map(({ outcome }) => outcome)).toMatchObject([
        { ok: true, at: 0 },
        { ok: false, failure: { why: 'undo-not-possible' } },
      ]);
    });

    it('works on packs that were recorded before and are listed anew, under their own events', async () => {
      const { world, app } = await listed(['active']);
      await app.pallet.record(supply, linesOf(app.pallet.state.value));
      app.pallet.close();
      app.pallet.open();
      await world.clock.advance(3_000);
      world.wedge(gs1(packOf('active-month')));
      await idle();
      await app.pallet.record(supply, linesOf(app.pallet.state.value));
      app.pallet.close();
      app.pallet.open();
      for (const id of ['active', 'active-month']) {
        await world.clock.advance(3_000);
        world.wedge(gs1(packOf(id)));
        await idle();
      }
      expect(app.pallet.undoable()).toBe(2);
      world.setOnline(false);
      await app.pallet.undo(false, linesOf(app.pallet.state.value));
      const events = (await eventsOf(world)).filter(({ operation }) => operation === 'undo');
      expect(events).toHaveLength(2);
      expect(new Set(events.map(({ action }) => action)).size).toBe(1);
      expect(new Set(events.map(({ undoes }) => undoes)).size).toBe(2);
    });
  });
});

describe('a list that was open when the app was closed', () => {
  async function reopened(world: Awaited<ReturnType<typeof listed>>['world']) {
    const app = await world.openApp();
    await idle();
    return app;
  }

  it('is open again in the same order, without a sound, and goes on from there', async () => {
    const { world, app } = await listed();
    const sscc = '006141411234567890';
    world.wedge(`]C100${sscc}`);
    await idle();
    const before = linesOf(app.pallet.state.value).map(({ scan }) => scan.pack);
    expect(before).toHaveLength(LISTED.length);
    app.stop();
    const heard = world.signals.length;

    const again = await reopened(world);
    const state = again.pallet.state.value;
    expect(linesOf(state).map(({ scan }) => scan.pack)).toEqual(before);
    expect(state).toMatchObject({ containers: [{ sscc }], last: undefined });
    expect(linesOf(state).map(({ scan }) => scan.entryMode)).toEqual(before.map(() => 'scanned'));
    expect(world.signals).toHaveLength(heard);
    world.wedge(gs1(packOf('locked')));
    await idle();
    expect(linesOf(again.pallet.state.value)).toHaveLength(LISTED.length + 1);
    expect(world.signals.length).toBeGreaterThan(heard);
  });

  /** Its list waits until it is let go. */
  async function reopenedSlowly(world: Awaited<ReturnType<typeof listed>>['world']) {
    const { get } = world.ports.settings;
    let letGo = () => {};
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    world.ports.settings.get = async (key) => {
      if (key === 'open-list') await gate;
      return get(key);
    };
    const app = await reopened(world);
    expect(app.pallet.state.value.kind).toBe('closed');
    return { app, letGo };
  }

  it.each([
    ['packs alone', []],
    ['a pallet too', ['006141411234567890']],
  ])(
    'is never open without what stood on it: the first screen closes an empty one (%s)',
    async (_, ssccs) => {
      const { world, app } = await listed();
      for (const sscc of ssccs) world.wedge(`]C100${sscc}`);
      await idle();
      app.stop();
      const { app: again, letGo } = await reopenedSlowly(world);
      const { state } = again.pallet;
      const counts: number[] = [];
      const stop = effect(() => {
        if (state.value.kind === 'open')
          counts.push(state.value.lines.length + state.value.containers.length);
      });
      letGo();
      await vi.waitFor(() => expect(counts.at(-1)).toBe(LISTED.length + ssccs.length));
      stop();
      expect(Math.min(...counts)).toBe(1);
    },
  );

  it('joins what came onto a list that was opened before it was there', async () => {
    const { world, app } = await listed();
    await idle();
    app.stop();
    const { app: again, letGo } = await reopenedSlowly(world);
    again.pallet.open();
    world.wedge(gs1(packOf('locked')));
    await vi.waitFor(() => expect(linesOf(again.pallet.state.value)).toHaveLength(1));
    letGo();
    await vi.waitFor(() => expect(linesOf(again.pallet.state.value)).toHaveLength(LISTED.length + 1));
    again.stop();
    await idle();
    expect(linesOf((await reopened(world)).pallet.state.value)).toHaveLength(LISTED.length + 1);
  });

  it('does not come back once it was closed while it came', async () => {
    const { world, app } = await listed();
    await idle();
    app.stop();
    const { app: again, letGo } = await reopenedSlowly(world);
    const { changes } = world.ports.outbox;
    world.ports.outbox.changes = (...page) => {
      again.pallet.close();
      return changes(...page);
    };
    letGo();
    await vi.waitFor(() => expect(again.scanner.history.value).toHaveLength(1));
    await idle();
    expect(again.pallet.state.value.kind).toBe('closed');
    again.stop();
    world.ports.outbox.changes = changes;
    expect((await reopened(world)).pallet.state.value.kind).toBe('closed');
  });

  it('says of what was recorded on it that it was, and undoes it', async () => {
    const { world, app } = await listed(['active', 'active-month']);
    const lines = linesOf(app.pallet.state.value);
    await app.pallet.record(
      { operation: 'supply', seal: 'intact', reason: undefined, reference: undefined },
      lines,
    );
    await idle();
    app.stop();
    const again = await reopened(world);
    expect(linesOf(again.pallet.state.value)).toHaveLength(2);
    expect(again.pallet.offers().find(({ operation }) => operation === 'supply')).toBeUndefined();
    expect(again.pallet.undoable()).toBe(2);
  });

  it('has nothing on it that was recorded for good: goods that came in do not come in twice', async () => {
    const { world, app } = await openedWorld({ role: 'wholesaler' });
    (await app.scanner.openSetup()).release();
    app.pallet.open();
    const scan = async (id: string) => {
      world.wedge(gs1(packOf(id)));
      await idle();
      await world.clock.advance(3_000);
    };
    const received = {
      operation: 'receive',
      seal: 'intact',
      reason: undefined,
      reference: undefined,
    } as const;
    await scan('active');
    await app.pallet.record(received, linesOf(app.pallet.state.value));
    await scan('active-month');
    await idle();
    app.stop();
    const again = await reopened(world);
    const serials = linesOf(again.pallet.state.value).map(({ scan: { pack } }) => pack.serial);
    expect(serials).toEqual([packOf('active-month').serial]);
    await again.pallet.record(received, linesOf(again.pallet.state.value));
    again.stop();
    // With nothing left to do it would only take what is scanned next.
    expect((await reopened(world)).pallet.state.value.kind).toBe('closed');
  });

  it('keeps what could not be judged when it came back, for the next start', async () => {
    const { world, app } = await listed();
    await idle();
    app.stop();
    const { changes } = world.ports.outbox;
    let isBroken = true;
    world.ports.outbox.changes = (...page) =>
      isBroken ? Promise.reject(new StoreError('failed')) : changes(...page);
    const broken = await reopened(world);
    await vi.waitFor(() => expect(broken.scanner.state.value.kind).toBe('failed'));
    expect(broken.pallet.state.value.kind).toBe('closed');
    await idle();
    broken.stop();
    isBroken = false;
    expect(linesOf((await reopened(world)).pallet.state.value)).toHaveLength(LISTED.length);
  });

  it('has the ledger’s word on each of its packs, however many come back at once', async () => {
    const { world, app } = await listed(['active']);
    await idle();
    app.stop();
    const kept = JSON.parse((await world.ports.settings.get('open-list')) ?? '');
    const [first] = kept.content.packs;
    const many = Array.from({ length: 300 }, (_, i) => ({
      ...first,
      pack: { ...first.pack, serial: `MANY${i}` },
    }));
    await world.ports.settings.set(
      'open-list',
      JSON.stringify({ ...kept, content: { ...kept.content, packs: many } }),
    );
    const { verify } = world.ledger.client;
    const answers: (() => void)[] = [];
    world.answers = {
      verify: (pack) => new Promise((resolve) => void answers.push(() => resolve(verify(pack)))),
    };
    const again = await reopened(world);
    await vi.waitFor(() => expect(answers).toHaveLength(many.length));
    for (const answer of answers) answer();
    await vi.waitFor(() => {
      const waiting = linesOf(again.pallet.state.value).filter(({ scan }) => scan.opinion.kind === 'asking');
      expect(waiting).toEqual([]);
    });
    expect(linesOf(again.pallet.state.value)).toHaveLength(many.length);
  });

  it('stays closed once it was closed', async () => {
    const { world, app } = await listed();
    app.pallet.close();
    await idle();
    app.stop();
    expect((await reopened(world)).pallet.state.value.kind).toBe('closed');
  });

  it.each([
    ['damaged', 'rubbish {'],
    ['of another device', undefined],
  ])('is not opened where what is stored is %s', async (_, stored) => {
    const { world, app } = await listed();
    await idle();
    app.stop();
    const kept = await world.ports.settings.get('open-list');
    const other = kept?.replace(world.enrolment.device, '0'.repeat(32));
    expect(other).not.toBe(kept);
    await world.ports.settings.set('open-list', stored ?? other ?? '');
    expect((await reopened(world)).pallet.state.value.kind).toBe('closed');
  });
});
