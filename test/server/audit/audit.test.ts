// An auditor finds right what is right: a ledger's snapshots through days of use, from entries and manifests alone.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openCheckpoint } from '../../../src/domain/ledger/checkpoint.ts';
import { encodeNote, parseNote, parseSignatureLines } from '../../../src/domain/ledger/note.ts';
import { parseVerifierKey } from '../../../src/domain/ledger/note-key.ts';
import { openAuditStore } from '../../../src/server/audit/audit-store.ts';
import { audit, readHeads } from '../../../src/server/audit/auditor.ts';
import { openSource } from '../../../src/server/check/log-source.ts';
import { readTrust } from '../../../src/server/check/log-trust.ts';
import { temporaryFolder } from '../../support/witness-server.ts';
import { must, trustIn } from '../ledger/log-reader.ts';
import {
  createAuditor,
  DAY_MS,
  liveADay,
  mirror,
  openAuditedLedger,
  readText,
  voidInServer,
} from './audited-ledger.ts';

test('days of snapshots are rebuilt to the byte, and their log is cosigned', async () => {
  const ledger = await openAuditedLedger();
  const auditor = createAuditor(ledger);
  await ledger.snapshot();
  await liveADay(ledger);
  await ledger.snapshot();
  const first = await auditor.look();
  expect(first).toMatchObject({ code: 0, last: { event: 'attested', size: 2 } });
  expect(first.told.filter(({ event }) => event === 'rebuilt').length).toBe(2);

  // The salt changes, and a batch has expired.
  ledger.on.time.nowMs += 2 * DAY_MS;
  await ledger.supply(40);
  await ledger.snapshot();
  await ledger.supply(41);
  await ledger.snapshot();
  await ledger.snapshot(DAY_MS);
  const second = await auditor.look();
  expect(second).toMatchObject({ code: 0, last: { event: 'attested', size: 5 } });
  expect(second.told.filter(({ event }) => event === 'rebuilt').map(({ leaf }) => leaf)).toEqual([2, 3, 4]);
  expect(await auditor.look()).toMatchObject({ code: 0, last: { size: 5 } });
  expect(await auditor.look(['--full'])).toMatchObject({ code: 0, last: { event: 'attested', size: 5 } });
});

test('the cosignature stands under the checkpoint by the key that was printed', async () => {
  const ledger = await openAuditedLedger();
  const auditor = createAuditor(ledger);
  await ledger.snapshot();
  const { told } = await auditor.look(['--name', 'audits.example/one']);
  const vkey = String(told.find(({ event }) => event === 'key')?.vkey);
  const key = must(parseVerifierKey(vkey));
  expect(key.name).toBe('audits.example/one/snapshot-audit-v1');
  expect(statSync(join(auditor.folder, 'witness.key')).mode & 0o777).toBe(0o600);
  const note = must(parseNote(Buffer.from(readText(ledger.on.folder, 'snapshots/checkpoint'))));
  const lines = must(parseSignatureLines(readText(auditor.folder, 'cosignature')));
  const cosigned = encodeNote({ ...note, signatures: [...note.signatures, ...lines] });
  const quorum = { kind: 'witness' as const, key };
  const trust = { ...trustIn(ledger.on.ledger.snapshotKey), witnesses: [key], quorum };
  expect(must(openCheckpoint(Buffer.from(cosigned), trust)).cosigners.map(({ name }) => name)).toEqual([
    key.name,
  ]);
  expect((await auditor.look(['--name', 'other.example'])).code).toBe(3);
});

test('going on from a stored state gives the bytes and the state of a replay from zero', async () => {
  const ledger = await openAuditedLedger();
  const archive = temporaryFolder();
  const resuming = createAuditor(ledger);
  for (let day = 0; day < 4; day++) {
    await liveDay(ledger, day);
    mirror(ledger.on.folder, archive);
    expect(await resuming.look([], { stretchWork: 2 })).toMatchObject({ code: 0 });
  }
  const all = createAuditor(ledger, archive);
  const fromZero = await all.look();
  const resumed = await resuming.look(['--full'], { stretchWork: 3 });
  expect(fromZero).toMatchObject({ code: 0, last: { event: 'attested', size: 8 } });
  expect(resumed).toMatchObject({ code: 0, last: { event: 'attested', size: 8 } });
  expect(resumed.last.digest).toBe(fromZero.last.digest);
  // Every manifest is still published, so nothing is taken on the auditor's own earlier word.
  expect(resumed.told.filter(({ event }) => event === 'carried')).toEqual([]);
});

