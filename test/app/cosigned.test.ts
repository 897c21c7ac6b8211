// Whom the policy names decides what a device builds on; what only tightens needs the log alone. Real cosignatures over
// a real log, in every way in which some of them may be missing.
import { describe, expect, it } from 'vitest';
import { utf8ToBytes } from '../../src/domain/bytes.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { parseNote, signNote } from '../../src/domain/ledger/note.ts';
import {
  COSIGNATURE_KEY,
  cosignerOf,
  createSignerKey,
  type SignerKey,
  verifierOf,
} from '../../src/domain/ledger/note-key.ts';
import type { Policy } from '../../src/domain/ledger/policy.ts';
import { encodeProofFile, parseProofFile } from '../../src/domain/ledger/proof-file.ts';
import type { Quorum } from '../../src/domain/ledger/quorum.ts';
import { encodeSnapshotLeaf } from '../../src/domain/snapshot/manifest.ts';
import { createWorld, gs1, idle, judge, supply, type World } from '../support/app-fakes.ts';
import { PACK } from '../support/sample-events.ts';

const active = SHELF.find(({ id }) => id === 'active')?.printed ?? PACK;
const FRESH = { ...PACK, batch: 'FRESH', serial: 'FRESH1' };

const cosigner = (name: string, seed: number) =>
  createSignerKey(name, COSIGNATURE_KEY, new Uint8Array(32).fill(seed));
const W1 = cosigner('w1.example', 41);
const W2 = cosigner('w2.example', 42);
const AUDITOR = cosigner('a.example/snapshot-audit-v1', 43);

function policyOf(threshold: number, ...keys: SignerKey[]): Policy {
  const members = keys.map((key): Quorum => ({ kind: 'witness', key: verifierOf(key) }));
  const witnesses = keys.map((key) => ({ key: verifierOf(key), url: undefined }));
  return { logs: [], witnesses, quorum: { kind: 'group', threshold, members } };
}

/** The note with cosignatures beside the log's own signature. */
function cosign(note: string, ...keys: readonly SignerKey[]): string {
  const parsed = parseNote(utf8ToBytes(note));
  const signers = keys.map((key) => cosignerOf(key, 1_800_000_000));
  const signed = parsed.ok ? signNote(parsed.value.text, signers, parsed.value.signatures) : parsed;
  if (!signed.ok) throw new Error(signed.detail);
  return signed.value;
}

type By = { ledger: readonly SignerKey[]; snapshot: readonly SignerKey[] };

/** Two witnesses of two, and one auditor; `by` is who cosigns from now on. */
async function demanding(by: By): Promise<World> {
  const world = await createWorld({
    cosigners: { witnesses: policyOf(2, W1, W2), auditors: policyOf(1, AUDITOR) },
  });
  answerBy(world, by);
  return world;
}

function answerBy(world: World, by: By): void {
  const { client } = world.ledger;
  world.answers = {
    checkpoint: async (log) => cosign(await client.checkpoint(log), ...by[log]),
    latestSnapshot: async () => {
      const { manifest, proof } = await client.latestSnapshot();
      const file = parseProofFile(utf8ToBytes(proof));
      if (!file.ok) throw new Error(file.detail);
      const checkpoint = cosign(file.value.checkpoint, ...by.snapshot);
      return { manifest, proof: encodeProofFile({ ...file.value, checkpoint }) };
    },
  };
}

const ALL: By = { ledger: [W1, W2], snapshot: [W1, W2, AUDITOR] };

