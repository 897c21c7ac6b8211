// A server, or whoever stands before it, that answers with rubbish, with lies, or not at all: each failure is told in
// the user's words, the last good data stays in use, and what was recorded waits until it is really delivered.
import type { Page, Route } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { DEMO_PLACES } from '../../src/domain/demo/places.ts';
import { eventId } from '../../src/domain/event.ts';
import type { Receipt } from '../../src/domain/receipt.ts';
import { createRecorder } from '../../src/server/demo/recorder.ts';
import { openAppInBrowser } from '../support/app-in-browser.ts';
import type { TestServer } from '../support/built-app.ts';
import {
  enrol,
  openVisit,
  shelfItem,
  tapDeliberately,
  typePack,
  type Visit,
  WAIT,
} from '../support/visit.ts';

type Answer = NonNullable<Parameters<Route['fulfill']>[0]> | ((route: Route) => unknown);

const ACTIVE = shelfItem('active').printed;
const OTHER = shelfItem('active-month').printed;
const EVENTS_KEPT = 'Every recorded event is still safe on this device.';
const DATA_KEPT = 'The last good data stays in use, and every recorded event is kept.';

const JSON_TYPE = 'application/json';
const RUBBISH = [
  { status: 200, contentType: JSON_TYPE, body: '<!doctype html><h1>It works!</h1>' },
  { status: 200, contentType: JSON_TYPE, body: '{"finding":{"kind":"hit","state":7}}' },
  { status: 200, contentType: JSON_TYPE, body: '['.repeat(300_000) },
  { status: 500, contentType: 'text/html', body: '<h1>Internal Server Error</h1>' },
  { status: 502, body: 'Bad gateway' },
] satisfies readonly Answer[];

