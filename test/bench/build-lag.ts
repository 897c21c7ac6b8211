// Whether a large country's snapshot holds up the ledger while it is built: events are taken in and checkpoints are
// published all the while, first during the build of a base and then of a day's delta over it. The peer is the same
// ledger with nothing being built.
// node test/bench/build-lag.ts [--packs 10000000]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DEMO_MARKET } from '../../src/domain/market.ts';
import { type Ledger, openLedger } from '../../src/server/ledger/ledger.ts';
import { syntheticBatches } from '../support/synthetic-packs.ts';
import { createLoadDevice, packAt } from './event-load.ts';
import { type Figure, type Print, percentile, tableLines } from './figure.ts';
import { type Ack, watchCheckpoint } from './lag-watch.ts';

const BATCH_PACKS = 20_000;
const EVENT_PACKS = 20;
const PAUSE_MS = 10;
const QUIET_MS = 3_000;

export async function benchBuildLag(print: Print, packs = 1_000_000): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'packtrail-build-'));
  const open = () =>
    openLedger({
      ...{ folder, rules: DEMO_MARKET, clock: Date.now, log: () => undefined },
      snapshotPeriodMs: 86_400_000,
    });
  try {
    const empty = await open();
    const maker = createLoadDevice('plant', 'manufacturer');
    empty.addDevice(maker.record);
    await empty.acceptEvents([maker.sign('commission', [packAt(0)])]);
    await empty.close();
    addPacks(join(folder, 'ledger.sqlite'), packs);
    const ledger = await open();
    let next = 1;
    const load: Load = async () => {
      const some = Array.from({ length: EVENT_PACKS }, (_, i) => packAt(next + i));
      next += EVENT_PACKS;
      const [receipt] = await ledger.acceptEvents([maker.sign('commission', some)]);
      if (receipt?.kind !== 'accepted') throw new Error(`not accepted: ${receipt?.kind}`);
      return { timeMs: Date.now(), index: receipt.index };
    };
    print(`build-lag: ${packs / 1_000_000}M packs, an event of ${EVENT_PACKS} packs every ${PAUSE_MS} ms`);
    const base = await measure(ledger, load, ledger.buildSnapshotNow());
    print(`  building a base ${words(base)}`);
    changePacks(join(folder, 'ledger.sqlite'));
    const delta = await measure(ledger, load, ledger.buildSnapshotNow());
    print(`  building a delta, 1 % changed ${words(delta)}`);
    const quiet = await measure(ledger, load, setTimeout(QUIET_MS));
    print(`  building nothing ${words(quiet)}`);
    print(`  peak RSS ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
    await ledger.close();
    return [figureOf('a base', base, quiet), figureOf('a delta', delta, quiet)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Load = () => Promise<Ack>;
type Measured = {
  readonly seconds: number;
  readonly loopMs: readonly [number, number];
  readonly lagsMs: readonly number[];
};

/** Under load until the work is done. */
async function measure(ledger: Ledger, load: Load, work: Promise<unknown>): Promise<Measured> {
  const watch = watchCheckpoint(ledger.logFolder);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const started = performance.now();
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  const acks: Ack[] = [];
  while (!isDone) {
    acks.push(await load());
    await setTimeout(PAUSE_MS);
  }
  await done;
  loop.disable();
  const seconds = (performance.now() - started) / 1_000;
  await ledger.publishNow();
  const lagsMs = await watch.lagsOf(acks);
  return { seconds, loopMs: [loop.percentile(99) / 1e6, loop.max / 1e6], lagsMs };
}

function words({ seconds, loopMs: [p99, max], lagsMs }: Measured): string {
  const lag = [0.5, 0.99, 1].map((share) => Math.round(percentile(lagsMs, share)));
  return (
    `${seconds.toFixed(1)} s: event loop late p99 ${p99.toFixed(0)} max ${max.toFixed(0)} ms, ` +
    `checkpoint after p50 ${lag[0]} p99 ${lag[1]} max ${lag[2]} ms (bar 1000)`
  );
}

function figureOf(what: string, here: Measured, quiet: Measured): Figure {
  const lag = percentile(here.lagsMs, 0.99);
  const peer = percentile(quiet.lagsMs, 0.99);
  return {
    figure: `event to checkpoint while ${what} is built, p99`,
    here: `${Math.round(lag)} ms`,
    peer: `${Math.round(peer)} ms (nothing being built)`,
    ratio: lag / peer,
  };
}

/** Past the log, which would take minutes: only who builds reads them. */
function addPacks(file: string, count: number): void {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA synchronous = OFF');
  const addBatch = database.prepare('INSERT INTO batches VALUES (?, ?, 1, ?, ?, 0)');
  const addPack = database.prepare("INSERT INTO packs VALUES (?, ?, ?, 1, ?, 0, x'00', 0)");
  for (const { batch, packs } of syntheticBatches({ packs: count, batchPacks: BATCH_PACKS })) {
    const ids = [Buffer.from(batch.productId, 'hex'), Buffer.from(batch.batchId, 'hex')] as const;
    database.exec('BEGIN');
    addBatch.run(...ids, batch.expiry, packs.states.length);
    for (const [i, state] of packs.states.entries())
      addPack.run(...ids, packs.ids.subarray(16 * i, 16 * i + 16), state);
    database.exec('COMMIT');
  }
  database.close();
}

/** One in a hundred, all over the country, so that every pack is put to the delta. */
function changePacks(file: string): void {
  const database = new DatabaseSync(file);
  const index = Number.MAX_SAFE_INTEGER;
  database
    .prepare('UPDATE packs SET state = (state = 0), winner_index = ? WHERE abs(random()) % 100 = 0')
    .run(index);
  database.close();
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { packs: { type: 'string', default: '1000000' } } });
  console.log(tableLines(await benchBuildLag(console.log, Number(values.packs))).join('\n'));
}
