// `npm run simulate -- --seeds 1000`: plays as many histories, in a process for each core, and prints what was in them;
// `--seed N` plays one again and prints its steps. A history that fails is printed with its seed and steps, at once;
// `--minutes N` begins none after that time.
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type History, playHistory, STEPS } from './history.ts';

type Played = Omit<History, 'failure'> & { readonly failure: string | undefined };

async function play(seed: number, steps: number): Promise<Played> {
  const { failure, ...history } = await playHistory(seed, { steps });
  return { ...history, failure: failure && (failure.stack ?? String(failure)) };
}

async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '50' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      steps: { type: 'string', default: String(STEPS) },
      minutes: { type: 'string', default: '1440' },
      jobs: { type: 'string', default: String(availableParallelism()) },
    },
  });
  const steps = Number(values.steps);
  if (values.seed !== undefined) {
    const played = await play(Number(values.seed), steps);
    console.log(storyOf(played));
    process.exitCode = played.failure === undefined ? 0 : 1;
    return;
  }
  const [count, from, jobs] = [Number(values.seeds), Number(values.from), Number(values.jobs)];
  const startMs = performance.now();
  const endMs = startMs + Number(values.minutes) * 60_000;
  const all = await playAll({ from, count, steps, jobs, endMs });
  const failed = all.filter(({ failure }) => failure !== undefined);
  console.log(summaryOf(all, (performance.now() - startMs) / 1_000));
  process.exitCode = failed.length === 0 ? 0 : 1;
}

type Batch = {
  readonly from: number;
  readonly count: number;
  readonly steps: number;
  readonly jobs: number;
  /** No other history is begun after that. */
  readonly endMs: number;
};

function playAll({ from, count, steps, jobs, endMs }: Batch): Promise<readonly Played[]> {
  let next = from;
  const played: Played[] = [];
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const child = fork(import.meta.filename, ['--child'], { execArgv: [] });
      const give = () =>
        next < from + count && performance.now() < endMs
          ? child.send({ seed: next++, steps })
          : child.disconnect();
      child.on('message', (each: Played) => {
        played.push(each);
        if (each.failure !== undefined) console.log(storyOf(each));
        if (played.length % 50 === 0) console.log(`${played.length} of ${count}`);
        give();
      });
      child.on('error', reject).on('exit', (code) => {
        if (code === 0) resolve();
        else reject(new Error(`a process of the simulation ended with ${code}`));
      });
      give();
    });
  return Promise.all(Array.from({ length: Math.min(jobs, count) }, work)).then(() =>
    played.sort((a, b) => a.seed - b.seed),
  );
}

function storyOf({ seed, story, failure, hash }: Played): string {
  const steps = story.map((line, i) => `${i + 1}. ${line}`).join('\n');
  const end = failure === undefined ? 'All held.' : `It fails: ${failure}`;
  return `\nSeed ${seed} (npm run simulate -- --seed ${seed}):\n${steps}\n${end}\nTrace ${hash}`;
}

function summaryOf(all: readonly Played[], seconds: number): string {
  const names = [...new Set(all.flatMap(({ counts }) => Object.keys(counts)))].sort();
  const rows = names.map((name): Row => {
    const each = all.map(({ counts }) => counts[name] ?? 0);
    return [name, each.reduce((sum, count) => sum + count, 0), each.filter((count) => count > 0).length];
  });
  const failed = all.filter(({ failure }) => failure !== undefined).length;
  const end: readonly Row[] = [
    ['histories', all.length, all.length],
    ['failed', failed, failed],
    ['seconds', Math.round(seconds), all.length],
  ];
  const lines = [...rows, ...end].map(([name, count, histories]) =>
    lineOf(name, number(count), number(histories)),
  );
  return [lineOf('', 'count', 'in histories'), ...lines].join('\n');
}

type Row = readonly [name: string, count: number, histories: number];

function lineOf(name: string, ...columns: readonly string[]): string {
  return `${name.padEnd(48)}${columns.map((column) => column.padStart(14)).join('')}`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}

if (process.argv[2] === '--child')
  process.on('message', (order: { seed: number; steps: number }) => {
    play(order.seed, order.steps).then(
      (played) => process.send?.(played),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
else await main(process.argv.slice(2));
