// Keeps the device's snapshot fresh. A new one is used only once its manifest is proven to stand in the snapshot log,
// both logs are proven to continue what this device saw before, and every page is stored; until then, and whenever
// anything fails, the last good one stays in use and the screen says how old it is.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import { err, ok, type Result } from '../domain/result.ts';
import { bytesIn, planRuns } from '../domain/snapshot/bundle.ts';
import { type PageRef, parseManifest } from '../domain/snapshot/manifest.ts';
import { openSnapshot, type VerifiedSnapshot } from '../domain/snapshot/open.ts';
import {
  allPages,
  coversProduct,
  coversScope,
  isSameScope,
  overlapOf,
  type Scope,
} from '../domain/snapshot/scope.ts';
import type { SnapshotStatus } from '../domain/verdict.ts';
import type { LogFollower } from './checkpoint-follower.ts';
import { guarded } from './failure.ts';
import type { LatestSnapshot, Ports } from './ports.ts';
import type { StoredSnapshot } from './ports-snapshot.ts';
import { createSnapshotOpening } from './snapshot-opening.ts';
import type { DataState, ScopeSize, SyncFailure, SyncModel, SyncState } from './sync-model.ts';
import { loadPages } from './sync-pages.ts';
import type { PageChooser, ScopeKeeper } from './sync-scope.ts';
import type { TrustKeeper } from './trust-keeper.ts';
import type { HeldData } from './verifier.ts';

export type SyncContext = {
  readonly ports: Pick<Ports, 'clock' | 'random' | 'ledger' | 'sha256' | 'snapshots' | 'settings'>;
  readonly trust: TrustKeeper;
  readonly follower: LogFollower;
  readonly keeper: ScopeKeeper;
  readonly pagesInScope: PageChooser;
  /** A snapshot that holds the log's first entries is in use. Throws StoreError. */
  onAdopted(logSize: number): Promise<void>;
};

export type Sync = SyncModel & {
  readonly held: HeldData;
  /** Reads and verifies what the device holds already. */
  load(): Promise<void>;
  readonly currentId: () => string | undefined;
};

