import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecodedSymbol } from '../../src/app/ports-scan.ts';
import {
  findChromium,
  type HarnessPage,
  launchChromium,
  NO_CHROMIUM,
  serveHarness,
} from '../support/chromium.ts';
import { drawDataMatrix, type Film, fakeCameraArgs, writeFilm } from '../support/fake-camera.ts';

const ELEMENTS = '(01)04012345123456(17)271130(10)B4C2(21)7F3K9QX2PM';
const TEXT = ']d201040123451234561727113010B4C2\x1d217F3K9QX2PM';

type Scan = {
  readonly symbols: readonly DecodedSymbol[];
  readonly firstMs: number;
  readonly framesPerSecond: number;
  readonly cameras: number;
  readonly lost: readonly string[];
  readonly isReleased: boolean;
  readonly still: { readonly type: string; readonly width: number; readonly height: number };
};

const chromiumPath = findChromium();

describe.skipIf(chromiumPath === undefined)(`the camera${chromiumPath ? '' : ` (${NO_CHROMIUM})`}`, () => {
  let harness: HarnessPage;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packtrail-film-'));
    const adapter = (name: string) =>
      JSON.stringify(new URL(`../../src/adapters/${name}`, import.meta.url).pathname);
    harness = await serveHarness(`
      import { createCamera } from ${adapter('camera.ts')};
      import { createDecoder } from ${adapter('decoder.ts')};
      const camera = createCamera(createDecoder());
      const preview = document.querySelector('video');
      async function scan({ forMs, end }) {
        const startMs = performance.now();
        const lost = [];
        let symbols = [], firstMs = 0, frames = 0, first;
        const found = new Promise((resolve) => { first = resolve; });
        const onSymbols = (now) => {
          if (now.length === 0) return;
          if (!firstMs) { symbols = now; firstMs = performance.now() - startMs; }
          frames++;
          first();
        };
        const session = await camera.open({ cameraId: undefined, preview, view: { aim: 'one', carriers: 'packs' }, onSymbols, onUnread() {}, onLost: (error) => lost.push(error.code) });
        const stream = preview.srcObject;
        await found;
        frames = 0;
        await new Promise((resolve) => setTimeout(resolve, forMs));
        const still = await session.takeStill();
        const picture = await createImageBitmap(still);
        if (end) for (let i = 0; i < 2; i++) stream.getTracks()[0].dispatchEvent(new Event('ended'));
        session.close();
        session.close();
        return {
          still: { type: still.type, width: picture.width, height: picture.height },
          symbols, firstMs, framesPerSecond: frames / (forMs / 1000), cameras: session.cameras.length, lost,
          isReleased: preview.srcObject === null && stream.getTracks().every((track) => track.readyState === 'ended'),
        };
      }
      /** How many symbols are told of each frame, where the first frame alone shows one. */
      async function leave() {
        const told = [];
        let frames = 0, enough;
        const isEnough = new Promise((resolve) => { enough = resolve; });
        const decoder = {
          prepare() {},
          async readFrame(picture) {
            picture.close();
            if (++frames > 5) enough();
            return { symbols: frames === 1 ? [{ text: 'a code', corners: [] }] : [], advice: undefined };
          },
        };
        const onSymbols = (symbols) => told.push(symbols.length);
        const options = { cameraId: undefined, preview, view: { aim: 'many', carriers: 'packs' }, onSymbols, onUnread() {}, onLost() {} };
        const session = await createCamera(decoder).open(options);
        await isEnough;
        session.close();
        return told.slice(0, 5);
      }
      /** What a camera with torch and zoom was told last, where both were set at one time. */
      async function setBoth() {
        const told = [];
        MediaStreamTrack.prototype.getCapabilities = () => ({ torch: [false, true], zoom: { min: 1, max: 4, step: 0.1 } });
        MediaStreamTrack.prototype.applyConstraints = (constraints) => {
          told.push(constraints.advanced[0]);
          return new Promise((resolve) => setTimeout(resolve));
        };
        const options = { cameraId: undefined, preview, view: { aim: 'one', carriers: 'packs' }, onSymbols() {}, onUnread() {}, onLost() {} };
        const session = await camera.open(options);
        await Promise.all([session.setZoom(2), session.setTorch(true)]);
        session.close();
        return told.at(-1);
      }
      /** What the system does to a camera, as far as a page can play it. */
      async function interrupt() {
        const lost = [];
        const options = { cameraId: undefined, preview, view: { aim: 'one', carriers: 'packs' }, onSymbols() {}, onUnread() {}, onLost: (error) => lost.push(error.code) };
        await camera.open(options);
        const [track] = preview.srcObject.getTracks();
        const pass = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
        preview.pause();
        document.dispatchEvent(new Event('visibilitychange'));
        await pass(200);
        const isPlaying = !preview.paused;
        const mute = (muted) => {
          Object.defineProperty(track, 'muted', { value: muted, configurable: true });
          track.dispatchEvent(new Event(muted ? 'mute' : 'unmute'));
        };
        mute(true);
        await pass(1_000);
        mute(false);
        await pass(1_500);
        const lostShortly = [...lost];
        mute(true);
        await pass(2_500);
        return { isPlaying, lostShortly, lost, isReleased: preview.srcObject === null };
      }
      async function openingCode() {
        const options = { cameraId: undefined, preview, view: { aim: 'one', carriers: 'packs' }, onSymbols() {}, onUnread() {}, onLost() {} };
        return camera.open(options).then(() => 'open', (error) => error.name + ' ' + error.code);
      }
      Object.assign(window, { scan, leave, setBoth, interrupt, openingCode });
    `);
  });
  afterAll(async () => {
    await harness?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens the harness in a Chromium of its own; returns the result and every URL that was asked for. */
  async function inChromium<T>(args: readonly string[], url: string, run: (page: Page) => Promise<T>) {
    const browser = await launchChromium(args);
    try {
      const page = await browser.newPage();
      const urls: string[] = [];
      page.context().on('request', (request) => urls.push(request.url()));
      await page.goto(url);
      return { result: await run(page), urls };
    } finally {
      await browser.close();
    }
  }

  async function film(name: string, options: Omit<Film, 'picture' | 'seed'>): Promise<readonly string[]> {
    const path = join(folder, `${name}.y4m`);
    await writeFilm(path, { ...options, picture: drawDataMatrix(ELEMENTS), seed: 7 });
    return fakeCameraArgs(path);
  }

  const scan = (options: { forMs: number; end: boolean }) => (page: Page) =>
    page.evaluate<Scan, typeof options>((given) => Reflect.get(window, 'scan')(given), options);
  const openingCode = (page: Page) => page.evaluate<string>(() => Reflect.get(window, 'openingCode')());

  it('reads a turned, noisy GS1 symbol off the centre, and asks no other host', async () => {
    const args = await film('turned', { turnDegrees: 23, driftPx: 150, noise: 30 });
    const { result, urls } = await inChromium(args, harness.url, scan({ forMs: 1_000, end: false }));
    console.log(
      `camera: first symbol after ${Math.round(result.firstMs)} ms, then ${result.framesPerSecond} frames a second`,
    );
    expect(result.symbols.map(({ text }) => text)).toEqual([TEXT]);
    expect(result.cameras).toBe(1);
    for (const { x, y } of result.symbols[0]?.corners ?? []) {
      expect(Math.abs(x - 0.5)).toBeLessThan(0.3);
      expect(Math.abs(y - 0.5)).toBeLessThan(0.4);
    }
    expect(result.symbols[0]?.corners).toHaveLength(4);
    expect(result).toMatchObject({ lost: [], isReleased: true });
    expect(result.still).toMatchObject({ type: 'image/jpeg', width: 1280, height: 720 });
    expect(urls.filter((url) => !url.startsWith(harness.url))).toEqual([]);
  });

  it('reads an upright symbol where there is no WebAssembly, and tells once when the camera is lost', async () => {
    const args = await film('upright', { turnDegrees: 0, driftPx: 0, noise: 4, frames: 4 });
    // Without a just-in-time compiler Chromium has no WebAssembly, as an iPhone in lockdown mode.
    const without = [...args, '--js-flags=--jitless'];
    const { result, urls } = await inChromium(without, harness.url, scan({ forMs: 100, end: true }));
    expect(result.symbols.map(({ text }) => text)).toEqual([TEXT]);
    expect(result).toMatchObject({ lost: ['failed'], isReleased: true });
    expect(urls.filter((url) => /decoder-zxing-js/.test(url))).toHaveLength(1);
  });

  it('tells of each frame that shows nothing, so that what is drawn over an earlier one goes', async () => {
    const args = await film('leave', { turnDegrees: 0, driftPx: 0, noise: 4, frames: 4 });
    const { result } = await inChromium(args, harness.url, (page) =>
      page.evaluate<number[]>(() => Reflect.get(window, 'leave')()),
    );
    expect(result).toEqual([1, 0, 0, 0, 0]);
  });

  it('keeps the zoom that is still being set when the torch is lit', async () => {
    const args = await film('set', { turnDegrees: 0, driftPx: 0, noise: 4, frames: 4 });
    const { result } = await inChromium(args, harness.url, (page) =>
      page.evaluate(() => Reflect.get(window, 'setBoth')()),
    );
    expect(result).toEqual({ zoom: 2, torch: true });
  });

  it('plays on when the page is shown again, and is lost where the system withholds its picture', async () => {
    const args = await film('interrupted', { turnDegrees: 0, driftPx: 0, noise: 4, frames: 4 });
    const { result } = await inChromium(args, harness.url, (page) =>
      page.evaluate(() => Reflect.get(window, 'interrupt')()),
    );
    expect(result).toEqual({ isPlaying: true, lostShortly: [], lost: ['failed'], isReleased: true });
  });

  it('says when the user or the system denies it', async () => {
    const args = ['--use-fake-device-for-media-stream', '--deny-permission-prompts'];
    const { result } = await inChromium(args, harness.url, openingCode);
    expect(result).toBe('CameraError denied');
  });

  it('says when there is none', async () => {
    const args = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream=device-count=0'];
    const { result } = await inChromium(args, harness.url, openingCode);
    expect(result).toBe('CameraError absent');
  });

  it('says when the page came over an insecure connection', async () => {
    const url = harness.url.replace('127.0.0.1', 'pharmacy.test');
    const { result } = await inChromium(
      ['--host-resolver-rules=MAP pharmacy.test 127.0.0.1'],
      url,
      openingCode,
    );
    expect(result).toBe('CameraError insecure');
  });
});
