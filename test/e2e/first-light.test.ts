// The main job in a real Chromium whose camera is a film of a code: scan, judge, supply offline, close, open again
// offline, deliver once the network is back, and a second device that hears no more than it may.
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readScan, uniqueIdentifier } from '../../src/domain/codes/scan.ts';
import { DEMO_PLACES } from '../../src/domain/demo/places.ts';
import type { Pack } from '../../src/domain/pack.ts';
import { assert } from '../../src/domain/result.ts';
import { createRecorder } from '../../src/server/demo/recorder.ts';
import { type BuiltApp, buildApp, serveApp, type TestServer } from '../support/built-app.ts';
import { findChromium, launchChromium, NO_CHROMIUM } from '../support/chromium.ts';
import {
  drawDataMatrix,
  fakeCameraArgs,
  loadPicture,
  type Picture,
  writeFilm,
} from '../support/fake-camera.ts';
import { readJsonl, vectorsDir } from '../support/vectors.ts';
import {
  enrol,
  openVisit,
  shiftClock,
  tapDeliberately,
  type Visit,
  WAIT,
  waitForData,
  waitUntilKept,
} from '../support/visit.ts';

const WORKPLACE = { pharmacy: 'Counter', wholesaler: 'Warehouse' } as const;
type DeviceRole = keyof typeof WORKPLACE;
/** Before the printed packs expired. */
const REAL_CODES_MS = Date.UTC(2014, 5, 1, 9, 40);

type Story = {
  readonly name: string;
  readonly pack: Pack;
  readonly nowMs: number;
  readonly turnDegrees: number;
  readonly noise: number;
  picture(page: Page): Promise<Picture>;
};

const DRAWN: Story = {
  name: 'a code drawn by the test, turned, off-centre and noisy',
  pack: { productCode: 'gtin:09506000100012', serial: 'E2E0001', batch: 'ALB777', expiry: '2031-12-31' },
  nowMs: Date.now(),
  turnDegrees: 23,
  noise: 25,
  picture: async () => drawDataMatrix('(01)09506000100012(17)311231(10)ALB777(21)E2E0001'),
};

type BarcodeCase = {
  readonly id: string;
  readonly input: string;
  readonly aim: string;
  readonly image?: string;
};

/** The pictures of real medicine codes that name a whole pack. */
function realStories(): Story[] {
  const folder = vectorsDir('pharma-barcodes');
  if (folder === undefined) return [];
  return readJsonl(join(folder, 'dev/cases.jsonl')).flatMap((row) => {
    const { id, input, aim, image } = row as BarcodeCase;
    const path = image === undefined ? '' : join(folder, 'dev/images', image);
    const read = uniqueIdentifier(readScan(aim + input, REAL_CODES_MS));
    if (!existsSync(path) || image === undefined || !read.ok) return [];
    const { productCode, serial, batch, expiry } = read.value;
    if (batch === undefined || expiry === undefined) return [];
    const pack = { productCode, serial, batch, expiry: expiry.iso };
    const picture = async (page: Page) => enlarged(await loadPicture(path, page), 4);
    return [{ name: `the real code ${id}`, pack, nowMs: REAL_CODES_MS, turnDegrees: 8, noise: 8, picture }];
  });
}

function enlarged({ width, height, rgba }: Picture, factor: number): Picture {
  if (width * factor > 700) return { width, height, rgba };
  const big = { width: width * factor, height: height * factor };
  const pixels = new Uint8ClampedArray(big.width * big.height * 4);
  for (let y = 0; y < big.height; y++)
    for (let x = 0; x < big.width; x++) {
      const from = (Math.floor(y / factor) * width + Math.floor(x / factor)) * 4;
      pixels.set(rgba.subarray(from, from + 4), (y * big.width + x) * 4);
    }
  return { ...big, rgba: pixels };
}

/** The maker commissions the pack, and the data that devices load next holds it. */
async function register(server: TestServer, pack: Pack, nowMs: number): Promise<void> {
  const maker = createRecorder(server.ledger, 'demo', DEMO_PLACES.maker, () => nowMs);
  const event = maker.record({
    operation: 'commission',
    packs: [{ ...pack, entryMode: 'file', seal: 'not-checked' }],
  });
  expect(await server.ledger.acceptEvents([event])).toMatchObject([{ kind: 'accepted' }]);
  await server.ledger.publishNow();
  await server.ledger.buildSnapshotNow();
}

/** A device that opens offline: enrolled, with data, and under the rule of its service worker. */
async function openDevice(browser: Browser, on: TestServer, story: Story, role: DeviceRole): Promise<Visit> {
  const visit = await openVisit(browser, on.url);
  const { context, page } = visit;
  await context.addInitScript(shiftClock, story.nowMs - Date.now());
  await enrol(visit, on.inviteLink(role), WORKPLACE[role]);
  await waitUntilKept(page);
  // The first visit is not yet controlled by the worker that makes the app open offline.
  await page.reload();
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
  await waitForData(page);
  return visit;
}

