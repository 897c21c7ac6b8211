// A pack's journey: asked for here, and checked by what is loaded with the first one (trail-check.ts).
import { type ReadonlySignal, signal } from '@preact/signals-core';
import type { Pack } from '../domain/pack.ts';
import type { Result } from '../domain/result.ts';
import { guarded } from './failure.ts';
import type { SyncFailure } from './sync-model.ts';
import type { Shown, TrailContext, TrailFailure } from './trail-check.ts';
import type { TrailModel, TrailState, TrailStepView } from './trail-model.ts';

export function createTrail(context: TrailContext): TrailModel {
  const { ledger, follower } = context;
  const state = signal<TrailState>({ kind: 'closed' });
  let newest = 0;

  async function open(pack: Pack): Promise<void> {
    const mine = ++newest;
    state.value = { kind: 'loading' };
    const shown = await checked(pack);
    if (mine === newest) state.value = shown;
  }

  async function checked(pack: Pack): Promise<TrailState> {
    const checking = await import('./trail-check.ts').catch(() => undefined);
    // The network broke off before its part of the app came; the browser has logged what could not be fetched.
    if (!checking) return { kind: 'failed', why: 'offline' };
    const shown = await guarded<Shown, TrailFailure>(async () =>
      checking.checkTrail(context, pack, await ledger.trail(pack)),
    );
    return shown.ok ? shown.value : { kind: 'failed', why: shown.error };
  }

  async function exportProof(step: TrailStepView): Promise<Result<string, SyncFailure>> {
    const { exportProof: encode } = await import('./proof-export.ts');
    return encode(ledger, follower, step);
  }

  function close(): void {
    newest += 1;
    state.value = { kind: 'closed' };
  }

  return { state: state as ReadonlySignal<TrailState>, open, exportProof, close };
}
