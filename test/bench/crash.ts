// What a kill can do: the server itself (`packtrail serve`), under signed load over HTTP, is killed at a random moment,
// again and again, on one data folder. Each time everything that it had answered must stand in the log at its place, no
// event twice, and fsck must find nothing wrong, both in the files as the kill left them and after the next start has
// taken them up; what was not answered is sent again.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createChance } from '../../src/domain/demo/chance.ts';
import { parseEntry } from '../../src/domain/ledger/entry.ts';
import { parseBundle } from '../../src/domain/ledger/entry-bundle.ts';
import { parseVerifierKey } from '../../src/domain/ledger/note-key.ts';
import type { Policy } from '../../src/domain/ledger/policy.ts';
import { NO_QUORUM } from '../../src/domain/ledger/quorum.ts';
import { bundlePath, bundlesOfGrowth } from '../../src/domain/ledger/tile.ts';
import { DEMO_MARKET } from '../../src/domain/market.ts';
import { fsck } from '../../src/server/check/fsck.ts';
import { openSource } from '../../src/server/check/log-source.ts';
import { type Ledger, openLedger } from '../../src/server/ledger/ledger.ts';
import { type CrashLoad, createCrashLoad } from './crash-load.ts';
import { createLoadDevice, packAt } from './event-load.ts';

export type CrashOptions = { readonly kills: number; readonly seed: number };
export type CrashFigures = {
  readonly kills: number;
  /** Of which before the server had answered anything: while it started. */
  readonly whileStarting: number;
  readonly answered: number;
  readonly logSize: number;
};

const CLI = fileURLToPath(new URL('../../src/server/cli.ts', import.meta.url));

/** Throws with seed and step where a promise is broken. */
export async function killRepeatedly(
  { kills, seed }: CrashOptions,
  progress: (step: number) => void = () => undefined,
): Promise<CrashFigures> {
  const root = mkdtempSync(join(tmpdir(), 'packtrail-crash-'));
  const folder = join(root, 'data');
  const dist = join(root, 'dist');
  mkdirSync(dist);
  writeFileSync(join(dist, 'index.html'), '<!doctype html>');
  const chance = createChance(seed);
  const load = createCrashLoad(chance.below(2 ** 31));
  const figures = { kills, whileStarting: 0, answered: 0, logSize: 0 };
  let policy = (await takeUp(folder, load)).policy;
  for (let step = 0; step < kills; step++) {
    try {
      const before = load.answered.size;
      await serveAndKill({
        folder,
        dist,
        load,
        whileStarting: chance.below(4) === 0,
        delayMs: chance.below(300),
      });
      if (load.answered.size === before) figures.whileStarting += 1;
      await checkFiles(folder, policy);
      const taken = await takeUp(folder, load);
      policy = taken.policy;
      figures.logSize = await checkAnswers(taken.logFolder, taken.size, load.answered);
      await checkFiles(folder, policy);
      progress(step);
    } catch (error) {
      // The folder stays, for whoever wants to look.
      throw new Error(`seed ${seed}, kill ${step + 1} of ${kills}, in ${root}`, { cause: error });
    }
  }
  rmSync(root, { recursive: true });
  return { ...figures, answered: load.answered.size };
}

type Victim = {
  readonly folder: string;
  readonly dist: string;
  readonly load: CrashLoad;
  readonly whileStarting: boolean;
  /** After the start, or after the first answer. */
  readonly delayMs: number;
};

async function serveAndKill({ folder, dist, load, whileStarting, delayMs }: Victim): Promise<void> {
  const args = [CLI, 'serve', '--port', '0', '--data', folder, '--dist', dist];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr?.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-2_000);
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('close', (_, signal) => resolve(signal)),
  );
  let isDoomed = false;
  const killSoon = () => {
    if (!isDoomed) setTimeout(() => child.kill('SIGKILL'), delayMs);
    isDoomed = true;
  };
  if (whileStarting) killSoon();
  const loaded = addressOf(child).then((url) => (url === undefined ? undefined : load.sendTo(url, killSoon)));
  // An answer that must not be ends the server too, and is told below.
  loaded.catch(() => child.kill('SIGKILL'));
  if ((await ended) !== 'SIGKILL') throw new Error(`the server ended by itself: ${complaint}`);
  await loaded;
}