describe('a device that demands cosigners', () => {
  it('adopts what all of them have confirmed, and says whom it demands', async () => {
    const app = await (await demanding(ALL)).openApp();
    expect(app.sync.state.value).toEqual({ kind: 'idle' });
    expect(app.sync.missing.value).toEqual([]);
    expect(app.sync.demands.map(({ who, need, names }) => [who, need, names.length])).toEqual([
      ['witness', 2, 2],
      ['auditor', 1, 1],
    ]);
    expect((await judge(app, gs1(active))).judgment.verdict).toEqual({ kind: 'active' });
  });

  it.each([
    ['no auditor', { ...ALL, snapshot: [W1, W2] }, 'missing-auditors', { who: 'auditor', have: 0, need: 1 }],
    [
      'one witness of two',
      { ...ALL, ledger: [W2] },
      'missing-witnesses',
      { who: 'witness', have: 1, need: 2 },
    ],
    [
      'a witness in the auditor’s place',
      { ...ALL, snapshot: [W1, W2, W1] },
      'missing-auditors',
      { names: [AUDITOR.name] },
    ],
  ] as const)('keeps the last good data with %s', async (_, by, why, missing) => {
    const world = await demanding(ALL);
    const app = await world.openApp();
    const before = app.sync.data.value;
    answerBy(world, by);
    world.ledger.act('commission', [FRESH]);
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'failed', why });
    expect(app.sync.missing.value).toEqual([expect.objectContaining(missing)]);
    expect(app.sync.data.value).toEqual(before);
    expect((await judge(app, gs1(active))).judgment.verdict).toEqual({ kind: 'active' });
    answerBy(world, ALL);
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'idle' });
    expect(app.sync.missing.value).toEqual([]);
  });

  it('follows the newest that has met the quorum while the newest of all has not', async () => {
    const world = await demanding(ALL);
    const app = await world.openApp();
    const cosigned = cosign(await world.ledger.client.checkpoint('ledger'), W1, W2);
    const latest = await world.ports.ledger.latestSnapshot();
    world.ledger.act('commission', [FRESH]);
    answerBy(world, { ledger: [], snapshot: [] });
    Object.assign(world.answers, {
      latestSnapshot: async () => latest,
      cosignedCheckpoint: async () => cosigned,
    });
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'idle' });
  });

  it('is not told of a rollback where the newest waits and only what is older is confirmed', async () => {
    const world = await demanding(ALL);
    const older = await world.ports.ledger.latestSnapshot();
    world.ledger.act('commission', [FRESH]);
    const app = await world.openApp();
    const held = app.sync.data.value;
    const offerOlder = () => Object.assign(world.answers, { latestSnapshot: async () => older });
    offerOlder();
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'failed', why: 'rolled-back' });
    await world.ledger.client.latestSnapshot();
    world.ledger.act('commission', [{ ...FRESH, serial: 'FRESH2' }]);
    await world.ledger.client.latestSnapshot();
    answerBy(world, { ...ALL, snapshot: [W1] });
    offerOlder();
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'idle' });
    expect(app.sync.data.value).toEqual(held);
  });

  it('lets no event leave before the witnesses have seen it, and takes a recall without them', async () => {
    const world = await demanding(ALL);
    const app = await world.openApp();
    answerBy(world, { ledger: [W1], snapshot: [W1] });
    const scan = await judge(app, gs1(active));
    await app.outbox.record(supply(scan));
    await idle();
    await idle();
    expect(app.outbox.unsentCount.value).toBe(1);
    const recalled = SHELF.find(({ id }) => id === 'active-month')?.printed ?? PACK;
    const { productCode, batch } = recalled;
    world.ledger.act('recall', [], { batches: [{ productCode, batch }] });
    await world.clock.advance(30_000);
    expect((await judge(app, gs1(recalled))).judgment.verdict.kind).toBe('recalled');
    answerBy(world, ALL);
    await world.clock.advance(60_000);
    expect(app.outbox.unsentCount.value).toBe(0);
  });
});

describe('a snapshot that was voided', () => {
  it('is not adopted, vouches for nothing where it is in use, and that is remembered', async () => {
    const world = await createWorld();
    const app = await world.openApp();
    const latest = await world.ledger.client.latestSnapshot();
    world.answers = { latestSnapshot: async () => latest };
    const held = app.sync.data.value;
    if (held.kind !== 'held') throw new Error(held.kind);
    world.ledger.snapshotLog.append(encodeSnapshotLeaf({ kind: 'void', index: 7 }));
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'idle' });
    world.ledger.snapshotLog.append(encodeSnapshotLeaf({ kind: 'void', index: 0 }));
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'failed', why: 'voided' });
    expect(app.sync.data.value).toEqual({ ...held, isWithdrawn: true });
    const verdict = { kind: 'cannot-tell', why: 'snapshot-withdrawn' };
    expect((await judge(app, gs1(active))).judgment.verdict).toEqual(verdict);
    world.setOnline(false);
    expect((await judge(await world.openApp(), gs1(active))).judgment.verdict).toEqual(verdict);
    world.setOnline(true);
    world.answers = {};
    world.ledger.act('commission', [FRESH]);
    const later = await world.openApp();
    expect(later.sync.state.value).toEqual({ kind: 'idle' });
    expect((await judge(later, gs1(active))).judgment.verdict).toEqual({ kind: 'active' });
  });

  it('is not hidden by tiles that are not the log’s', async () => {
    const world = await createWorld();
    const app = await world.openApp();
    const latest = await world.ledger.client.latestSnapshot();
    world.ledger.snapshotLog.append(encodeSnapshotLeaf({ kind: 'void', index: 0 }));
    const { tile } = world.ledger.client;
    world.answers = {
      latestSnapshot: async () => latest,
      tile: async (log, path) =>
        (await tile(log, path)).map((byte, i) => (log === 'snapshot' && i >= 32 ? byte ^ 1 : byte)),
    };
    await app.sync.syncNow();
    expect(app.sync.state.value).toMatchObject({ kind: 'failed', why: 'bad-proof' });
  });
});
