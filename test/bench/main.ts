// `npm run bench [names...]`: runs the benches named, or every one in this folder, one after the other, and prints the
// figures of the README as a table. A bench is a file here that exports a function of its name: seed.ts, benchSeed.
import { readdirSync, readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { type Figure, type Print, tableLines } from './figure.ts';

type Bench = (print: Print) => Promise<readonly Figure[] | undefined>;

const FOLDER = import.meta.dirname;

/** Helpers of the benches live beside them, and some do their work on import: only a file that exports one is loaded. */
function listBenches(): readonly string[] {
  return readdirSync(FOLDER)
    .map((file) => file.replace(/\.ts$/, ''))
    .filter((name) =>
      readFileSync(join(FOLDER, `${name}.ts`), 'utf8').includes(`function ${functionOf(name)}(`),
    );
}

function functionOf(name: string): string {
  return `bench${name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}`;
}

async function loadBench(name: string): Promise<Bench> {
  const module: Record<string, unknown> = await import(`./${name}.ts`);
  const bench = module[functionOf(name)];
  if (typeof bench !== 'function') throw new Error(`${name}.ts exports no ${functionOf(name)}`);
  return bench as Bench;
}

async function main(names: readonly string[]): Promise<void> {
  const known = listBenches();
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`There is no bench "${unknown.join('", "')}"; there are: ${known.join(', ')}.`);
    process.exitCode = 2;
    return;
  }
  const load = loadavg().map((value) => value.toFixed(1));
  console.log(
    `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model.trim()}, load ${load.join(' ')}`,
  );
  const figures: Figure[] = [];
  for (const name of names.length > 0 ? names : known) {
    const bench = await loadBench(name);
    figures.push(...((await bench(console.log)) ?? []));
  }
  if (figures.length > 0) console.log(['', ...tableLines(figures)].join('\n'));
}

// What follows the names is for the benches themselves.
const args = process.argv.slice(2);
const firstOption = args.findIndex((each) => each.startsWith('--'));
await main(firstOption < 0 ? args : args.slice(0, firstOption));
