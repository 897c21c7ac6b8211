import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { DEMO_MARKET } from '../../../src/domain/market.ts';
import { openLedger } from '../../../src/server/ledger/ledger.ts';
import { PACK } from '../../support/sample-events.ts';
import { openTestLedger, START_MS, type TestDevice, type TestLedger } from '../../support/signed-events.ts';
import { readPublishedLog } from './log-reader.ts';

let on: TestLedger;
let maker: TestDevice;
let serial = 0;

beforeEach(async () => {
  on = await openTestLedger();
  maker = on.enrol('albus', 'plant', 'manufacturer');
});
afterEach(() => on.remove());

async function append(count: number): Promise<void> {
  const events = Array.from({ length: count }, () => {
    serial += 1;
    return maker.next('commission', [{ ...PACK, serial: `P${serial}` }]);
  });
  await on.ledger.acceptEvents(events);
}

const read = () => readPublishedLog(on.ledger.logFolder, on.ledger.ledgerKey);

test('a new ledger publishes an empty log, and keys that only its owner reads', () => {
  expect(read().checkpoint).toMatchObject({ size: 0 });
  expect(read().checkpoint.origin).toMatch(/^demo-[0-9a-f]{8}\.packtrail\.invalid\/ledger$/);
  expect(on.ledger.snapshotKey).toMatch(/^demo-[0-9a-f]{8}\.packtrail\.invalid\/snapshots\+/);
  for (const name of readdirSync(join(on.folder, 'keys')))
    expect(statSync(join(on.folder, 'keys', name)).mode & 0o777).toBe(0o600);
});

test('a log that grows can be read from its files at each size, and full tiles replace partial ones', async () => {
  for (const [growth, size] of [
    ...[
      [1, 1],
      [254, 255],
      [1, 256],
      [1, 257],
      [300, 557],
    ],
  ] as [number, number][]) {
    await append(growth);
    await on.ledger.publishNow();
    expect(read().checkpoint.size).toBe(size);
  }
  const tile = join(on.ledger.logFolder, 'tile');
  expect(existsSync(join(tile, '0/000.p'))).toBe(false);
  expect(existsSync(join(tile, 'entries/000.p'))).toBe(false);
  expect(existsSync(join(tile, 'entries/002.p/45'))).toBe(true);
});

test('the checkpoint of an idle log is not written again', async () => {
  await append(3);
  await on.ledger.publishNow();
  const path = join(on.ledger.logFolder, 'checkpoint');
  const before = statSync(path);
  await on.ledger.publishNow();
  expect(statSync(path).ino).toBe(before.ino);
});

test('what was committed is published after a restart, and lost files are made again', async () => {
  await append(300);
  await on.ledger.publishNow();
  const checkpoint = readFileSync(join(on.ledger.logFolder, 'checkpoint'));
  rmSync(join(on.ledger.logFolder, 'tile/0/000'));
  rmSync(join(on.ledger.logFolder, 'tile/entries'), { recursive: true });
  await on.reopen();
  expect(readFileSync(join(on.ledger.logFolder, 'checkpoint'))).toEqual(checkpoint);
  expect(read().checkpoint.size).toBe(300);
});

test('a start reads the right edge of the tree alone, whatever the leaves before it are', async () => {
  await append(700);
  await on.ledger.publishNow();
  await on.ledger.close();
  const database = new DatabaseSync(join(on.folder, 'ledger.sqlite'));
  database.exec('UPDATE ledger_entries SET leaf_hash = zeroblob(32) WHERE log_index < 256');
  database.close();
  await on.reopen();
  await append(1);
  await on.ledger.publishNow();
  expect(read().checkpoint.size).toBe(701);
});

test('a store whose last entries are not the published ones is a fork', async () => {
  await append(300);
  await on.ledger.close();
  const path = join(on.folder, 'ledger.sqlite');
  const before = readFileSync(path);
  for (const index of [299, 255, 0]) {
    const database = new DatabaseSync(path);
    database.prepare('UPDATE ledger_entries SET leaf_hash = zeroblob(32) WHERE log_index = ?').run(index);
    database.close();
    await expect(on.reopen()).rejects.toMatchObject({ code: 'forked' });
    writeFileSync(path, before);
  }
  await on.reopen();
});

