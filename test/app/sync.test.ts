// The device takes over new data only when everything about it is proven; whatever fails, the last good one stays.
import { describe, expect, it } from 'vitest';
import { type LatestSnapshot, type LedgerClient, LedgerError, StoreError } from '../../src/app/ports.ts';
import type { SyncFailure } from '../../src/app/sync-model.ts';
import { SHELF } from '../../src/domain/demo/shelf.ts';
import { encodeProofFile } from '../../src/domain/ledger/proof-file.ts';
import { BUNDLE_BYTES_MAX, PAGE_BYTES_MAX } from '../../src/domain/limits.ts';
import { bundlesOf, bytesIn } from '../../src/domain/snapshot/bundle.ts';
import {
  encodeManifest,
  encodeSnapshotLeaf,
  type Manifest,
  manifestId,
  parseManifest,
} from '../../src/domain/snapshot/manifest.ts';
import { createWorld, gs1, idle, judge, START_MS, type World } from '../support/app-fakes.ts';
import { createTestLedger, type TestLedgerParts } from '../support/app-ledger.ts';
import { allRows } from '../support/outbox-rows.ts';
import { PACK } from '../support/sample-events.ts';

const active = SHELF.find(({ id }) => id === 'active')?.printed ?? PACK;
const FRESH = { ...PACK, batch: 'FRESH', serial: 'FRESH1' };

async function opened() {
  const world = await createWorld();
  return { world, app: await world.openApp() };
}

function heldId(app: Awaited<ReturnType<World['openApp']>>): string | undefined {
  const data = app.sync.data.value;
  return data.kind === 'held' ? data.manifestId : undefined;
}

/** Another history under the same keys. */
async function forkOf(world: World, change: Partial<TestLedgerParts> = {}) {
  const identity = await world.ports.enrolments.load();
  const publicKey = identity?.key.publicKey ?? new Uint8Array(32);
  return createTestLedger({ clock: world.clock, publicKey, role: 'pharmacy', extra: [PACK], ...change });
}

