// The browser is killed at every single call to the stores in turn, once just before and once just after the call
// took effect. Opened again, the device has lost nothing that it said was recorded, and the ledger holds nothing twice.
import { expect, it } from 'vitest';
import type { AppModel } from '../../src/app/app-model.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { createWorld, gs1, idle, judge, supply } from '../support/app-fakes.ts';
import { allRows } from '../support/outbox-rows.ts';
import { PACK } from '../support/sample-events.ts';

const pack = SHELF.find(({ id }) => id === 'active')?.printed ?? PACK;
const CALLS_MAX = 200;

/** A supply, its undo, and their delivery. Returns how many events the screen promised to keep. */
async function work(app: AppModel): Promise<number> {
  let promised = 0;
  await app.scanner.readText(gs1(pack), 'scanned');
  let state = app.scanner.state.value;
  if (state.kind === 'judged' && !(await app.outbox.record(supply(state.scan)))) promised += 1;
  await idle();
  state = app.scanner.state.value;
  if (state.kind === 'judged' && !(await app.outbox.undo({ scan: state.scan, handedOver: false })))
    promised += 1;
  await idle();
  app.stop();
  return promised;
}

for (const when of ['before', 'after'] as const)
  it(`loses nothing and doubles nothing when killed ${when} any call`, async () => {
    let at = 1;
    for (; at < CALLS_MAX; at++) {
      const world = await createWorld();
      const crashing = await world.openApp();
      Object.assign(world.faults, { calls: 0, at, when });
      const promised = await work(crashing);
      const isOver = world.faults.calls < at;
      world.faults.at = undefined;
      const last = world.faults.log.at(-1);

      const app = await world.openApp();
      await world.clock.advance(3_000);
      const { taken } = world.ledger;
      expect(await allRows(world.ports.outbox), `call ${at}, ${last}`).toEqual([]);
      expect(app.outbox.flushState.value).toEqual({ kind: 'idle' });
      expect(taken.length).toBeGreaterThanOrEqual(promised);
      expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length);
      expect(taken.every(({ receipt }) => receipt.kind === 'accepted')).toBe(true);
      expect((await world.ports.outbox.head()).sequence).toBe(taken.length);
      const { judgment, opinion } = await judge(app, gs1(pack));
      expect(opinion).toMatchObject({ kind: 'agrees', judgment: { verdict: judgment.verdict } });
      app.stop();
      if (isOver) break;
    }
    expect(at).toBeGreaterThan(20);
    expect(at).toBeLessThan(CALLS_MAX);
  });
