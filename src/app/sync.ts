// Keeps the device's snapshot fresh. A new one is used only once its manifest is proven to stand in the snapshot log,
// both logs are proven to continue what this device saw before, and every page is stored; until then, and whenever
// anything fails, the last good one stays in use and the screen says how old it is.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import type { Trust } from '../domain/ledger/trust.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { planRuns } from '../domain/snapshot/bundle.ts';
import { type PageRef, parseManifest } from '../domain/snapshot/manifest.ts';
import { openSnapshot, type VerifiedSnapshot } from '../domain/snapshot/open.ts';
import type { SnapshotStatus } from '../domain/verdict.ts';
import type { LogFollower } from './checkpoint-follower.ts';
import { guarded } from './failure.ts';
import type { LatestSnapshot, Ports } from './ports.ts';
import type { StoredSnapshot } from './ports-snapshot.ts';
import type { DataState, SyncFailure, SyncModel, SyncState } from './sync-model.ts';
import { loadPages } from './sync-pages.ts';
import type { HeldData } from './verifier.ts';

export type SyncContext = {
  readonly ports: Pick<Ports, 'clock' | 'random' | 'ledger' | 'snapshots'>;
  readonly trust: Trust;
  readonly follower: LogFollower;
  /** A snapshot that holds the log's first entries is in use. Throws StoreError. */
  onAdopted(logSize: number): Promise<void>;
};

export type Sync = SyncModel & {
  readonly held: HeldData;
  /** Reads and verifies what the device holds already. */
  load(): Promise<void>;
  readonly currentId: () => string | undefined;
};

export function createSync({ ports, trust, follower, onAdopted }: SyncContext): Sync {
  const { clock, ledger, snapshots } = ports;
  const data = signal<DataState>({ kind: 'loading' });
  const state = signal<SyncState>({ kind: 'idle' });
  const damagedPages = new Set<string>();
  let setReady = () => {};
  const readiness = new Promise<void>((resolve) => {
    setReady = resolve;
  });
  let snapshot: VerifiedSnapshot | undefined;
  let running: Promise<void> | undefined;

  async function load(): Promise<void> {
    const loaded = await guarded(async () => {
      await follower.loadEvidence();
      await reload();
      if (snapshot) await onAdopted(snapshot.ledgerCheckpoint.size);
      return ok(undefined);
    });
    if (!loaded.ok) state.value = { kind: 'failed', why: loaded.error };
    if (data.value.kind === 'loading') data.value = { kind: 'none' };
    setReady();
  }

  // What the store gives back is verified as if it had just come from the network.
  async function reload(): Promise<boolean> {
    const stored = await snapshots.current();
    if (!stored) {
      if (!snapshot) data.value = { kind: 'none' };
      return false;
    }
    const opened = openSnapshot(stored.manifest, stored.proof, trust);
    if (!opened.ok) {
      if (!snapshot) data.value = { kind: 'damaged', publishedMs: claimedPublishedMs(stored) };
      return false;
    }
    if (snapshot && (opened.value.id === snapshot.id || whyOlder(opened.value, snapshot))) return false;
    hold(opened.value);
    return true;
  }

  function hold(next: VerifiedSnapshot): void {
    snapshot = next;
    const { publishedMs, expiresMs, packs } = next.manifest;
    const logSize = next.ledgerCheckpoint.size;
    data.value = { kind: 'held', publishedMs, expiresMs, packs, logSize, manifestId: next.id };
  }

  function syncNow(): Promise<void> {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function run(): Promise<void> {
    await readiness;
    state.value = { kind: 'checking' };
    const synced = await guarded(() => snapshots.alone(refresh));
    state.value = synced.ok ? { kind: 'idle' } : { kind: 'failed', why: synced.error };
  }

  async function refresh(): Promise<Result<undefined, SyncFailure>> {
    const latest = await ledger.latestSnapshot();
    const opened = openSnapshot(latest.manifest, latest.proof, trust);
    if (!opened.ok) return opened;
    const next = opened.value;
    await reload();
    const older = snapshot && whyOlder(next, snapshot);
    if (older) return err('rolled-back', older);
    const isOneHistory = await checkHistories(next);
    if (!isOneHistory.ok) return isOneHistory;
    if (next.id !== snapshot?.id || damagedPages.size > 0) {
      const stored = await storePages(next);
      if (!stored.ok) return stored;
      await adopt(latest, next);
    }
    // Old data is better than older data, since it may still warn; but it is said to be old.
    return clock.nowMs() > next.manifest.expiresMs ? err('stale') : ok(undefined);
  }

  async function checkHistories(next: VerifiedSnapshot): Promise<Result<undefined, SyncFailure>> {
    const inSnapshotLog = await follower.reconcile('snapshot', next.snapshotCheckpoint);
    return inSnapshotLog.ok ? follower.reconcile('ledger', next.ledgerCheckpoint) : inSnapshotLog;
  }

  async function storePages(next: VerifiedSnapshot): Promise<Result<undefined, SyncFailure>> {
    const held = await snapshots.heldPages();
    const isMissing = ({ sha256 }: PageRef) => damagedPages.has(sha256) || !held.has(sha256);
    const missing = new Set(
      pagesOf(next)
        .filter(isMissing)
        .map(({ sha256 }) => sha256),
    );
    if (missing.size === 0) return ok(undefined);
    return loadPages({
      ports,
      runs: planRuns(next.manifest.layers, missing),
      onStored: (sha256) => damagedPages.delete(sha256),
      onProgress: (loading) => {
        state.value = loading;
      },
    });
  }

  async function adopt(latest: LatestSnapshot, next: VerifiedSnapshot): Promise<void> {
    const pages = pagesOf(next).map((ref) => ref.sha256);
    await snapshots.adopt({ manifest: latest.manifest, proof: latest.proof }, pages);
    hold(next);
    for (const sha256 of damagedPages) if (!pages.includes(sha256)) damagedPages.delete(sha256);
    await onAdopted(next.ledgerCheckpoint.size);
  }

  function status(): SnapshotStatus {
    const held = data.value;
    if (held.kind === 'held' || held.kind === 'damaged') return held;
    return { kind: 'absent' };
  }

  function reportDamage(page: PageRef): void {
    damagedPages.add(page.sha256);
    void syncNow();
  }

  const held = { ready: () => readiness, current: () => snapshot, status, reload, reportDamage };
  const signals: { data: ReadonlySignal<DataState>; state: ReadonlySignal<SyncState> } = { data, state };
  return { ...signals, evidence: follower.evidence, syncNow, held, load, currentId: () => snapshot?.id };
}

function pagesOf({ manifest }: VerifiedSnapshot): readonly PageRef[] {
  return manifest.layers.flatMap((layer) => layer.pages);
}

/** The snapshot log only grows, so a later snapshot has both a higher number and a higher place in it. */
function whyOlder(next: VerifiedSnapshot, held: VerifiedSnapshot): string | undefined {
  const isOlder = next.manifest.number < held.manifest.number || next.leafIndex < held.leafIndex;
  return isOlder ? `snapshot ${next.manifest.number} after ${held.manifest.number}` : undefined;
}

/** For the screen alone: when the damaged data says that it was published, 0 where that is lost too. */
function claimedPublishedMs(stored: StoredSnapshot): number {
  const manifest = parseManifest(stored.manifest);
  return manifest.ok ? manifest.value.publishedMs : 0;
}
