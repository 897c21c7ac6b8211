// From a code in front of the camera to the verdict on screen: a film of six codes is the camera of an enrolled device
// that holds 100,000 packs. Measured from the moment the camera produced the first frame with a new code until the
// verdict's heading is in the document. The peer is @zxing/browser's decoder on the same film, which only reads.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { DEMO_PACKS, planStock } from '../../src/domain/demo/stock.ts';
import type { Pack } from '../../src/domain/pack.ts';
import { buildApp, serveApp, type TestServer } from '../support/built-app.ts';
import { launchChromium } from '../support/chromium.ts';
import { fakeCameraArgs } from '../support/fake-camera.ts';
import { installStripReader, STRIP } from '../support/film-strip.ts';
import { enrol, openVisit } from '../support/visit.ts';
import { type Figure, median, type Print, percentile } from './figure.ts';
import { BLANK_SCENE, FRAMES_PER_SECOND, type Take, writeShow } from './scan-film.ts';
import { buildPeer } from './scan-peer.ts';
import { scanShelfFilm } from './scan-shelf.ts';
import { type Watched, type WatchOptions, watchPage } from './scan-watch.ts';

export type ScanOptions = { readonly scans: number; readonly packs: number };

/** How packs are held: two square before the lens, the rest as hands do it. */
const POSES: readonly Omit<Take, 'text'>[] = [
  { turnDegrees: 0, driftPx: 4, noise: 4, modulePx: 8 },
  { turnDegrees: 2, driftPx: 10, noise: 8, modulePx: 10 },
  { turnDegrees: 12, driftPx: 40, noise: 12, modulePx: 7 },
  { turnDegrees: 45, driftPx: 60, noise: 16, modulePx: 7 },
  { turnDegrees: 97, driftPx: 120, noise: 12, modulePx: 6 },
  { turnDegrees: 200, driftPx: 150, noise: 25, modulePx: 8 },
];

export async function benchScan(
  print: Print,
  { scans, packs }: ScanOptions = { scans: 48, packs: DEMO_PACKS },
): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'packtrail-scan-'));
  const [app, peer] = [await buildApp(), await buildPeer()];
  const servers = [await serveApp(app.dist, { demoPacks: packs }), await serveApp(peer.dist)] as const;
  try {
    const [here, there] = servers;
    const filmed = choosePacks(here, packs);
    const film = join(folder, 'film.y4m');
    await writeShow(
      film,
      filmed.map((pack, i) => ({ ...(POSES[i] as (typeof POSES)[number]), text: elementsOf(pack) })),
    );
    const watched = await scanWithApp(here, film, scans);
    const ours = scored(watched, filmed);
    const peers = scored(await scanWithPeer(there.url, film, scans), filmed);
    for (const [name, score] of Object.entries({ app: ours, '@zxing/browser': peers }))
      for (const [i, { shown, timesMs }] of score.entries())
        print(
          `scan: ${name}, turned ${POSES[i]?.turnDegrees} degrees: ${timesMs.length} of ${shown}, ${spread(timesMs)}`,
        );
    const shelf = await scanShelfFilm(print, app.dist);
    return [...figuresOf(ours, peers, packs), threadFigure(print, watched), shelf];
  } finally {
    for (const server of servers) await server.close();
    await app.remove();
    await peer.remove();
    await rm(folder, { recursive: true });
  }
}

/** Packs of different products and batches, from all over the market. */
function choosePacks({ ledger }: TestServer, packs: number): readonly Pack[] {
  const batches = planStock(packs, Date.now()).batches.filter(({ productCode }) =>
    productCode.startsWith('gtin:'),
  );
  return POSES.map((_, i) => {
    const pack = batches[Math.floor(((i + 0.5) / POSES.length) * batches.length)]?.packs[0];
    if (!pack || ledger.verify(pack).finding.kind !== 'hit')
      throw new Error('the demo market holds the packs filmed');
    return pack;
  });
}

function elementsOf({ productCode, serial, batch, expiry }: Pack): string {
  return `(01)${productCode.slice('gtin:'.length)}(17)${expiry.slice(2).replaceAll('-', '')}(10)${batch}(21)${serial}`;
}

async function scanWithApp(server: TestServer, film: string, scans: number): Promise<Watched> {
  const browser = await launchChromium(fakeCameraArgs(film));
  try {
    const visit = await openVisit(browser, server.url);
    await enrol(visit, server.inviteLink());
    const watched = await scan(visit.page, '.verdict .facts', scans);
    if (visit.faults.length > 0) throw new Error(visit.faults.join('\n'));
    return watched;
  } finally {
    await browser.close();
  }
}

