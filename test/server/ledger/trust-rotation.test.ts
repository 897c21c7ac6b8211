// A device and the real server, over a real connection, through a change of the logs' keys and with auditors and
// witnesses that come and go. The app is the one that phones run.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { createLedgerHttp } from '../../../src/adapters/ledger-http.ts';
import { utf8ToBytes } from '../../../src/domain/bytes.ts';
import { SHELF } from '../../../src/domain/demo/shelf.ts';
import { parsePolicy } from '../../../src/domain/ledger/policy.ts';
import { err, ok } from '../../../src/domain/result.ts';
import { runAudit } from '../../../src/server/audit/audit-command.ts';
import { runLog } from '../../../src/server/check/log-command.ts';
import { addLogKey, retireLogKey } from '../../../src/server/ledger/key-rotation.ts';
import { type Server, type ServerOptions, startServer } from '../../../src/server/main.ts';
import { createWorld, type World } from '../../support/app-fakes.ts';
import { PACK } from '../../support/sample-events.ts';
import { createTestDevice } from '../../support/signed-events.ts';
import { serveFolder } from '../../support/static-server.ts';
import { startWitness } from '../../support/witness-server.ts';
import { must } from './log-reader.ts';

let server: Server | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const PACK_ON_SHELF = must(shelfPack());

function shelfPack() {
  const item = SHELF.find(({ id }) => id === 'active');
  return item ? ok(item.printed) : err('no such item');
}

const folder = () => mkdtempSync(join(tmpdir(), 'packtrail-rotation-'));

async function start(dataFolder: string, change: Partial<ServerOptions> = {}): Promise<Server> {
  await server?.close();
  const silent = () => undefined;
  server = await startServer({
    ...{ dataFolder, dist: undefined, host: '127.0.0.1', port: 0, demoPacks: 64 },
    ...{ clock: Date.now, writeLog: silent, tell: silent, ...change },
  });
  return server;
}

/** A phone enrolled with the running server; it follows wherever the server comes up again. */
async function enrol(): Promise<World> {
  const world = await createWorld({ nowMs: Date.now() });
  const identity = await world.ports.enrolments.load();
  if (!identity || !server) throw new Error('no device, or no server');
  const { key } = identity;
  let device: string | undefined;
  const http = createLedgerHttp({
    fetch: (path, init) => fetch(new URL(path, server?.url), init),
    device: async () => (device === undefined ? undefined : { id: device, key }),
  });
  const [, code = '', keyHash = ''] = /#\/enrol\/([^/]+)\/(.*)/.exec(server.inviteLink()) ?? [];
  expect(keyHash).toHaveLength(32);
  world.answers = http;
  const enrolment = await http.enrol({
    code,
    publicKey: Buffer.from(key.publicKey).toString('base64'),
    former: null,
  });
  device = enrolment.device;
  await world.ports.enrolments.save(await world.ports.enrolments.createKey(), enrolment, Date.now());
  return world;
}

test('a device that enrolled before keys change works during the overlap and after it', async () => {
  const data = folder();
  await start(data);
  await server?.ledger.buildSnapshotNow();
  const [before, sleeper] = [await enrol(), await enrol()];
  const app = await before.openApp();
  await expect.poll(() => app.sync.state.value).toEqual({ kind: 'idle' });
  const asleep = await sleeper.openApp();
  await expect.poll(() => asleep.sync.state.value).toEqual({ kind: 'idle' });
  asleep.stop();
  const oldKeys = [server?.ledger.ledgerKey, server?.ledger.snapshotKey].map(
    (vkey) => vkey?.split('+')[1] ?? '',
  );
  await server?.close();
  must(addLogKey(data, 'ledger'));
  must(addLogKey(data, 'snapshots'));
  await start(data);
  await server?.ledger.buildSnapshotNow();
  await app.sync.syncNow();
  expect(app.sync.state.value).toEqual({ kind: 'idle' });
  const during = (await before.ports.enrolments.load())?.enrolment;
  expect(during?.trust).toEqual(server?.ledger.trust);
  await server?.close();
  must(retireLogKey(data, 'ledger', oldKeys[0] ?? ''));
  must(retireLogKey(data, 'snapshots', oldKeys[1] ?? ''));
  await start(data);
  await server?.ledger.buildSnapshotNow();
  await app.sync.syncNow();
  expect(app.sync.state.value).toEqual({ kind: 'idle' });
  const after = (await before.ports.enrolments.load())?.enrolment;
  expect(after?.trust).toEqual(server?.ledger.trust);
  expect(after?.trust.number).toBe(3);
  expect(after?.retiredKeys).toHaveLength(2);
  // One that slept through it all opens what it holds, then learns both changes in their order.
  const awake = await sleeper.openApp();
  expect(awake.sync.data.value.kind).toBe('held');
  await expect.poll(() => awake.sync.state.value).toEqual({ kind: 'idle' });
  expect((await sleeper.ports.enrolments.load())?.enrolment.trust).toEqual(after?.trust);
});

