// One pack at a time: what a camera, a handheld scanner, a photo or a person delivers, and what is ignored.
import { describe, expect, it } from 'vitest';
import type { Ports } from '../../src/app/ports.ts';
import { CameraError, DecoderError } from '../../src/app/ports-scan.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { createWorld, gs1, idle, judge, shown, supply } from '../support/app-fakes.ts';
import { PACK } from '../support/sample-events.ts';

const packOf = (id: string) => SHELF.find((item) => item.id === id)?.printed ?? PACK;
const FIRST = gs1(packOf('active'));
const SECOND = gs1(packOf('stolen'));
const LINK = ']Q1https://www.example.com/leaflet';

async function opened() {
  const world = await createWorld();
  const app = await world.openApp();
  return { world, app, scanner: app.scanner };
}

describe('camera', () => {
  it('judges what it sees and then waits for the verdict to be dismissed', async () => {
    const { world, app, scanner } = await opened();
    await scanner.openCamera({});
    world.camera.see(FIRST);
    await idle();
    expect(shown(app).pack).toEqual(packOf('active'));
    world.camera.see(SECOND);
    await idle();
    expect(shown(app).pack).toEqual(packOf('active'));
    scanner.dismiss();
    world.camera.see(SECOND);
    await idle();
    expect(shown(app).pack).toEqual(packOf('stolen'));
    expect(scanner.history.value.map(({ pack }) => pack)).toEqual([packOf('stolen'), packOf('active')]);
  });

  it('does not scan again the pack that is still in view', async () => {
    const { world, scanner } = await opened();
    await scanner.openCamera({});
    world.camera.see(FIRST);
    await idle();
    await world.clock.advance(5_000);
    world.camera.see(FIRST);
    scanner.dismiss();
    world.camera.see(FIRST);
    await idle();
    expect(scanner.state.value).toEqual({ kind: 'idle' });
    for (let i = 0; i < 5; i++) {
      await world.clock.advance(1_000);
      world.camera.see(FIRST);
    }
    await idle();
    expect(scanner.history.value).toHaveLength(1);
    await world.clock.advance(2_500);
    world.camera.see(FIRST);
    await idle();
    expect(scanner.history.value).toHaveLength(2);
  });

  it('names over its picture a code that is no pack’s, until the pack’s own is read', async () => {
    const { world, app, scanner } = await opened();
    await scanner.openCamera({});
    world.camera.see(LINK);
    await idle();
    expect(scanner.state.value).toEqual({ kind: 'idle' });
    expect(scanner.passedOver.value).toMatchObject({ kind: 'unreadable', problem: 'link-without-key' });
    world.camera.see(LINK, FIRST);
    expect(scanner.passedOver.value).toBeUndefined();
    await idle();
    expect(shown(app).pack).toEqual(packOf('active'));
    scanner.dismiss();
    // It stands beside the pack that is being put away.
    world.camera.see(LINK);
    expect(scanner.passedOver.value).toBeUndefined();
    await world.clock.advance(2_000);
    world.camera.see(LINK);
    expect(scanner.passedOver.value).toBeDefined();
  });

  it.each([
    ['a warehouse label', ']C0SHELF-17', 'carrier-unsupported'],
    ['a symbol of another trade', ']d1HELLO', 'not-a-code'],
    ['a code without a serial', ']d20109506000100012', 'no-serial'],
    ['a misprint', FIRST.replace('09506000100012', '09506000100013'), 'check-digit'],
  ])('is not stopped by %s', async (_, text, problem) => {
    const { world, app, scanner } = await opened();
    await scanner.openCamera({});
    for (let frame = 0; frame < 20; frame++) {
      world.camera.see(text);
      await world.clock.advance(100);
    }
    expect(scanner.passedOver.value).toMatchObject({ problem });
    expect(scanner.state.value).toEqual({ kind: 'idle' });
    world.camera.see(FIRST);
    await idle();
    expect(shown(app).pack).toEqual(packOf('active'));
  });

  it('does not change its words with each frame while two codes are in view', async () => {
    const { world, scanner } = await opened();
    await scanner.openCamera({});
    const said = new Set();
    for (let frame = 0; frame < 10; frame++) {
      world.camera.see(frame % 2 === 0 ? LINK : ']C0SHELF-17');
      said.add(scanner.passedOver.value);
      await world.clock.advance(100);
    }
    expect(said.size).toBe(1);
    world.camera.see(']d20109506000100012');
    expect(scanner.passedOver.value).toMatchObject({ problem: 'no-serial' });
  });

  it('tells more of such a code when it is asked', async () => {
    const { world, app, scanner } = await opened();
    await scanner.openCamera({});
    scanner.explain();
    expect(scanner.state.value).toEqual({ kind: 'idle' });
    world.camera.see(LINK);
    const failure = scanner.passedOver.value;
    scanner.explain();
    expect(scanner.state.value).toEqual({ kind: 'failed', failure });
    world.camera.see(LINK, FIRST);
    await idle();
    expect(shown(app).pack).toEqual(packOf('active'));
  });

  it('asks for what a code lacks once nothing better has come, and leaves alone who types it', async () => {
    const { world, app, scanner } = await opened();
    const partial = ']d201095060001000122142';
    await scanner.openCamera({});
    world.camera.see(partial);
    expect(scanner.state.value).toEqual({ kind: 'idle' });
    expect(scanner.passedOver.value).toMatchObject({ kind: 'incomplete' });
    await world.clock.advance(500);
    world.camera.see(FIRST);
    await idle();
    expect(shown(app).pack).toEqual(packOf('active'));
    scanner.dismiss();
    await world.clock.advance(2_000);
    for (let frame = 0; frame < 3; frame++) {
      world.camera.see(partial);
      await world.clock.advance(500);
    }
    expect(scanner.state.value).toMatchObject({ failure: { kind: 'incomplete' } });
    world.camera.see(FIRST);
    await idle();
    expect(scanner.state.value).toMatchObject({ failure: { kind: 'incomplete' } });
  });

  it('says what it can do, and why it cannot be opened', async () => {
    const { world, scanner } = await opened();
    const { open } = world.ports.camera;
    world.ports.camera.open = () => Promise.reject(new CameraError('denied'));
    await scanner.openCamera({});
    expect(scanner.camera.value).toEqual({ kind: 'failed', code: 'denied' });
    world.ports.camera.open = open;
    await scanner.openCamera({});
    expect(scanner.camera.value).toMatchObject({ kind: 'on', hasTorch: true, torchOn: false, zoomFactor: 1 });
    await scanner.setTorch(true);
    await scanner.setZoom(2);
    expect(scanner.camera.value).toMatchObject({ torchOn: true, zoomFactor: 2 });
    world.camera.session()?.onLost(new CameraError('in-use'));
    expect(scanner.camera.value).toEqual({ kind: 'failed', code: 'in-use' });
  });

  it('focuses by itself again once nothing has been read where it was tapped', async () => {
    const { world, scanner } = await opened();
    const { open } = world.ports.camera;
    const points: unknown[] = [];
    world.ports.camera.open = async (options: Parameters<Ports['camera']['open']>[0]) => ({
      ...(await open(options)),
      focusAt: async (point) => void points.push(point),
    });
    await scanner.openCamera({});
    const unread = () => world.camera.session()?.onUnread('aim');
    await scanner.focusAt({ x: 0.2, y: 0.3 });
    await world.clock.advance(2_000);
    unread();
    expect(points).toEqual([{ x: 0.2, y: 0.3 }]);
    await world.clock.advance(2_000);
    unread();
    unread();
    expect(points).toEqual([{ x: 0.2, y: 0.3 }, undefined]);
  });

  it('opens any camera when the one chosen last is gone, and closes one that opens too late', async () => {
    const { world, scanner } = await opened();
    await world.ports.settings.set('camera', 'gone');
    const { open } = world.ports.camera;
    world.ports.camera.open = async (options: Parameters<Ports['camera']['open']>[0]) => {
      if (options.cameraId !== undefined) throw new CameraError('absent');
      return open(options);
    };
    await scanner.openCamera({});
    expect(scanner.camera.value.kind).toBe('on');
    const opening = scanner.openCamera({});
    scanner.closeCamera();
    await opening;
    expect(scanner.camera.value).toEqual({ kind: 'off' });
    expect(world.camera.session()).toBeUndefined();
  });
});

