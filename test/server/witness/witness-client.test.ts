import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openCheckpoint } from '../../../src/domain/ledger/checkpoint.ts';
import { parseNote, signatureLine } from '../../../src/domain/ledger/note.ts';
import {
  COSIGNATURE_KEY,
  cosignerOf,
  createSignerKey,
  type VerifierKey,
  verifierOf,
} from '../../../src/domain/ledger/note-key.ts';
import type { Policy } from '../../../src/domain/ledger/policy.ts';
import { NO_QUORUM } from '../../../src/domain/ledger/quorum.ts';
import {
  type CollectOptions,
  collectCosignatures,
  fetchLastWitnessed,
} from '../../../src/server/witness/witness-client.ts';
import { plainEntries, sampleLog } from '../../support/sample-log.ts';
import { startWitness } from '../../support/witness-server.ts';

const log = sampleLog(plainEntries(40));
const trust = {
  ...{ origin: log.key.name, logKeys: [verifierOf(log.key)] },
  ...{ witnesses: [], quorum: NO_QUORUM },
};
const rogueKey = createSignerKey('rogue.example', COSIGNATURE_KEY, new Uint8Array(32).fill(8));
const rogue = verifierOf(rogueKey);

function policyOf(...witnesses: { key: VerifierKey; url: string | undefined }[]): Policy {
  return { logs: [], witnesses, quorum: NO_QUORUM };
}

function collect(policy: Policy, size: number, change: Partial<CollectOptions> = {}) {
  return collectCosignatures({
    ...{ checkpointNote: log.checkpoint(size), policy, oldSizeOf: () => 0, proofFor: log.consistency },
    ...{ timeoutMs: 20_000, ...change },
  });
}

/** A server that answers as it is told to. */
async function impostor(answer: (response: http.ServerResponse, body: string) => void): Promise<string> {
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    answer(response, Buffer.concat(chunks).toString());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const reply = (status: number, text: string) => (response: http.ServerResponse) =>
  void response.writeHead(status).end(text);

describe('collectCosignatures', () => {
  test('takes every witness that answers, told its size or not', async () => {
    const [first, second] = [
      await startWitness({ logs: [log.vkey] }),
      await startWitness({ logs: [log.vkey] }),
    ];
    const policy = policyOf({ key: first.key, url: first.url }, { key: second.key, url: `${second.url}/` });
    expect((await collect(policy, 9)).cosignatures).toHaveLength(2);
    // The witness has 9, and we believe it has nothing: one conflict, then the right proof.
    const proofFor = vi.fn(log.consistency);
    const { cosignatures } = await collect(policy, 30, { proofFor });
    expect(proofFor.mock.calls.map(([oldSize]) => oldSize)).toEqual([0, 0, 9, 9]);
    const note = log.checkpoint(30) + cosignatures.map(signatureLine).join('');
    const witnesses = [first.key, second.key];
    const members = witnesses.map((key) => ({ kind: 'witness', key }) as const);
    const quorum = { kind: 'group', threshold: 2, members } as const;
    expect(openCheckpoint(Buffer.from(note), { ...trust, witnesses, quorum }).ok).toBe(true);
    expect((await collect(policy, 30, { oldSizeOf: () => 30 })).cosignatures).toHaveLength(2);
  });

  test('a witness that is down costs its own cosignature only', async () => {
    const witness = await startWitness({ logs: [log.vkey] });
    const gone = await impostor(reply(200, ''));
    const silent = await impostor(() => undefined);
    const policy = policyOf(
      { key: rogue, url: undefined },
      { key: rogue, url: 'http://127.0.0.1:1' },
      { key: rogue, url: 'not a url' },
      { key: rogue, url: silent },
      { key: rogue, url: gone },
      { key: witness.key, url: witness.url },
    );
    const { cosignatures, reports } = await collect(policy, 9, { timeoutMs: 2_000 });
    expect(cosignatures.map(({ name }) => name)).toEqual([witness.key.name]);
    expect(reports.map((report) => (report.kind === 'failed' ? report.why : report.kind))).toEqual([
      ...['no-url', 'unreachable', 'unreachable', 'unreachable', 'bad-answer', 'cosigned'],
    ]);
  });

  test('believes no line that does not verify', async () => {
    const text = parseNote(Buffer.from(log.checkpoint(9)));
    if (!text.ok) throw new Error('a sample is a note');
    const line = (over: string, key = rogueKey) => {
      const { name, keyId, sign } = cosignerOf(key, 1_800_000_000);
      return signatureLine({ name, keyId, signature: sign(Buffer.from(over)) });
    };
    const stranger = createSignerKey('stranger.example', COSIGNATURE_KEY, new Uint8Array(32).fill(3));
    const right = line(text.value.text);
    const answers = [
      ...[line('another text\n'), line(text.value.text, stranger), right.slice(0, -5), 'hello\n'],
      'x'.repeat(400_000),
      line('another text\n') + right,
    ];
    const whys: string[] = [];
    for (const answer of answers) {
      const policy = policyOf({ key: rogue, url: await impostor(reply(200, answer)) });
      const [report] = (await collect(policy, 9)).reports;
      whys.push(report?.kind === 'failed' ? report.why : (report?.kind ?? ''));
    }
    expect(whys).toEqual([
      ...['bad-answer', 'bad-answer', 'bad-answer', 'bad-answer'],
      ...['unreachable', 'cosigned'],
    ]);
  });

  test('tells the ways of refusing apart', async () => {
    let size = 0;
    const moving = await impostor((response) => {
      size += 1;
      response.writeHead(409).end(`${size}\n`);
    });
    const cases = [
      ...[await impostor(reply(404, 'unknown log\n')), await impostor(reply(422, 'fork\n'))],
      ...[await impostor(reply(503, '')), await impostor(reply(409, 'many\n'))],
      ...[await impostor(reply(409, '10\n')), moving],
      await impostor((response) => void response.writeHead(307, { location: 'http://127.0.0.1:1' }).end()),
    ];
    const { reports } = await collect(policyOf(...cases.map((url) => ({ key: rogue, url }))), 9);
    expect(reports.map((report) => report.kind === 'failed' && report.why)).toEqual([
      ...['refused', 'refused', 'unreachable', 'bad-answer', 'ahead', 'moving', 'unreachable'],
    ]);
  });
});

describe('fetchLastWitnessed', () => {
  test('gives what each witness remembers, signed by the log', async () => {
    const [used, fresh] = [
      await startWitness({ logs: [log.vkey] }),
      await startWitness({ logs: [log.vkey] }),
    ];
    await collect(policyOf({ key: used.key, url: used.url }), 12);
    const liar = await impostor(reply(200, log.checkpoint(12).replace('\n12\n', '\n99\n')));
    const policy = policyOf(
      { key: used.key, url: used.url },
      { key: fresh.key, url: fresh.url },
      { key: rogue, url: liar },
      { key: rogue, url: 'http://127.0.0.1:1' },
    );
    const answers = await fetchLastWitnessed(policy, trust, 2_000);
    expect(answers.map((answer) => (answer.kind === 'failed' ? answer.why : answer.kind))).toEqual([
      ...['checkpoint', 'nothing', 'bad-answer', 'unreachable'],
    ]);
    expect(answers[0]).toMatchObject({ checkpoint: { size: 12 } });
  });
});
