import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { utf8ToBytes } from '../../../src/domain/bytes.ts';
import { openCheckpoint } from '../../../src/domain/ledger/checkpoint.ts';
import { parseNote } from '../../../src/domain/ledger/note.ts';
import {
  COSIGNATURE_KEY,
  cosignerOf,
  createSignerKey,
  parseVerifierKey,
  SIGNATURE_KEY,
  verifierOf,
} from '../../../src/domain/ledger/note-key.ts';
import type { Policy, PolicyPeer } from '../../../src/domain/ledger/policy.ts';
import { NO_QUORUM } from '../../../src/domain/ledger/quorum.ts';
import type { Witnessing } from '../../../src/server/ledger/cosigning.ts';
import { createFileThread } from '../../../src/server/ledger/file-thread.ts';
import { openLogFiles } from '../../../src/server/ledger/log-files.ts';
import { openPublisher, type Publisher } from '../../../src/server/ledger/publisher.ts';
import { openSqliteStore } from '../../../src/server/ledger/sqlite/sqlite-store.ts';
import { collectCosignatures, fetchLastWitnessed } from '../../../src/server/witness/witness-client.ts';
import { PACK } from '../../support/sample-events.ts';
import { openTestLedger, type TestDevice, type TestLedger } from '../../support/signed-events.ts';
import { startWitness, type TestWitness, temporaryFolder } from '../../support/witness-server.ts';
import { must } from './log-reader.ts';

let on: TestLedger;
let folder: string;
let device: TestDevice;
let serial = 0;

/** A ledger that has published an empty log, so that witnesses can be told its keys. */
beforeEach(async () => {
  on = await openTestLedger();
  folder = on.folder;
  device = on.enrol('albus', 'plant', 'manufacturer');
});
afterEach(() => on.remove());

const peerOf = ({ key, url }: TestWitness): PolicyPeer => ({ key, url });

function witnessingBy(peers: readonly PolicyPeer[], change: Partial<Witnessing> = {}): Witnessing {
  const policy: Policy = { logs: [], witnesses: peers, quorum: NO_QUORUM };
  return { policy, collect: collectCosignatures, lastWitnessed: fetchLastWitnessed, ...change };
}

async function reopenWith(witnessing: Witnessing): Promise<void> {
  await on.ledger.close();
  on = await openTestLedger({ folder, witnessing, checkpointPeriodMs: 20, clock: Date.now });
}

async function append(): Promise<void> {
  serial += 1;
  await on.ledger.acceptEvents([device.next('commission', [{ ...PACK, serial: `P${serial}` }])]);
}

const bothLogs = () => [...on.ledger.ledgerKeys, ...on.ledger.snapshotKeys];

function readCheckpoint(peers: readonly PolicyPeer[], where = on.ledger.logFolder) {
  const vkeys = where === on.ledger.logFolder ? on.ledger.ledgerKeys : on.ledger.snapshotKeys;
  const logKeys = vkeys.map((vkey) => must(parseVerifierKey(vkey)));
  const trust = { origin: logKeys[0]?.name ?? '', logKeys, quorum: NO_QUORUM };
  const witnesses = peers.map(({ key }) => key);
  return must(openCheckpoint(readFileSync(join(where, 'checkpoint')), { ...trust, witnesses }));
}

const cosignersAt = (size: number, peers: readonly PolicyPeer[]) => {
  const checkpoint = readCheckpoint(peers);
  return checkpoint.size === size ? checkpoint.cosigners.map(({ name }) => name).sort() : 'another size';
};

test('both witnesses cosign what is published, as the log grows, and the snapshot log too', async () => {
  const logs = bothLogs();
  const witnesses = await Promise.all(['a', 'b'].map((name) => startWitness({ logs, name: `${name}.test` })));
  const peers = witnesses.map(peerOf);
  await reopenWith(witnessingBy(peers));
  await expect.poll(() => cosignersAt(0, peers)).toEqual(['a.test', 'b.test']);
  await append();
  await expect.poll(() => cosignersAt(1, peers)).toEqual(['a.test', 'b.test']);
  await append();
  await append();
  await expect.poll(() => cosignersAt(3, peers)).toEqual(['a.test', 'b.test']);
  const snapshots = () => readCheckpoint(peers, on.ledger.snapshotFolder);
  await expect.poll(() => snapshots().size > 0 && snapshots().cosigners.length).toBe(2);
});

test('a witness that is down, and one that never answers, hold up nothing', async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    silent.closeAllConnections();
    silent.close();
  });
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const keyOf = (name: string, seed: number) =>
    verifierOf(createSignerKey(name, COSIGNATURE_KEY, new Uint8Array(32).fill(seed)));
  const up = await startWitness({ logs: bothLogs(), name: 'up.test' });
  const peers = [
    { key: keyOf('silent.test', 1), url: `http://127.0.0.1:${port}` },
    { key: keyOf('down.test', 2), url: 'http://127.0.0.1:9' },
    peerOf(up),
  ];
  // The wait at the start is bounded too, but too long for a test.
  await reopenWith(witnessingBy(peers, { lastWitnessed: async () => [] }));
  await append();
  await expect.poll(() => cosignersAt(1, peers)).toEqual(['up.test']);
  await append();
  await expect.poll(() => cosignersAt(2, peers)).toEqual(['up.test']);
  expect(on.logged).toContainEqual(
    expect.objectContaining({ event: 'witness-failed', witness: 'down.test', why: 'unreachable' }),
  );
  await on.ledger.close();
});

