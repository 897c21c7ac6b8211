// The operator's commands and the file that is carried by hand, on a running server.
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createMemoryDeviceKey } from '../../src/adapters/memory-keys.ts';
import { createMemoryOutboxStore } from '../../src/adapters/memory-outbox.ts';
import { exportOutbox } from '../../src/app/outbox-export.ts';
import { ALERT_KINDS, alertId } from '../../src/domain/alerts/alert.ts';
import { encodeBase64 } from '../../src/domain/bytes.ts';
import { NEWCOMER_PLACES } from '../../src/domain/demo/places.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { deviceId, encodeEvent, eventId, NO_PREVIOUS, type PackEvent } from '../../src/domain/event.ts';
import { outboxFileMessage, parseOutboxFile } from '../../src/domain/outbox-file.ts';
import { OPERATIONS } from '../../src/domain/pack.ts';
import { REJECTIONS } from '../../src/domain/receipt.ts';
import { runDevices } from '../../src/server/devices-command.ts';
import { runImport } from '../../src/server/import-command.ts';
import { type Server, startServer } from '../../src/server/main.ts';
import { laterWords } from '../../src/ui/later-messages.ts';
import { words } from '../../src/ui/messages.ts';
import { findChromium, launchChromium, NO_CHROMIUM } from '../support/chromium.ts';
import { PACK, sampleEvent } from '../support/sample-events.ts';

let folder: string;
let server: Server;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'packtrail-hand-in-'));
  server = await startServer({
    ...{ dataFolder: join(folder, 'data'), dist: undefined, host: '127.0.0.1', port: 0, demoPacks: 100 },
    ...{ clock: Date.now, writeLog: () => undefined, tell: () => undefined },
  });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

type Told = { readonly status: number; readonly lines: string[]; readonly warnings: string[] };
type Run = (
  args: readonly string[],
  io: { print(line: string): void; warn(line: string): void },
) => Promise<number>;

async function told(run: Run, ...args: string[]): Promise<Told> {
  const [lines, warnings]: [string[], string[]] = [[], []];
  const io = {
    print: (line: string) => void lines.push(line),
    warn: (line: string) => void warnings.push(line),
  };
  const status = await run([...args, '--data', join(folder, 'data')], io);
  return { status, lines, warnings };
}

const active = SHELF.find(({ id }) => id === 'active')?.printed ?? PACK;

const WAITING = { kind: 'waiting' } as const;

/** A device whose outbox never reaches the network; `alter`: what its events say otherwise. */
async function recorded(seed: number, count: number, alter: Partial<PackEvent> = {}, lost?: number) {
  const key = createMemoryDeviceKey(new Uint8Array(32).fill(seed));
  const { organisation, site, role } = NEWCOMER_PLACES.pharmacy;
  const device = deviceId(key.publicKey);
  const place = { organisation, site, device };
  server.ledger.addDevice({
    ...place,
    publicKey: key.publicKey,
    role,
    products: null,
    revoked: false,
    enrolledMs: 0,
  });
  const actor = server.ledger.actorIds(organisation, site, device);
  const outbox = createMemoryOutboxStore();
  for (let sequence = 1, previous = NO_PREVIOUS; sequence <= count; sequence++) {
    const event = sampleEvent('supply', [active], { ...place, sequence, previous, ...alter });
    const bytes = encodeEvent(event);
    const id = eventId(bytes);
    const signer = { device, publicKey: key.publicKey, actor };
    const row = { place: sequence, signer, sequence, id, bytes, signature: await key.sign(bytes) };
    const isLost = sequence === lost;
    const progress = isLost ? ({ kind: 'rejected', reason: 'malformed' } as const) : WAITING;
    await outbox.append(await outbox.head(), { ...row, progress });
    previous = id;
  }
  if (lost !== undefined) await outbox.remove(lost);
  const clock = { nowMs: () => 1_800_000_000_000, every: () => () => undefined };
  const files = await exportOutbox({ outbox, clock, signer: { device, key } });
  const paths = files.map(({ name, text }) => {
    const path = join(folder, name.replace('outbox', `outbox-${seed}`));
    writeFileSync(path, text);
    return path;
  });
  return { device, key, outbox, clock, files, path: paths[0] ?? '' };
}

test('a file is taken once, and twice does no harm', async () => {
  const { path, device, files } = await recorded(1, 2);
  const first = await told(runImport, path);
  expect([first.status, first.warnings]).toEqual([0, []]);
  expect(first.lines.map((line) => line.split('  ').slice(1).join(' '))).toEqual([
    expect.stringMatching(`device ${device} No. 1 supply accepted at place \\d+`),
    expect.stringMatching(`device ${device} No. 2 supply accepted at place \\d+`),
  ]);
  const second = await told(runImport, path, '--server', server.url);
  expect(second.status).toBe(0);
  expect(second.lines.every((line) => line.includes('duplicate at place'))).toBe(true);
  const file = parseOutboxFile(files[0]?.text ?? '');
  if (!file.ok) throw new Error(file.detail);
  // With an event left out the rest is still taken for what it is, and the file no longer counts as complete.
  writeFileSync(path, JSON.stringify({ ...file.value, events: file.value.events.slice(0, 1) }));
  const less = await told(runImport, path);
  expect(less.warnings).toEqual([expect.stringContaining('not signed as complete')]);
});

