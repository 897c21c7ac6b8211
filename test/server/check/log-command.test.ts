// The commands as they are called, down to their exit codes: on folders of our own making, and on what the server
// publishes.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesToHex } from '../../../src/domain/bytes.ts';
import { leafHash } from '../../../src/domain/ledger/merkle.ts';
import { encodeProofFile } from '../../../src/domain/ledger/proof-file.ts';
import { type LogIo, runLog } from '../../../src/server/check/log-command.ts';
import { readIndependently } from '../../support/independent-checker.ts';
import { mangled } from '../../support/mangle.ts';
import { sampleKey, sampleLog } from '../../support/sample-log.ts';
import { serveFolder } from '../../support/static-server.ts';
import { temporaryFolder } from '../../support/witness-server.ts';
import { openWorld, READER_TOKEN, type World } from '../support/world.ts';
import { filesIn, ledgerEntries, withFlip } from './sample-ledger.ts';

const log = sampleLog(ledgerEntries(60));

type CommandRun = { readonly code: number; readonly out: string; readonly warnings: string };

async function run(args: readonly string[], change: Partial<LogIo> = {}): Promise<CommandRun> {
  const out: string[] = [];
  const warnings: string[] = [];
  const code = await runLog(args, {
    ...{ print: (line) => out.push(line), warn: (line) => warnings.push(line), clock: Date.now },
    ...{ stop: new AbortController().signal, env: {}, ...change },
  });
  return { code, out: out.join('\n'), warnings: warnings.join('\n') };
}

const lastLine = (text: string) => text.split('\n').at(-1);

function logFolder(size: number): string {
  const folder = join(temporaryFolder(), 'log');
  log.write(folder, size);
  return folder;
}

describe('fsck', () => {
  test('says how it went by its exit code', async () => {
    const folder = logFolder(24);
    const right = await run(['fsck', folder, '--key', log.vkey]);
    expect([right.code, lastLine(right.out)]).toEqual([0, 'OK: everything leads to the signed root.']);
    const unsigned = await run(['fsck', folder]);
    expect([unsigned.code, unsigned.out]).toEqual([0, expect.stringMatching(/signatures were not checked/)]);
    const json = await run(['fsck', folder, '--key', log.vkey, '--json']);
    expect(JSON.parse(json.out)).toMatchObject({ ok: true, log: { size: 24 }, notes: [] });
    // The folder above, as a server's data folder is.
    expect((await run(['fsck', dirname(folder), '--key', log.vkey])).code).toBe(0);
    rmSync(join(folder, 'tile/0/000.p/24'));
    const wrong = await run(['fsck', folder, '--key', log.vkey]);
    expect([wrong.code, lastLine(wrong.out)]).toEqual([1, 'WRONG: tile/0/000.p/24: It is missing.']);
    expect(JSON.parse((await run(['fsck', folder, '--json'])).out)).toMatchObject({
      ...{ ok: false, fault: { code: 'missing', path: 'tile/0/000.p/24' } },
    });
  });

  test('3 where there is nothing to read, 2 where it is not asked properly', async () => {
    const folder = logFolder(3);
    expect((await run(['fsck', join(folder, 'nowhere')])).code).toBe(3);
    expect((await run(['fsck', 'http://127.0.0.1:1/', '--key', log.vkey])).code).toBe(3);
    const wrong = [
      ['fsck'],
      ['fsck', folder, 'x'],
      ['fsck', folder, '--key', 'x'],
      ['fsck', '--what'],
      ['x'],
      [],
    ];
    for (const args of wrong) expect(await run(args)).toMatchObject({ code: 2, out: '' });
    expect(await run(['--help'])).toMatchObject({ code: 0, warnings: '' });
  });

  test('the token may come from the environment', async () => {
    const folder = logFolder(24);
    const { url } = await serveFolder(folder, 'secret');
    expect(await run(['fsck', url, '--key', log.vkey])).toMatchObject({ code: 3, warnings: /--token/ });
    expect((await run(['fsck', url, '--key', log.vkey, '--token', 'secret'])).code).toBe(0);
    expect((await run(['fsck', url], { env: { PACKTRAIL_READER_TOKEN: 'secret' } })).code).toBe(0);
  });
});

