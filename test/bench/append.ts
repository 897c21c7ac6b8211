// How fast events get into the ledger, and how soon a checkpoint covers them: one-pack supplies from many pharmacies,
// each event chained and signed, first into the sequencer itself and then over HTTP, where a process of its own sends
// what it signed before. The peer is what a table of packs written by hand would do in the same database engine.
import { type ChildProcess, fork } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DEMO_MARKET } from '../../src/domain/market.ts';
import { type Ledger, openLedger, type SignedBytes } from '../../src/server/ledger/ledger.ts';
import { startServer } from '../../src/server/main.ts';
import { BATCH_PACKS, createLoadDevice, packAt, shuffledPack } from './event-load.ts';
import type { LoadOrder, LoadReport } from './http-load.ts';
import { watchCheckpoint } from './lag-watch.ts';

export type AppendOptions = {
  /** Of each measurement. */
  readonly seconds: number;
  readonly devices: number;
  /** Events in one submission. */
  readonly run: number;
};

export const APPEND_DEFAULTS: AppendOptions = { seconds: 10, devices: 100, run: 20 };

/** More than either way reaches, so that time ends the measurement and not the load. */
const SEQUENCER_RATE_MAX = 14_000;
const HTTP_RATE_MAX = 8_000;
const PEER_GROUP = 400;

export async function benchAppend(
  print: (line: string) => void,
  options: AppendOptions = APPEND_DEFAULTS,
): Promise<void> {
  const { seconds, devices, run } = options;
  print(`append: one-pack supplies, ${devices} devices, ${run} events to a submission, ${seconds} s each`);
  const sequencer = await benchSequencer(options);
  print(line('sequencer', sequencer, 10_000));
  // On a machine with other work this says more than the rate: one core gives a million of them a second.
  print(`  of which processor time ${sequencer.cpuUs.toFixed(0)} us an event, all threads`);
  const peer = benchPeer(sequencer.sample, seconds);
  print(`  node:sqlite by hand ${perSecond(peer)}: ours is ${(sequencer.rate / peer).toFixed(2)} of that`);
  print(line('HTTP', await benchHttp(options), 5_000));
  print(line('HTTP, one event to a request', await benchHttp({ ...options, run: 1 }), undefined));
}

type Measured = {
  readonly rate: number;
  readonly lagsMs: readonly number[];
  readonly ackMs: readonly number[];
};

function line(name: string, { rate, lagsMs, ackMs }: Measured, bar: number | undefined): string {
  const lag = `checkpoint after p50 ${at(lagsMs, 0.5)} p99 ${at(lagsMs, 0.99)} max ${at(lagsMs, 1)} ms`;
  const ack = `answer after p50 ${at(ackMs, 0.5)} p99 ${at(ackMs, 0.99)} ms`;
  return `  ${name} ${perSecond(rate)}${bar === undefined ? '' : ` (bar ${bar})`}, ${lag}, ${ack}`;
}

const perSecond = (rate: number) => `${Math.round(rate).toLocaleString('en')} events/s`;

function at(values: readonly number[], share: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toString();
}

type Sample = readonly SignedBytes[];

async function benchSequencer(
  options: AppendOptions,
): Promise<Measured & { readonly sample: Sample; readonly cpuUs: number }> {
  const { seconds, devices, run } = options;
  const folder = mkdtempSync(join(tmpdir(), 'packtrail-append-'));
  const ledger = await openLedger({ folder, rules: DEMO_MARKET, clock: Date.now, log: reportFailure });
  try {
    const runs = Math.ceil((SEQUENCER_RATE_MAX * seconds) / devices / run);
    const count = runs * run * devices;
    await commissionPacks(ledger, count);
    const load = Array.from({ length: devices }, (_, device) => {
      const { record, sign } = createLoadDevice(`site-${device}`, 'pharmacy');
      ledger.addDevice(record);
      return Array.from({ length: runs * run }, (_, i) =>
        sign('supply', [shuffledPack(i * devices + device, count)]),
      );
    });
    await ledger.buildSnapshotNow();
    const watch = watchCheckpoint(ledger.logFolder);
    const measured = await pump(ledger, load, run, seconds);
    await ledger.publishNow();
    const lagsMs = await watch.lagsOf(measured.acks);
    return { ...measured, lagsMs, sample: load.flat().slice(0, 50_000) };
  } finally {
    await ledger.close();
    rmSync(folder, { recursive: true });
  }
}