test('events behind one that the device has lost are taken, and not held up for it', async () => {
  const { path, files } = await recorded(6, 4, {}, 2);
  const file = parseOutboxFile(files[0]?.text ?? '');
  if (!file.ok) throw new Error(file.detail);
  expect(file.value.afterLoss).toHaveLength(1);
  const unsaid = join(folder, 'unsaid.json');
  writeFileSync(unsaid, JSON.stringify({ ...file.value, afterLoss: [] }));
  const stuck = await told(runImport, unsaid);
  expect(stuck.lines.map((line) => line.split('  ')[2])).toEqual([
    ...[expect.stringContaining('accepted'), 'gap', 'gap'],
  ]);
  expect(stuck.warnings).toEqual([expect.stringContaining('not signed as complete')]);
  const taken = await told(runImport, path);
  expect([taken.status, taken.warnings]).toEqual([0, []]);
  expect(taken.lines.map((line) => line.split('  ')[2]?.split(' ')[0])).toEqual([
    ...['duplicate', 'accepted', 'accepted'],
  ]);
});

test('a file without a signature, a broken one and none at all', async () => {
  const { outbox, clock } = await recorded(2, 1);
  const [file] = await exportOutbox({ outbox, clock, signer: undefined });
  const path = join(folder, 'unsigned.json');
  writeFileSync(path, file?.text ?? '');
  expect(await told(runImport, path)).toMatchObject({
    status: 0,
    warnings: [expect.stringContaining('complete')],
  });
  writeFileSync(path, file?.text.slice(0, 50) ?? '');
  expect(await told(runImport, path)).toMatchObject({
    status: 1,
    warnings: [expect.stringContaining('no file')],
  });
  expect((await told(runImport, join(folder, 'none.json'))).status).toBe(1);
  expect((await told(runImport, path, '--nonsense')).status).toBe(2);
  const answer = await fetch(`${server.url}/api/hand-in`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"format":"other"}' },
  });
  expect(answer.status).toBe(400);
});

test('a long outbox becomes several files, each complete in itself', async () => {
  const store = createMemoryOutboxStore();
  const { outbox, clock } = await recorded(3, 1);
  const [row] = (await outbox.page(1, 1)).rows;
  if (!row) throw new Error('no row');
  const many = {
    ...store,
    page: async () => ({ rows: Array(5_001).fill(row), damaged: [], next: undefined }),
  };
  const files = await exportOutbox({ outbox: many, clock, signer: undefined });
  expect(files.map(({ name }) => name)).toEqual([
    ...['packtrail-outbox-1800000000000-1-of-2.json', 'packtrail-outbox-1800000000000-2-of-2.json'],
  ]);
  expect(files.map(({ text }) => JSON.parse(text).events.length)).toEqual([5_000, 1]);
  expect(await exportOutbox({ outbox: store, clock, signer: undefined })).toEqual([]);
});

// No file for each of these alone: a dozen a minute are taken.
describe('one part of several, and what the ledger said of its events', () => {
  /** The second pack of each event is stolen, and the first has been supplied by this site before. */
  async function firstOfThree(seed: number) {
    const stolen = SHELF.find(({ id }) => id === 'stolen')?.printed ?? PACK;
    const { packs } = sampleEvent('supply', [active, stolen]);
    const { files, key, path, outbox } = await recorded(seed, 2, { packs });
    const file = parseOutboxFile(files[0]?.text ?? '');
    if (!file.ok) throw new Error(file.detail);
    const part = { ...file.value, part: 1, parts: 3 };
    const signature = encodeBase64(await key.sign(outboxFileMessage(part)));
    writeFileSync(path, JSON.stringify({ ...part, signature }));
    const [row] = (await outbox.page(1, 1)).rows;
    return { path, stolen, alert: alertId('demo', row?.id ?? '', 1, 'A24') };
  }

  test('by the command', async () => {
    const { path, stolen, alert } = await firstOfThree(7);
    const { status, lines, warnings } = await told(runImport, path);
    expect([status, warnings]).toEqual([0, ['This is part 1 of 3: hand in the others as well.']]);
    expect(lines[0]).toContain(' supply  conflict at place ');
    expect(lines[0]).toContain(`  repeat ${active.serial}  `);
    expect(lines[0]).toContain(`  alert A24 ${alert} ${stolen.serial}`);
  });

  test('by the page', async (context) => {
    const source = readFileSync('public/hand-in.js', 'utf8');
    for (const kind of ALERT_KINDS) expect(source).toContain(`: '${laterWords.alerts.kind(kind)}',`);
    if (!findChromium()) context.skip(NO_CHROMIUM);
    const browser = await launchChromium();
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    // The server here has no build; the page is as it ships.
    await page.route(/hand-in\.(html|js)$/, (route) =>
      route.fulfill({ path: join('public', new URL(route.request().url()).pathname) }),
    );
    await page.goto(`${server.url}/hand-in.html`);
    const status = page.locator('#status');
    const { path, stolen, alert } = await firstOfThree(8);
    await page.setInputFiles('#file', path);
    await status
      .getByText('2 events handed in. The device signed that part 1 of 3 is complete. Hand in')
      .waitFor();
    expect(await status.textContent()).toContain('raised: the site works through them');
    await page.getByText(`${stolen.serial}: Alert ${alert}. A24: pack not active`).waitFor();
    await page.getByText(`${active.serial}: that site had recorded the same before`).first().waitFor();
    await page.setInputFiles('#file', (await recorded(9, 1)).path);
    await status.getByText('1 event handed in. The device signed that the file is complete.').waitFor();
    // The same file may be chosen again.
    await Promise.all([page.waitForEvent('filechooser'), page.locator('#file').click()]);
    expect(await page.locator('#file').inputValue()).toBe('');
  });
});

