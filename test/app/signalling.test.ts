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
