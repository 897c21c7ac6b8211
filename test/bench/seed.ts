// How long a first start makes its owner wait: the demo market of 100,000 packs, from signed events to the published log
// and snapshot. The peer is what any database must do at least: SQLite, as durable, with every row of the store that
// came out, inserted into the same tables.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { startServer } from '../../src/server/main.ts';
import type { Figure, Print } from './figure.ts';

/** Rows to a commit: an event of the demo names some thousand packs. */
const COMMIT_ROWS = 1_000;

export type SeedOptions = { readonly packs: number };

export async function benchSeed(
  print: Print,
  { packs }: SeedOptions = { packs: 100_000 },
): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'packtrail-seed-'));
  try {
    const hereMs = await makeMarket(join(folder, 'data'), packs);
    const peer = insertRows(join(folder, 'data'), join(folder, 'peer.sqlite'));
    print(
      `seed: ${packs} packs in ${seconds(hereMs)}; ${peer.rows} rows of the store in ${seconds(peer.ms)}`,
    );
    return [
      {
        figure: `demo market of ${packs.toLocaleString('en')} packs, signed, checked, logged and published`,
        here: seconds(hereMs),
        peer: `${seconds(peer.ms)} (node:sqlite inserts the ${peer.rows.toLocaleString('en')} rows of the store)`,
        ratio: hereMs / peer.ms,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

async function makeMarket(dataFolder: string, demoPacks: number): Promise<number> {
  const startMs = performance.now();
  const server = await startServer({
    ...{ dataFolder, dist: undefined, host: '127.0.0.1', port: 0, demoPacks, clock: Date.now },
    ...{ writeLog: () => undefined, tell: () => undefined },
  });
  const ms = performance.now() - startMs;
  await server.close();
  return ms;
}

type Row = Readonly<Record<string, SQLInputValue>>;

function insertRows(dataFolder: string, path: string): { readonly rows: number; readonly ms: number } {
  const store = new DatabaseSync(join(dataFolder, 'ledger.sqlite'), { readOnly: true });
  const schema = store.prepare('SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL').all();
  const tables = schema
    .filter(({ type }) => type === 'table')
    .map(({ name }) => ({ name, rows: store.prepare(`SELECT * FROM "${name}"`).all() as Row[] }));
  store.close();

  const peer = new DatabaseSync(path);
  const startMs = performance.now();
  peer.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  for (const { sql } of schema) peer.exec(String(sql));
  let count = 0;
  for (const { name, rows } of tables) {
    const first = rows[0];
    if (first === undefined) continue;
    const insert = peer.prepare(
      `INSERT INTO "${name}" VALUES (${Object.keys(first)
        .map(() => '?')
        .join(', ')})`,
    );
    for (let at = 0; at < rows.length; at += COMMIT_ROWS) {
      peer.exec('BEGIN IMMEDIATE');
      for (const row of rows.slice(at, at + COMMIT_ROWS)) insert.run(...Object.values(row));
      peer.exec('COMMIT');
    }
    count += rows.length;
  }
  const ms = performance.now() - startMs;
  peer.close();
  return { rows: count, ms };
}