test('a state that was thrown back to zero is folded again', async () => {
  const ledger = await openAuditedLedger();
  const auditor = createAuditor(ledger);
  await liveADay(ledger);
  await ledger.snapshot();
  expect((await auditor.look()).code).toBe(0);
  const store = openAuditStore(join(auditor.folder, 'audit.sqlite'));
  const { digest } = store.state;
  const before = digest(0);
  store.begin();
  store.restart();
  store.commit();
  expect([store.head('ledger').size(), store.lastEntry()]).toEqual([0, undefined]);
  expect(digest(0)).not.toBe(before);
  store.close();
  await ledger.snapshot();
  expect(await auditor.look(['--full'])).toMatchObject({ code: 0, last: { event: 'attested', size: 2 } });
});

async function liveDay(ledger: Awaited<ReturnType<typeof openAuditedLedger>>, day: number) {
  ledger.on.time.nowMs += DAY_MS;
  if (day === 1) await liveADay(ledger);
  await ledger.supply(50 + day);
  await ledger.snapshot();
  await ledger.supply(60 + day);
  await ledger.snapshot();
}

test('a ledger without entries or snapshots is nothing to complain about', async () => {
  const ledger = await openAuditedLedger();
  await ledger.on.ledger.publishNow();
  const auditor = createAuditor(ledger);
  expect(await auditor.look()).toMatchObject({ code: 0, last: { event: 'nothing-yet' } });
});

test('2 where it is not asked properly, 3 where there is nothing to read', async () => {
  const ledger = await openAuditedLedger();
  const auditor = createAuditor(ledger);
  for (const flags of [
    ['x'],
    ['--what'],
    ['--key', 'x'],
    ['--period', '0'],
    ['--port', 'x'],
    ['--name', 'a b'],
  ])
    expect(await auditor.look(flags)).toMatchObject({ code: 2, told: [] });
  expect((await createAuditor({ ...ledger, keys: ledger.keys.slice(0, 1) }).look()).code).toBe(2);
  expect((await createAuditor(ledger, temporaryFolder()).look()).code).toBe(3);
  expect((await createAuditor(ledger, 'http://127.0.0.1:1/').look()).code).toBe(3);
  await ledger.snapshot();
  const strangers = (await openAuditedLedger()).keys;
  expect(await createAuditor({ ...ledger, keys: strangers }).look()).toMatchObject({
    ...{ code: 1, last: { event: 'fault', code: 'bad-log' } },
  });
});

test('one that has seen more looks into what it is asked for, and vouches for nothing that was voided after', async () => {
  const ledger = await openAuditedLedger();
  const { on } = ledger;
  const [ledgerKey = '', snapshotKey = ''] = ledger.keys;
  await ledger.snapshot();
  const asked = readText(on.folder, 'snapshots/checkpoint');
  await ledger.supply(1);
  await ledger.snapshot();
  const place = openSource(on.folder);
  const store = openAuditStore(join(temporaryFolder(), 'audit.sqlite'));
  onTestFinished(() => store.close());
  const policy = must(readTrust([ledgerKey, snapshotKey], undefined));
  if (!policy) throw new Error('two keys are a policy');
  const sources = { ledger: place.beside('log/'), snapshots: place.beside('snapshots/') };
  const parts = { ...sources, policy, store, clock: () => on.time.nowMs };
  const sizeSeen = async (wanted?: string) => {
    const read = await readHeads({ ...parts, wanted: () => wanted });
    if (read.fault) return read.fault.words;
    expect(await audit(parts, read.heads)).toBe(undefined);
    return read.heads.snapshots.size;
  };
  expect([await sizeSeen(), await sizeSeen(asked), await sizeSeen()]).toEqual([2, 1, 2]);
  expect((await voidInServer(ledger, '0')).code).toBe(0);
  // Leaf 0 stands below 1, but is judged no more.
  const size = await sizeSeen();
  expect(await sizeSeen(asked)).toBe(size);
});
