// What the camera has to say to the hand that holds the pack.
import { describe, expect, it } from 'vitest';
import type { HandAdvice } from '../../src/domain/picture/hand-advice.ts';
import { createWorld, gs1, idle } from '../support/app-fakes.ts';
import { PACK } from '../support/sample-events.ts';

const DARK = 'more-light';
const BLURRED = 'hold-still';

async function opened() {
  const world = await createWorld();
  const { scanner } = await world.openApp();
  await scanner.openCamera({});
  /** As the decoder's worker does: one look a second. */
  async function look(...looks: readonly HandAdvice[]) {
    for (const each of looks) {
      await world.clock.advance(1_000);
      world.camera.session()?.onUnread(each);
    }
    return scanner.advice.value;
  }
  return { world, scanner, look };
}

describe('advice', () => {
  it('comes after three seconds without a code, and goes with the next', async () => {
    const { world, scanner, look } = await opened();
    expect(await look(DARK, DARK)).toBeUndefined();
    expect(await look(DARK)).toBe('more-light');
    world.camera.see(gs1(PACK));
    expect(scanner.advice.value).toBeUndefined();
    expect(await look(DARK, DARK)).toBeUndefined();
    expect(await look(DARK)).toBe('more-light');
    scanner.closeCamera();
    expect(scanner.advice.value).toBeUndefined();
    expect(await scanner.takeStill()).toBeUndefined();
  });

  it('gives the next pack its three seconds too', async () => {
    const { world, scanner, look } = await opened();
    world.camera.see(gs1(PACK));
    await idle();
    await look(DARK, DARK, DARK, DARK);
    scanner.dismiss();
    expect(scanner.advice.value).toBeUndefined();
    expect(await look(DARK)).toBeUndefined();
  });

  it('does not follow each movement of the hand', async () => {
    const { look } = await opened();
    expect(await look(DARK, DARK, DARK, BLURRED)).toBe('more-light');
    expect(await look(BLURRED)).toBe('hold-still');
  });

  it('names the lens when holding still has not helped', async () => {
    const { look } = await opened();
    expect(await look(BLURRED, BLURRED, BLURRED, BLURRED)).toBe('hold-still');
    expect(await look(BLURRED, BLURRED, BLURRED)).toBe('clean-lens');
  });
});

describe('a picture to keep', () => {
  it('is the one in which a code was read that is no pack’s, until the search goes on', async () => {
    const { world, scanner } = await opened();
    world.camera.see(']Q1https://www.example.com/leaflet');
    const seen = await scanner.takeStill();
    expect(seen).toBeDefined();
    world.camera.see(']Q1https://www.example.com/leaflet');
    expect(await scanner.takeStill()).toBe(seen);
    scanner.explain();
    await world.clock.advance(3_000);
    world.camera.see(']C0SHELF-17');
    expect(await scanner.takeStill()).toBe(seen);
    scanner.dismiss();
    expect(await scanner.takeStill()).not.toBe(seen);
    world.camera.see(']C0SHELF-17');
    const next = await scanner.takeStill();
    expect(await scanner.takeStill()).toBe(next);
    // Nothing has been read for a while: it has left the picture.
    for (let i = 0; i < 4; i++) {
      await world.clock.advance(1_000);
      world.camera.session()?.onUnread(DARK);
    }
    expect(await scanner.takeStill()).not.toBe(next);
  });
});
