import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EPOCHS_MAX } from '../../../src/domain/limits.ts';
import { runKeys } from '../../../src/server/ledger/keys-command.ts';
import { openTestLedger, type TestLedger } from '../../support/signed-events.ts';

let on: TestLedger;
let said: string[];

beforeEach(async () => {
  on = await openTestLedger();
});
afterEach(() => on.remove());

function begin(): number {
  said = [];
  const say = (line: string) => void said.push(line);
  return runKeys(['epoch', '--data', on.folder], { print: say, warn: say });
}

const file = (keyId: number) => join(on.folder, 'keys', `epoch-${keyId}.key`);

test('an epoch begins with the next start, and those before it stay', async () => {
  const [first] = on.ledger.masters;
  expect([begin(), said[0]]).toEqual([1, expect.stringContaining('stop it first')]);
  await on.ledger.close();
  expect([begin(), said]).toEqual([0, ['epoch 2']]);
  await on.reopen();
  expect(on.ledger.masters[0]).toEqual(first);
  expect(on.ledger.masters.map(({ keyId }) => keyId)).toEqual([1, 2]);
  expect(on.ledger.masters[1]?.master).not.toEqual(first?.master);
});

test('an epoch of the ledger that is lost, exchanged or damaged keeps it from starting', async () => {
  await on.ledger.close();
  begin();
  await on.reopen();
  await on.ledger.close();
  const good = readFileSync(file(2), 'utf8');
  rmSync(file(2));
  await expect(on.reopen()).rejects.toMatchObject({ code: 'keys-missing' });
  writeFileSync(file(2), `${'ab'.repeat(32)}\n`);
  await expect(on.reopen()).rejects.toMatchObject({ code: 'keys-missing' });
  writeFileSync(file(2), good.slice(2));
  await expect(on.reopen()).rejects.toMatchObject({ code: 'damaged' });
  writeFileSync(file(2), good);
  await on.reopen();
  expect(on.ledger.masters).toHaveLength(2);
});

test('there are no more epochs than a device can hold keys of', async () => {
  await on.ledger.close();
  for (let keyId = 2; keyId <= EPOCHS_MAX; keyId++) expect([begin(), said]).toEqual([0, [`epoch ${keyId}`]]);
  expect([begin(), said[0]]).toEqual([1, expect.stringContaining('as many epochs')]);
  await on.reopen();
});
