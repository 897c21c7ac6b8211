// The witness over HTTP: each status code of the specification, and what must hold between requests.
import { renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCheckpoint, signCheckpoint } from '../../../src/domain/ledger/checkpoint.ts';
import { EMPTY_ROOT } from '../../../src/domain/ledger/merkle.ts';
import {
  createVerifierKey,
  encodeVerifierKey,
  signerOf,
  verifierOf,
} from '../../../src/domain/ledger/note-key.ts';
import { NO_QUORUM } from '../../../src/domain/ledger/quorum.ts';
import { encodeAddCheckpoint } from '../../../src/server/witness/add-checkpoint.ts';
import { createWitness, originId } from '../../../src/server/witness/witness.ts';
import { openWitnessFolder } from '../../../src/server/witness/witness-folder.ts';
import { createWitnessHttp } from '../../../src/server/witness/witness-http.ts';
import { mangled } from '../../support/mangle.ts';
import { plainEntries, sampleKey, sampleLog } from '../../support/sample-log.ts';
import { startWitness, type TestWitness, temporaryFolder } from '../../support/witness-server.ts';

const log = sampleLog(plainEntries(40));
/** The same log up to 20 entries, another from there. */
const fork = sampleLog([...plainEntries(20), ...plainEntries(20, 'other')], log.key);

const trust = {
  ...{ origin: log.key.name, logKeys: [verifierOf(log.key)] },
  ...{ witnesses: [], quorum: NO_QUORUM },
};

const request = (oldSize: number, size: number, of = log) =>
  encodeAddCheckpoint(oldSize, of.consistency(oldSize, size), Buffer.from(of.checkpoint(size)));

/** Whether the answer's line makes the checkpoint one that a phone with this quorum accepts. */
function isCosigned(witness: TestWitness, note: string, line: string): boolean {
  const quorum = { kind: 'witness', key: witness.key } as const;
  return openCheckpoint(Buffer.from(note + line), { ...trust, witnesses: [witness.key], quorum }).ok;
}

