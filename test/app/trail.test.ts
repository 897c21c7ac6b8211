// Every step of a journey is proven by the device itself, or the journey is not shown.
import { describe, expect, it } from 'vitest';
import { encodeBase64 } from '../../src/domain/bytes.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { leafHash } from '../../src/domain/ledger/merkle.ts';
import type { TrailResponse, TrailStep } from '../../src/domain/wire.ts';
import { createWorld, gs1, idle, judge, supply } from '../support/app-fakes.ts';
import { PACK } from '../support/sample-events.ts';

const packOf = (id: string) => SHELF.find((item) => item.id === id)?.printed ?? PACK;
const active = packOf('active');
const SSCC = '095060001000000017';

async function opened() {
  const world = await createWorld();
  const app = await world.openApp();
  return { world, app };
}

describe('trail', () => {
  it('shows what, when, where and who, own steps in full', async () => {
    const { world, app } = await opened();
    world.ledger.act('pack', [active], { containers: [SSCC] });
    world.ledger.act('ship', [], { containers: [SSCC] });
    await app.outbox.record(supply(await judge(app, gs1(active))));
    await idle();
    await app.trail.open(active);
    const state = app.trail.state.value;
    expect(state).toMatchObject({ kind: 'shown', pack: active, productName: 'Albufen 400 mg, 20 tablets' });
    const steps = state.kind === 'shown' ? state.steps : [];
    expect(steps.map(({ operation }) => operation)).toEqual(['commission', 'pack', 'ship', 'supply']);
    expect(steps.find(({ operation }) => operation === 'ship')?.container ?? SSCC).toBe(SSCC);
    expect(steps.at(-1)).toMatchObject({ user: 'user-1', where: { own: true }, evidence: 'proven' });
    expect(steps[0]?.where?.own ?? false).toBe(false);
    app.trail.close();
    expect(app.trail.state.value).toEqual({ kind: 'closed' });
  });

  it('shows a recall of the batch and the withdrawal of the product', async () => {
    const { app } = await opened();
    for (const [id, operation] of [
      ['recalled', 'recall'],
      ['withdrawn', 'withdraw'],
    ] as const) {
      await app.trail.open(packOf(id));
      const state = app.trail.state.value;
      expect(state.kind === 'shown' && state.steps.map((step) => step.operation)).toContain(operation);
    }
  });

  it('accepts a withheld step only with its leaf in place', async () => {
    const { world, app } = await opened();
    const honest = await world.ledger.client.trail(active);
    const withheld = (index: number, at = index): TrailStep => ({
      ...{ kind: 'withheld', index: at, operation: 'receive' },
      leaf: encodeBase64(leafHash(world.ledger.log.entry(index) ?? new Uint8Array(0))),
      proof: world.ledger.log.prove(index).map(encodeBase64),
    });
    world.answers = { trail: async () => ({ ...honest, steps: [withheld(0)] }) };
    await app.trail.open(active);
    expect(app.trail.state.value).toMatchObject({
      steps: [{ operation: 'receive', receiptTimeMs: undefined, evidence: 'leaf-proven' }],
    });
    world.answers = { trail: async () => ({ ...honest, steps: [withheld(0, 1)] }) };
    await app.trail.open(active);
    expect(app.trail.state.value).toEqual({ kind: 'failed', why: 'bad-proof' });
  });

  const lies: readonly [string, string, (honest: TrailResponse, other: TrailResponse) => TrailResponse][] = [
    ['a step of another pack', 'not-about-this-pack', (_, other) => other],
    [
      'a step told twice',
      'malformed',
      (honest) => ({ ...honest, steps: [...honest.steps, ...honest.steps.slice(0, 1)] }),
    ],
    [
      'a step moved to another place',
      'bad-proof',
      (honest) => ({ ...honest, steps: honest.steps.map((step) => ({ ...step, index: step.index + 1 })) }),
    ],
    [
      'an entry that was changed',
      'bad-proof',
      (honest) => ({
        ...honest,
        steps: honest.steps.map((step) =>
          step.kind === 'open' ? { ...step, entry: step.entry.replace(/^AQ./, 'AQs') } : step,
        ),
      }),
    ],
    [
      'a checkpoint that nobody signed',
      'bad-signature',
      (honest) => ({ ...honest, checkpoint: honest.checkpoint.replace(/\n(\d+)\n/, '\n9$1\n') }),
    ],
    ['nonsense for a checkpoint', 'malformed', (honest) => ({ ...honest, checkpoint: 'nonsense' })],
  ];
  for (const [what, why, spoil] of lies)
    it(`refuses ${what}: ${why}`, async () => {
      const { world, app } = await opened();
      const honest = await world.ledger.client.trail(active);
      const other = await world.ledger.client.trail(packOf('stolen'));
      world.answers = { trail: async () => spoil(honest, other) };
      await app.trail.open(active);
      expect(app.trail.state.value).toEqual({ kind: 'failed', why });
    });

  it('refuses an event that its entry does not bind', async () => {
    const { world, app } = await opened();
    for (const id of ['active', 'active-month'])
      await app.outbox.record(supply(await judge(app, gs1(packOf(id)))));
    await idle();
    const honest = await world.ledger.client.trail(active);
    const other = await world.ledger.client.trail(packOf('active-month'));
    const foreign = other.steps.find((step) => step.kind === 'open' && step.event !== null);
    const event = foreign?.kind === 'open' ? foreign.event : null;
    const steps = honest.steps.map((step) =>
      step.kind === 'open' && step.event ? { ...step, event } : step,
    );
    world.answers = { trail: async () => ({ ...honest, steps }) };
    await app.trail.open(active);
    expect(app.trail.state.value).toEqual({ kind: 'failed', why: 'bad-proof' });
  });

  it('says that it is offline', async () => {
    const { world, app } = await opened();
    world.setOnline(false);
    await app.trail.open(active);
    expect(app.trail.state.value).toEqual({ kind: 'failed', why: 'offline' });
  });
});
