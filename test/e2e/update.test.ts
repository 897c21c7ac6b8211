// The app on a device that has visited once: it opens and scans with the server dead, and a new version waits until the
// user takes it.
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assert } from '../../src/domain/result.ts';
import { type Server, startServer } from '../../src/server/main.ts';
import { type BuiltApp, buildApp } from '../support/built-app.ts';
import { findChromium, launchChromium, NO_CHROMIUM } from '../support/chromium.ts';
import { drawDataMatrix, fakeCameraArgs, writeFilm } from '../support/fake-camera.ts';
import { openVisit, shelfItem, tapDeliberately, type Visit, WAIT, waitUntilKept } from '../support/visit.ts';

const chromium = findChromium();
const WORDS = { first: 'Check a medicine pack', second: 'Check a pack of medicine' };

// In this order: the second test goes on where the first ends.
describe('a device that has visited once', () => {
  let folder: string;
  let app: BuiltApp;
  let server: Server;
  let browser: Browser;
  let visit: Visit;
  let next: string;
  let releasePort: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    if (!chromium) return;
    folder = await mkdtemp(join(tmpdir(), 'packtrail-update-'));
    app = await buildApp();
    next = join(folder, 'next');
    await makeNextVersion(app.dist, next);
    server = await serve(app.dist, 0);
    const film = join(folder, 'film.y4m');
    await writeFilm(film, {
      picture: activePack(),
      turnDegrees: 11,
      driftPx: 60,
      noise: 12,
      seed: 2,
      frames: 6,
    });
    browser = await launchChromium(fakeCameraArgs(film));
    visit = await openVisit(browser, server.url);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await releasePort?.();
    await app?.remove();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const serve = (dist: string, port: number) =>
    startServer({
      ...{ dataFolder: join(folder, 'data'), dist, host: '127.0.0.1', port, demoPacks: 300, clock: Date.now },
      ...{ writeLog: () => undefined, tell: () => undefined },
    });

  /** A page of its own, with nothing left in the browser's cache that the app has not kept by itself. */
  async function openAnew(path: string): Promise<Page> {
    const page = await visit.context.newPage();
    const session = await visit.context.newCDPSession(page);
    await session.send('Network.clearBrowserCache');
    await page.goto(server.url + path);
    return page;
  }

  const heading = (page: Page, name: string) => page.getByRole('heading', { name });

  test('opens at any address and scans with the server dead', async (context) => {
    if (!chromium) context.skip(NO_CHROMIUM);
    await visit.page.goto(server.url);
    await waitUntilKept(visit.page);
    await visit.page.close();
    await server.close();
    releasePort = await holdPort(portOf(server));

    const page = await openAnew('/where/a/bookmark/points#/practice');
    await heading(page, 'Practise with a demo pack').waitFor(WAIT);
    await page.reload();
    await heading(page, 'Practise with a demo pack').waitFor(WAIT);
    await page.getByRole('link', { name: 'Packtrail, first screen' }).click();
    await page.getByText('Open the camera').click();
    await heading(page, 'Active').waitFor(WAIT);
    await tapDeliberately(page, 'Seal intact - supply');
    await page.getByText('Recorded on this device.', { exact: true }).waitFor(WAIT);
    await page.close();
    expect(visit.faults).toEqual([]);
  });

  test('takes a new version when the user does, and keeps it', async (context) => {
    if (!chromium) context.skip(NO_CHROMIUM);
    await releasePort?.();
    server = await serve(next, portOf(server));
    const page = await openAnew('/');
    await heading(page, WORDS.first).waitFor(WAIT);
    // Announced where a screen reader hears it, and nothing changes under the user's hands.
    await page.locator('[aria-live=polite]').getByText('A new version is ready.').waitFor(WAIT);
    expect(await heading(page, WORDS.first).count()).toBe(1);
    await page.getByRole('button', { name: 'Take it now' }).click();
    await heading(page, WORDS.second).waitFor(WAIT);
    expect(await page.getByText('A new version is ready.').count()).toBe(0);
    await page.close();

    await server.close();
    const offline = await openAnew('/');
    await heading(offline, WORDS.second).waitFor(WAIT);
    const kept = await offline.evaluate(async () => {
      const names = await caches.keys();
      const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
      return requests.flat().map(({ url }) => new URL(url).pathname);
    });
    expect(kept.filter((path) => /\/index-.*\.js$/.test(path))).toHaveLength(1);
    await offline.close();
    expect(visit.faults).toEqual([]);
  });
});

const portOf = ({ url }: Server) => Number(new URL(url).port);

/** Whoever asks there is given nothing; nobody else takes it for their own. */
async function holdPort(port: number): Promise<() => Promise<void>> {
  const holder = createServer((socket) => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    holder.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return () => new Promise((resolve) => holder.close(() => resolve()));
}

function activePack() {
  const pack = shelfItem('active').printed;
  const expiry = pack.expiry.slice(2).replaceAll('-', '');
  return drawDataMatrix(
    `(01)${pack.productCode.replace('gtin:', '')}(17)${expiry}(10)${pack.batch}(21)${pack.serial}`,
  );
}

/** What a build of changed words makes: names follow contents, and every part names the one that it shares. */
async function makeNextVersion(dist: string, next: string): Promise<void> {
  await cp(dist, next, { recursive: true });
  const assets = join(next, 'assets');
  const scripts = (await readdir(assets)).filter((name) => name.endsWith('.js'));
  const entry = scripts.find((name) => /^index-.*\.js$/.test(name));
  assert(entry !== undefined, 'the build has an entry');
  await edit(join(assets, entry), WORDS.first, WORDS.second);
  const [page, worker] = [join(next, 'index.html'), join(next, 'service-worker.js')];
  const before = await sha256(page);
  const holders = [page, worker, ...scripts.map((name) => join(assets, name))];
  for (const holder of holders) {
    let text = await readFile(holder, 'utf8');
    for (const name of scripts) text = text.replaceAll(name, nextName(name));
    await writeFile(holder, text);
  }
  for (const name of scripts) await rename(join(assets, name), join(assets, nextName(name)));
  await edit(worker, before, await sha256(page));
}

function nextName(name: string): string {
  return name.replace(/.{8}\.js$/, `${'2'.repeat(8)}.js`);
}

async function edit(path: string, from: string, to: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  assert(text.includes(from), `${path} holds ${from}`);
  await writeFile(path, text.replaceAll(from, to));
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