describe('add-checkpoint', () => {
  test('cosigns a first checkpoint, growth, and the same again', async () => {
    const witness = await startWitness({ logs: [log.vkey], clock: () => 1_800_000_000_999 });
    for (const [oldSize, size] of [
      [0, 5],
      [5, 20],
      [20, 40],
      [40, 40],
    ] as const) {
      const answer = await witness.post(request(oldSize, size));
      expect(answer.status).toBe(200);
      expect(isCosigned(witness, log.checkpoint(size), answer.text)).toBe(true);
    }
  });

  test('409 tells the size, whatever the proof', async () => {
    const witness = await startWitness({ logs: [log.vkey] });
    expect(await witness.post(request(3, 5))).toEqual({ status: 409, text: '0\n', type: 'text/x.tlog.size' });
    await witness.post(request(0, 5));
    for (const body of [request(0, 5), request(4, 9), request(6, 9)])
      expect(await witness.post(body)).toEqual({ status: 409, text: '5\n', type: 'text/x.tlog.size' });
    expect((await witness.post(request(0, 3))).text).toBe('5\n');
  });

  test('422 for what is no growth', async () => {
    const witness = await startWitness({ logs: [log.vkey] });
    await witness.post(request(0, 25));
    const other = Buffer.from(fork.checkpoint(25));
    expect((await witness.post(encodeAddCheckpoint(25, [], other))).status).toBe(422);
    expect((await witness.post(request(25, 30, fork))).status).toBe(422);
    const bare = encodeAddCheckpoint(25, [], Buffer.from(log.checkpoint(30)));
    expect((await witness.post(bare)).status).toBe(422);
    const needless = encodeAddCheckpoint(25, log.consistency(24, 25), Buffer.from(log.checkpoint(25)));
    expect((await witness.post(needless)).status).toBe(422);
    expect((await witness.post(request(25, 30))).status).toBe(200);
  });

  test('422 for a proof from nothing, and for a root of nothing that is none', async () => {
    const witness = await startWitness({ logs: [log.vkey] });
    const proven = encodeAddCheckpoint(0, log.consistency(4, 5), Buffer.from(log.checkpoint(5)));
    expect((await witness.post(proven)).status).toBe(422);
    const empty = (root: Uint8Array) =>
      Buffer.from(
        signCheckpoint({ origin: log.key.name, size: 0, root, extension: '' }, [signerOf(log.key)]),
      );
    expect((await witness.post(encodeAddCheckpoint(0, [], empty(log.root(1))))).status).toBe(422);
    expect((await witness.post(encodeAddCheckpoint(0, [], empty(EMPTY_ROOT)))).status).toBe(200);
    expect((await witness.post(request(0, 5))).status).toBe(200);
  });

  test('400 when the old size is above the new, 403 without the log’s signature, 404 for others', async () => {
    const witness = await startWitness({ logs: [log.vkey] });
    const note = Buffer.from(log.checkpoint(5));
    expect((await witness.post(encodeAddCheckpoint(6, [], note))).status).toBe(400);
    const impostor = sampleLog(plainEntries(5), sampleKey(log.key.name, 2));
    expect((await witness.post(request(0, 5, impostor))).status).toBe(403);
    expect((await witness.post(Buffer.from(String(note).replace('\n5\n', '\n6\n')))).status).toBe(400);
    const altered = Buffer.from(String(note).replace('\n5\n', '\n6\n'));
    expect((await witness.post(encodeAddCheckpoint(0, [], altered))).status).toBe(403);
    const stranger = sampleLog(plainEntries(5), sampleKey('other.example/log', 3));
    expect((await witness.post(request(0, 5, stranger))).status).toBe(404);
    expect((await witness.post('old 0\n\nno checkpoint\n')).status).toBe(400);
    expect((await witness.post('')).status).toBe(400);
  });

  test('a new key of the log is trusted beside the old one', async () => {
    const newer = sampleLog(plainEntries(40), sampleKey(log.key.name, 9));
    const witness = await startWitness({ logs: [log.vkey, newer.vkey] });
    expect((await witness.post(request(0, 5))).status).toBe(200);
    expect((await witness.post(request(5, 9, newer))).status).toBe(200);
  });

  test('two logs are kept apart', async () => {
    const other = sampleLog(plainEntries(40), sampleKey('log.example/two', 4));
    const witness = await startWitness({ logs: [log.vkey, other.vkey] });
    expect((await witness.post(request(0, 30))).status).toBe(200);
    expect((await witness.post(request(0, 5, other))).status).toBe(200);
    expect((await witness.post(request(30, 31))).status).toBe(200);
  });

  test('of conflicting requests at the same time exactly one wins', async () => {
    const witness = await startWitness({ logs: [log.vkey] });
    await witness.post(request(0, 20));
    const rivals = Array.from({ length: 40 }, (_, i) => request(20, 40, i % 2 === 0 ? log : fork));
    const statuses = (await Promise.all(rivals.map((body) => witness.post(body)))).map(
      ({ status }) => status,
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(39);
  });

  test('no mangled body brings it to cosign anything else', async () => {
    const witness = await startWitness({ logs: [log.vkey] });
    await witness.post(request(0, 3));
    await witness.stop();
    const { key, store, close } = openWitnessFolder(witness.folder, undefined);
    const logs = new Map([[log.key.name, trust]]);
    const core = createWitness({ key, logs, store, clock: () => 1_800_000_000_000 });
    for (const bytes of mangled(request(3, 4))) {
      const answer = core.addCheckpoint(bytes);
      if (answer.status === 200) expect(isCosigned(witness, log.checkpoint(4), answer.lines)).toBe(true);
      expect([200, 400, 403, 404, 409, 422]).toContain(answer.status);
    }
    expect(core.addCheckpoint(request(4, 40, fork)).status).not.toBe(200);
    close();
  });

  test('too much at once is refused', async () => {
    const witness = await startWitness({ logs: [log.vkey] });
    expect((await witness.post(new Uint8Array(200_000))).status).toBe(413);
    const quick = { addCheckpoint: () => ({ status: 404, words: 'unknown log' }) as const };
    const app = await createWitnessHttp({
      witness: { ...quick, checkpoint: () => undefined },
      log: () => undefined,
      requestsPerMinuteMax: 3,
    });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++)
      statuses.push((await app.inject({ method: 'POST', url: '/add-checkpoint', payload: 'x' })).statusCode);
    expect(statuses).toEqual([404, 404, 404, 429]);
    await app.close();
  });
});

