// What a kill can do to the ledger: a process under load is killed at a random moment, again and again, on one data
// folder. Each time everything that it had answered must stand in the log at its place, no event twice, and fsck must
// find nothing wrong, both in the files as the kill left them and after the next start has taken them up.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
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
import { openLedger } from '../../src/server/ledger/ledger.ts';

export type CrashOptions = { readonly kills: number; readonly seed: number };
export type CrashFigures = {
  readonly kills: number;
  /** Of which before the process had answered anything: while it started. */
  readonly whileStarting: number;
  readonly answered: number;
  readonly logSize: number;
};

const WRITER = fileURLToPath(new URL('./crash-writer.ts', import.meta.url));
/** No event of one run is one of another. */
const PACKS_A_RUN = 1_000_000;

/** Throws with seed and step where a promise is broken. */
export async function killRepeatedly(
  { kills, seed }: CrashOptions,
  progress: (step: number) => void = () => undefined,
): Promise<CrashFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'packtrail-crash-'));
  const chance = createChance(seed);
  const answered = new Map<string, number>();
  const figures = { kills, whileStarting: 0, answered: 0, logSize: 0 };
  let policy: Policy | undefined;
  for (let step = 0; step < kills; step++) {
    try {
      const lines = await runAndKill(folder, chance.below(2 ** 31), step, chance.below(4), chance.below(300));
      if (lines.length === 0) figures.whileStarting += 1;
      for (const line of lines) {
        const [id = '', index = ''] = line.split(' ');
        answered.set(id, Number(index));
      }
      if (policy) await checkFiles(folder, policy);
      const taken = await takeUp(folder);
      policy = taken.policy;
      figures.logSize = await checkAnswers(taken.logFolder, taken.size, answered);
      await checkFiles(folder, policy);
      progress(step);
    } catch (error) {
      // The folder stays, for whoever wants to look.
      throw new Error(`seed ${seed}, kill ${step + 1} of ${kills}, in ${folder}`, { cause: error });
    }
  }
  rmSync(folder, { recursive: true });
  return { ...figures, answered: answered.size };
}

/** What the process had answered when it was killed; the last line may be torn. `phase` 0: while it starts. */
async function runAndKill(
  folder: string,
  seed: number,
  step: number,
  phase: number,
  delayMs: number,
): Promise<string[]> {
  const args = [WRITER, folder, String(seed), String(step * PACKS_A_RUN)];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let complaint = '';
  child.stderr?.on('data', (chunk) => {
    complaint += String(chunk);
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('close', (_, signal) => resolve(signal)),
  );
  const kill = () => setTimeout(() => child.kill('SIGKILL'), delayMs);
  if (phase === 0) kill();
  child.stdout?.on('data', (chunk) => {
    if (output === '' && phase !== 0) kill();
    output += String(chunk);
  });
  if ((await ended) !== 'SIGKILL') throw new Error(`the process ended by itself: ${complaint}`);
  return output.split('\n').slice(0, -1);
}

/** Starts the ledger once more, lets it publish what it holds, and stops it. */
async function takeUp(folder: string): Promise<{ policy: Policy; logFolder: string; size: number }> {
  const ledger = await openLedger({
    ...{ folder, rules: DEMO_MARKET, clock: Date.now, log: () => undefined },
    ...{ checkpointPeriodMs: 3_600_000, snapshotPeriodMs: 3_600_000 },
  });
  const logs = [ledger.ledgerKey, ledger.snapshotKey].map((vkey) => {
    const key = parseVerifierKey(vkey);
    if (!key.ok) throw new Error(`${vkey} is not a key`);
    return { key: key.value, url: undefined };
  });
  await ledger.publishNow();
  const size = Number((await readFile(join(ledger.logFolder, 'checkpoint'), 'utf8')).split('\n')[1]);
  await ledger.close();
  return { policy: { logs, witnesses: [], quorum: NO_QUORUM }, logFolder: ledger.logFolder, size };
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

export async function benchCrash(
  print: (line: string) => void,
  options: CrashOptions = { kills: 20, seed: 4_711 },
): Promise<void> {
  const startMs = performance.now();
  const figures = await killRepeatedly(options, (step) => {
    if ((step + 1) % 20 === 0) print(`  ${step + 1} kills`);
  });
  const { kills, whileStarting, answered, logSize } = figures;
  const seconds = Math.round((performance.now() - startMs) / 1_000);
  print(`crash: ${kills} kills (${whileStarting} while starting), seed ${options.seed}, ${seconds} s`);
  print(`  ${answered} answers, none lost, none twice; ${logSize} entries; fsck clean after each`);
}

if (import.meta.main) {
  const optionOf = (name: string, otherwise: number) => {
    const at = process.argv.indexOf(name);
    return at < 0 ? otherwise : Number(process.argv[at + 1]);
  };
  await benchCrash(console.log, {
    kills: optionOf('--kills', 200),
    seed: optionOf('--seed', Date.now() % 1e6),
  });
}
