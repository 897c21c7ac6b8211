// The auditor as a process of its own: killed without warning in the middle of a replay it goes on to the same state;
// left to run it hands its cosignature to the log, as a witness does.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parseVerifierKey } from '../../../src/domain/ledger/note-key.ts';
import { NO_QUORUM } from '../../../src/domain/ledger/quorum.ts';
import { collectCosignatures, fetchLastWitnessed } from '../../../src/server/witness/witness-client.ts';
import { serveFolder } from '../../support/static-server.ts';
import { must, trustIn } from '../ledger/log-reader.ts';
import { type AuditedLedger, createAuditor, liveADay, openAuditedLedger } from './audited-ledger.ts';

const COMMAND = new URL('../../../src/server/audit/audit-command.ts', import.meta.url).href;
const STRETCH_WORK = 40;
// After each stretch it waits for a byte or for the end of its input, so that none is through before it is killed.
const PROGRAM = `
  const { readSync } = await import('node:fs');
  const { runAudit } = await import(${JSON.stringify(COMMAND)});
  const print = (line) => {
    console.log(line);
    if (line.includes('"replayed"')) readSync(0, new Uint8Array(1));
  };
  const io = { print, warn: console.error, clock: () => ${Date.UTC(2027, 5, 1)} };
  const rest = { stop: new AbortController().signal, env: {}, stretchWork: ${STRETCH_WORK} };
  process.exitCode = await runAudit(process.argv.slice(1), { ...io, ...rest });
`;

/** `stretches`: how many it may go on after; all by default. */
function spawnAuditor(args: readonly string[], stretches?: number): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, '--', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (stretches === undefined) child.stdin?.end();
  else child.stdin?.write('.'.repeat(stretches));
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

const trustFlags = ({ keys }: AuditedLedger) => keys.flatMap((key) => ['--key', key]);

/** Lines until one satisfies, or all. */
async function readUntil(child: ChildProcess, isEnough: (line: string) => boolean): Promise<string[]> {
  if (!child.stdout) throw new Error('no output to read');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (isEnough(line)) break;
  }
  return lines;
}

test('killed in the middle of a replay, again and again', async () => {
  const ledger = await openAuditedLedger(1_200);
  await liveADay(ledger);
  for (let i = 100; i < 700; i += 50)
    await ledger.on.ledger.acceptEvents(
      ledger.stock.slice(i, i + 50).map((pack) => ledger.rose.next('supply', [pack])),
    );
  await ledger.snapshot();
  const killed = createAuditor(ledger);
  const args = [ledger.on.folder, ...trustFlags(ledger), '--data', killed.folder, '--once', '--json'];
  let reached = 0;
  for (let kill = 1; kill <= 5; kill++) {
    const child = spawnAuditor(args, 2);
    let steps = 0;
    const lines = await readUntil(child, (line) => line.includes('"replayed"') && ++steps === 2);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    const { size } = JSON.parse(lines.at(-1) ?? '{}');
    // What was told of was kept, and nothing is folded twice.
    expect(size).toBeGreaterThanOrEqual(reached + 2);
    reached = size;
  }
  const last = spawnAuditor(args);
  const ended = once(last, 'exit');
  const [first = ''] = (await readUntil(last, () => false)).filter((line) => line.includes('"replayed"'));
  expect((await ended)[0]).toBe(0);
  expect(JSON.parse(first).size).toBeGreaterThan(reached);
  const resumed = await killed.look(['--full']);
  const fromZero = await createAuditor(ledger).look();
  expect(resumed).toMatchObject({
    code: 0,
    last: { event: 'attested', entries: ledger.on.logged.length || 620 },
  });
  expect(resumed.last.digest).toBe(fromZero.last.digest);
});

test('a log collects the cosignature as from a witness, over HTTP from a server with a token', async () => {
  const ledger = await openAuditedLedger();
  const { on } = ledger;
  await ledger.snapshot();
  const { url } = await serveFolder(on.folder, 'secret');
  const auditor = createAuditor(ledger, url);
  expect((await auditor.look()).code).toBe(3);
  const flags = ['--token', 'secret', '--data', auditor.folder, '--port', '0', '--period', '1'];
  const child = spawnAuditor([`${url}/log/`, ...trustFlags(ledger), ...flags]);
  const lines = await readUntil(child, (line) => line.startsWith('ATTESTED'));
  child.stdout?.resume();
  const address = lines.find((line) => line.startsWith('listening on '))?.slice(13);
  const vkey = lines.find((line) => line.startsWith('auditor key '))?.slice(12) ?? '';
  const key = must(parseVerifierKey(vkey));
  const policy = { logs: [], witnesses: [{ key, url: address }], quorum: NO_QUORUM };
  const note = () => readFileSync(join(on.folder, 'snapshots', 'checkpoint'), 'utf8');
  const ask = () =>
    collectCosignatures({
      ...{ checkpointNote: note(), policy, oldSizeOf: () => 0, proofFor: () => [], timeoutMs: 5_000 },
    });
  expect((await ask()).cosignatures).toMatchObject([{ name: key.name }]);
  const trust = { ...trustIn(on.ledger.snapshotKey), witnesses: [key] };
  const [held] = await fetchLastWitnessed(policy, trust, 5_000);
  expect(held).toMatchObject({ kind: 'checkpoint', checkpoint: { size: 1 } });

  // Not before it has been rebuilt.
  await ledger.supply(3);
  await ledger.snapshot();
  await vi.waitFor(async () => expect((await ask()).cosignatures).toHaveLength(1), 20_000);
  expect(await fetchLastWitnessed(policy, trust, 5_000)).toMatchObject([{ checkpoint: { size: 2 } }]);
});
