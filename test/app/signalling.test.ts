// What is heard and felt of a scan.
import { describe, expect, it, vi } from 'vitest';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { createWorld, gs1, idle } from '../support/app-fakes.ts';
import { PACK } from '../support/sample-events.ts';

const packOf = (id: string) => SHELF.find((item) => item.id === id)?.printed ?? PACK;

async function opened() {
  const world = await createWorld();
  const app = await world.openApp();
  await app.scanner.openCamera({});
  return { world, app };
}

describe('signals', () => {
  it('tell each outcome once, also of packs that go onto a list', async () => {
    const { world, app } = await opened();
    world.camera.see(gs1(packOf('active')));
    await idle();
    expect(world.signals.splice(0)).toEqual(['sound go', 'shake go']);
    app.scanner.dismiss();
    world.camera.see(gs1(packOf('stolen')));
    await idle();
    expect(world.signals.splice(0)).toEqual(['sound stop', 'shake stop']);
    app.scanner.dismiss();
    world.camera.see(']d2010401234512');
    world.wedge(']d2010401234512');
    await idle();
    expect(world.signals.splice(0)).toEqual(['sound unread', 'shake unread']);
    app.pallet.open();
    await vi.dynamicImportSettled();
    await world.clock.advance(3_000);
    world.camera.see(gs1(packOf('active')));
    await idle();
    expect(app.pallet.state.value).toMatchObject({ lines: [{}] });
    expect(world.signals).toEqual(['sound go', 'shake go']);
  });

  it('tell of each scan onto a list what became of it, and of a listed pack that the ledger knows better', async () => {
    const world = await createWorld();
    const app = await world.openApp();
    (await app.scanner.openSetup()).release();
    await vi.dynamicImportSettled();
    app.pallet.open();
    const heard = async (text: string) => {
      world.signals.length = 0;
      world.wedge(text);
      await idle();
      await world.clock.advance(3_000);
      return world.signals.filter((each) => each.startsWith('sound')).map((each) => each.slice(6));
    };
    expect(await heard(gs1(packOf('active')))).toEqual(['go']);
    expect(await heard(gs1(packOf('active')))).toEqual(['listed']);
    expect(await heard(gs1(packOf('stolen')))).toEqual(['stop']);
    expect(await heard(']C100340123450000000017')).toEqual(['go']);
    expect(await heard(']C100340123450000000017')).toEqual(['listed']);
    expect(await heard(']d2010401234512')).toEqual(['unread']);
    // Each pull of the trigger is heard, also of what cannot be read again.
    expect(await heard(']d2010401234513')).toEqual(['unread']);
    world.setOnline(false);
    expect(await heard(gs1(packOf('active-month')))).toEqual(['go']);
    expect(app.pallet.state.value).toMatchObject({ lines: [{}, {}, {}], containers: [{}] });
    app.pallet.close();
    expect(await heard(gs1(packOf('active')))).toEqual(['go']);
  });

  it('tell what the ledger says otherwise of a listed pack, also where it came after others', async () => {
    const { world, app } = await opened();
    app.pallet.open();
    await vi.dynamicImportSettled();
    const answers: (() => void)[] = [];
    const { verify } = world.ledger.client;
    world.answers = {
      verify: async (pack) => {
        await new Promise<void>((resolve) => answers.push(resolve));
        return verify(pack);
      },
    };
    world.ledger.act('supply', [packOf('active')]);
    for (const id of ['active', 'active-month'])
      world.camera.seeSymbols([{ text: gs1(packOf(id)), corners: [] as never }]);
    await idle();
    expect(world.signals.splice(0)).toEqual(['sound go', 'shake go', 'sound go', 'shake go']);
    for (const answer of answers) answer();
    await idle();
    expect(world.signals).toEqual(['sound stop', 'shake stop']);
  });

  it('can be switched off one by one, and stay off', async () => {
    const { world, app } = await opened();
    await app.signalling.choose({ sound: false, shake: true });
    app.stop();
    const again = await world.openApp();
    await idle();
    expect(again.signalling.choice.value).toEqual({ sound: false, shake: true });
    world.signals.length = 0;
    await again.scanner.openCamera({});
    world.camera.see(gs1(packOf('active')));
    await idle();
    expect(world.signals).toEqual(['shake go']);
  });
});
