// What a first visit costs: compressed bytes over the wire until the first screen stands, what the first scan adds, and
// how soon the page answers on a mid-range phone (Lighthouse's default throttling). The peer is a bare page with
// @zxing/browser, served by the same server.
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import lighthouse from 'lighthouse';
import type { Browser, Page } from 'playwright-core';
import { buildApp, serveApp } from '../support/built-app.ts';
import { launchChromium } from '../support/chromium.ts';
import { type Figure, median, type Print } from './figure.ts';
import { buildPeer } from './scan-peer.ts';

export type ShellOptions = { readonly lighthouseRuns: number };

export async function benchShell(
  print: Print,
  { lighthouseRuns }: ShellOptions = { lighthouseRuns: 5 },
): Promise<readonly Figure[]> {
  const [app, peer] = [await buildApp(), await buildPeer()];
  const servers = [await serveApp(app.dist), await serveApp(peer.dist)] as const;
  const port = await freePort();
  const browser = await launchChromium([
    `--remote-debugging-port=${port}`,
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
  ]);
  try {
    const [here, there] = servers;
    const [ourBytes, peerBytes] = [await weigh(browser, here.url), await weigh(browser, there.url)];
    print(`shell: first screen ${kB(ourBytes.first)}, the first scan adds ${kB(ourBytes.scan)}`);
    const times = { ours: [] as Timing[], peers: [] as Timing[] };
    for (let i = 0; i < lighthouseRuns; i++) {
      times.ours.push(await time(here.url, port));
      times.peers.push(await time(there.url, port));
    }
    for (const [name, runs] of Object.entries(times))
      for (const { interactiveMs, paintMs, blockedMs } of runs)
        print(
          `shell: ${name} interactive ${interactiveMs} ms, largest paint ${paintMs} ms, blocked ${blockedMs} ms`,
        );
    return [...sizeFigures(ourBytes, peerBytes), timeFigure(times.ours, times.peers)];
  } finally {
    await browser.close();
    for (const server of servers) await server.close();
    await app.remove();
    await peer.remove();
  }
}

type Bytes = { readonly first: number; readonly scan: number };

const kB = (bytes: number) => `${Math.round(bytes / 1_000)} kB`;

function sizeFigures(ours: Bytes, peers: Bytes): readonly Figure[] {
  const whole = ours.first + ours.scan;
  const peer = `${kB(peers.first + peers.scan)} (bare page with @zxing/browser)`;
  const peerBytes = peers.first + peers.scan;
  return [
    {
      figure: 'compressed size, first screen with practice',
      here: kB(ours.first),
      peer,
      ratio: ours.first / peerBytes,
    },
    {
      figure: 'compressed size, with all that the first scan loads',
      here: kB(whole),
      peer,
      ratio: whole / peerBytes,
    },
  ];
}

type Timing = { readonly interactiveMs: number; readonly paintMs: number; readonly blockedMs: number };

function timeFigure(ours: readonly Timing[], peers: readonly Timing[]): Figure {
  const of = (runs: readonly Timing[]) => median(runs.map(({ interactiveMs }) => interactiveMs));
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  return {
    figure: `time to interactive, Lighthouse's phone on slow 4G, median of ${ours.length}`,
    here: seconds(of(ours)),
    peer: `${seconds(of(peers))} (bare page with @zxing/browser)`,
    ratio: of(ours) / of(peers),
  };
}

/** Which files a newcomer's browser asks for, before and after the camera is opened; the worker that keeps the app for
 * offline use would ask for all of them at once. */
async function weigh(browser: Browser, url: string): Promise<Bytes> {
  const context = await browser.newContext({ serviceWorkers: 'block' });
  const asked = new Set<string>();
  context.on('request', (request) => {
    if (request.method() === 'GET' && request.url().startsWith(url)) asked.add(request.url());
  });
  const page = await context.newPage();
  await page.goto(url, { waitUntil: 'networkidle' });
  const first = [...asked];
  await openCamera(page);
  const scan = [...asked].filter((file) => !first.includes(file));
  await context.close();
  return { first: await wireBytes(first), scan: await wireBytes(scan) };
}

async function openCamera(page: Page): Promise<void> {
  await page.getByText('Open the camera').click();
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0);
  await page.waitForTimeout(2_000);
}

async function wireBytes(urls: readonly string[]): Promise<number> {
  const sizes = await Promise.all(urls.map(bodyBytes));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

function bodyBytes(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { 'accept-encoding': 'br', accept: '*/*' } }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('end', () => resolve(bytes));
    }).on('error', reject);
  });
}

const AUDITS = ['interactive', 'largest-contentful-paint', 'total-blocking-time'] as const;

/** On a busy machine a page may load too slowly for Lighthouse's limits; it is then asked again. */
const ATTEMPTS_MAX = 4;

async function time(url: string, port: number): Promise<Timing> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const result = await lighthouse(url, { port, logLevel: 'silent', onlyAudits: [...AUDITS] });
    const [interactiveMs, paintMs, blockedMs] = AUDITS.map((name) => result?.lhr.audits[name]?.numericValue);
    if (interactiveMs !== undefined && paintMs !== undefined && blockedMs !== undefined)
      return {
        interactiveMs: Math.round(interactiveMs),
        paintMs: Math.round(paintMs),
        blockedMs: Math.round(blockedMs),
      };
  }
  throw new Error(`Lighthouse could not measure ${url}`);
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
