// One round of looking for newer data: what the server offers is opened, compared with what is in use, its pages are
// fetched, and only then is it adopted.
import { err, ok, type Result } from '../domain/result.ts';
import { bytesIn, planRuns } from '../domain/snapshot/bundle.ts';
import type { PageRef } from '../domain/snapshot/manifest.ts';
import { type VerifiedSnapshot, whyOlder } from '../domain/snapshot/open.ts';
import { isSameScope, overlapOf, type Scope } from '../domain/snapshot/scope.ts';
import type { LogFollower } from './checkpoint-follower.ts';
import type { HeldSnapshot } from './held-snapshot.ts';
import type { LatestSnapshot, Ports } from './ports.ts';
import { createSnapshotOpening } from './snapshot-opening.ts';
import type { SyncFailure } from './sync-model.ts';
import { type LoadFailure, loadPages, type PageLoad } from './sync-pages.ts';
import type { PageChooser, ScopeKeeper } from './sync-scope.ts';
import type { TrustKeeper } from './trust-keeper.ts';

/** Throw LedgerError, StoreError and KeyError. */
export type SnapshotRefresh = {
  refresh(): Promise<Result<undefined, SyncFailure>>;
  /** While nothing newer can be had, what is in use may have been withdrawn. */
  noteWithdrawal(): Promise<Result<undefined, SyncFailure>>;
};

export type RefreshContext = {
  readonly ports: Pick<Ports, 'clock' | 'random' | 'ledger' | 'sha256' | 'snapshots'> & {
    readonly storagePromise: Pick<Ports['storagePromise'], 'spaceLeft'>;
  };
  readonly trust: TrustKeeper;
  readonly follower: LogFollower;
  readonly keeper: ScopeKeeper;
  readonly pagesInScope: PageChooser;
  readonly held: HeldSnapshot;
  /** To be fetched again; one that was is taken out. */
  readonly damagedPages: Set<string>;
  readonly onProgress: PageLoad['onProgress'];
  /** A snapshot that holds the log's first entries is in use. Throws StoreError. */
  onAdopted(logSize: number): Promise<void>;
};

/** The newest layer is replaced within minutes, so a slow line may meet this more than once. */
const OUTGROWN_MAX = 3;
/** What is recorded shares the browser's storage with the pages: some ten thousand events. */
const EVENT_BYTES_KEPT = 16 * 1_048_576;

export function createSnapshotRefresh(context: RefreshContext): SnapshotRefresh {
  const { ports, trust, follower, keeper, pagesInScope, held, damagedPages, onProgress, onAdopted } = context;
  const { clock, ledger, snapshots, storagePromise } = ports;
  const opening = createSnapshotOpening(ledger, trust, follower);

  async function refresh(): Promise<Result<undefined, SyncFailure>> {
    for (let round = 0; round < OUTGROWN_MAX; round++) {
      const done = await refreshOnce();
      if (done.ok) return done;
      if (done.error !== 'outgrown') return err(done.error, done.detail);
    }
    return err('server', 'no bundles of what it offers');
  }

  async function refreshOnce(): Promise<Result<undefined, LoadFailure>> {
    const latest = await ledger.latestSnapshot();
    const opened = await opening.open(latest);
    if (!opened.ok) return opened;
    const next = opened.value;
    await held.reload();
    const current = held.current();
    const older = current && whyOlder(next, current, held.isKnownWithdrawn());
    if (older) return whyOfferedOlder(current, older);
    const voided = await opening.isVoided(next);
    if (!voided.ok) return voided;
    if (voided.value) return err('voided');
    // Its packs may be of an epoch that began since: what is theirs is found under keys that must be here first.
    if (next.id !== current?.id) await keeper.refresh();
    const wanted = keeper.scope.value;
    const pages = await pagesInScope(next.manifest, wanted);
    const missing = await missingOf(pages);
    if (next.id !== current?.id || missing.size > 0 || !isSameScope(wanted, held.scope())) {
      const stored = await storePages(next, pages, missing);
      if (!stored.ok) return stored;
      // Meanwhile it may have become less.
      await adopt(latest, next, overlapOf(wanted, keeper.scope.value));
    }
    // Old data is better than older data, since it may still warn; but it is said to be old.
    return clock.nowMs() > next.manifest.expiresMs ? err(opening.whyNoNewer(next)) : ok(undefined);
  }

  // While the log's newest waits for its cosigners, an honest server may have nothing confirmed but what is older.
  async function whyOfferedOlder(
    current: VerifiedSnapshot,
    older: string,
  ): Promise<Result<undefined, SyncFailure>> {
    const voided = await opening.isVoided(current);
    if (!voided.ok) return voided;
    const why = opening.whyNoNewer(current);
    if (why === 'stale' || voided.value) return err('rolled-back', older);
    return clock.nowMs() > current.manifest.expiresMs ? err(why) : ok(undefined);
  }

  async function missingOf(pages: readonly PageRef[]): Promise<ReadonlySet<string>> {
    const onDevice = await snapshots.heldPages();
    const isMissing = ({ sha256 }: PageRef) => damagedPages.has(sha256) || !onDevice.has(sha256);
    return new Set(pages.filter(isMissing).map(({ sha256 }) => sha256));
  }

  async function storePages(
    next: VerifiedSnapshot,
    pages: readonly PageRef[],
    missing: ReadonlySet<string>,
  ): Promise<Result<undefined, LoadFailure>> {
    if (missing.size === 0) return ok(undefined);
    const current = held.current();
    const inUse = hashesOf(current ? await pagesInScope(current.manifest, held.scope()) : []);
    await snapshots.dropOthers(new Set([...inUse, ...hashesOf(pages)]));
    const toLoad = bytesIn(pages.filter(({ sha256 }) => missing.has(sha256)));
    const left = await storagePromise.spaceLeft();
    if (left !== undefined && left < toLoad + EVENT_BYTES_KEPT)
      return err('storage-full', `${left} bytes are left for ${toLoad}`);
    const runs = planRuns(next.manifest.layers, missing);
    const onStored = (sha256: string) => void damagedPages.delete(sha256);
    const loaded = await loadPages({ ports, runs, onStored, onProgress });
    // What did not fit as a whole would only take the space that events need.
    if (!loaded.ok && loaded.error === 'storage-full') await snapshots.dropOthers(inUse);
    return loaded;
  }

  async function adopt(latest: LatestSnapshot, next: VerifiedSnapshot, scope: Scope): Promise<void> {
    const pages = (await pagesInScope(next.manifest, scope)).map((ref) => ref.sha256);
    await snapshots.adopt({ manifest: latest.manifest, proof: latest.proof, scope }, pages);
    await held.hold(next, scope);
    for (const sha256 of damagedPages) if (!pages.includes(sha256)) damagedPages.delete(sha256);
    await onAdopted(next.ledgerCheckpoint.size);
  }

  async function noteWithdrawal(): Promise<Result<undefined, SyncFailure>> {
    const current = held.current();
    if (!current || held.isKnownWithdrawn()) return ok(undefined);
    const voided = await opening.isVoided(current);
    if (voided.ok && voided.value) await held.noteWithdrawn();
    return ok(undefined);
  }

  return { refresh, noteWithdrawal };
}

function hashesOf(pages: readonly PageRef[]): ReadonlySet<string> {
  return new Set(pages.map(({ sha256 }) => sha256));
}