export function createSync({ ports, trust, follower, keeper, pagesInScope, onAdopted }: SyncContext): Sync {
  const { clock, ledger, snapshots, settings } = ports;
  const opening = createSnapshotOpening(ledger, trust, follower);
  const data = signal<DataState>({ kind: 'loading' });
  const state = signal<SyncState>({ kind: 'idle' });
  const damagedPages = new Set<string>();
  let setReady = () => {};
  const readiness = new Promise<void>((resolve) => {
    setReady = resolve;
  });
  let snapshot: VerifiedSnapshot | undefined;
  let heldScope: Scope = null;
  let withdrawnId: string | undefined;
  let running: Promise<void> | undefined;

  async function load(): Promise<void> {
    const loaded = await guarded(async () => {
      await follower.loadEvidence();
      withdrawnId = await settings.get('withdrawn-snapshot');
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
    const opened = openSnapshot(stored.manifest, stored.proof, trust.current(), 'kept');
    if (!opened.ok) {
      if (!snapshot) data.value = { kind: 'damaged', publishedMs: claimedPublishedMs(stored) };
      return false;
    }
    const isSame = opened.value.id === snapshot?.id && isSameScope(stored.scope, heldScope);
    if (snapshot && (isSame || whyOlder(opened.value, snapshot))) return false;
    await hold(opened.value, stored.scope);
    return true;
  }

  async function hold(next: VerifiedSnapshot, scope: Scope): Promise<void> {
    const { publishedMs, expiresMs } = next.manifest;
    const { packs, bytes } = await sizeOn(allPages(next.manifest));
    snapshot = next;
    heldScope = scope;
    const logSize = next.ledgerCheckpoint.size;
    const manifestId = next.id;
    const isWithdrawn = manifestId === withdrawnId;
    data.value = {
      ...{ kind: 'held', publishedMs, expiresMs, packs, bytes, scope, logSize, manifestId, isWithdrawn },
    };
  }

  /** What of these pages is on the device. */
  async function sizeOn(pages: readonly PageRef[]): Promise<{ packs: number; bytes: number }> {
    const onDevice = await snapshots.heldPages();
    const held = pages.filter(({ sha256 }) => onDevice.has(sha256));
    return { packs: packsIn(held), bytes: bytesIn(held) };
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
    if (!synced.ok) await guarded(noteWithdrawal);
    state.value = synced.ok ? { kind: 'idle' } : { kind: 'failed', why: synced.error };
  }

  async function refresh(): Promise<Result<undefined, SyncFailure>> {
    const latest = await ledger.latestSnapshot();
    const opened = await opening.open(latest);
    if (!opened.ok) return opened;
    const next = opened.value;
    await reload();
    const older = snapshot && whyOlder(next, snapshot);
    if (older) return err('rolled-back', older);
    const voided = await opening.isVoided(next);
    if (!voided.ok) return voided;
    if (voided.value) return err('voided');
    const wanted = keeper.scope.value;
    if (next.id !== snapshot?.id || damagedPages.size > 0 || !isSameScope(wanted, heldScope)) {
      const stored = await storePages(next, await pagesInScope(next.manifest, wanted));
      if (!stored.ok) return stored;
      // Meanwhile it may have become less.
      await adopt(latest, next, overlapOf(wanted, keeper.scope.value));
    }
    // Old data is better than older data, since it may still warn; but it is said to be old.
    return clock.nowMs() > next.manifest.expiresMs ? err(opening.whyNoNewer(next)) : ok(undefined);
  }

  /** While nothing newer can be had, what is in use may have been withdrawn. */
  async function noteWithdrawal(): Promise<Result<undefined, SyncFailure>> {
    const voided = snapshot && (await opening.isVoided(snapshot));
    if (!snapshot || !voided?.ok || !voided.value || withdrawnId === snapshot.id) return ok(undefined);
    withdrawnId = snapshot.id;
    await hold(snapshot, heldScope);
    await settings.set('withdrawn-snapshot', snapshot.id);
    return ok(undefined);
  }

  async function storePages(
    next: VerifiedSnapshot,
    pages: readonly PageRef[],
  ): Promise<Result<undefined, SyncFailure>> {
    const held = await snapshots.heldPages();
    const isMissing = ({ sha256 }: PageRef) => damagedPages.has(sha256) || !held.has(sha256);
    const missing = new Set(pages.filter(isMissing).map(({ sha256 }) => sha256));
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

  async function adopt(latest: LatestSnapshot, next: VerifiedSnapshot, scope: Scope): Promise<void> {
    const pages = (await pagesInScope(next.manifest, scope)).map((ref) => ref.sha256);
    await snapshots.adopt({ manifest: latest.manifest, proof: latest.proof, scope }, pages);
    await hold(next, scope);
    for (const sha256 of damagedPages) if (!pages.includes(sha256)) damagedPages.delete(sha256);
    await onAdopted(next.ledgerCheckpoint.size);
  }

  async function changeScope(next: Scope): Promise<Result<Scope, SyncFailure>> {
    const changed = await keeper.changeScope(next);
    if (!changed.ok) return changed;
    const narrowed = await guarded(dropOutside);
    void syncNow().then(() => {
      // It had begun before the change.
      if (state.value.kind === 'idle' && !isSameScope(heldScope, keeper.scope.value)) void syncNow();
    });
    return narrowed.ok ? changed : narrowed;
  }

  async function dropOutside(): Promise<Result<undefined, SyncFailure>> {
    const stored = snapshot && (await snapshots.current());
    if (!snapshot || !stored || coversScope(keeper.scope.value, heldScope)) return ok(undefined);
    const scope = overlapOf(heldScope, keeper.scope.value);
    const kept = new Set((await pagesInScope(snapshot.manifest, scope)).map(({ sha256 }) => sha256));
    const dropped = allPages(snapshot.manifest).flatMap(({ sha256 }) => (kept.has(sha256) ? [] : sha256));
    // No look-up may count on a page that is about to go.
    heldScope = scope;
    if (await snapshots.narrow({ ...stored, scope }, dropped)) await hold(snapshot, scope);
    return ok(undefined);
  }

  function sizeOf(scope: Scope): Promise<Result<ScopeSize, SyncFailure | 'no-data'>> {
    return guarded(async () => {
      if (!snapshot) return err('no-data');
      const { manifest } = snapshot;
      // Of products whose keys the device does not hold yet, too.
      const pages = await pagesInScope(manifest, scope, await keeper.reach(scope ?? [], []));
      const bytes = bytesIn(pages);
      return ok({ bytes, bytesToLoad: bytes - (await sizeOn(pages)).bytes, packs: packsIn(pages) });
    });
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

  const covers = (productCode: string) => coversProduct(heldScope, productCode);
  const held = { ready: () => readiness, current: () => snapshot, covers, status, reload, reportDamage };
  const signals: { data: ReadonlySignal<DataState>; state: ReadonlySignal<SyncState> } = { data, state };
  const { evidence, missing, demands } = follower;
  return {
    ...{ ...signals, evidence, missing, demands, scope: keeper.scope, changeScope, sizeOf, syncNow },
    ...{ held, load, currentId: () => snapshot?.id },
  };
}

function packsIn(pages: readonly PageRef[]): number {
  return pages.reduce((sum, { packs }) => sum + packs, 0);
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
