// A device and the real server, over a real connection, through a change of the logs' keys and with auditors and
// witnesses that come and go. The app is the one that phones run.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createLedgerHttp } from '../../../src/adapters/ledger-http.ts';
import { utf8ToBytes } from '../../../src/domain/bytes.ts';
import { SHELF } from '../../../src/domain/demo/shelf.ts';
import { parsePolicy } from '../../../src/domain/ledger/policy.ts';
import { err, ok } from '../../../src/domain/result.ts';
import { runLog } from '../../../src/server/check/log-command.ts';
import { addLogKey, retireLogKey } from '../../../src/server/ledger/key-rotation.ts';
import { type Server, type ServerOptions, startServer } from '../../../src/server/main.ts';
import { createWorld, type World } from '../../support/app-fakes.ts';
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
  await expect.poll(() => app.sync.state.value, { timeout: 5_000 }).toEqual({ kind: 'idle' });
  const asleep = await sleeper.openApp();
  await expect.poll(() => asleep.sync.state.value, { timeout: 5_000 }).toEqual({ kind: 'idle' });
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
  await expect.poll(() => awake.sync.state.value, { timeout: 5_000 }).toEqual({ kind: 'idle' });
  expect((await sleeper.ports.enrolments.load())?.enrolment.trust).toEqual(after?.trust);
}, 30_000);

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
    .poll(
      async () => {
        await app.sync.syncNow();
        return app.sync.state.value;
      },
      { timeout: 10_000 },
    )
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
}, 30_000);
