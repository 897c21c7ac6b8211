import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { signatureLine } from '../../../src/domain/ledger/note.ts';
import {
  COSIGNATURE_KEY,
  cosignerOf,
  createSignerKey,
  verifierOf,
} from '../../../src/domain/ledger/note-key.ts';
import type { Policy } from '../../../src/domain/ledger/policy.ts';
import { NO_QUORUM } from '../../../src/domain/ledger/quorum.ts';
import { openSource } from '../../../src/server/check/log-source.ts';
import { lookOnce, type Round } from '../../../src/server/check/monitor.ts';
import { runMonitor } from '../../../src/server/check/monitor-loop.ts';
import { loadMemory, type MonitorMemory, saveMemory } from '../../../src/server/check/monitor-state.ts';
import { encodeAddCheckpoint } from '../../../src/server/witness/add-checkpoint.ts';
import { mangled } from '../../support/mangle.ts';
import { plainEntries, sampleKey, sampleLog } from '../../support/sample-log.ts';
import { type StaticServer, serveFolder } from '../../support/static-server.ts';
import { startWitness, temporaryFolder } from '../../support/witness-server.ts';

const log = sampleLog(plainEntries(700));
const fork = sampleLog([...plainEntries(100), ...plainEntries(600, 'other')], log.key);
const policy: Policy = {
  ...{ logs: [{ key: verifierOf(log.key), url: undefined }], witnesses: [], quorum: NO_QUORUM },
};

type Stage = {
  readonly folder: string;
  readonly server: StaticServer;
  memory: MonitorMemory | undefined;
  nowMs: number;
  publish(size: number, of?: typeof log): void;
  look(change?: { policy?: Policy; stallMs?: number }): Promise<Round>;
};

async function stage(): Promise<Stage> {
  const folder = temporaryFolder();
  const server = await serveFolder(folder);
  const one: Stage = {
    ...{ folder, server, memory: undefined, nowMs: 1_800_000_000_000 },
    publish: (size, of = log) => of.write(folder, size),
    async look(change = {}) {
      const parts = {
        ...{ source: openSource(server.url, { timeoutMs: 20_000 }), clock: () => one.nowMs },
        ...{ policy: change.policy ?? policy, stallMs: change.stallMs ?? 3_600_000 },
      };
      const round = await lookOnce(parts, one.memory, 1_800_000_000_000);
      one.memory = round.memory;
      return round;
    },
  };
  return one;
}

const kinds = (round: Round) => round.alerts.map(({ kind }) => kind);

