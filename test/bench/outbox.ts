// How fast a long outbox reaches the ledger and is proven to be in it, and what it costs a start: the app's own modules
// in a real Chromium over HTTP to a real server. The peers are one request and two transactions for each event, with
// nothing proven, and all rows read and parsed at once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { type Server, startServer } from '../../src/server/main.ts';
import { findChromium, launchChromium, NO_CHROMIUM, serveHarness } from '../support/chromium.ts';
import { BATCH_PACKS, createLoadDevice, packAt } from './event-load.ts';
import { type Figure, median, type Print } from './figure.ts';
import type { OutboxPage } from './outbox-page.ts';

export type OutboxOptions = { readonly events: number; readonly startEvents: number };

/** Below the server's limit of requests a minute. */
const SINGLY = 60;
const STARTS = 5;

export async function benchOutbox(
  print: Print,
  { events, startEvents }: OutboxOptions = { events: 10_000, startEvents: 1_000 },
): Promise<readonly Figure[]> {
  if (findChromium() === undefined) {
    print(`outbox: skipped, ${NO_CHROMIUM}`);
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'packtrail-outbox-'));
  const server = await startServer({
    ...{ dataFolder: folder, dist: undefined, host: '127.0.0.1', port: 0, demoPacks: 100 },
    ...{ clock: Date.now, writeLog: () => undefined, tell: () => undefined },
  });
  const module = fileURLToPath(new URL('./outbox-page.ts', import.meta.url));
  const harness = await serveHarness(`import ${JSON.stringify(module)};`);
  const browser = await launchChromium();
  try {
    await commission(server, events + startEvents + SINGLY);
    const page = await browser.newPage();
    await page.route(`${server.url}/{bench,assets/**}`, async (route) => {
      const { pathname } = new URL(route.request().url());
      await route.fulfill({
        response: await route.fetch({ url: harness.url + pathname.slice(1).replace(/^bench$/, '') }),
      });
    });
    await page.goto(`${server.url}/bench`);
    return await measure(page, server, { events, startEvents }, print);
  } finally {
    await browser.close();
    await harness.close();
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

async function measure(
  page: Page,
  server: Server,
  { events, startEvents }: OutboxOptions,
  print: Print,
): Promise<readonly Figure[]> {
  const call = <K extends keyof OutboxPage>(name: K, ...args: Parameters<OutboxPage[K]>) =>
    page.evaluate(
      ([method, given]) => {
        const own = Reflect.get(globalThis, 'outboxPage');
        return Reflect.apply(Reflect.get(own, method), own, given);
      },
      [name, args] as const,
    ) as ReturnType<OutboxPage[K]>;
  const packs = (from: number, count: number) => Array.from({ length: count }, (_, i) => packAt(from + i));

  const [, code = '', keyHash = ''] = /#\/enrol\/([^/]+)\/([^/]+)$/.exec(server.inviteLink()) ?? [];
  await call('enrol', code, keyHash);
  await call('fill', packs(0, events));
  const { ms, postMs } = await call('drain');
  print(
    `outbox: ${events} events posted after ${seconds(postMs)}, all proven and settled after ${seconds(ms)}`,
  );

  await call('fill', packs(events, startEvents));
  const starts = { own: [] as Blocked[], peer: [] as Blocked[] };
  for (let i = 0; i < STARTS; i++) {
    await page.reload();
    starts.own.push(await call('start'));
    await page.reload();
    starts.peer.push(await call('startAtOnce'));
  }
  const own = medians(starts.own);
  const peer = medians(starts.peer);
  print(
    `  ${startEvents} queued: read in ${own.ms.toFixed(0)} ms, nothing blocked for more than ${own.blockedMs.toFixed(0)} ms`,
  );
  await call('drain');

  await call('fill', packs(events + startEvents, SINGLY));
  const singly = await call('drainSingly');
  const [rate, peerRate] = [(events * 1_000) / ms, (singly.events * 1_000) / singly.ms];
  return [
    {
      figure: `${events.toLocaleString('en')} queued events sent, proven and settled`,
      here: `${seconds(ms)}, ${rate.toFixed(0)} a second`,
      peer: `${peerRate.toFixed(0)} a second (one request and two transactions each, nothing proven)`,
      ratio: rate / peerRate,
    },
    {
      figure: `start with ${startEvents.toLocaleString('en')} queued events: longest time that nothing else runs`,
      here: `${own.blockedMs.toFixed(0)} ms of ${own.ms.toFixed(0)}`,
      peer: `${peer.blockedMs.toFixed(0)} ms (all rows read and parsed at once)`,
      ratio: own.blockedMs / peer.blockedMs,
    },
  ];
}

type Blocked = { readonly ms: number; readonly blockedMs: number };

function medians(all: readonly Blocked[]): Blocked {
  return { ms: median(all.map(({ ms }) => ms)), blockedMs: median(all.map(({ blockedMs }) => blockedMs)) };
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

async function commission({ ledger }: Server, count: number): Promise<void> {
  const maker = createLoadDevice('plant', 'manufacturer');
  ledger.addDevice(maker.record);
  for (let start = 0; start < count; start += BATCH_PACKS) {
    const packs = Array.from({ length: BATCH_PACKS }, (_, i) => packAt(start + i));
    const [receipt] = await ledger.acceptEvents([maker.sign('commission', packs)]);
    if (receipt?.kind !== 'accepted') throw new Error(`not commissioned: ${receipt?.kind}`);
  }
}
