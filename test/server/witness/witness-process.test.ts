// The witness as a process of its own, killed without warning: whatever it ever cosigned stays one history.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { encodeAddCheckpoint } from '../../../src/server/witness/add-checkpoint.ts';
import { plainEntries, sampleLog } from '../../support/sample-log.ts';
import { ask, type HttpAnswer, temporaryFolder } from '../../support/witness-server.ts';

const COMMAND = new URL('../../../src/server/witness/witness-command.ts', import.meta.url).href;
const PROGRAM = `
  const { runWitness } = await import(${JSON.stringify(COMMAND)});
  const io = { print: console.log, warn: console.error, clock: Date.now, stop: new AbortController().signal };
  process.exitCode = await runWitness(process.argv.slice(1), io);
`;
const SHARED = 8;
const SIZE_MAX = 60;
const log = sampleLog(plainEntries(SIZE_MAX));
const fork = sampleLog([...plainEntries(SHARED), ...plainEntries(SIZE_MAX - SHARED, 'other')], log.key);

type Running = { readonly child: ChildProcess; readonly url: string; readonly vkey: string };

function spawnWitness(folder: string): ChildProcess {
  const flags = ['--data', folder, '--port', '0', '--log', log.vkey];
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, '--', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function start(folder: string): Promise<Running> {
  const child = spawnWitness(folder);
  if (!child.stdout) throw new Error('no output to read');
  let vkey = '';
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('witness key ')) vkey = line.slice(12);
    if (!line.startsWith('listening on ')) continue;
    child.stdout.resume();
    return { child, url: line.slice(13), vkey };
  }
  throw new Error('the witness did not start');
}

async function kill({ child }: Running): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

type Cosigned = { readonly size: number; readonly branch: string };

/** Grows one branch until the witness is gone, taking up whatever size it says it has. */
async function press(url: string, branch: 'log' | 'fork', seed: number, cosigned: Cosigned[]): Promise<void> {
  const of = branch === 'log' ? log : fork;
  let oldSize = 0;
  for (let turn = 0; ; turn++) {
    const size = Math.min(SIZE_MAX, oldSize + ((seed + turn) % 3));
    const proof = of.consistency(oldSize, size);
    const body = encodeAddCheckpoint(oldSize, proof, Buffer.from(of.checkpoint(size)));
    const answer = await post(url, body);
    if (!answer) return;
    if (answer.status === 200) {
      cosigned.push({ size, branch: size <= SHARED ? 'shared' : branch });
      oldSize = size;
    } else if (answer.status === 409) oldSize = Math.min(SIZE_MAX, Number(answer.text));
    else if (answer.status !== 422) throw new Error(`${answer.status} ${answer.text}`);
    else oldSize = size;
  }
}

function post(url: string, body: Uint8Array): Promise<HttpAnswer | undefined> {
  return ask(`${url}/add-checkpoint`, { method: 'POST', body: Buffer.from(body) }).catch(() => undefined);
}

test('killed under load again and again, it never cosigns a fork', async () => {
  const folder = temporaryFolder();
  const cosigned: Cosigned[] = [];
  let vkey: string | undefined;
  for (let round = 0; round < 12; round++) {
    const witness = await start(folder);
    vkey ??= witness.vkey;
    expect(witness.vkey).toBe(vkey);
    const held = Number((await post(witness.url, tooNew()))?.text);
    expect(held).toBeGreaterThanOrEqual(Math.max(0, ...cosigned.map(({ size }) => size)));
    const clients = Array.from({ length: 6 }, (_, i) =>
      press(witness.url, i % 2 === 0 ? 'log' : 'fork', i + round, cosigned),
    );
    const enough = cosigned.length + 3 + (round % 5);
    await vi.waitUntil(() => cosigned.length >= enough, { timeout: 20_000, interval: 1 });
    await setTimeout((round * 7) % 23);
    await kill(witness);
    await Promise.all(clients);
  }
  const branches = new Set(cosigned.map(({ branch }) => branch).filter((branch) => branch !== 'shared'));
  expect([...branches]).toHaveLength(1);
  expect(Math.max(...cosigned.map(({ size }) => size))).toBeGreaterThan(SHARED);
});

/** Names a size that the witness cannot have, to be told the one that it has. */
function tooNew(): Uint8Array {
  const larger = sampleLog(plainEntries(SIZE_MAX + 1), log.key);
  return encodeAddCheckpoint(SIZE_MAX + 1, [], Buffer.from(larger.checkpoint(SIZE_MAX + 1)));
}

test('a second process on the same folder does not start', async () => {
  const folder = temporaryFolder();
  await start(folder);
  const second = spawnWitness(folder);
  let words = '';
  second.stderr?.on('data', (chunk) => {
    words += String(chunk);
  });
  // Its end alone may be told before its last words.
  expect((await once(second, 'close'))[0]).toBe(1);
  expect(words).toMatch(/Another process/);
});