describe('lookOnce', () => {
  test('follows a log that grows', async () => {
    const one = await stage();
    for (const size of [0, 1, 5, 256, 300, 300, 700]) {
      one.publish(size);
      const round = await one.look();
      expect([round.alerts, round.unread]).toEqual([[], undefined]);
      expect(one.memory?.checkpoint.size).toBe(size);
    }
  });

  test('fork: two roots for one size, with both notes', async () => {
    const one = await stage();
    one.publish(300);
    await one.look();
    one.publish(300, fork);
    const { alerts } = await one.look();
    expect(alerts).toMatchObject([{ kind: 'fork', evidence: [log.checkpoint(300), fork.checkpoint(300)] }]);
    expect(one.memory?.checkpoint.root).toEqual(log.root(300));
  });

  test('rollback', async () => {
    const one = await stage();
    one.publish(300);
    await one.look();
    one.publish(299);
    const { alerts } = await one.look();
    expect(alerts).toMatchObject([
      { kind: 'rollback', evidence: [log.checkpoint(300), log.checkpoint(299)] },
    ]);
    expect(one.memory?.checkpoint.size).toBe(300);
  });

  test('bad consistency: another history, a missing tile, a wrong one', async () => {
    const one = await stage();
    one.publish(300);
    await one.look();
    one.publish(400, fork);
    expect((await one.look()).alerts).toMatchObject([
      { kind: 'bad-consistency', evidence: [log.checkpoint(300), fork.checkpoint(400)] },
    ]);
    one.publish(400);
    one.server.fault = (path) => (path.startsWith('tile/0/001') ? 404 : undefined);
    expect(kinds(await one.look())).toEqual(['bad-consistency']);
    one.server.fault = undefined;
    const tile = readFileSync(join(one.folder, 'tile/0/001.p/144'));
    writeFileSync(join(one.folder, 'tile/0/001.p/144'), tile.fill(7, 0, 32 * 60));
    expect(kinds(await one.look())).toEqual(['bad-consistency']);
    one.publish(400);
    expect(kinds(await one.look())).toEqual([]);
    expect(one.memory?.checkpoint.size).toBe(400);
  });

  test('unknown key: another key of the same name, another log', async () => {
    const one = await stage();
    for (const other of [sampleKey(log.key.name, 2), sampleKey('log.example/two', 3)]) {
      one.publish(300, sampleLog(plainEntries(300), other));
      expect(kinds(await one.look())).toEqual(['unknown-key']);
    }
    one.publish(300);
    await one.look();
    const two = sampleKey('log.example/two', 3);
    one.publish(400, sampleLog(plainEntries(400), two));
    const both = { ...policy, logs: [...policy.logs, { key: verifierOf(two), url: undefined }] };
    expect(kinds(await one.look({ policy: both }))).toEqual(['unknown-key']);
  });

  test('a rotated key is followed when both are trusted', async () => {
    const newer = sampleLog(plainEntries(700), sampleKey(log.key.name, 2));
    const both = { ...policy, logs: [...policy.logs, { key: verifierOf(newer.key), url: undefined }] };
    const one = await stage();
    one.publish(300);
    await one.look({ policy: both });
    one.publish(400, newer);
    expect(kinds(await one.look({ policy: both }))).toEqual([]);
  });

  test('bad checkpoint: every mangled byte of it is an alert, never a memory', async () => {
    const one = await stage();
    one.publish(3);
    await one.look();
    const kept = one.memory;
    const bytes = readFileSync(join(one.folder, 'checkpoint'));
    let at = 0;
    for (const changed of mangled(bytes)) {
      at += 1;
      if (at % 7 !== 0) continue;
      writeFileSync(join(one.folder, 'checkpoint'), changed);
      expect(['bad-checkpoint', 'unknown-key']).toContain(kinds(await one.look())[0]);
    }
    expect(one.memory).toBe(kept);
  });

  test('quorum missed', async () => {
    const cosigner = createSignerKey('witness.example', COSIGNATURE_KEY, new Uint8Array(32).fill(6));
    const key = verifierOf(cosigner);
    const demanding: Policy = {
      ...{ ...policy, witnesses: [{ key, url: undefined }], quorum: { kind: 'witness', key } },
    };
    const one = await stage();
    one.publish(3);
    expect(kinds(await one.look({ policy: demanding }))).toEqual(['quorum-missed']);
    const note = log.checkpoint(3);
    const text = note.slice(0, note.indexOf('\n\n') + 1);
    const cosigned = (timeSeconds: number) => {
      const { name, keyId, sign } = cosignerOf(cosigner, timeSeconds);
      return note + signatureLine({ name, keyId, signature: sign(Buffer.from(text)) });
    };
    writeFileSync(join(one.folder, 'checkpoint'), cosigned(1_800_000_000));
    expect(kinds(await one.look({ policy: demanding }))).toEqual([]);
    // A newer cosignature of the same size is a sign of life.
    one.nowMs += 3_000_000;
    writeFileSync(join(one.folder, 'checkpoint'), cosigned(1_800_003_000));
    await one.look({ policy: demanding });
    one.nowMs += 3_000_000;
    expect(kinds(await one.look({ policy: demanding }))).toEqual([]);
    one.nowMs += 600_000;
    expect(kinds(await one.look({ policy: demanding }))).toEqual(['stall']);
  });

  test('stall: no growth, or no answer, for too long', async () => {
    const one = await stage();
    one.publish(3);
    await one.look();
    one.nowMs += 3_599_000;
    expect(kinds(await one.look())).toEqual([]);
    one.nowMs += 1_000;
    expect(kinds(await one.look())).toEqual(['stall']);
    one.publish(4);
    expect(kinds(await one.look())).toEqual([]);
    one.server.fault = () => 404;
    expect(await one.look()).toMatchObject({ alerts: [], unread: /no checkpoint/ });
    one.nowMs += 3_600_000;
    expect(kinds(await one.look())).toEqual(['stall']);
  });

  test('a witness that was shown another history', async () => {
    const one = await stage();
    const witness = await startWitness({ logs: [log.vkey] });
    const watched = { ...policy, witnesses: [{ key: witness.key, url: witness.url }] };
    const show = (of: typeof log, from: number, to: number) =>
      witness.post(encodeAddCheckpoint(from, of.consistency(from, to), Buffer.from(of.checkpoint(to))));
    one.publish(300);
    expect(kinds(await one.look({ policy: watched }))).toEqual([]);
    await show(log, 0, 90);
    expect(kinds(await one.look({ policy: watched }))).toEqual([]);
    await show(fork, 90, 250);
    const { alerts } = await one.look({ policy: watched });
    expect(alerts).toMatchObject([{ kind: 'bad-consistency', words: /shown another history/ }]);
    expect(alerts[0]?.evidence[1]).toBe(log.checkpoint(300));
    await show(fork, 250, 300);
    expect(kinds(await one.look({ policy: watched }))).toEqual(['fork']);
    await show(fork, 300, 400);
    expect(kinds(await one.look({ policy: watched }))).toEqual([]);
    await witness.stop();
    expect(kinds(await one.look({ policy: watched }))).toEqual([]);
  });
});