describe('a hostile server', () => {
  let visit: Visit;
  let page: Page;
  /** Another device, whose questions are never answered. */
  let stalled: Visit;
  const on = openAppInBrowser([], async ({ server, browser }) => {
    visit = await openVisit(browser, server.url);
    // The service worker would send past what the page's requests are answered with here.
    await visit.context.addInitScript(() =>
      Reflect.deleteProperty(ServiceWorkerRegistration.prototype, 'sync'),
    );
    page = visit.page;
    await enrol(visit, server.inviteLink());
    stalled = await openVisit(browser, server.url);
    await enrol(stalled, server.inviteLink());
    await stalled.page.route('**/api/verify', () => undefined);
  });

  /** While `run` runs, the path is answered by someone else. */
  async function answering(path: string, answer: Answer, run: () => Promise<void>) {
    await page.route(path, (route) => reply(route, answer));
    await run();
    await page.unroute(path);
  }

  async function told(...words: readonly (string | RegExp)[]): Promise<void> {
    for (const each of words) await page.getByText(each).first().waitFor(WAIT);
  }

  async function open(route: string): Promise<void> {
    const next = page.getByRole('button', { name: 'Next pack' });
    if (await next.isVisible()) await next.click();
    await page.goto(`${on.server.url}/#/${route}`);
  }

  test('gives no live answer: the device goes by its own data and says so', async () => {
    for (const answer of RUBBISH)
      await answering('**/api/verify', answer, async () => {
        await typePack(page, ACTIVE);
        await page.getByRole('heading', { name: 'Active' }).waitFor(WAIT);
        await told('The ledger did not answer: not checked live', 'On this device, provisional');
      });
  });

  test('does not answer: the verdict is there at once', async () => {
    await typePack(stalled.page, ACTIVE);
    await stalled.page.getByRole('heading', { name: 'Active' }).waitFor(WAIT);
    await stalled.page.getByText('Checking live…').waitFor(WAIT);
    expect(await stalled.page.getByRole('button', { name: 'Seal intact - supply' }).isEnabled()).toBe(true);
  });

  test('sends a journey that is none', async () => {
    await typePack(page, ACTIVE);
    const journey = page.getByRole('button', { name: 'Journey' });
    for (const [answer, words] of [
      [{ status: 200, body: '{"steps":[]}' }, 'The journey that the server sent does not match the ledger'],
      [{ status: 503, body: '' }, 'The server cannot answer at the moment.'],
    ] as const)
      await answering('**/api/trail', answer, async () => {
        await journey.click();
        await told(words, EVENTS_KEPT);
        await page.getByRole('button', { name: 'Back' }).click();
        await journey.waitFor(WAIT);
      });
  });

  test('offers data that is rubbish, forged, old or damaged: the last good data stays', async () => {
    let latest = '';
    await open('device');
    const load = page.getByRole('button', { name: 'Load the newest data' });
    const loaded = () => expect.poll(() => load.getAttribute('aria-disabled'), WAIT).toBe('false');
    const refused = async (path: string, answer: Answer, words: string, first = async () => {}) => {
      await answering(path, answer, async () => {
        await first();
        await load.click();
        await told(words, DATA_KEPT);
        expect(await page.getByText('This device holds no data yet').count()).toBe(0);
      });
      await load.click();
      await page.getByText(words).waitFor({ ...WAIT, state: 'detached' });
      await loaded();
    };
    const proof = '**/snapshot/latest.tlog-proof';
    await page.route(proof, async (route) => {
      const response = await route.fetch();
      latest = await response.text();
      await route.fulfill({ response });
    });
    await load.click();
    await expect.poll(() => latest, WAIT).not.toBe('');
    await loaded();
    await page.unroute(proof);

    await refused(proof, { body: 'rubbish' }, 'The server sent something that is not valid data');
    await refused(proof, { status: 500, body: 'x' }, 'The server cannot answer at the moment.');
    await refused(proof, (route) => route.abort(), 'No network: no newer data could be loaded.');
    const forged = latest.replace(
      /^(— \S+ .{8})(.)/m,
      (_, start, letter) => start + (letter === 'A' ? 'B' : 'A'),
    );
    expect(forged).not.toBe(latest);
    await refused(proof, { body: forged }, 'not signed as it must be; it was refused.');

    // The ledger moves on, once nothing of it can arrive whole; what was the newest is now an older one.
    const damaged = { body: Buffer.alloc(5_000, 7) };
    const moveOn = () => supplyElsewhere(on.server);
    await refused('**/snapshot/bundle/*', damaged, 'was changed or damaged on the way', moveOn);
    await refused(proof, { body: latest }, 'older than what this device has seen');
    await typePack(page, ACTIVE);
    await page.getByRole('heading', { name: 'Active' }).waitFor(WAIT);
  });

  test('takes events without taking them: they wait here, and arrive once', async () => {
    // The device tries again by itself at any moment, so there is none at which the true server is heard.
    let answer: Answer = { status: 500, body: 'x' };
    await page.route('**/api/events', (route) => reply(route, answer));
    const waits = async (next: Answer, ...words: string[]) => {
      answer = next;
      await page.reload();
      await page.getByRole('button', { name: 'Send now' }).click();
      await told(...words, EVENTS_KEPT, '1 unsent', 'Waiting to be sent');
    };
    await typePack(page, OTHER);
    await tapDeliberately(page, 'Seal intact - supply');
    await told('1 unsent');
    await open('outbox');
    await told('The server cannot take events at the moment.', EVENTS_KEPT);

    await waits({ status: 200, body: 'OK' }, 'The answer of the server could not be understood');
    await waits({ status: 200, body: '{"receipts":[]}' }, 'The answer of the server could not be understood');
    await waits(answerWithAnotherPlace, 'The server could not prove that the ledger holds the events');
    expect(on.server.ledger.verify(OTHER).finding).toMatchObject({ state: 'active' });
    answer = (route) => route.continue();
    await told('0 unsent', 'Everything recorded on this device is in the ledger.');
    expect(on.server.ledger.verify(OTHER).finding).toMatchObject({ state: 'supplied' });
  });

  test('a link that names other keys, and a server that cannot enrol', async () => {
    const newcomer = await openVisit(on.browser, on.server.url);
    const { page: fresh } = newcomer;
    const link = on.server.inviteLink();
    await fresh.goto(link.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')));
    await fresh.getByRole('button', { name: 'Enrol this device' }).click();
    await fresh.getByText('The server does not hold the keys that the link names').waitFor(WAIT);
    await fresh.getByText('This device stays as it was, and nothing was lost.').waitFor(WAIT);
    await fresh.route('**/api/enrol', (route) => route.fulfill({ status: 500, body: '{"error":"teapot"}' }));
    await fresh.goto('about:blank');
    await fresh.goto(on.server.inviteLink());
    await fresh.getByRole('button', { name: 'Enrol this device' }).click();
    await fresh.getByText('The server cannot enrol devices at the moment.').waitFor(WAIT);
    await fresh.unroute('**/api/enrol');
    await fresh.getByRole('button', { name: 'Try again' }).click();
    await fresh.getByText('This device is enrolled').waitFor(WAIT);
    await newcomer.context.close();
    expect(newcomer.faults).toEqual([]);
  });

  test('still does not answer: the waiting ends', async () => {
    await stalled.page.getByText('The ledger did not answer: not checked live').first().waitFor(WAIT);
    expect([...stalled.faults, ...visit.faults]).toEqual([]);
  });
});

const reply = (route: Route, answer: Answer) =>
  typeof answer === 'function' ? answer(route) : route.fulfill(answer);

/** Says "accepted" and points at somebody else's place in the ledger. */
async function answerWithAnotherPlace(route: Route): Promise<void> {
  const { events }: { events: readonly { bytes: string }[] } = route.request().postDataJSON();
  const receipts = events.map(
    ({ bytes }): Receipt => ({
      ...{ kind: 'accepted', id: eventId(Buffer.from(bytes, 'base64')), index: 0, parts: 1 },
      ...{ receiptTimeMs: Date.now(), undoesIndex: null, keyIds: [1], containerKeyIds: [], batchKeyIds: [] },
      ...{ repeats: [], locked: [], unchanged: [], alerts: [] },
    }),
  );
  await route.fulfill({ status: 200, body: JSON.stringify({ receipts }) });
}

async function supplyElsewhere(server: TestServer): Promise<void> {
  const { ledger } = server;
  const elsewhere = createRecorder(ledger, 'demo', DEMO_PLACES.linden, Date.now);
  const event = elsewhere.record({
    operation: 'supply',
    packs: [{ ...shelfItem('active-ifa').printed, entryMode: 'scanned', seal: 'intact' }],
  });
  expect(await ledger.acceptEvents([event])).toMatchObject([{ kind: 'accepted' }]);
  await ledger.publishNow();
  await ledger.buildSnapshotNow();
}