test('the page names every operation as the app does, and every refusal', () => {
  const source = readFileSync('public/hand-in.js', 'utf8');
  const wordOf = (code: string) => new RegExp(`^  '?${code}'?: ['"](.+)['"],$`, 'm').exec(source)?.[1];
  // Who commissioned it goes without saying where only devices hand in.
  const named = OPERATIONS.filter((operation) => operation !== 'commission');
  expect(named.map(wordOf)).toEqual(named.map((operation) => words.operation(operation).past));
  for (const reason of REJECTIONS) expect(wordOf(reason)).toMatch(/^(Refused|Kept)/);
});

test('a lost device is revoked, what it sends is listed, and released or refused', async () => {
  const { device, path } = await recorded(4, 2);
  const listed = async () => (await told(runDevices)).lines.find((line) => line.startsWith(device));
  expect(await listed()).toContain('pharmacy  0 events');
  expect((await told(runDevices, 'revoke', device)).status).toBe(0);
  expect((await told(runImport, path)).lines.every((line) => line.endsWith('rejected: device-revoked'))).toBe(
    true,
  );
  expect(await listed()).toMatch(/2 events {2}2 held {2}REVOKED/);
  const held = await told(runDevices, 'held', device);
  const ids = held.lines.map((line) => line.split(' ')[0] ?? '');
  expect(held.lines[0]).toMatch(/No\. 1 {2}supply of 1 pack {2}claimed .* device-revoked/);
  expect(await told(runDevices, 'refuse', ids[1] ?? '')).toMatchObject({
    status: 0,
    lines: [`${ids[1]}  refused`],
  });
  const released = await told(runDevices, 'release', '--device', device);
  expect(released.lines).toEqual([expect.stringMatching(`${ids[0]} {2}released, at place \\d+`)]);
  expect((await told(runDevices, 'held')).lines).toEqual(['No event waits for a decision.']);
  expect((await told(runDevices, 'release', ids[0] ?? '')).lines).toEqual([`${ids[0]}  not done: not-held`]);
  const again = await told(runImport, path);
  expect(again.lines.map((line) => line.split('  ')[2])).toEqual([
    ...[expect.stringContaining('duplicate'), 'rejected: refused'],
  ]);
  expect((await told(runDevices, 'reinstate', device)).status).toBe(0);
  expect(await listed()).not.toContain('REVOKED');
});

test('the operator lists the sites and says where one is', async () => {
  const { organisation, site: ownSite } = NEWCOMER_PLACES.pharmacy;
  const site = `${organisation}/${ownSite}`;
  const line = async () => (await told(runDevices, 'sites')).lines.find((each) => each.startsWith(site));
  expect((await told(runDevices, 'place', site, '52.52,13.405')).status).toBe(0);
  expect(await line()).toContain('52.52,13.405');
  expect(await line()).not.toContain('50.938');
  expect((await told(runDevices, 'place', site, '152.52,13.405')).status).toBe(2);
  expect((await told(runDevices, 'place', 'nobody/nowhere', '52.52,13.405')).status).toBe(1);
  expect(await line()).toContain('52.52,13.405');
});

test('the operator’s door is shut to everyone else', async () => {
  const paths = [
    '/api/admin/devices',
    '/api/admin/sites',
    '/api/admin/held',
    `/api/admin/held?device=${'0'.repeat(32)}`,
  ];
  for (const path of paths)
    for (const authorization of [undefined, 'Bearer wrong', 'Bearer ']) {
      const headers = authorization === undefined ? {} : { authorization };
      expect((await fetch(server.url + path, { headers })).status).toBe(404);
    }
  expect(statSync(join(folder, 'data', 'keys', 'admin.token')).mode & 0o777).toBe(0o600);
  expect((await told(runDevices, 'burn')).status).toBe(2);
  expect((await told(runDevices, 'revoke', '0'.repeat(32))).status).toBe(1);
  const elsewhere = await runDevices(['--data', join(folder, 'none')], {
    print: () => undefined,
    warn: () => undefined,
  });
  expect(elsewhere).toBe(1);
});