describe('other ways in', () => {
  it('a handheld scanner replaces the verdict, except with its own echo', async () => {
    const { world, app, scanner } = await opened();
    (await scanner.openSetup()).release();
    world.wedge(FIRST);
    world.wedge(FIRST);
    await idle();
    world.wedge(FIRST);
    await idle();
    expect(scanner.history.value).toHaveLength(1);
    world.wedge(SECOND);
    await idle();
    expect(shown(app).pack).toEqual(packOf('stolen'));
    world.wedge(FIRST);
    world.wedge(SECOND);
    await idle();
    expect(shown(app).pack).toEqual(packOf('stolen'));
    expect(scanner.history.value).toHaveLength(4);
  });

  it('a photo is read, has no code, or is no picture', async () => {
    const { world, app, scanner } = await opened();
    world.photo = [{ text: FIRST, corners: [] }];
    await scanner.readPhoto({});
    expect(shown(app).entryMode).toBe('file');
    world.photo = [];
    await scanner.readPhoto({});
    expect(scanner.state.value).toEqual({ kind: 'failed', failure: { kind: 'no-code-in-photo' } });
    world.photo = new DecoderError('not-an-image');
    await scanner.readPhoto({});
    expect(scanner.state.value).toEqual({
      kind: 'failed',
      failure: { kind: 'photo', code: 'not-an-image' },
    });
  });

  it('a photo of several packs says how many it shows, and lists them all when asked', async () => {
    const { world, app, scanner } = await opened();
    const at = (text: string, x: number) => ({ text, corners: [{ x, y: 0.5 }] });
    world.photo = [at(LINK, 0.5), at(FIRST, 0.1), at(SECOND, 0.6), at(FIRST, 0.9)];
    await scanner.readPhoto({});
    expect(shown(app).pack).toEqual(packOf('stolen'));
    expect(scanner.photoPacks.value.map(({ pack }) => pack.serial)).toEqual(
      [packOf('stolen'), packOf('active')].map(({ serial }) => serial),
    );
    app.pallet.openWithPhoto();
    expect(scanner.photoPacks.value).toEqual([]);
    await idle();
    const list = app.pallet.state.value;
    expect(list.kind === 'open' && list.lines.map(({ scan }) => [scan.pack.serial, scan.entryMode])).toEqual([
      [packOf('active').serial, 'file'],
      [packOf('stolen').serial, 'file'],
    ]);
    expect(scanner.state.value).toEqual({ kind: 'idle' });
  });

  it('a photo of one pack says nothing of others, nor does what is judged after it', async () => {
    const { world, scanner } = await opened();
    world.photo = [LINK, FIRST].map((text) => ({ text, corners: [] }));
    await scanner.readPhoto({});
    expect(scanner.photoPacks.value).toEqual([]);
    world.photo = [FIRST, SECOND].map((text) => ({ text, corners: [] }));
    await scanner.readPhoto({});
    expect(scanner.photoPacks.value).toHaveLength(2);
    await scanner.readText(FIRST, 'scanned');
    expect(scanner.photoPacks.value).toEqual([]);
  });

  it('typing leads to the same verdict', async () => {
    const { app, scanner } = await opened();
    const { serial, batch, expiry } = packOf('active');
    await scanner.readTyped({ productCode: '9506000100012', serial, batch, expiry });
    expect(shown(app)).toMatchObject({ entryMode: 'typed', judgment: { verdict: { kind: 'active' } } });
  });

  it('trouble with the store is said and does not stay', async () => {
    const { world, app, scanner } = await opened();
    world.faults.at = 1;
    await scanner.readText(FIRST, 'scanned');
    expect(scanner.state.value).toEqual({ kind: 'failed', failure: { kind: 'store', code: 'failed' } });
    world.faults.at = undefined;
    expect((await judge(app, FIRST)).judgment.verdict).toEqual({ kind: 'active' });
  });

  it('does not show a verdict that was dismissed before it was there', async () => {
    const { scanner } = await opened();
    const reading = scanner.readText(FIRST, 'scanned');
    scanner.dismiss();
    await reading;
    expect(scanner.state.value).toEqual({ kind: 'idle' });
    expect(scanner.history.value).toHaveLength(1);
  });
});

