// Keeps the device's snapshot fresh. A new one is used only once its manifest is proven to stand in the snapshot log,
// both logs are proven to continue what this device saw before, and every page is stored; until then, and whenever
// anything fails, the last good one stays in use and the screen says how old it is.
import { signal } from '@preact/signals-core';
import { ok } from '../domain/result.ts';
import type { PageRef } from '../domain/snapshot/manifest.ts';
import { isSameScope } from '../domain/snapshot/scope.ts';
import { guarded } from './failure.ts';
import { createHeldSnapshot } from './held-snapshot.ts';
import type { Ports } from './ports.ts';
import { createScopeChange } from './scope-change.ts';
import { createSnapshotRefresh, type RefreshContext } from './snapshot-refresh.ts';
import type { SyncModel, SyncState } from './sync-model.ts';
import type { HeldData } from './verifier.ts';

export type SyncContext = Omit<RefreshContext, 'ports' | 'held' | 'damagedPages' | 'onProgress'> & {
  readonly ports: RefreshContext['ports'] & Pick<Ports, 'locks' | 'settings'>;
};

export type Sync = SyncModel & {
  readonly held: HeldData;
  /** Reads and verifies what the device holds already. */
  load(): Promise<void>;
  readonly currentId: () => string | undefined;
};

export function createSync(context: SyncContext): Sync {
  const { ports, trust, follower, keeper, pagesInScope, onAdopted } = context;
  const state = signal<SyncState>({ kind: 'idle' });
  const damagedPages = new Set<string>();
  const held = createHeldSnapshot(ports, trust);
  const refresh = createSnapshotRefresh({
    ...{ ...context, held, damagedPages },
    onProgress: (loading) => {
      state.value = loading;
    },
  });
  const scopeChange = createScopeChange({ held, keeper, pagesInScope, onChanged: () => void syncScope() });
  let setReady = () => {};
  const readiness = new Promise<void>((resolve) => {
    setReady = resolve;
  });
  let running: Promise<void> | undefined;

  async function load(): Promise<void> {
    const loaded = await guarded(async () => {
      await follower.loadEvidence();
      await held.load();
      const snapshot = held.current();
      if (snapshot) await onAdopted(snapshot.ledgerCheckpoint.size);
      return ok(undefined);
    });
    if (!loaded.ok) state.value = { kind: 'failed', why: loaded.error };
    held.settle();
    setReady();
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
    const synced = await guarded(() => ports.locks.inTurn('sync', refresh.refresh));
    if (!synced.ok) await guarded(refresh.noteWithdrawal);
    state.value = synced.ok ? { kind: 'idle' } : { kind: 'failed', why: synced.error };
  }

  async function syncScope(): Promise<void> {
    await syncNow();
    // It had begun before the change.
    if (state.value.kind === 'idle' && !isSameScope(held.scope(), keeper.scope.value)) await syncNow();
  }

  function reportDamage(page: PageRef): void {
    damagedPages.add(page.sha256);
    void syncNow();
  }

  const { current, covers, status, reload } = held;
  const { evidence, missing, demands } = follower;
  return {
    ...{ data: held.data, state, evidence, missing, demands, ...scopeChange, syncNow },
    ...{ held: { ready: () => readiness, current, covers, status, reload, reportDamage } },
    ...{ load, currentId: () => current()?.id },
  };
}