describe('memory', () => {
  const file = () => join(temporaryFolder(), 'state.json');

  test('is read back, under the keys in use', async () => {
    const one = await stage();
    one.publish(300);
    await one.look();
    const path = file();
    expect(loadMemory(path, policy)).toEqual({ ok: true, value: undefined });
    if (one.memory) saveMemory(path, one.memory);
    expect(loadMemory(path, policy)).toMatchObject({ ok: true, value: { checkpoint: { size: 300 } } });
    const other = { ...policy, logs: [{ key: verifierOf(sampleKey(log.key.name, 2)), url: undefined }] };
    expect(loadMemory(path, other)).toMatchObject({ ok: false, error: 'unusable' });
    const bytes = readFileSync(path);
    for (const changed of mangled(bytes)) {
      writeFileSync(path, changed);
      const loaded = loadMemory(path, policy);
      // Only the time is not signed.
      if (loaded.ok) expect(loaded.value?.checkpoint.note).toBe(one.memory?.checkpoint.note);
    }
    writeFileSync(path, '');
    expect(loadMemory(path, policy).ok).toBe(false);
  });
});

describe('runMonitor', () => {
  test('tells each thing once, and remembers what stood', async () => {
    const one = await stage();
    const stateFile = join(temporaryFolder(), 'state.json');
    one.publish(300);
    const stop = new AbortController();
    const lines: Record<string, unknown>[] = [];
    const steps = [
      () => one.publish(310),
      () => one.publish(310, fork),
      () => undefined,
      () => one.publish(320),
      () => stop.abort(),
    ];
    let asked = 0;
    one.server.fault = (path) => {
      // After each look the next step; two looks before a passing alert is told.
      if (path === 'checkpoint' && asked++ > 0) steps.shift()?.();
      return undefined;
    };
    await runMonitor({
      ...{ source: openSource(one.server.url), policy, clock: Date.now, stallMs: 3_600_000 },
      ...{ memory: undefined, stateFile, isOnce: false, periodMs: 5, stop: stop.signal },
      print: (line) => lines.push(JSON.parse(line)),
    });
    expect(lines.map(({ event, kind, size }) => [event, kind ?? size])).toEqual([
      ...[
        ['first', 300],
        ['grown', 310],
        ['alert', 'fork'],
        ['grown', 320],
        ['over', 'fork'],
      ],
    ]);
    expect(loadMemory(stateFile, policy)).toMatchObject({ value: { checkpoint: { size: 320 } } });
  });

  test('an older copy from a cache is looked at twice', async () => {
    const one = await stage();
    one.publish(300);
    await one.look();
    one.publish(299);
    let asked = 0;
    one.server.fault = (path) => {
      if (path === 'checkpoint' && asked++ === 1) one.publish(300);
      return undefined;
    };
    const round = await runMonitor({
      ...{ source: openSource(one.server.url), policy, clock: () => one.nowMs, stallMs: 3_600_000 },
      ...{ memory: one.memory, stateFile: undefined, isOnce: true, periodMs: 5 },
      ...{ print: () => undefined, stop: new AbortController().signal },
    });
    expect(round.alerts).toEqual([]);
  });
});