describe('sync', () => {
  it('fetches, verifies and adopts on start, then each minute', async () => {
    const { world, app } = await opened();
    expect(app.sync.data.value).toMatchObject({ kind: 'held', logSize: world.ledger.log.size() });
    const first = heldId(app);
    world.ledger.act('commission', [FRESH]);
    await world.clock.advance(60_000);
    expect(heldId(app)).not.toBe(first);
    expect((await judge(app, gs1(FRESH))).judgment.verdict).toEqual({ kind: 'active' });
    expect(app.sync.state.value).toEqual({ kind: 'idle' });
  });

  it('shows how much there is to load', async () => {
    const world = await createWorld();
    const app = await world.openApp();
    const seen: number[] = [];
    app.sync.state.subscribe((state) => {
      if (state.kind === 'loading') seen.push(state.bytesDone, state.bytesTotal);
    });
    world.ledger.act('commission', [FRESH]);
    await app.sync.syncNow();
    expect(seen[0]).toBe(0);
    expect(seen.at(-2)).toBe(seen.at(-1));
  });

  const failures: readonly [SyncFailure, Partial<LedgerClient>][] = [
    ['timeout', { latestSnapshot: () => Promise.reject(new LedgerError('timeout')) }],
    ['server', { bundle: () => Promise.reject(new LedgerError('refused', { refusal: 'not-found' })) }],
    [
      'not-enrolled',
      { bundle: () => Promise.reject(new LedgerError('refused', { refusal: 'not-enrolled' })) },
    ],
    ['malformed', { latestSnapshot: async () => ({ manifest: new Uint8Array(3), proof: 'nonsense' }) }],
    ['wrong-hash', { bundle: async () => rubbish() }],
    ['server', { tile: () => Promise.reject(new LedgerError('refused', { refusal: 'not-found' })) }],
    ['bad-proof', { tile: async () => new Uint8Array(8_192) }],
    ['malformed', { tile: async () => new Uint8Array(5) }],
  ];
  for (const [why, answers] of failures)
    it(`keeps the last good data when ${Object.keys(answers)} gives ${why}`, async () => {
      const { world, app } = await opened();
      const before = heldId(app);
      world.ledger.act('commission', [FRESH]);
      world.answers = answers;
      await app.sync.syncNow();
      expect(app.sync.state.value).toEqual({ kind: 'failed', why });
      expect(heldId(app)).toBe(before);
      expect((await judge(app, gs1(active))).judgment.verdict).toEqual({ kind: 'active' });
      expect(app.sync.evidence.value).toEqual([]);
      world.answers = {};
      await app.sync.syncNow();
      expect(app.sync.state.value).toEqual({ kind: 'idle' });
    });

  it('does without the network', async () => {
    const { world, app } = await opened();
    world.setOnline(false);
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'failed', why: 'offline' });
  });

  it('trusts the keys of its enrolment and no others', async () => {
    const { world, app } = await opened();
    world.ledger = await forkOf(world, { keySeed: 9 });
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'failed', why: 'unknown-key' });
  });

  it('takes no older data than it has had', async () => {
    const { world, app } = await opened();
    const old = await world.ledger.client.latestSnapshot();
    world.ledger.act('commission', [FRESH]);
    await app.sync.syncNow();
    const held = heldId(app);
    world.answers = { latestSnapshot: async () => old };
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'failed', why: 'rolled-back' });
    const reopened = await world.openApp();
    expect(reopened.sync.state.value).toEqual({ kind: 'failed', why: 'rolled-back' });
    expect(heldId(reopened)).toBe(held);
  });

  it('takes no later number over less of the ledger: a recall that it knew would be gone', async () => {
    const world = await createWorld();
    const old = { checkpoint: world.ledger.log.checkpoint(), logSize: world.ledger.log.size() };
    const { productCode, batch } = active;
    world.ledger.act('recall', [], { batches: [{ productCode, batch }] });
    const app = await world.openApp();
    const held = heldId(app);
    const spoiled = await snapshotOver(world, old);
    world.answers = { latestSnapshot: async () => spoiled };
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'failed', why: 'rolled-back' });
    expect(heldId(app)).toBe(held);
    expect((await judge(app, gs1(active))).judgment.verdict).toEqual({ kind: 'recalled', state: 'active' });
  });

  it.each([
    ['of an earlier time', { publishedMs: START_MS - 1 }, 'rolled-back'],
    ['good for longer than a week', { expiresMs: START_MS + 8 * 86_400_000 }, 'malformed'],
    ['that had expired before it was published', { expiresMs: START_MS - 1 }, 'malformed'],
    ['whose layers are not over its checkpoint', { logSize: 9_000 }, 'malformed'],
  ] as const)('takes no manifest %s', async (_, change, why) => {
    const { world, app } = await opened();
    const held = heldId(app);
    const spoiled = await snapshotOver(world, change);
    world.answers = { latestSnapshot: async () => spoiled };
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'failed', why });
    expect(heldId(app)).toBe(held);
  });

  it('says that data is stale, and uses it where there is no better', async () => {
    const world = await createWorld();
    const old = await world.ledger.client.latestSnapshot();
    const bundles = await bundlesOfSnapshot(world, old);
    await world.clock.advance(80 * 3_600_000);
    world.answers = {
      latestSnapshot: async () => old,
      bundle: async (id) => inParts(bundles.get(id) ?? new Uint8Array(0)),
    };
    const app = await world.openApp();
    expect(app.sync.state.value).toEqual({ kind: 'failed', why: 'stale' });
    expect((await judge(app, gs1(active))).judgment.verdict).toEqual({
      kind: 'cannot-tell',
      why: 'snapshot-expired',
    });
  });

  it('goes on with the newest when a bundle has been outgrown meanwhile', async () => {
    const { world, app } = await opened();
    world.ledger.act('commission', [FRESH]);
    const { bundle } = world.ledger.client;
    let refused = 0;
    world.answers = {
      bundle: async (...args) => {
        if (refused > 0) return bundle(...args);
        refused += 1;
        world.ledger.act('commission', [{ ...FRESH, serial: 'FRESH2' }]);
        throw new LedgerError('refused', { refusal: 'not-found' });
      },
    };
    await app.sync.syncNow();
    expect([app.sync.state.value, refused]).toEqual([{ kind: 'idle' }, 1]);
    expect(app.sync.data.value).toMatchObject({ logSize: world.ledger.log.size() });
  });

  it('says that the disk is full', async () => {
    const { world, app } = await opened();
    world.ledger.act('commission', [FRESH]);
    const { putPages } = world.ports.snapshots;
    world.ports.snapshots.putPages = () => Promise.reject(new StoreError('full'));
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'failed', why: 'storage-full' });
    world.ports.snapshots.putPages = putPages;
  });

  it('meets a crash at every call to the stores and is whole after it', async () => {
    for (const when of ['before', 'after'] as const)
      for (let at = 1; at < 60; at++) {
        const { world } = await opened();
        world.ledger.act('commission', [FRESH]);
        Object.assign(world.faults, { calls: 0, at, when });
        await (await world.openApp()).sync.syncNow();
        const isOver = world.faults.calls < at;
        world.faults.at = undefined;
        const app = await world.openApp();
        expect(app.sync.state.value, `${when} call ${at}`).toEqual({ kind: 'idle' });
        expect((await judge(app, gs1(FRESH))).judgment.verdict).toEqual({ kind: 'active' });
        if (isOver) break;
      }
  });
});

