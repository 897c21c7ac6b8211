import { afterEach, beforeEach, expect, test } from 'vitest';
import { runKeys } from '../../../src/server/ledger/keys-command.ts';
import { openTestLedger, type TestLedger } from '../../support/signed-events.ts';

let on: TestLedger;
let printed: string[];
let warned: string[];

beforeEach(async () => {
  on = await openTestLedger();
});
afterEach(() => on.remove());

function run(...args: string[]): number {
  printed = [];
  warned = [];
  const io = { print: (line: string) => printed.push(line), warn: (line: string) => warned.push(line) };
  return runKeys([...args, '--data', on.folder], io);
}

test('a key is replaced step by step, and each step says what the next needs', async () => {
  const { ledgerKey, snapshotKey } = on.ledger;
  const [, oldId = ''] = ledgerKey.split('+');
  expect(run('list')).toBe(0);
  expect(printed).toEqual([ledgerKey, snapshotKey]);
  expect([run('add'), warned[0]]).toEqual([1, expect.stringContaining('stop it first')]);
  await on.ledger.close();
  expect([run('retire', oldId), warned[0]]).toEqual([1, expect.stringContaining('add another first')]);
  expect(run('add')).toBe(0);
  const [, added = ''] = printed;
  expect([run('retire', oldId), warned[0]]).toEqual([1, expect.stringContaining('run the server with both')]);
  await on.reopen();
  await on.ledger.close();
  expect([run('retire', oldId), printed]).toEqual([0, [added]]);
  await on.reopen();
  expect(on.ledger.ledgerKeys).toEqual([added]);
});

test('the snapshot log has keys of its own', async () => {
  const { snapshotKey, ledgerKeys } = on.ledger;
  await on.ledger.close();
  expect([run('add', '--snapshots'), printed[0]]).toEqual([0, snapshotKey]);
  await on.reopen();
  expect([on.ledger.snapshotKeys.length, on.ledger.ledgerKeys]).toEqual([2, ledgerKeys]);
});

test('what is not understood changes nothing', () => {
  expect([run('retire'), run('turn'), run(), run('add', 'x'), run('--what')]).toEqual([2, 2, 2, 2, 2]);
  expect([run('--help'), printed[0]]).toEqual([0, expect.stringContaining('packtrail keys')]);
});
