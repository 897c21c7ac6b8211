import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseEntry } from '../../../src/domain/ledger/entry.ts';
import { DEMO_MARKET } from '../../../src/domain/market.ts';
import { openLedger } from '../../../src/server/ledger/ledger.ts';
import { must, readPublishedLog } from './log-reader.ts';

const WRITER = fileURLToPath(new URL('./crash-writer.ts', import.meta.url));
const NODE = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));
const KILLS = 6;

/** What the writer had answered when it was killed; the last line may be torn. */
async function runAndKill(folder: string, run: number): Promise<string[]> {
  // Each process is one that this test started, and is killed through its own handle.
  const child: ChildProcess = spawn(process.versions.node.startsWith('24') ? process.execPath : NODE, [
    ...[WRITER, folder, String(run)],
  ]);
  let output = '';
  let complaint = '';
  child.stderr?.on('data', (chunk) => {
    complaint += String(chunk);
  });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  await new Promise<void>((resolve, reject) => {
    child.on('exit', () => reject(new Error(`the writer ended by itself: ${complaint}`)));
    child.stdout?.on('data', (chunk) => {
      if (output === '') setTimeout(resolve, 40 + run * 67);
      output += String(chunk);
    });
  });
  child.kill('SIGKILL');
  await ended;
  return output.split('\n').slice(0, -1);
}

test('killed at any moment, the ledger keeps all that it has answered, and its files agree', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'packtrail-crash-'));
  const answered = new Map<string, number>();
  let ledgerKey: string | undefined;
  for (let run = 0; run < KILLS; run++) {
    for (const line of await runAndKill(folder, run)) {
      const [id = '', index = ''] = line.split(' ');
      answered.set(id, Number(index));
    }
    if (ledgerKey) readPublishedLog(join(folder, 'log'), ledgerKey);
    const ledger = await openLedger({
      ...{ folder, rules: DEMO_MARKET, clock: Date.now, log: () => undefined, checkpointPeriodMs: 3_600_000 },
    });
    ledgerKey = ledger.ledgerKey;
    await ledger.publishNow();
    const { entries } = readPublishedLog(ledger.logFolder, ledger.ledgerKey);
    for (const [id, index] of answered) {
      const entry = entries[index];
      expect(entry && must(parseEntry(entry)).eventId).toBe(id);
    }
    readPublishedLog(ledger.snapshotFolder, ledger.snapshotKey);
    await ledger.close();
  }
  expect(answered.size).toBeGreaterThan(KILLS * 20);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);