describe('looking again', () => {
  it('asks the ledger again for the pack on screen', async () => {
    const { world, app, scanner } = await opened();
    world.setOnline(false);
    const scan = await judge(app, FIRST);
    expect(scan.opinion).toEqual({ kind: 'offline' });
    await scanner.recheck();
    expect(shown(app).opinion).toEqual({ kind: 'offline' });
    world.setOnline(true);
    const asking = scanner.recheck();
    expect(shown(app).opinion).toEqual({ kind: 'asking' });
    await asking;
    expect(shown(app).opinion).toMatchObject({ kind: 'agrees', judgment: { certainty: 'in-ledger' } });
    expect(scanner.history.value).toHaveLength(1);
    scanner.dismiss();
    await scanner.recheck();
    expect(scanner.state.value).toEqual({ kind: 'idle' });
  });

  it('says when the store fails meanwhile, and keeps what was known', async () => {
    const { world, app, scanner } = await opened();
    world.setOnline(false);
    await judge(app, FIRST);
    world.faults.at = 1;
    await scanner.recheck();
    expect(scanner.state.value).toMatchObject({ kind: 'failed', failure: { kind: 'store' } });
    expect(scanner.history.value[0]?.opinion).toEqual({ kind: 'offline' });
  });

  it('opens a pack of the history again, judged anew', async () => {
    const { app, scanner } = await opened();
    const scan = await judge(app, FIRST);
    await app.outbox.record(supply(scan));
    scanner.dismiss();
    await judge(app, SECOND);
    const [, first] = scanner.history.value;
    if (first) await scanner.reopen(first);
    await idle();
    expect(shown(app)).toMatchObject({
      ...{ pack: packOf('active'), entryMode: 'scanned', recorded: undefined },
      judgment: { verdict: { kind: 'not-active', state: 'supplied' } },
      undoable: { operation: 'supply' },
    });
  });

  it('tells what was recorded on which verdict', async () => {
    const { world, app, scanner } = await opened();
    await app.outbox.record(supply(await judge(app, FIRST)));
    await idle();
    expect(shown(app).recorded).toMatchObject({
      ...{ operation: 'supply', before: { verdict: { kind: 'active' }, certainty: 'in-ledger' } },
    });
    await app.outbox.undo({ scan: shown(app), handedOver: false });
    await idle();
    expect(shown(app).recorded?.before.verdict).toEqual({ kind: 'not-active', state: 'supplied' });
    world.setOnline(false);
    scanner.dismiss();
    await app.outbox.record(supply(await judge(app, FIRST)));
    expect(scanner.history.value[0]?.recorded?.before.certainty).toBe('on-this-device');
  });
});

describe('history', () => {
  it('keeps a list of packs in full, no more, and what was done to each', async () => {
    const { app, scanner } = await opened();
    const scan = await judge(app, FIRST);
    expect(scan.opinion.kind).toBe('agrees');
    await app.outbox.record(supply(scan));
    await idle();
    expect(scanner.history.value[0]?.recorded?.operation).toBe('supply');
    for (let i = 0; i < 505; i++) await scanner.readText(SECOND, 'scanned');
    expect(scanner.history.value).toHaveLength(500);
  });
});
