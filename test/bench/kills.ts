// What a dead battery can do: a real Chromium with a profile on disk, in which the app supplies packs and sends them to
// a real server, is killed at a random moment, again and again. What the screen has called recorded is told out of the
// page the moment it appears. Where the kill came between a tap and that word, the next start is asked by scanning the
// pack anew. Afterwards the server must hold exactly what the screens said: nothing lost, nothing else, nothing twice.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { type Chance, createChance } from '../../src/domain/demo/chance.ts';
import type { Pack } from '../../src/domain/pack.ts';
import { assert } from '../../src/domain/result.ts';
import { startServer } from '../../src/server/main.ts';
import { buildApp } from '../support/built-app.ts';
import { browserPid, findChromium, launchProfile, NO_CHROMIUM } from '../support/chromium.ts';
import { stockPack, stockUp } from '../support/stock.ts';
import { enrol, tapDeliberately, WAIT, waitUntilKept, wedgePack } from '../support/visit.ts';
import { type Act, checkHeld } from './kills-check.ts';

export type KillOptions = { readonly kills: number; readonly seed: number };
export type KillFigures = {
  /** Acts that screens called recorded, before a kill or after it. */
  readonly recorded: number;
  /** Kills that came between a tap and the word; of them those whose event was on disk. */
  readonly inDoubt: number;
  readonly inDoubtRecorded: number;
  /** Kills while something waited to be sent. */
  readonly whileUnsent: number;
  readonly logSize: number;
};

/** From the first verdict on: a few packs. From the opening of the address: about as long as a start takes. */
const LIFE_MS_MAX = { working: 5_000, starting: 1_500 };
const PACKS = 2_000;
/** Its limit of requests a minute may have to pass. */
const LAST_DRAIN = { timeout: 150_000 };

/** Throws with the seed where a promise is broken. */
export async function killBrowser(
  { kills, seed }: KillOptions,
  progress: (kill: number) => void = () => undefined,
): Promise<KillFigures> {
  const root = mkdtempSync(join(tmpdir(), 'packtrail-kills-'));
  const app = await buildApp();
  const server = await startServer({
    ...{ dataFolder: join(root, 'data'), dist: app.dist, host: '127.0.0.1', port: 0, demoPacks: 300 },
    ...{ clock: Date.now, writeLog: () => undefined, tell: () => undefined },
  });
  try {
    await stockUp(server, PACKS);
    const counter = createCounter(join(root, 'profile'), server.url, createChance(seed));
    await counter.enrol(server.inviteLink());
    for (let kill = 0; kill < kills; kill++) {
      await counter.workUntilKilled();
      progress(kill);
    }
    const figures = await counter.sendAll();
    const logSize = await checkHeld(server, join(root, 'data'), counter.acts);
    return { ...figures, recorded: counter.acts.length, logSize };
  } catch (error) {
    throw new Error(`seed ${seed}`, { cause: error });
  } finally {
    await server.close();
    await app.remove();
    rmSync(root, { recursive: true, force: true });
  }
}

/** What the page tells of its screen. */
type Sight = { readonly word: string; readonly serial: string; readonly unsent: string };

const OPERATIONS: ReadonlyMap<string, Act['operation']> = new Map([
  ['Supplied', 'supply'],
  ['Undone', 'undo'],
]);