describe('reading', () => {
  test('gives the last checkpoint with both signatures', async () => {
    const witness = await startWitness({ logs: [log.vkey] });
    const path = `/${originId(log.key.name)}/checkpoint`;
    expect((await witness.get(path)).status).toBe(404);
    await witness.post(request(0, 7));
    const answer = await witness.get(path);
    expect(answer.type).toBe('text/plain; charset=utf-8');
    expect(answer.text.startsWith(log.checkpoint(7))).toBe(true);
    expect(isCosigned(witness, log.checkpoint(7), answer.text.slice(log.checkpoint(7).length))).toBe(true);
    expect((await witness.get(`/${originId('other')}/checkpoint`)).status).toBe(404);
    expect((await witness.get('/add-checkpoint')).status).toBe(404);
  });
});

describe('the data folder', () => {
  test('keeps key and memory over a restart', async () => {
    const folder = temporaryFolder();
    const first = await startWitness({ logs: [log.vkey], folder });
    await first.post(request(0, 20));
    expect(await first.stop()).toBe(0);
    const second = await startWitness({ logs: [log.vkey], folder });
    expect(second.vkey).toBe(first.vkey);
    expect((await second.post(request(0, 30, fork))).text).toBe('20\n');
    expect((await second.post(request(20, 30))).status).toBe(200);
    expect(statSync(join(folder, 'witness.key')).mode & 0o777).toBe(0o600);
  });

  test('keeps a fork’s two signed notes as evidence', async () => {
    const folder = temporaryFolder();
    const witness = await startWitness({ logs: [log.vkey], folder });
    await witness.post(request(0, 25));
    await witness.post(encodeAddCheckpoint(25, [], Buffer.from(fork.checkpoint(25))));
    await witness.stop();
    const opened = openWitnessFolder(folder, undefined);
    expect(opened.store.forks()).toMatchObject([{ origin: log.key.name, refused: fork.checkpoint(25) }]);
    opened.close();
  });

  test('is for one process', async () => {
    const { folder } = await startWitness({ logs: [log.vkey] });
    expect(() => openWitnessFolder(folder, undefined)).toThrow(/Another process/);
  });

  test('a lost memory or key stops it', async () => {
    const folder = temporaryFolder();
    const witness = await startWitness({ logs: [log.vkey], folder });
    await witness.post(request(0, 20));
    await witness.stop();
    renameSync(join(folder, 'witness.key'), join(folder, 'kept'));
    expect(() => openWitnessFolder(folder, undefined)).toThrow(/restore the key/);
    renameSync(join(folder, 'kept'), join(folder, 'witness.key'));
    expect(() => openWitnessFolder(folder, 'another.name')).toThrow(/not another.name/);
    for (const end of ['', '-wal', '-shm']) rmSync(join(folder, `witness.sqlite${end}`), { force: true });
    expect(() => openWitnessFolder(folder, undefined)).toThrow(/restore witness.sqlite/);
  });

  test('a witness’s own key is no log’s key', async () => {
    const folder = temporaryFolder();
    const opened = openWitnessFolder(folder, undefined);
    opened.close();
    const vkey = encodeVerifierKey(createVerifierKey(opened.key.name, 4, opened.key.publicKey));
    await expect(startWitness({ logs: [vkey], folder })).rejects.toThrow(/does not witness itself/);
  });
});