test('tiles at the right edge that were damaged are made again from the store', async () => {
  await append(300);
  await on.ledger.publishNow();
  await on.ledger.close();
  const tile = join(on.ledger.logFolder, 'tile/0/001.p/44');
  const before = readFileSync(tile);
  writeFileSync(
    tile,
    before.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
  );
  await on.reopen();
  expect(readFileSync(tile)).toEqual(before);
  read();
});

test('a checkpoint appears by itself soon after an event', async () => {
  const busy = await openTestLedger({ checkpointPeriodMs: 10 });
  onTestFinished(() => busy.remove());
  const device = busy.enrol('albus', 'plant', 'manufacturer');
  await busy.ledger.acceptEvents([device.next('commission', [PACK])]);
  const { logFolder, ledgerKey, snapshotFolder } = busy.ledger;
  await expect.poll(() => readPublishedLog(logFolder, ledgerKey).checkpoint.size).toBe(1);
  await expect.poll(() => existsSync(join(snapshotFolder, 'latest.tlog-proof'))).toBe(true);
});

test('a second writer is refused while the first lives', async () => {
  const options = { folder: on.folder, rules: DEMO_MARKET, clock: () => START_MS, log: () => undefined };
  await expect(openLedger(options)).rejects.toMatchObject({ name: 'LedgerRefusal', code: 'locked' });
  await on.ledger.close();
  const ledger = await openLedger(options);
  await ledger.close();
});

test('a ledger keeps to its market', async () => {
  await on.ledger.close();
  const other = { ...DEMO_MARKET, market: 'de' };
  const options = { folder: on.folder, rules: other, clock: () => START_MS, log: () => undefined };
  await expect(openLedger(options)).rejects.toMatchObject({ code: 'wrong-market' });
  expect((await on.reopen()).isEmpty()).toBe(true);
});

test('a store restored from before a published checkpoint is refused', async () => {
  await append(5);
  await on.ledger.close();
  const backup = readFileSync(join(on.folder, 'ledger.sqlite'));
  await on.reopen();
  await append(5);
  await on.ledger.close();
  const newest = readFileSync(join(on.folder, 'ledger.sqlite'));
  writeFileSync(join(on.folder, 'ledger.sqlite'), backup);
  await expect(on.reopen()).rejects.toMatchObject({ code: 'store-behind-checkpoint' });
  writeFileSync(join(on.folder, 'ledger.sqlite'), newest);
  expect((await on.reopen()).isEmpty()).toBe(false);
});

test('a restored store that has caught up on another path is a fork, and refused', async () => {
  await append(5);
  await on.ledger.close();
  const backup = readFileSync(join(on.folder, 'ledger.sqlite'));
  const twin = join(on.folder, 'twin');
  cpSync(join(on.folder, 'keys'), join(twin, 'keys'), { recursive: true });
  writeFileSync(join(twin, 'ledger.sqlite'), backup);
  const fork = await openTestLedger({ folder: twin });
  const forkMaker = fork.enrol('albus', 'plant', 'manufacturer');
  await fork.ledger.acceptEvents(
    [1, 2].map((i) => forkMaker.next('commission', [{ ...PACK, serial: `F${i}` }])),
  );
  await fork.ledger.close();
  await on.reopen();
  await append(2);
  await on.ledger.close();
  const genuine = readFileSync(join(on.folder, 'ledger.sqlite'));
  writeFileSync(join(on.folder, 'ledger.sqlite'), readFileSync(join(twin, 'ledger.sqlite')));
  await expect(on.reopen()).rejects.toMatchObject({ code: 'forked' });
  writeFileSync(join(on.folder, 'ledger.sqlite'), genuine);
  await on.reopen();
});

test('missing or foreign keys stop the ledger, and none are made in their place', async () => {
  await append(1);
  await on.ledger.close();
  const path = join(on.folder, 'keys', 'ledger.key');
  const key = readFileSync(path);
  rmSync(path);
  await expect(on.reopen()).rejects.toMatchObject({ code: 'keys-missing' });
  expect(existsSync(path)).toBe(false);
  writeFileSync(path, readFileSync(join(on.folder, 'keys', 'snapshots.key')));
  await expect(on.reopen()).rejects.toMatchObject({ code: 'keys-missing' });
  writeFileSync(path, key);
  await on.reopen();
});
