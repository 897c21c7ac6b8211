// The snapshot that verdicts rest on: read from the store and verified as if it had just come from the network, and
// told to the screens. Nothing here asks the server.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import { bytesIn } from '../domain/snapshot/bundle.ts';
import { type PageRef, parseManifest } from '../domain/snapshot/manifest.ts';
import { openSnapshot, type VerifiedSnapshot, whyOlder } from '../domain/snapshot/open.ts';
import { allPages, coversProduct, isSameScope, type Scope } from '../domain/snapshot/scope.ts';
import type { SnapshotStatus } from '../domain/verdict.ts';
import type { Ports } from './ports.ts';
import type { StoredSnapshot } from './ports-snapshot.ts';
import type { DataState } from './sync-model.ts';
import type { TrustKeeper } from './trust-keeper.ts';

/** Throws StoreError. */
export type HeldSnapshot = {
  readonly data: ReadonlySignal<DataState>;
  current(): VerifiedSnapshot | undefined;
  /** The products that pages are held of. */
  scope(): Scope;
  status(): SnapshotStatus;
  covers(productCode: string): boolean;
  load(): Promise<void>;
  /** What could not be loaded is not there. */
  settle(): void;
  /** Takes over what another tab has stored; true if that is another snapshot. */
  reload(): Promise<boolean>;
  hold(next: VerifiedSnapshot, scope: Scope): Promise<void>;
  /** Drops the pages that are not needed for this much of it. */
  narrow(scope: Scope, needed: readonly PageRef[]): Promise<void>;
  isKnownWithdrawn(): boolean;
  noteWithdrawn(): Promise<void>;
  /** What of these pages is on the device. */
  sizeOn(pages: readonly PageRef[]): Promise<PageSizes>;
};

export type PageSizes = { readonly packs: number; readonly bytes: number };

export function createHeldSnapshot(
  { snapshots, settings }: Pick<Ports, 'snapshots' | 'settings'>,
  trust: TrustKeeper,
): HeldSnapshot {
  const data = signal<DataState>({ kind: 'loading' });
  let snapshot: VerifiedSnapshot | undefined;
  let heldScope: Scope = null;
  let withdrawnId: string | undefined;

  async function load(): Promise<void> {
    withdrawnId = await settings.get('withdrawn-snapshot');
    await reload();
  }

  function settle(): void {
    if (data.value.kind === 'loading') data.value = { kind: 'none' };
  }

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
    if (snapshot && (isSame || whyOlder(opened.value, snapshot, isKnownWithdrawn()))) return false;
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
    const isWithdrawn = isKnownWithdrawn();
    data.value = {
      ...{ kind: 'held', publishedMs, expiresMs, packs, bytes, scope, logSize, manifestId, isWithdrawn },
    };
  }

  async function narrow(scope: Scope, needed: readonly PageRef[]): Promise<void> {
    const stored = snapshot && (await snapshots.current());
    if (!snapshot || !stored) return;
    const kept = new Set(needed.map(({ sha256 }) => sha256));
    const dropped = allPages(snapshot.manifest).flatMap(({ sha256 }) => (kept.has(sha256) ? [] : sha256));
    // No look-up may count on a page that is about to go.
    heldScope = scope;
    if (await snapshots.narrow({ ...stored, scope }, dropped)) await hold(snapshot, scope);
  }

  async function noteWithdrawn(): Promise<void> {
    if (!snapshot) return;
    withdrawnId = snapshot.id;
    await hold(snapshot, heldScope);
    await settings.set('withdrawn-snapshot', snapshot.id);
  }

  function isKnownWithdrawn(): boolean {
    return snapshot !== undefined && snapshot.id === withdrawnId;
  }

  async function sizeOn(pages: readonly PageRef[]): Promise<PageSizes> {
    const onDevice = await snapshots.heldPages();
    return sizesOf(pages.filter(({ sha256 }) => onDevice.has(sha256)));
  }

  function status(): SnapshotStatus {
    const held = data.value;
    if (held.kind === 'held' || held.kind === 'damaged') return held;
    return { kind: 'absent' };
  }

  return {
    ...{ data: data as ReadonlySignal<DataState>, current: () => snapshot, scope: () => heldScope },
    ...{ status, covers: (productCode) => coversProduct(heldScope, productCode), load, settle },
    ...{ reload, hold, narrow, isKnownWithdrawn, noteWithdrawn, sizeOn },
  };
}

export function sizesOf(pages: readonly PageRef[]): PageSizes {
  return { packs: pages.reduce((sum, { packs }) => sum + packs, 0), bytes: bytesIn(pages) };
}

/** For the screen alone: when the damaged data says that it was published, 0 where that is lost too. */
function claimedPublishedMs(stored: StoredSnapshot): number {
  const manifest = parseManifest(stored.manifest);
  return manifest.ok ? manifest.value.publishedMs : 0;
}