/** One person at one counter, whose device dies under their hands. */
function createCounter(profile: string, url: string, chance: Chance) {
  const acts: Act[] = [];
  const figures = { inDoubt: 0, inDoubtRecorded: 0, whileUnsent: 0 };
  let packsTaken = 0;
  /** Tapped, and not yet called recorded. */
  let tapped: { readonly pack: Pack; readonly operation: Act['operation'] } | undefined;
  let unsent = '';

  function see(sight: Sight): void {
    unsent = sight.unsent || unsent;
    const operation = OPERATIONS.get(sight.word);
    if (!tapped || tapped.operation !== operation || tapped.pack.serial !== sight.serial) return;
    acts.push({ serial: sight.serial, operation });
    tapped = undefined;
  }

  async function open() {
    const context = await launchProfile(profile);
    context.setDefaultTimeout(WAIT.timeout);
    await context.exposeBinding('tellSight', (_, sight: Sight) => see(sight));
    await context.addInitScript(watchScreen);
    return { context, page: context.pages()[0] ?? (await context.newPage()) };
  }

  async function act(page: Page, pack: Pack, operation: Act['operation']): Promise<void> {
    if (operation === 'undo') await tapDeliberately(page, 'Undo');
    const name = operation === 'undo' ? 'No, it never left - undo' : 'Seal intact - supply';
    await tapDeliberately(page, name, () => {
      tapped = { pack, operation };
    });
    await page.getByRole('heading', { name: operation === 'undo' ? 'Undone' : 'Supplied' }).waitFor();
  }

  /** What the tap came to that a kill cut short. */
  async function settleDoubt(page: Page): Promise<void> {
    if (!tapped) return;
    const { pack, operation } = tapped;
    const word = await wedgePack(page, pack);
    const isRecorded = (word === 'Already supplied') === (operation === 'supply');
    assert(isRecorded || word === 'Active' || word === 'Already supplied', `a plain answer, not ${word}`);
    tapped = undefined;
    figures.inDoubt += 1;
    figures.inDoubtRecorded += isRecorded ? 1 : 0;
    if (isRecorded) acts.push({ serial: pack.serial, operation });
  }

  async function supplyNext(page: Page, onVerdict = () => {}): Promise<void> {
    const pack = stockPack(packsTaken++);
    const word = await wedgePack(page, pack);
    assert(word === 'Active', `${pack.serial} is active, not ${word}`);
    onVerdict();
    await act(page, pack, 'supply');
    if (packsTaken % 3 === 0) await act(page, pack, 'undo');
  }

  async function work(page: Page, onVerdict: () => void): Promise<never> {
    await page.goto(url);
    await settleDoubt(page);
    for (;;) await supplyNext(page, onVerdict);
  }

  return {
    acts,
    async enrol(link: string): Promise<void> {
      const { context, page } = await open();
      await enrol({ page }, link);
      await waitUntilKept(page);
      await context.close();
    },
    async workUntilKilled(): Promise<void> {
      const { context, page } = await open();
      const pid = await browserPid(context);
      const closed = new Promise<void>((resolve) => context.once('close', () => resolve()));
      const isStarting = chance.below(4) === 0;
      const lifeMs = chance.below(isStarting ? LIFE_MS_MAX.starting : LIFE_MS_MAX.working);
      // Half of its lives begin without a network; of those some end before it comes.
      const offlineMs = chance.below(2) === 0 ? undefined : chance.below(LIFE_MS_MAX.working);
      if (offlineMs !== undefined) await context.setOffline(true);
      let isKilled = false;
      // What fails because the browser is gone is what is meant to happen.
      const whileAlive = (work: Promise<unknown>) =>
        work.catch((error: unknown) => {
          if (!isKilled) throw error;
        });
      await new Promise<void>((resolve, reject) => {
        let isDoomed = false;
        const live = () => {
          if (isDoomed) return;
          isDoomed = true;
          if (offlineMs !== undefined)
            setTimeout(() => void whileAlive(context.setOffline(false)).catch(reject), offlineMs);
          setTimeout(() => {
            isKilled = true;
            process.kill(pid, 'SIGKILL');
            void closed.then(resolve);
          }, lifeMs);
        };
        if (isStarting) live();
        whileAlive(work(page, live)).catch(reject);
      });
      if (!unsent.startsWith('0')) figures.whileUnsent += 1;
    },
    async sendAll() {
      const { context, page } = await open();
      await page.goto(url);
      await settleDoubt(page);
      await supplyNext(page);
      await page.getByText('0 unsent').first().waitFor(LAST_DRAIN);
      await context.close();
      return figures;
    },
  };
}

/** Runs in the page: tells of every change on screen what it calls the pack that it shows, and how much is unsent. */
function watchScreen(): void {
  const tell: unknown = Reflect.get(globalThis, 'tellSight');
  let last = '';
  const look = () => {
    const textOf = (selector: string) => document.querySelector(selector)?.textContent ?? '';
    const isRecorded = textOf('.banner-meaning').startsWith('Recorded on this device.');
    const sight = {
      word: isRecorded ? textOf('.banner-word') : '',
      serial: textOf('.verdict dd'),
      unsent: textOf('a[href="#/outbox"]'),
    };
    const text = JSON.stringify(sight);
    if (text !== last && typeof tell === 'function') tell(sight);
    last = text;
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true });
}

/** `--kills 100` and `--seed 5` on the command line. */
export async function benchKills(print: (line: string) => void): Promise<undefined> {
  if (findChromium() === undefined) {
    print(`kills: skipped, ${NO_CHROMIUM}`);
    return;
  }
  const options = { kills: optionOf('--kills', 5), seed: optionOf('--seed', 4_711) };
  const startMs = performance.now();
  const { recorded, inDoubt, inDoubtRecorded, whileUnsent, logSize } = await killBrowser(options, (kill) => {
    if ((kill + 1) % 10 === 0) print(`  ${kill + 1} kills`);
  });
  const seconds = Math.round((performance.now() - startMs) / 1_000);
  print(
    `kills: ${options.kills} kills of Chromium, ${whileUnsent} with something unsent, seed ${options.seed}, ${seconds} s`,
  );
  print(
    `  ${inDoubt} between a tap and its word: ${inDoubtRecorded} were on disk and shown at the next start, the others never counted`,
  );
  print(
    `  ${recorded} acts that screens called recorded, all held, none twice, no other; ${logSize} entries`,
  );
}

function optionOf(name: string, otherwise: number): number {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}
