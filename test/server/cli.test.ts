import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { startServer } from '../../src/server/main.ts';
import { startWitness } from '../support/witness-server.ts';

const CLI = join(import.meta.dirname, '../../src/server/cli.ts');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packtrail-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

type Ended = { status: number | null; out: string; words: string };

async function run(args: readonly string[], input = ''): Promise<Ended> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: folder });
  let [out, words] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    words += text;
  });
  child.stdin.end(input);
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, out, words };
}

test('it can be executed as it is', () => {
  expect(() => accessSync(CLI, constants.X_OK)).not.toThrow();
});

describe('parse', () => {
  test('one object a line, in order, in one order of fields', async () => {
    const scans = [
      ']d201095060001000121731123110ALB311{GS}21SHELF0001A',
      '01095060001000121731123110ALB311\x1d21SHELF0004S',
      'nonsense',
      '',
      ']d1[)>{RS}06{GS}9N119000001525{GS}1TRHV311{GS}D311200{GS}SSHELF0002D{RS}{EOT}',
    ];
    const { status, out, words } = await run(['parse'], scans.join('\n'));
    expect([status, words]).toEqual([0, '']);
    const lines = out.trimEnd().split('\n');
    expect(lines.length).toBe(scans.length);
    const objects = lines.map((line) => JSON.parse(line));
    const keys = ['ok', 'carrier', 'productCode', 'serial', 'batch', 'expiry', 'ais', 'error'];
    for (const object of objects) expect(Object.keys(object).slice(0, keys.length)).toEqual(keys);
    expect(objects.map(({ ok }) => ok)).toEqual([true, true, false, false, true]);
    expect(objects.map(({ serial }) => serial)).toEqual([
      'SHELF0001A',
      'SHELF0004S',
      null,
      null,
      'SHELF0002D',
    ]);
    expect(objects[4]).toMatchObject({ carrier: 'ifa', expiry: '2031-12-31' });
    expect(objects[2].error).toMatchObject({ code: expect.any(String), words: expect.any(String) });
  });

  test('nothing in, nothing out', async () => {
    expect(await run(['parse'])).toEqual({ status: 0, out: '', words: '' });
  });
});

test.each([
  ['parse', [], 'nonsense\n'.repeat(100_000)],
  ['decode', Array<string>(5_000).fill('absent.png'), ''],
])('%s ends well when its reader has seen enough', async (command, args, input) => {
  const child = spawn(process.execPath, [CLI, command, ...args], { cwd: folder });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    words += text;
  });
  child.stdout.once('data', () => child.stdout.destroy());
  // It may end before it has read all of it.
  child.stdin.on('error', () => undefined).end(input);
  const status = await new Promise((resolve) => child.on('close', resolve));
  expect([status, words]).toEqual([0, '']);
});

