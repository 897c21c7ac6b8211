import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fsck } from '../../../src/server/check/fsck.ts';
import { openSource } from '../../../src/server/check/log-source.ts';
import { readTrust } from '../../../src/server/check/log-trust.ts';
import { addLogKey, retireLogKey } from '../../../src/server/ledger/key-rotation.ts';
import { PACK } from '../../support/sample-events.ts';
import { openTestLedger, type TestDevice, type TestLedger } from '../../support/signed-events.ts';
import { must, readPublishedLog } from './log-reader.ts';

let on: TestLedger;
let maker: TestDevice;
let serial = 0;

beforeEach(async () => {
  on = await openTestLedger();
  maker = on.enrol('albus', 'plant', 'manufacturer');
  await append();
});
afterEach(() => on.remove());

async function append(): Promise<void> {
  serial += 1;
  await on.ledger.acceptEvents([maker.next('commission', [{ ...PACK, serial: `P${serial}` }])]);
  await on.ledger.publishNow();
}

const sizeFor = (vkey: string) => readPublishedLog(on.ledger.logFolder, vkey).checkpoint.size;
const keyIdOf = (vkey: string) => vkey.split('+')[1] ?? '';

async function addKey(): Promise<string> {
  await on.ledger.close();
  const { vkeys } = must(addLogKey(on.folder, 'ledger'));
  await on.reopen();
  expect(on.ledger.ledgerKeys).toEqual(vkeys);
  return vkeys.at(-1) ?? '';
}

test('a second key signs beside the first, at once and from then on, under the same origin', async () => {
  const { ledgerKey } = on.ledger;
  const added = await addKey();
  expect(added.split('+')[0]).toBe(ledgerKey.split('+')[0]);
  expect([on.ledger.ledgerKey, sizeFor(ledgerKey), sizeFor(added)]).toEqual([ledgerKey, 1, 1]);
  await append();
  expect([sizeFor(ledgerKey), sizeFor(added)]).toEqual([2, 2]);
});

test('the old key is retired once the new one has signed, and the log goes on', async () => {
  const { ledgerKey } = on.ledger;
  const added = await addKey();
  await on.ledger.close();
  expect(retireLogKey(on.folder, 'ledger', keyIdOf(ledgerKey))).toMatchObject({ value: { vkeys: [added] } });
  await on.reopen();
  await append();
  expect(on.ledger.ledgerKeys).toEqual([added]);
  expect(sizeFor(added)).toBe(2);
  expect(() => sizeFor(ledgerKey)).toThrow('no-known-key');
});

test('the keys from before a retirement cannot be put back', async () => {
  await on.ledger.close();
  const path = join(on.folder, 'keys', 'ledger.key');
  const before = readFileSync(path);
  await on.reopen();
  const { ledgerKey } = on.ledger;
  await addKey();
  await on.ledger.close();
  const during = readFileSync(path);
  must(retireLogKey(on.folder, 'ledger', keyIdOf(ledgerKey)));
  await on.reopen();
  await append();
  await on.ledger.close();
  const after = readFileSync(path);
  for (const old of [before, during]) {
    writeFileSync(path, old);
    await expect(on.reopen()).rejects.toMatchObject({ code: 'keys-missing' });
  }
  writeFileSync(path, after);
  await on.reopen();
  // Devices follow what is announced, so nothing was on the way.
  expect(readdirSync(join(on.ledger.logFolder, 'keys')).sort()).toEqual(['1', '2', '3']);
});

test('an announcement that the store does not know of is followed by the next, not taken for it', async () => {
  const { ledgerKey } = on.ledger;
  await on.ledger.close();
  const store = join(on.folder, 'ledger.sqlite');
  const backup = readFileSync(store);
  await on.reopen();
  const added = await addKey();
  await on.ledger.close();
  must(retireLogKey(on.folder, 'ledger', keyIdOf(ledgerKey)));
  // As after a crash between the announcement and the store's note of it.
  writeFileSync(store, backup);
  await on.reopen();
  expect(on.ledger.trust.number).toBe(3);
  expect((await fsck(openSource(on.ledger.logFolder), must(readTrust([added], undefined)))).fault).toBe(
    undefined,
  );
});

test('no step leaves readers without a key that they know', async () => {
  const { ledgerKey, snapshotKey } = on.ledger;
  expect(() => addLogKey(on.folder, 'ledger')).toThrow('Another process');
  await on.ledger.close();
  expect(retireLogKey(on.folder, 'ledger', keyIdOf(ledgerKey))).toMatchObject({ error: 'only-key' });
  expect(retireLogKey(on.folder, 'ledger', keyIdOf(snapshotKey))).toMatchObject({ error: 'unknown-key' });
  const [, added] = must(addLogKey(on.folder, 'ledger')).vkeys;
  expect(retireLogKey(on.folder, 'ledger', keyIdOf(ledgerKey))).toMatchObject({ error: 'not-signed-yet' });
  expect(retireLogKey(on.folder, 'ledger', keyIdOf(added ?? ''))).toMatchObject({ ok: true });
  must(addLogKey(on.folder, 'ledger'));
  must(addLogKey(on.folder, 'ledger'));
  expect(addLogKey(on.folder, 'ledger')).toMatchObject({ error: 'too-many-keys' });
  await on.reopen();
});

test('the snapshot log rotates by itself', async () => {
  const { snapshotKey, ledgerKeys } = on.ledger;
  await on.ledger.buildSnapshotNow();
  await on.ledger.close();
  const { vkeys } = must(addLogKey(on.folder, 'snapshots'));
  await on.reopen();
  expect([on.ledger.snapshotKey, on.ledger.snapshotKeys]).toEqual([snapshotKey, vkeys]);
  expect(on.ledger.ledgerKeys).toEqual(ledgerKeys);
  for (const vkey of vkeys) expect(readPublishedLog(on.ledger.snapshotFolder, vkey).checkpoint.size).toBe(1);
});

test('the last announcement names the keys that sign the checkpoint: fsck says where it does not', async () => {
  const { ledgerKey } = on.ledger;
  const added = await addKey();
  await on.ledger.close();
  must(retireLogKey(on.folder, 'ledger', keyIdOf(ledgerKey)));
  await on.reopen();
  const check = async (...vkeys: string[]) =>
    (await fsck(openSource(on.ledger.logFolder), must(readTrust(vkeys, undefined)))).fault;
  // Idle since, yet signed by the one that is left alone.
  expect(() => sizeFor(ledgerKey)).toThrow('no-known-key');
  expect([await check(added), await check()]).toEqual([undefined, undefined]);
  rmSync(join(on.ledger.logFolder, 'keys', '3'));
  expect(await check(added)).toMatchObject({
    path: 'keys/2',
    words: expect.stringMatching(/does not name the keys that sign/),
  });
});
