// One round of looking for newer data: what the server offers is opened, compared with what is in use, its pages are
// fetched, and only then is it adopted.
import { err, ok, type Result } from '../domain/result.ts';
import { planRuns } from '../domain/snapshot/bundle.ts';
import type { PageRef } from '../domain/snapshot/manifest.ts';
import { type VerifiedSnapshot, whyOlder } from '../domain/snapshot/open.ts';
import { isSameScope, overlapOf, type Scope } from '../domain/snapshot/scope.ts';
import type { LogFollower } from './checkpoint-follower.ts';
import type { HeldSnapshot } from './held-snapshot.ts';
import type { LatestSnapshot, Ports } from './ports.ts';
import { createSnapshotOpening } from './snapshot-opening.ts';
import type { SyncFailure } from './sync-model.ts';
import { loadPages, type PageLoad } from './sync-pages.ts';
import type { PageChooser, ScopeKeeper } from './sync-scope.ts';
import type { TrustKeeper } from './trust-keeper.ts';

/** Throw LedgerError, StoreError and KeyError. */
export type SnapshotRefresh = {
  refresh(): Promise<Result<undefined, SyncFailure>>;
  /** While nothing newer can be had, what is in use may have been withdrawn. */
  noteWithdrawal(): Promise<Result<undefined, SyncFailure>>;
};

export type RefreshContext = {
  readonly ports: Pick<Ports, 'clock' | 'random' | 'ledger' | 'sha256' | 'snapshots'>;
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

export function createSnapshotRefresh(context: RefreshContext): SnapshotRefresh {
  const { ports, trust, follower, keeper, pagesInScope, held, damagedPages, onProgress, onAdopted } = context;
  const { clock, ledger, snapshots } = ports;
  const opening = createSnapshotOpening(ledger, trust, follower);

  async function refresh(): Promise<Result<undefined, SyncFailure>> {
    const latest = await ledger.latestSnapshot();
    const opened = await opening.open(latest);
    if (!opened.ok) return opened;
    const next = opened.value;
    await held.reload();
    const current = held.current();
    const older = current && whyOlder(next, current, held.isKnownWithdrawn());
    if (older) return err('rolled-back', older);
    const voided = await opening.isVoided(next);
    if (!voided.ok) return voided;
    if (voided.value) return err('voided');
    const wanted = keeper.scope.value;
    if (next.id !== current?.id || damagedPages.size > 0 || !isSameScope(wanted, held.scope())) {
      const stored = await storePages(next, await pagesInScope(next.manifest, wanted));
      if (!stored.ok) return stored;
      // Meanwhile it may have become less.
      await adopt(latest, next, overlapOf(wanted, keeper.scope.value));
    }
    // Old data is better than older data, since it may still warn; but it is said to be old.
    return clock.nowMs() > next.manifest.expiresMs ? err(opening.whyNoNewer(next)) : ok(undefined);
  }

  async function storePages(
    next: VerifiedSnapshot,
    pages: readonly PageRef[],
  ): Promise<Result<undefined, SyncFailure>> {
    const onDevice = await snapshots.heldPages();
    const isMissing = ({ sha256 }: PageRef) => damagedPages.has(sha256) || !onDevice.has(sha256);
    const missing = new Set(pages.filter(isMissing).map(({ sha256 }) => sha256));
    if (missing.size === 0) return ok(undefined);
    const runs = planRuns(next.manifest.layers, missing);
    return loadPages({ ports, runs, onStored: (sha256) => damagedPages.delete(sha256), onProgress });
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