async function scanWithPeer(url: string, film: string, scans: number): Promise<Watched> {
  const browser = await launchChromium(fakeCameraArgs(film));
  try {
    const { page } = await openVisit(browser, url);
    await page.goto(url);
    return await scan(page, undefined, scans);
  } finally {
    await browser.close();
  }
}

const SHOWS_MS_MAX = 4_000;

async function scan(page: Page, card: string | undefined, scans: number): Promise<Watched> {
  await page.getByText('Open the camera').click();
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0);
  await page.evaluate(installStripReader, STRIP);
  await page.evaluate<void, WatchOptions>(watchPage, {
    blankScene: BLANK_SCENE,
    framesPerSecond: FRAMES_PER_SECOND,
    card,
  });
  // The first shows find a decoder that is still loading; they are not counted.
  await page.waitForFunction(
    (count) => Reflect.get(window, 'watched').shows.length > count,
    scans + POSES.length,
    {
      polling: 1_000,
      timeout: (scans + POSES.length) * SHOWS_MS_MAX,
    },
  );
  return page.evaluate<Watched>(() => Reflect.get(window, 'watched'));
}

/** How the page felt meanwhile. There is no peer: @zxing/browser decodes on the main thread itself. */
function threadFigure(print: Print, { frames, watchedMs, holdsMs, longTasksMs }: Watched): Figure {
  const framesPerSecond = frames / (watchedMs / 1_000);
  const held = `p95 ${percentile(holdsMs, 0.95).toFixed(1)} ms`;
  print(
    `scan: app, ${framesPerSecond.toFixed(1)} frames a second, main thread held ${held}, ${longTasksMs.length} long tasks`,
  );
  return {
    figure: 'frames decoded a second; main thread held; its tasks of 50 ms and more',
    here: `${framesPerSecond.toFixed(1)}; ${held}; ${longTasksMs.length} in ${(watchedMs / 1_000).toFixed(0)} s`,
    peer: `${FRAMES_PER_SECOND} frames a second in the film`,
    ratio: framesPerSecond / FRAMES_PER_SECOND,
  };
}

type Score = { readonly shown: number; readonly timesMs: readonly number[] };

/** For each pose, how often its code was shown and how long each first result took that came before the next show. */
function scored({ shows, results }: Watched, filmed: readonly Pack[]): readonly Score[] {
  const counted = shows.slice(POSES.length, -1);
  return filmed.map(({ serial }, pose) => {
    const ofPose = counted.flatMap((show, i) => {
      if (show.code !== pose) return [];
      const endMs = shows[POSES.length + i + 1]?.startMs ?? Number.POSITIVE_INFINITY;
      const isOurs = ({ text, atMs }: Watched['results'][number]) =>
        atMs >= show.startMs && atMs < endMs && text.includes(serial);
      return [results.find(isOurs)?.atMs ?? Number.NaN].map((atMs) => atMs - show.startMs);
    });
    return { shown: ofPose.length, timesMs: ofPose.filter((ms) => !Number.isNaN(ms)) };
  });
}

const milliseconds = (ms: number) => `${Math.round(ms)} ms`;
const spread = (timesMs: readonly number[]) =>
  timesMs.length === 0
    ? 'never'
    : `median ${milliseconds(median(timesMs))}, p95 ${milliseconds(percentile(timesMs, 0.95))}`;

function figuresOf(ours: readonly Score[], peers: readonly Score[], packs: number): readonly Figure[] {
  const total = (score: readonly Score[]) => {
    const timesMs = score.flatMap((each) => each.timesMs);
    return { timesMs, shown: score.reduce((sum, { shown }) => sum + shown, 0) };
  };
  const [all, peerAll] = [total(ours), total(peers)];
  // Times compare only where both have read something.
  const both = total(ours.filter((_, i) => (peers[i]?.timesMs.length ?? 0) > 0));
  return [
    {
      figure: `camera frame to verdict on screen, ${packs.toLocaleString('en')} packs held`,
      here: `${spread(all.timesMs)} (${all.timesMs.length} scans)`,
      peer: `${spread(peerAll.timesMs)} (@zxing/browser, decoding alone, those it reads)`,
      ratio: median(both.timesMs) / median(peerAll.timesMs),
    },
    {
      figure: 'codes read of those shown for 0.8 s, two square and four turned',
      here: `${all.timesMs.length} of ${all.shown}`,
      peer: `${peerAll.timesMs.length} of ${peerAll.shown} (@zxing/browser)`,
      ratio: all.timesMs.length / all.shown / (peerAll.timesMs.length / peerAll.shown),
    },
  ];
}