/** Every device has one submission under way, and sends the next when that is answered. */
async function pump(ledger: Ledger, load: readonly Sample[], run: number, seconds: number) {
  const acks: { timeMs: number; index: number }[] = [];
  const ackMs: number[] = [];
  let events = 0;
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  const before = process.cpuUsage();
  await Promise.all(
    load.map(async (own) => {
      for (let i = 0; i < own.length && performance.now() < endMs; i += run) {
        const sentMs = performance.now();
        const receipts = await ledger.acceptEvents(own.slice(i, i + run));
        const last = receipts.at(-1);
        if (last?.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(last)}`);
        acks.push({ timeMs: Date.now(), index: last.index });
        ackMs.push(performance.now() - sentMs);
        events += receipts.length;
      }
    }),
  );
  const { user, system } = process.cpuUsage(before);
  const rate = events / ((performance.now() - startMs) / 1_000);
  return { rate, acks, ackMs, cpuUs: (user + system) / events };
}

async function commissionPacks(ledger: Ledger, count: number): Promise<void> {
  const maker = createLoadDevice('plant', 'manufacturer');
  ledger.addDevice(maker.record);
  for (let start = 0; start < count; start += BATCH_PACKS) {
    const packs = Array.from({ length: BATCH_PACKS }, (_, i) => packAt(start + i));
    const [receipt] = await ledger.acceptEvents([maker.sign('commission', packs)]);
    if (receipt?.kind !== 'accepted') throw new Error(`not commissioned: ${receipt?.kind}`);
  }
}

/** Finds the pack, changes its state and keeps the event, durable in groups: no signature, no proof, no trail. */
function benchPeer(events: Sample, seconds: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'packtrail-peer-'));
  const database = new DatabaseSync(join(folder, 'peer.sqlite'));
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
    CREATE TABLE packs (id BLOB PRIMARY KEY, state INTEGER) WITHOUT ROWID;
    CREATE TABLE events (number INTEGER PRIMARY KEY, id BLOB UNIQUE, bytes BLOB, signature BLOB)`);
  const addPack = database.prepare('INSERT INTO packs VALUES (?, 0)');
  const find = database.prepare('SELECT state FROM packs WHERE id = ?');
  const change = database.prepare('UPDATE packs SET state = state + 1 WHERE id = ?');
  const add = database.prepare('INSERT INTO events VALUES (NULL, ?, ?, ?)');
  const ids = events.map(({ bytes }) => hash('sha256', bytes, 'buffer'));
  database.exec('BEGIN');
  for (const id of ids) addPack.run(id);
  database.exec('COMMIT');
  const startMs = performance.now();
  let done = 0;
  while (performance.now() < startMs + seconds * 1_000) {
    database.exec('BEGIN IMMEDIATE');
    for (let i = 0; i < PEER_GROUP; i++, done++) {
      const { bytes, signature } = events[done % events.length] as SignedBytes;
      const id = ids[(done * 514_229) % ids.length] as Buffer;
      find.get(id);
      change.run(id);
      add.run(hash('sha256', `${done}`, 'buffer'), bytes, signature);
    }
    database.exec('COMMIT');
  }
  const rate = done / ((performance.now() - startMs) / 1_000);
  database.close();
  rmSync(folder, { recursive: true });
  return rate;
}

async function benchHttp({ seconds, devices, run }: AppendOptions): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'packtrail-http-'));
  const server = await startServer({
    ...{ dataFolder: folder, dist: undefined, host: '127.0.0.1', port: 0, demoPacks: 100 },
    ...{ clock: Date.now, writeLog: () => undefined, tell: () => undefined },
  });
  const child = fork(new URL('./http-load.ts', import.meta.url), { serialization: 'advanced' });
  try {
    const { ledger } = server;
    const runs = Math.ceil((HTTP_RATE_MAX * seconds) / devices / run);
    await commissionPacks(ledger, runs * run * devices);
    const order: LoadOrder = { url: server.url, seconds, devices, run, runs };
    const [records] = await ask(child, order);
    for (const record of records as Parameters<Ledger['addDevice']>[0][]) ledger.addDevice(record);
    await ledger.buildSnapshotNow();
    const watch = watchCheckpoint(ledger.logFolder);
    const [report] = (await ask(child, 'go')) as [LoadReport];
    await ledger.publishNow();
    return { ...report, lagsMs: await watch.lagsOf(report.acks) };
  } finally {
    child.kill();
    await server.close();
    rmSync(folder, { recursive: true });
  }
}

async function ask(child: ChildProcess, message: LoadOrder | 'go'): Promise<unknown[]> {
  child.send(message);
  const ended = once(child, 'exit').then(() => {
    throw new Error('the load generator ended by itself');
  });
  return Promise.race([once(child, 'message'), ended]);
}

function reportFailure(event: Record<string, unknown>): void {
  if (String(event.event).endsWith('-failed')) console.error(event);
}

if (import.meta.main) {
  const isMinute = process.argv.includes('--minute');
  await benchAppend(console.log, { ...APPEND_DEFAULTS, ...(isMinute ? { seconds: 60 } : {}) });
}