/** Where the server says that it listens; undefined where it ended before. */
function addressOf({ stdout }: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    let output = '';
    stdout?.on('data', (chunk) => {
      output += String(chunk);
      const url = /http:\/\/localhost:\d+/.exec(output)?.[0];
      if (url !== undefined) resolve(url);
    });
    stdout?.on('close', () => resolve(undefined));
  });
}

/** Opens the ledger once more, lets it publish what it holds, and closes it. */
async function takeUp(
  folder: string,
  { devices }: CrashLoad,
): Promise<{ policy: Policy; logFolder: string; size: number }> {
  const ledger = await openLedger({
    ...{ folder, rules: DEMO_MARKET, clock: Date.now, log: () => undefined },
    ...{ checkpointPeriodMs: 3_600_000, snapshotPeriodMs: 3_600_000 },
  });
  const logs = [ledger.ledgerKey, ledger.snapshotKey].map((vkey) => {
    const key = parseVerifierKey(vkey);
    if (!key.ok) throw new Error(`${vkey} is not a key`);
    return { key: key.value, url: undefined };
  });
  for (const record of devices) ledger.addDevice(record);
  // An empty ledger would get the demo market.
  if (ledger.isEmpty()) await commissionFirst(ledger);
  await ledger.publishNow();
  const size = Number((await readFile(join(ledger.logFolder, 'checkpoint'), 'utf8')).split('\n')[1]);
  await ledger.close();
  return { policy: { logs, witnesses: [], quorum: NO_QUORUM }, logFolder: ledger.logFolder, size };
}

async function commissionFirst(ledger: Ledger): Promise<void> {
  const { record, sign } = createLoadDevice('plant', 'manufacturer');
  ledger.addDevice(record);
  await ledger.acceptEvents([sign('commission', [packAt(0)])]);
}

async function checkFiles(folder: string, policy: Policy): Promise<void> {
  if (!existsSync(join(folder, 'log', 'checkpoint'))) return;
  const { fault } = await fsck(openSource(folder), policy);
  if (fault) throw new Error(`${fault.place} ${fault.path}: ${fault.words}`);
}

/** Every answer keeps its place, and every event has one place only. */
async function checkAnswers(
  logFolder: string,
  size: number,
  answered: ReadonlyMap<string, number>,
): Promise<number> {
  const ids: string[] = [];
  for (const bundle of bundlesOfGrowth(0, size)) {
    const entries = parseBundle(await readFile(join(logFolder, bundlePath(bundle))), bundle.width);
    for (const bytes of entries.ok ? entries.value : []) {
      const entry = parseEntry(bytes);
      if (entry.ok) ids.push(entry.value.eventId);
    }
  }
  if (ids.length !== size) throw new Error(`${ids.length} readable entries, not ${size}`);
  if (new Set(ids).size !== size) throw new Error('an event stands twice');
  for (const [id, index] of answered)
    if (ids[index] !== id) throw new Error(`${id} was answered with ${index}, where ${ids[index]} stands`);
  return size;
}

/** `--kills 200` and `--seed 5` on the command line. */
export async function benchCrash(print: (line: string) => void): Promise<void> {
  const options = { kills: optionOf('--kills', 20), seed: optionOf('--seed', 4_711) };
  const startMs = performance.now();
  const figures = await killRepeatedly(options, (step) => {
    if ((step + 1) % 20 === 0) print(`  ${step + 1} kills`);
  });
  const { kills, whileStarting, answered, logSize } = figures;
  const seconds = Math.round((performance.now() - startMs) / 1_000);
  print(
    `crash: ${kills} kills of the server (${whileStarting} while starting), seed ${options.seed}, ${seconds} s`,
  );
  print(`  ${answered} answers, none lost, none twice; ${logSize} entries; fsck clean after each`);
}

function optionOf(name: string, otherwise: number): number {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}