test('what does not verify is not published', async () => {
  const witness = await startWitness({ logs: bothLogs(), name: 'honest.test' });
  const forging: Witnessing['collect'] = async (request) => {
    const { reports } = await collectCosignatures(request);
    const forged = reports.map((report) => {
      if (report.kind !== 'cosigned') return report;
      const { signature } = report.cosignature;
      return {
        ...report,
        cosignature: {
          ...report.cosignature,
          signature: signature.map((byte, i) => (i === 20 ? byte ^ 1 : byte)),
        },
      };
    });
    return { cosignatures: [], reports: forged };
  };
  await reopenWith(witnessingBy([peerOf(witness)], { collect: forging }));
  await append();
  await expect.poll(() => on.logged.some(({ why }) => why === 'bad-answer')).toBe(true);
  expect(readCheckpoint([peerOf(witness)]).cosigners).toEqual([]);
});

test('an idle log has its cosignatures made anew, and a restart keeps those there are', async () => {
  const witness = await startWitness({ logs: bothLogs(), name: 'w.test' });
  const peers = [peerOf(witness)];
  await reopenWith(witnessingBy(peers, { refreshMs: 1_000 }));
  await append();
  const timeOf = () => readCheckpoint(peers).cosigners[0]?.timeSeconds ?? 0;
  await expect.poll(() => cosignersAt(1, peers)).toEqual(['w.test']);
  const first = timeOf();
  await expect.poll(timeOf).toBeGreaterThan(first);
  // What was built and not cosigned yet would be asked for after the restart.
  const snapshots = () => readCheckpoint(peers, on.ledger.snapshotFolder);
  await expect.poll(() => snapshots().size > 0 && snapshots().cosigners.length).toBe(1);
  await on.ledger.close();
  const before = readFileSync(join(on.ledger.logFolder, 'checkpoint'), 'utf8');
  let asked = 0;
  const collect: Witnessing['collect'] = (request) => {
    asked += 1;
    return collectCosignatures(request);
  };
  await reopenWith(witnessingBy(peers, { collect }));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(asked).toBe(0);
  expect(readFileSync(join(on.ledger.logFolder, 'checkpoint'), 'utf8')).toBe(before);
});

test('a ledger restored from before what a witness has seen refuses to start, published files and all', async () => {
  const witness = await startWitness({ logs: bothLogs(), name: 'w.test' });
  const peers = [peerOf(witness)];
  await on.ledger.close();
  const backup = mkdtempSync(join(tmpdir(), 'packtrail-backup-'));
  onTestFinished(() => rmSync(backup, { recursive: true }));
  cpSync(folder, backup, { recursive: true });
  await reopenWith(witnessingBy(peers));
  await append();
  await expect.poll(() => cosignersAt(1, peers)).toEqual(['w.test']);
  await on.ledger.close();

  const restored = { folder: backup, checkpointPeriodMs: 20, clock: Date.now };
  const opening = () => openTestLedger({ ...restored, witnessing: witnessingBy(peers) });
  await expect(opening()).rejects.toMatchObject({ code: 'store-behind-checkpoint' });
  // One that is up again only later stops it then.
  let isUp = false;
  const lastWitnessed: Witnessing['lastWitnessed'] = async (...asked) =>
    isUp ? fetchLastWitnessed(...asked) : [];
  const late = await openTestLedger({ ...restored, witnessing: witnessingBy(peers, { lastWitnessed }) });
  isUp = true;
  await expect.poll(() => late.logged.some(({ event }) => event === 'log-forgot')).toBe(true);
  await expect(late.ledger.acceptEvents([device.next('commission', [PACK])])).rejects.toMatchObject({
    code: 'store-behind-checkpoint',
  });
  await late.ledger.close();
  // Without asking the witness it goes on, another way; asked again, it is caught.
  const unaware = await openTestLedger(restored);
  await unaware.ledger.acceptEvents([
    unaware.enrol('rose', 'main', 'manufacturer').next('commission', [{ ...PACK, serial: 'OTHER' }]),
  ]);
  await unaware.ledger.close();
  await expect(opening()).rejects.toMatchObject({ code: 'forked' });
});

test('a cosignature that comes in while another is being written takes nothing from it', async () => {
  const store = openSqliteStore(join(temporaryFolder(), 'ledger.sqlite'));
  const thread = createFileThread();
  onTestFinished(async () => {
    store.close();
    await thread.close();
  });
  const files = openLogFiles(temporaryFolder(), temporaryFolder(), thread);
  const key = createSignerKey('log.test', SIGNATURE_KEY, new Uint8Array(32).fill(1));
  const cosigners = [2, 3].map((seed) =>
    createSignerKey(`${seed}.test`, COSIGNATURE_KEY, new Uint8Array(32).fill(seed)),
  );
  let publisher: Publisher | undefined;
  publisher = await openPublisher({
    ...{ log: store.ledgerLog, keys: [key], witnesses: cosigners.map(verifierOf) },
    files: {
      ...files,
      publish(...written) {
        // As the rounds that ask other witnesses do, at any time.
        publisher?.toCosign();
        return files.publish(...written);
      },
    },
  });
  const { size, note } = publisher.toCosign();
  const text = utf8ToBytes(must(parseNote(utf8ToBytes(note))).text);
  for (const cosigner of cosigners) {
    const signature = cosignerOf(cosigner, 1_700_000_000).sign(text);
    const line = { name: cosigner.name, keyId: cosigner.keyId, signature };
    expect(await publisher.cosign(size, [line])).toBe('published');
  }
  expect(publisher.published().cosignatures.map(({ name }) => name)).toEqual(['2.test', '3.test']);
});
