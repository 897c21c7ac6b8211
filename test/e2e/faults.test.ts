// What goes wrong around a device that works, in a real Chromium against a real server: two tabs that record at once, an
// app that is closed before anything was sent, a clock that is wrong, storage that an older copy has replaced.
import type { CDPSession, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { openAppInBrowser } from '../support/app-in-browser.ts';
import { stockPack, stockUp } from '../support/stock.ts';
import {
  enrol,
  openVisit,
  shiftClock,
  tapDeliberately,
  WAIT,
  waitUntilKept,
  wedgePack,
  wedgeUntil,
} from '../support/visit.ts';

const SUPPLY = 'Seal intact - supply';
const AHEAD_MS = 30 * 60_000;

describe('a working device', () => {
  const on = openAppInBrowser([], ({ server }) => stockUp(server, 20));
  let packsTaken = 0;
  const nextPack = () => stockPack(packsTaken++);

  const stateOf = (pack: ReturnType<typeof nextPack>) => on.server.ledger.verify(pack).finding;
  const recorded = (page: Page) => page.getByText('Recorded on this device.', { exact: false }).first();
  const allSent = (page: Page) => page.getByText('0 unsent').first().waitFor({ timeout: 40_000 });

  test('records in two tabs at once: every pack once, one chain', async () => {
    const visit = await openVisit(on.browser, on.server.url);
    await enrol(visit, on.server.inviteLink());
    const tabs = [visit.page, await visit.context.newPage()];
    await tabs[1]?.goto(on.server.url);
    for (let round = 0; round < 2; round++)
      await Promise.all(
        tabs.map(async (page) => {
          const pack = nextPack();
          expect(await wedgePack(page, pack)).toBe('Active');
          await tapDeliberately(page, SUPPLY);
          await recorded(page).waitFor(WAIT);
        }),
      );

    // The same pack in both: one of them is told that the other was first.
    const pack = nextPack();
    for (const page of tabs) expect(await wedgePack(page, pack)).toBe('Active');
    await Promise.all(tabs.map((page) => tapDeliberately(page, SUPPLY)));
    await expect
      .poll(async () => (await Promise.all(tabs.map(wasRefused))).filter(Boolean).length, WAIT)
      .toBe(1);
    for (const page of tabs) await allSent(page);
    expect(stateOf(pack)).toMatchObject({ kind: 'hit', state: 'supplied' });
    expect(on.server.ledger.nextSequence(await copyHead(visit.page, 'head', 'head'))).toBe(6);
    expect(visit.faults).toEqual([]);
    await visit.context.close();
  });

  test('sends from its service worker once the app is closed in the midst of sending', async () => {
    const visit = await openVisit(on.browser, on.server.url);
    await enrol(visit, on.server.inviteLink());
    await waitUntilKept(visit.page);
    let blocked = 0;
    // Never answered: the tab goes on waiting, and has the lock meanwhile.
    await visit.page.route('**/api/events', () => {
      blocked += 1;
    });
    const pack = nextPack();
    expect(await wedgePack(visit.page, pack)).toBe('Active');
    await tapDeliberately(visit.page, SUPPLY);
    await recorded(visit.page).waitFor(WAIT);
    await expect.poll(() => blocked, WAIT).toBeGreaterThan(0);
    const blank = await visit.context.newPage();
    await fireSync(await visit.context.newCDPSession(blank), on.server.url);
    await expect.poll(() => waitsForTurn(visit.page), WAIT).toBe(true);
    await visit.page.close();
    await expect.poll(() => stateOf(pack), WAIT).toMatchObject({ kind: 'hit', state: 'supplied' });
    await blank.goto(on.server.url);
    await allSent(blank);
    await visit.context.close();
  });

  test('has its list again after a restart, on the first screen too, and nothing on it is lost', async () => {
    const visit = await openVisit(on.browser, on.server.url);
    await enrol(visit, on.server.inviteLink(), 'Warehouse');
    const { page } = visit;
    await page.getByRole('link', { name: 'List of packs' }).click();
    await page.getByRole('heading', { name: 'List of packs' }).waitFor(WAIT);
    const packs = [nextPack(), nextPack()];
    for (const [i, pack] of packs.entries())
      await wedgeUntil(page, pack, page.getByText(`${i + 1} of 500 packs`));
    for (let restart = 0; restart < 2; restart++) {
      await page.goto('about:blank');
      await page.goto(on.server.url);
      await page.getByText('What is scanned goes onto the open list: 2 packs').waitFor(WAIT);
    }
    expect(visit.faults).toEqual([]);
    await visit.context.close();
  });

  test('says that its clock is wrong, and offline by which clock an undo goes', async () => {
    const visit = await openVisit(on.browser, on.server.url);
    await visit.context.addInitScript(shiftClock, AHEAD_MS);
    await enrol(visit, on.server.inviteLink());
    const { page } = visit;
    await page
      .getByText(/The clock of this device is (29|30) min\w* ahead/)
      .first()
      .waitFor(WAIT);
    const pack = nextPack();
    expect(await wedgePack(page, pack)).toBe('Active');
    await visit.context.setOffline(true);
    await tapDeliberately(page, SUPPLY);
    await recorded(page).waitFor(WAIT);
    await tapDeliberately(page, 'Undo');
    await page.getByText(/No network: this device goes by its own clock/).waitFor(WAIT);
    await tapDeliberately(page, 'No, it never left - undo');
    await page.getByRole('heading', { name: 'Undone' }).waitFor(WAIT);
    await visit.context.setOffline(false);
    await allSent(page);
    expect(stateOf(pack)).toMatchObject({ kind: 'hit', state: 'active' });
    await visit.context.close();
  });

  test('says what it lacks where an older copy has replaced its storage', async () => {
    const visit = await openVisit(on.browser, on.server.url);
    await enrol(visit, on.server.inviteLink());
    const { page } = visit;
    for (let i = 0; i < 2; i++) {
      if (i === 1) await copyHead(page, 'head', 'older');
      expect(await wedgePack(page, nextPack())).toBe('Active');
      await tapDeliberately(page, SUPPLY);
      await recorded(page).waitFor(WAIT);
      await allSent(page);
    }
    await copyHead(page, 'older', 'head');
    await page.goto(`${on.server.url}/#/outbox`);
    await page.reload();
    await page.getByText('The ledger holds events 1 to 2 of this device').waitFor(WAIT);
    await page.getByText('this copy knows only 1 to 1').waitFor(WAIT);
    await visit.context.close();
  });
});

const wasRefused = (page: Page) => page.getByText('Not recorded', { exact: false }).first().isVisible();

/** Somebody else wants to send as soon as the tab that does has done. */
function waitsForTurn(page: Page): Promise<boolean> {
  return page.evaluate(async () => {
    const { pending = [] } = await navigator.locks.query();
    return pending.some(({ name }) => name === 'packtrail-drain');
  });
}

/** Puts where the chain stands under another key of the app's own database; answers with its device. */
function copyHead(page: Page, from: string, to: string): Promise<string> {
  return page.evaluate(
    async (keys) => {
      const done = <T>(request: IDBRequest<T>) =>
        new Promise<T>((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const database = await done(indexedDB.open('packtrail'));
      const chain = database.transaction('chain', 'readwrite').objectStore('chain');
      const head = await done(chain.get(keys.from));
      await done(chain.put(head, keys.to));
      database.close();
      return head.device;
    },
    { from, to },
  );
}

/** As the browser does it once there is a network. */
async function fireSync(session: CDPSession, origin: string): Promise<void> {
  const registered = new Promise<string>((resolve) => {
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const own = registrations.find(({ scopeURL }) => scopeURL.startsWith(origin));
      if (own) resolve(own.registrationId);
    });
  });
  await session.send('ServiceWorker.enable');
  const registrationId = await registered;
  const tag = 'packtrail-outbox';
  await session.send('ServiceWorker.dispatchSyncEvent', { origin, registrationId, tag, lastChance: false });
}