async function scanByCamera(page: Page): Promise<void> {
  await page.getByText('Open the camera').click();
  await page.getByRole('heading', { name: 'Active' }).waitFor(WAIT);
}

/** Also ends the camera, which would go on to read its film. */
async function openOutbox(page: Page): Promise<void> {
  await page.getByRole('link', { name: '1 unsent' }).click();
  await page.getByText('Waiting to be sent').waitFor(WAIT);
}

const shown = (page: Page) => page.locator('body').ariaSnapshot();

function stepsOf(server: TestServer, pack: Pack, operation: string): number {
  const place = DEMO_PLACES.authority;
  const trail = server.ledger.trail(pack, place);
  assert(trail.ok, 'the trail is at hand');
  return trail.value.steps.filter((step) => step.kind === 'open' && nameOf(step.entry) === operation).length;
}

/** The operation's code is the entry's second byte. */
const nameOf = (entry: string) => ({ 4: 'supply', 6: 'export' })[Buffer.from(entry, 'base64')[1] ?? 0];

const chromium = findChromium();
let app: BuiltApp;
let folder: string;
let film: string;
let browser: Browser;
beforeAll(async () => {
  if (!chromium) return;
  app = await buildApp();
  folder = await mkdtemp(join(tmpdir(), 'packtrail-film-'));
  film = join(folder, 'film.y4m');
  browser = await launchChromium(fakeCameraArgs(film));
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await app?.remove();
  if (folder) await rm(folder, { recursive: true, force: true });
});

describe.skipIf(!chromium).each([DRAWN, ...realStories()])('$name', (story) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await serveApp(app.dist, { nowMs: story.nowMs });
    await register(server, story.pack, story.nowMs);
    const studio = await browser.newPage();
    const picture = await story.picture(studio);
    await studio.close();
    const { turnDegrees, noise } = story;
    // The browser reads the file anew whenever the camera is opened.
    await writeFilm(film, { picture, turnDegrees, driftPx: 120, noise, seed: 20261122, frames: 12 });
  }, 180_000);
  afterAll(() => server?.close());

  test('is scanned, judged, supplied offline, kept over a restart, delivered once, and told apart', async () => {
    const counter = await openDevice(browser, server, story, 'pharmacy');
    const depot = await openDevice(browser, server, story, 'wholesaler');

    // The depot acts on older data, without a line, and will come second.
    await depot.context.setOffline(true);
    await scanByCamera(depot.page);
    await tapDeliberately(depot.page, 'More');
    await tapDeliberately(depot.page, 'Export');
    await depot.page.getByText('Recorded on this device.', { exact: true }).waitFor(WAIT);
    await openOutbox(depot.page);

    await counter.context.setOffline(true);
    await scanByCamera(counter.page);
    const card = await shown(counter.page);
    expect(card).toContain(story.pack.serial);
    expect(card).toContain(story.pack.batch);
    expect(card).toContain('On this device, provisional');
    await tapDeliberately(counter.page, 'Seal intact - supply');
    await counter.page.getByText('Recorded on this device.', { exact: true }).waitFor(WAIT);
    expect(stepsOf(server, story.pack, 'supply')).toBe(0);

    // Closed and opened again, still offline: the event is on disk.
    await counter.page.close();
    const reopened = await counter.context.newPage();
    await reopened.goto(server.url);
    await reopened.getByText('1 unsent').first().waitFor(WAIT);
    await reopened.getByText('Open the camera').click();
    await reopened.getByRole('heading', { name: /supplied/i }).waitFor(WAIT);
    await openOutbox(reopened);

    await counter.context.setOffline(false);
    await reopened.getByText('0 unsent').first().waitFor(WAIT);
    expect(server.ledger.verify(story.pack).finding).toMatchObject({ kind: 'hit', state: 'supplied' });
    expect(stepsOf(server, story.pack, 'supply')).toBe(1);

    // The second device learns that it lost, to another location, and neither who nor when.
    await depot.context.setOffline(false);
    await depot.page
      .getByText(/another location/i)
      .first()
      .waitFor(WAIT);
    const told = await shown(depot.page);
    expect(told).not.toContain('Demo pharmacy');
    expect(server.ledger.verify(story.pack).finding).toMatchObject({ state: 'supplied' });
    expect(stepsOf(server, story.pack, 'export')).toBe(1);
    expect(stepsOf(server, story.pack, 'supply')).toBe(1);
    await Promise.all([counter.context.close(), depot.context.close()]);
    expect([...counter.faults, ...depot.faults]).toEqual([]);
  }, 180_000);
});

test('real medicine codes', (context) => {
  if (!chromium) context.skip(NO_CHROMIUM);
  if (vectorsDir('pharma-barcodes') === undefined) context.skip('no pharma-barcodes beside the project');
  expect(realStories().length).toBeGreaterThan(0);
});