describe('monitor', () => {
  test('--once says by its exit code', async () => {
    const folder = logFolder(24);
    const server = await serveFolder(folder);
    const state = join(temporaryFolder(), 'state.json');
    const args = ['monitor', server.url, '--key', log.vkey, '--state', state, '--once'];
    expect(JSON.parse((await run(args)).out)).toMatchObject({ event: 'first', size: 24 });
    log.write(folder, 36);
    expect(JSON.parse((await run(args)).out)).toMatchObject({ event: 'grown', size: 36, leaves: 12 });
    expect(await run(args)).toMatchObject({ code: 0, out: '' });
    expect((await run([...args, '--stall-minutes', '0'])).code).toBe(1);
    log.write(folder, 24);
    const alert = await run(args);
    expect([alert.code, JSON.parse(alert.out)]).toEqual([1, expect.objectContaining({ kind: 'rollback' })]);
    server.fault = () => 403;
    expect((await run(args)).code).toBe(3);
    writeFileSync(state, '{}');
    expect(await run(args)).toMatchObject({ code: 3, warnings: /not a monitor's state/ });
    for (const flags of [[], ['--key', log.vkey, '--period', 'x'], ['--key', log.vkey, '--period', '0']])
      expect((await run(['monitor', server.url, ...flags])).code).toBe(2);
  });
});

describe('verify', () => {
  const entry = log.entries[7] as Uint8Array;
  const leaf = bytesToHex(leafHash(entry));
  const proof = encodeProofFile({
    ...{ extra: undefined, index: 7, proof: log.inclusion(7, 60), checkpoint: log.checkpoint(60) },
  });
  const fileOf = (bytes: Uint8Array | string) => {
    const file = join(temporaryFolder(), 'one.tlog-proof');
    writeFileSync(file, bytes);
    return file;
  };

  test('takes the entry or its leaf hash, a key or a policy', async () => {
    const file = fileOf(proof);
    const policy = join(dirname(file), 'policy');
    writeFileSync(policy, `log ${log.vkey}\nquorum none\n`);
    const bytes = join(dirname(file), 'entry');
    writeFileSync(bytes, entry);
    for (const trust of [
      ['--key', log.vkey],
      ['--policy', policy],
    ])
      for (const what of [
        ['--leaf', leaf],
        ['--entry', bytes],
      ])
        expect(await run(['verify', file, ...trust, ...what])).toMatchObject({
          ...{
            code: 0,
            out: /^OK: it is entry 7 of log.example\/one, under a signed checkpoint of 60 entries/,
          },
        });
    const json = await run(['verify', file, '--key', log.vkey, '--leaf', leaf, '--json']);
    expect(JSON.parse(json.out)).toEqual({
      ...{ ok: true, origin: log.key.name, index: 7, size: 60, cosigners: [] },
    });
  });

  test('refuses another entry, another log, a missing quorum', async () => {
    const file = fileOf(proof);
    const key = ['--key', log.vkey];
    const other = bytesToHex(leafHash(log.entries[8] as Uint8Array));
    expect(await run(['verify', file, ...key, '--leaf', other])).toMatchObject({
      code: 1,
      out: /does not lead/,
    });
    const stranger = sampleLog([], sampleKey('other.example', 3)).vkey;
    expect((await run(['verify', file, '--key', stranger, '--leaf', leaf])).code).toBe(1);
    const impostor = sampleLog([], sampleKey(log.key.name, 3)).vkey;
    expect((await run(['verify', file, '--key', impostor, '--leaf', leaf])).code).toBe(1);
    expect((await run(['verify', join(file, 'x'), ...key, '--leaf', leaf])).code).toBe(3);
    for (const flags of [
      [],
      key,
      ['--leaf', leaf],
      [...key, '--leaf', 'x'],
      [...key, '--leaf', leaf, '--entry', file],
    ])
      expect((await run(['verify', file, ...flags])).code).toBe(2);
  });

  test('no mangled byte of a proof makes it say something else', async () => {
    const file = fileOf(proof);
    for (const bytes of mangled(Buffer.from(proof))) {
      writeFileSync(file, bytes);
      expect((await run(['verify', file, '--key', log.vkey, '--leaf', leaf])).code).toBe(1);
    }
  });
});

describe('what the server publishes', () => {
  let world: World;
  let url: string;
  let keys: string[];

  beforeAll(async () => {
    // Nothing is published but what is asked for: a file that is changed here stays what it was made.
    world = await openWorld(undefined, { checkpointPeriodMs: 3_600_000, snapshotPeriodMs: 3_600_000 });
    await world.ledger.buildSnapshotNow();
    await world.ledger.publishNow();
    url = await world.app.listen({ host: '127.0.0.1', port: 0 });
    keys = ['--key', world.ledger.ledgerKey, '--key', world.ledger.snapshotKey];
  });
  afterAll(() => world.close());

  test('passes: as a data folder, as a log folder, over HTTP', async () => {
    for (const place of [world.folder, world.ledger.logFolder]) {
      const found = await run(['fsck', place, ...keys, '--json']);
      const report = JSON.parse(found.out);
      expect(report).toMatchObject({ ok: true, snapshots: { manifests: { gone: 0 } } });
      expect(report.snapshots.pages.read).toBeGreaterThan(1);
      expect(report.notes).toEqual([]);
      expect(report.log.checkpoints).toBeGreaterThan(1);
    }
    for (const place of [url, `${url}/log`, `${url}/log/`]) {
      const found = await run(['fsck', place, ...keys, '--token', READER_TOKEN, '--json']);
      const { ok, notes, snapshots } = JSON.parse(found.out);
      expect([ok, notes, snapshots.manifests.gone]).toEqual([true, [], 0]);
    }
    expect(await run(['fsck', url, ...keys])).toMatchObject({ code: 3, warnings: /--token/ });
    expect((await run(['monitor', `${url}/log`, ...keys, '--once'])).code).toBe(0);
    expect((await run(['monitor', `${url}/snapshot`, ...keys, '--once'])).code).toBe(0);
  });

  test('reads the same to a checker written from the specifications alone', () => {
    const { ledger } = world;
    const entries = readIndependently(ledger.logFolder, ledger.ledgerKey);
    expect(entries.size).toBeGreaterThan(100);
    expect(readIndependently(ledger.snapshotFolder, ledger.snapshotKey).size).toBeGreaterThan(0);
  });

  test('a flipped byte in any file of either log is named', async () => {
    const { logFolder: main, snapshotFolder } = world.ledger;
    for (const folder of [main, snapshotFolder])
      for (const path of filesIn(folder))
        for (const at of [4, Math.floor(readFileSync(join(folder, path)).length / 2)])
          await withFlip(join(folder, path), at, async () => {
            const { fault } = JSON.parse((await run(['fsck', main, ...keys, '--json'])).out);
            expect(`${fault?.place} ${fault?.path}`, `${path} at ${at}`).toMatch(
              new RegExp(`${folder}/? ${path.replaceAll('.', '\\.')}$`),
            );
          });
  });

  test('a proof that a crash kept from being published is a note, not a fault', async () => {
    const copy = temporaryFolder();
    cpSync(world.ledger.snapshotFolder, join(copy, 'snapshots'), { recursive: true });
    cpSync(world.ledger.logFolder, join(copy, 'log'), { recursive: true });
    rmSync(join(copy, 'snapshots', 'latest.tlog-proof'));
    const found = await run(['fsck', copy, ...keys, '--json']);
    const { ok, notes } = JSON.parse(found.out);
    expect([ok, notes]).toEqual([true, [expect.stringMatching(/latest\.tlog-proof is missing/)]]);
  });

  test('a page or a bundle that is missing, or holds another page, is named', async () => {
    const { snapshotFolder } = world.ledger;
    const copy = temporaryFolder();
    cpSync(snapshotFolder, join(copy, 'snapshots'), { recursive: true });
    cpSync(world.ledger.logFolder, join(copy, 'log'), { recursive: true });
    for (const folder of ['page', 'bundle']) {
      const [name = ''] = readdirSync(join(copy, 'snapshots', folder));
      const path = `${folder}/${name}`;
      const file = join(copy, 'snapshots', path);
      const kept = readFileSync(file);
      for (const bytes of [kept.subarray(1), Buffer.concat([kept, kept]), undefined]) {
        if (bytes) writeFileSync(file, bytes);
        else rmSync(file);
        const { fault } = JSON.parse((await run(['fsck', copy, ...keys, '--json'])).out);
        expect(fault).toMatchObject({ code: bytes ? 'bad-file' : 'missing', path });
      }
      writeFileSync(file, kept);
    }
    expect((await run(['fsck', copy, ...keys])).code).toBe(0);
  });

  test('a manifest that names a checkpoint of another history is found', async () => {
    const copy = temporaryFolder();
    mkdirSync(join(copy, 'log'));
    cpSync(world.ledger.snapshotFolder, join(copy, 'snapshots'), { recursive: true });
    sampleLog(ledgerEntries(60)).write(join(copy, 'log'), 60);
    const { fault } = JSON.parse((await run(['fsck', copy, '--json'])).out);
    expect(fault).toMatchObject({ code: 'bad-checkpoint', path: /^manifest\// });
  });
});