describe('two histories', () => {
  it('keeps both signed heads when the log is rewritten at the same size', async () => {
    const { world, app } = await opened();
    const before = heldId(app);
    const honest = world.ledger;
    world.ledger = await forkOf(world);
    while (world.ledger.log.size() < honest.log.size()) world.ledger.act('inspect', [PACK]);
    world.answers = { checkpoint: async () => world.ledger.log.checkpoint() };
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'failed', why: 'forked' });
    expect(heldId(app)).toBe(before);
    const [evidence] = app.sync.evidence.value;
    expect(evidence?.seen).not.toBe(evidence?.offered);
  });

  it('keeps both signed heads when a rewritten log has grown on', async () => {
    const { world, app } = await opened();
    world.ledger = await forkOf(world);
    for (let i = 0; i < 5; i++) {
      world.ledger.act('inspect', [PACK]);
      await world.ledger.client.latestSnapshot();
    }
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'failed', why: 'forked' });
    // Both logs are others: the snapshots', and the ledger's in what it says of recalls.
    const logs = () => app.sync.evidence.value.map(({ log }) => log).sort();
    expect(logs()).toEqual(['ledger', 'snapshot']);
    await app.sync.syncNow();
    expect(logs()).toEqual(['ledger', 'snapshot']);
    const reopened = await world.openApp();
    expect(reopened.sync.evidence.value).toHaveLength(2);
  });

  it('notices a snapshot whose ledger is another than the one followed', async () => {
    const { world, app } = await opened();
    const fork = await forkOf(world);
    for (let i = 0; i < 3; i++) fork.act('inspect', [PACK]);
    // The snapshot log is honest, so only the checkpoint inside the manifest tells.
    const spoiled: LatestSnapshot = await snapshotOver(world, {
      ...{ checkpoint: fork.log.checkpoint(), logSize: fork.log.size() },
    });
    world.answers = {
      latestSnapshot: async () => spoiled,
      tile: (name, path) => (name === 'ledger' ? fork : world.ledger).client.tile(name, path),
    };
    await app.sync.syncNow();
    expect(app.sync.state.value).toEqual({ kind: 'failed', why: 'forked' });
    expect(app.sync.evidence.value[0]?.log).toBe('ledger');
  });

  it('proves no delivery under another history', async () => {
    const { world, app } = await opened();
    world.setOnline(false);
    const scan = await judge(app, gs1(active));
    await app.outbox.record({
      ...{ scan, operation: 'supply', seal: 'intact', reason: undefined, reference: undefined },
    });
    world.ledger = await forkOf(world);
    for (let i = 0; i < 3; i++) world.ledger.act('inspect', [PACK]);
    world.setOnline(true);
    await idle();
    expect(app.outbox.flushState.value).toEqual({ kind: 'failed', why: 'proof' });
    expect(await allRows(world.ports.outbox)).toHaveLength(1);
  });
});

async function bundlesOfSnapshot(
  world: World,
  { manifest }: LatestSnapshot,
): Promise<Map<string, Uint8Array>> {
  const parsed = parseManifest(manifest);
  const bundles = new Map<string, Uint8Array>();
  if (!parsed.ok) return bundles;
  for (const { id, pages } of parsed.value.layers.flatMap((layer) => bundlesOf(layer.pages)))
    for await (const bytes of await world.ledger.client.bundle(id, 0, bytesIn(pages))) bundles.set(id, bytes);
  return bundles;
}

async function* inParts(bytes: Uint8Array, partBytes = 1_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes);
}

const rubbish = () => inParts(new Uint8Array(BUNDLE_BYTES_MAX), PAGE_BYTES_MAX);

/** A manifest, in place in the honest snapshot log, that says something else of itself. */
async function snapshotOver(
  world: World,
  { logSize, ...change }: Partial<Manifest> & { readonly logSize?: number },
): Promise<LatestSnapshot> {
  const parsed = parseManifest((await world.ledger.client.latestSnapshot()).manifest);
  if (!parsed.ok) throw new Error(parsed.detail);
  const { snapshotLog } = world.ledger;
  const layers = parsed.value.layers.map((layer) => ({ ...layer, logSize: logSize ?? layer.logSize }));
  const number = snapshotLog.size() + 1;
  const manifest = encodeManifest({ ...parsed.value, number, layers, ...change });
  const extra = encodeSnapshotLeaf({ kind: 'manifest', id: manifestId(manifest) });
  const index = snapshotLog.append(extra);
  const proof = { extra, index, proof: snapshotLog.prove(index), checkpoint: snapshotLog.checkpoint() };
  return { manifest, proof: encodeProofFile(proof) };
}