describe('words', () => {
  test('--help names every command and option', async () => {
    const { status, out } = await run(['--help']);
    expect(status).toBe(0);
    for (const word of [
      'serve',
      'invite',
      'parse',
      '--port',
      '--host',
      '--market',
      '--data',
      '--dist',
      '--lan',
      '--cert',
      '--key',
      '--origin',
      '--witness-policy',
      '--role',
      '--products',
    ])
      expect(out).toContain(word);
  });

  test.each([
    [[], /Which command/],
    [['sell'], /no command "sell"/],
    [['parse', 'file'], /What is "file" for/],
    [['parse', '--port', '1'], /--port is no option of parse/],
    [['serve', '--nothing'], /--nothing/],
    [['serve', '--port', '70000'], /no port/],
    [['serve', '--dist', 'none'], /no built app in .*none\. Run: npx vite build/],
    [['serve', '--cert', 'none.pem'], /belong together/],
    [['serve', '--cert', 'none.pem', '--key', 'none.key'], /Cannot read none\.pem \(ENOENT\)/],
    [['serve', '--origin', 'packs.example'], /--origin is an address/],
    [['serve', '--market', 'xx'], /--market is one of demo, eu, de, gr, ie/],
    [['serve', '--witness-policy', 'none.policy'], /--witness-policy: none\.policy cannot be read/],
    [['invite'], /No server is running/],
    [
      ['invite', '--role', 'king'],
      /--role is one of pharmacy, wholesaler, manufacturer, inspector, authority/,
    ],
    [['invite', '--products', 'gtin:1'], /--products: up to \d+ codes such as/],
    [['invite', '--products', 'gtin:09506000100012'], /No server is running/],
  ])('%j fails with words', async (args, words) => {
    const ended = await run(args);
    expect(ended.status).toBe(1);
    expect(ended.out).toBe('');
    expect(ended.words).toMatch(words);
    expect(ended.words).not.toMatch(/ at .*\.ts:/);
  });

  test('files that are no certificate', async () => {
    writeFileSync(join(folder, 'a.pem'), 'hello');
    const { status, words } = await run(['serve', '--cert', 'a.pem', '--key', 'a.pem']);
    expect(status).toBe(1);
    expect(words).toMatch(/no certificate and its private key in PEM form/);
  });

  test.each([
    ['hello\n', /a\.policy: line 1: not a log, witness, group or quorum/],
    ['# nobody\n', /a\.policy: no quorum line/],
    ['quorum none\n', /a\.policy names no witness with an address/],
  ])('a file that is no policy to ask witnesses by: %j', async (text, expected) => {
    writeFileSync(join(folder, 'a.policy'), text);
    const { status, words } = await run(['serve', '--witness-policy', 'a.policy']);
    expect(status).toBe(1);
    expect(words).toMatch(expected);
    expect(words).not.toMatch(/ at .*\.ts:/);
  });
});

describe('serve', () => {
  /** A small market and a page, so that a start takes no time; gives the keys of both logs. */
  async function prepare(): Promise<readonly string[]> {
    const first = await startServer({
      ...{ dataFolder: join(folder, 'data'), demoPacks: 200, dist: undefined, host: '127.0.0.1', port: 0 },
      ...{ clock: Date.now, writeLog: () => {}, tell: () => {} },
    });
    const { ledgerKey, snapshotKey } = first.ledger;
    await first.close();
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'dist', 'index.html'), '<!doctype html><title>Packtrail</title>');
    return [ledgerKey, snapshotKey];
  }

  /** Resolves when it serves. */
  async function serve(...args: readonly string[]) {
    const child = spawn(process.execPath, [CLI, 'serve', '--port', '0', ...args], { cwd: folder });
    onTestFinished(() => void child.kill('SIGKILL'));
    let out = '';
    const isUp = new Promise<void>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text) => {
        out += text;
        if (out.includes('Ctrl+C')) resolve();
      });
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    await Promise.race([isUp, ended]);
    const stop = () => {
      child.kill('SIGTERM');
      return ended;
    };
    return { out, url: /Open\s+(http:\/\/localhost:\d+)/.exec(out)?.[1] ?? '', stop };
  }

  test('says where it is, takes an invitation, and stops when told', async () => {
    await prepare();
    const { out, url, stop } = await serve();
    expect(await (await fetch(url)).text()).toContain('Packtrail');
    expect(out).toContain('demo market');
    expect(out).toMatch(/\/#\/enrol\/[\w-]{32}\/[0-9a-f]{32}/);
    const invited = await run(['invite', '--role', 'inspector']);
    expect(invited.out.startsWith(`${url}/#/enrol/`)).toBe(true);
    expect(await stop()).toBe(0);
  });

  test('--witness-policy has both logs cosigned by a witness', async () => {
    const logs = await prepare();
    const witness = await startWitness({ logs, name: 'w.test' });
    writeFileSync(join(folder, 'a.policy'), `witness w ${witness.vkey} ${witness.url}\nquorum w\n`);
    const { url, stop } = await serve('--witness-policy', 'a.policy');
    for (const path of ['log', 'snapshot']) {
      const checkpoint = async () => (await fetch(`${url}/${path}/checkpoint`)).text();
      await expect.poll(checkpoint).toContain('\n\u2014 w.test ');
    }
    expect(await stop()).toBe(0);
  });
});
