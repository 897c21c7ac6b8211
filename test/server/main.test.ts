import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { enrolResponseShape, trustHash } from '../../src/domain/wire.ts';
import { greeting } from '../../src/server/greeting.ts';
import { inviteBeside } from '../../src/server/invite-link.ts';
import { lanNames } from '../../src/server/lan/addresses.ts';
import { type Server, type ServerOptions, startServer } from '../../src/server/main.ts';
import { newKey } from './support/world.ts';

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packtrail-main-'));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

async function start(change: Partial<ServerOptions> = {}): Promise<Server> {
  server = await startServer({
    ...{ dataFolder: join(folder, 'data'), dist: undefined, host: '127.0.0.1', port: 0, demoPacks: 300 },
    ...{ clock: Date.now, writeLog: () => {}, tell: () => {}, ...change },
  });
  return server;
}

async function restart(change: Partial<ServerOptions> = {}): Promise<Server> {
  await server?.close();
  return start(change);
}

const codeOf = (link: string) => /\/#\/enrol\/([\w-]{32})\/[0-9a-f]{32}$/.exec(link)?.[1] ?? '';

async function enrol(url: string, link: string): Promise<Response> {
  const body = JSON.stringify({ code: codeOf(link), publicKey: newKey().publicKey });
  return fetch(`${url}/api/enrol`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
}

test('an empty folder gets the demo market, and its link enrols one device that knows whom to trust', async () => {
  const { url, inviteLink, ledger } = await start();
  const link = inviteLink();
  expect(link.startsWith(`${url}/#/enrol/`)).toBe(true);
  const enrolled = enrolResponseShape(await (await enrol(url, link)).json(), '$');
  if (!enrolled.ok) throw new Error(enrolled.detail);
  const { trust, site } = enrolled.value;
  expect([trust, site]).toEqual([ledger.trust, 'demo-pharmacy']);
  expect(trust.ledger).toBe(`log ${ledger.ledgerKey}\nquorum none\n`);
  expect(link.endsWith(trustHash(trust))).toBe(true);
  expect((await enrol(url, link)).status).toBe(403);
});

test('links for the other workplaces', async () => {
  const { url, inviteLink } = await start();
  expect(await (await enrol(url, inviteLink('wholesaler'))).json()).toMatchObject({ role: 'wholesaler' });
  expect(await (await enrol(url, inviteLink('inspector'))).json()).toMatchObject({ role: 'inspector' });
});

test('a link may name the products of its device, and a manufacturer’s has to', async () => {
  const { url, inviteLink } = await start();
  const products = ['gtin:09506000100012'];
  const enrolled = await (await enrol(url, inviteLink('manufacturer', url, products))).json();
  expect(enrolled).toMatchObject({ role: 'manufacturer', products, keys: [{ kind: 'products', keyId: 1 }] });
  const data = join(folder, 'data');
  expect(await inviteBeside(data, 'manufacturer', null, Date.now)).toMatchObject({
    error: 'products-missing',
  });
});

test('a restart keeps the ledger, the devices and unused links', async () => {
  const first = await start();
  const link = first.inviteLink();
  const { device } = await (await enrol(first.url, first.inviteLink())).json();
  const checkpoint = await (await fetch(`${first.url}/log/checkpoint`)).text();
  const second = await restart();
  const size = (note: string) => note.split('\n')[1];
  expect(size(await (await fetch(`${second.url}/log/checkpoint`)).text())).toBe(size(checkpoint));
  expect(second.ledger.device(device)?.site).toBe('demo-pharmacy');
  expect((await enrol(second.url, link)).status).toBe(200);
});

test('another process of the operator makes links while the server runs', async () => {
  const { url } = await start({ origin: 'https://packs.example' });
  const data = join(folder, 'data');
  const link = await inviteBeside(data, 'inspector', null, Date.now);
  expect(link.ok && link.value.startsWith('https://packs.example/#/enrol/')).toBe(true);
  expect(await (await enrol(url, link.ok ? link.value : '')).json()).toMatchObject({ role: 'inspector' });
  await server?.close();
  expect(await inviteBeside(data, 'inspector', null, Date.now)).toMatchObject({
    ok: false,
    error: 'not-running',
  });
});

test('what keeps it from starting is said in words', async () => {
  const { url } = await start();
  const port = Number(new URL(url).port);
  const other = { dataFolder: join(folder, 'other') };
  await expect(start({ ...other, port })).rejects.toMatchObject({ code: 'port-taken' });
  await expect(start()).rejects.toMatchObject({ code: 'data-refused' });
  await expect(start({ ...other, dist: join(folder, 'none') })).rejects.toMatchObject({ code: 'not-built' });
  await expect(start({ ...other, host: '203.0.113.1' })).rejects.toMatchObject({ code: 'address-refused' });
});

test('a demo market that was cut short is made anew', async () => {
  const first = await start();
  const size = async (url: string) => (await (await fetch(`${url}/log/checkpoint`)).text()).split('\n')[1];
  const whole = await size(first.url);
  await server?.close();
  writeFileSync(join(folder, 'data', 'demo-unfinished'), '');
  const { url, ledger } = await start();
  expect(await size(url)).toBe(whole);
  expect(ledger.ledgerKey).not.toBe(first.ledger.ledgerKey);
  expect(existsSync(join(folder, 'data', 'demo-unfinished'))).toBe(false);
});

test('a server that was killed leaves an address behind, and no link is made for it', async () => {
  const { url } = await start();
  const data = join(folder, 'data');
  const left = readFileSync(join(data, 'server.json'), 'utf8');
  await server?.close();
  writeFileSync(join(data, 'server.json'), left);
  expect(await inviteBeside(data, 'inspector', null, Date.now)).toMatchObject({
    ok: false,
    error: 'not-running',
  });
  // Another program on that port is not taken for the server, and is not told its token.
  const asked: string[] = [];
  const other = http.createServer(({ url: path = '' }, response) => {
    asked.push(path);
    response.end('{"held":[]}');
  });
  await new Promise<void>((resolve) => other.listen(Number(new URL(url).port), '127.0.0.1', resolve));
  expect(await inviteBeside(data, 'inspector', null, Date.now)).toMatchObject({
    ok: false,
    error: 'not-running',
  });
  expect(asked).toEqual([]);
  await new Promise((resolve) => other.close(resolve));
});

test('no path over a real socket reaches a file beside the log', async () => {
  const { url } = await start();
  for (const path of [
    '/log/tile/../../keys/session.key',
    '/log/../keys/session.key',
    '/../data/ledger.sqlite',
    '/log/tile/%2e%2e/%2e%2e/keys/session.key',
    'http://other.example/log/../keys/session.key',
  ]) {
    const { hostname, port } = new URL(url);
    const status = await new Promise((resolve, reject) => {
      http.get({ hostname, port, path }, (answer) => resolve(answer.resume().statusCode)).on('error', reject);
    });
    expect([400, 404], path).toContain(status);
  }
});

test.skipIf(lanNames().addresses.length === 0)(
  '--lan opens HTTPS to the network, and plain HTTP to this machine',
  async () => {
    const { url, lan, inviteLink } = await start({ lan: true });
    if (!lan?.authority) throw new Error('no authority');
    expect((await fetch(`${url}/api/health`)).status).toBe(200);
    const ca = lan.authority.certificate;
    const body = await new Promise((resolve, reject) => {
      https
        .get(`${lan.url}/api/health`, { ca, agent: false }, (answer) =>
          answer.on('data', (data) => resolve(String(data))),
        )
        .on('error', reject);
    });
    expect(body).toBe('{"status":"ok"}');
    expect((await fetch(lan.authority.pageUrl)).status).toBe(200);
    expect(inviteLink().startsWith(`${lan.url}/#/enrol/`)).toBe(true);
    if (!server) throw new Error('not started');
    const words = greeting(server, true);
    expect(words).toContain(lan.authority.fingerprint);
    expect(words).toContain('demo market');
  },
);