test('a phone follows what witnesses have cosigned, says who is missing, and goes on when they are back', async () => {
  const data = folder();
  await start(data);
  const logs = [...(server?.ledger.ledgerKeys ?? []), ...(server?.ledger.snapshotKeys ?? [])];
  const [one, two] = await Promise.all(['one.test', 'two.test'].map((name) => startWitness({ logs, name })));
  const text = `witness a ${one?.vkey} ${one?.url}\nwitness b ${two?.vkey} ${two?.url}\ngroup g all a b\nquorum g\n`;
  const witnessPolicy = must(parsePolicy(utf8ToBytes(text)));
  await start(data, { witnessPolicy });
  const world = await enrol();
  const app = await world.openApp();
  await expect
    .poll(async () => {
      await app.sync.syncNow();
      return app.sync.state.value;
    })
    .toEqual({ kind: 'idle' });
  const held = app.sync.data.value;
  await app.trail.open(PACK_ON_SHELF);
  const trail = app.trail.state.value;
  const step = trail.kind === 'shown' ? trail.steps[0] : undefined;
  if (!step) throw new Error(`no journey: ${JSON.stringify(trail)}`);
  const proof = must(await app.trail.exportProof(step));
  const [policyFile, proofFile] = ['policy', 'proof'].map((name) => join(data, name)) as [string, string];
  writeFileSync(policyFile, `log ${server?.ledger.ledgerKey}\n${text}`);
  const verify = (content: string) => {
    writeFileSync(proofFile, content);
    const printed: string[] = [];
    const io = {
      print: (line: string) => void printed.push(line),
      warn: (line: string) => void printed.push(line),
    };
    const rest = { clock: Date.now, stop: new AbortController().signal, env: {} };
    return runLog(['verify', proofFile, '--policy', policyFile], { ...io, ...rest }).then((code) => [
      code,
      ...printed,
    ]);
  };
  expect(await verify(proof)).toEqual([
    0,
    expect.stringMatching(/^OK: it is entry \d+ of demo-/),
    expect.stringMatching(/^cosigned by one\.test/),
    expect.stringMatching(/^cosigned by two\.test/),
  ]);
  expect((await verify(proof.replace(/— two\.test .*\n/, '')))[0]).toBe(1);
  expect((await verify(proof.replace(/^index \d+/m, `index ${step.index + 1}`)))[0]).toBe(1);
  await two?.stop();
  await server?.ledger.buildSnapshotNow();
  await app.sync.syncNow();
  // What the witnesses had seen is still offered.
  expect(app.sync.state.value).toEqual({ kind: 'idle' });
  expect(app.sync.data.value).toEqual(held);
});

/** As from the command line; its first lines are its key and its address. */
async function startAuditor(place: string, data: string) {
  const stop = new AbortController();
  const keys = [server?.ledger.ledgerKey ?? '', server?.ledger.snapshotKey ?? ''];
  const flags = ['--data', data, '--port', '0', '--period', '1', '--json'];
  const told: Record<string, unknown>[] = [];
  const ended = runAudit([place, ...keys.flatMap((key) => ['--key', key]), ...flags], {
    ...{ print: (line) => void told.push(JSON.parse(line)), warn: (line) => void told.push({ line }) },
    ...{ clock: Date.now, stop: stop.signal, env: {} },
  });
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  await expect.poll(() => told.some(({ event }) => event === 'listening')).toBe(true);
  const tell = (name: string) => told.find((line) => name in line)?.[name];
  return { told, policy: `witness a ${tell('vkey')} ${tell('url')}\nquorum a\n` };
}

test('a phone takes up what an auditor has rebuilt; one that is slow is waited for, past many snapshots', async () => {
  const data = folder();
  await start(data);
  const files = await serveFolder(data);
  // It cannot read an entry, so it has looked into nothing yet.
  files.fault = (path) => (path.includes('tile/entries/') ? 403 : undefined);
  const auditor = await startAuditor(files.url, folder());
  const auditorPolicy = must(parsePolicy(utf8ToBytes(auditor.policy)));
  const { ledger } = await start(data, { auditorPolicy });
  const world = await enrol();
  const app = await world.openApp();
  const synced = async () => {
    await app.sync.syncNow();
    return app.sync.state.value;
  };
  await expect.poll(synced).toMatchObject({ kind: 'failed' });
  const maker = createTestDevice('demo-makers', 'demo-plant', 'manufacturer');
  ledger.addSite({ ...maker.record, organisationName: 'Makers', siteName: 'Plant' });
  ledger.addDevice(maker.record);
  for (let i = 0; i < 5; i++) {
    await ledger.acceptEvents([maker.next('commission', [{ ...PACK, serial: `LATE${i}` }])]);
    await ledger.buildSnapshotNow();
  }
  await app.sync.syncNow();
  expect([app.sync.state.value.kind, app.sync.data.value.kind]).toEqual(['failed', 'none']);
  files.fault = undefined;
  await expect.poll(synced).toEqual({ kind: 'idle' });
  expect(app.sync.data.value.kind).toBe('held');
  expect(auditor.told.filter(({ event }) => event === 'fault')).toEqual([]);
});
