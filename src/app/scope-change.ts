// Changing what the device holds data of: what is left out is dropped at once, what is new is then loaded, and what a
// choice would take can be told before.
import { err, ok, type Result } from '../domain/result.ts';
import { coversScope, overlapOf, type Scope } from '../domain/snapshot/scope.ts';
import { guarded } from './failure.ts';
import { type HeldSnapshot, sizesOf } from './held-snapshot.ts';
import type { ScopeSize, SyncFailure, SyncModel } from './sync-model.ts';
import type { PageChooser, ScopeKeeper } from './sync-scope.ts';

export type ScopeChangeContext = {
  readonly held: HeldSnapshot;
  readonly keeper: ScopeKeeper;
  readonly pagesInScope: PageChooser;
  /** There may be something to load. */
  onChanged(): void;
};

export function createScopeChange(
  context: ScopeChangeContext,
): Pick<SyncModel, 'scope' | 'changeScope' | 'sizeOf'> {
  const { held, keeper, pagesInScope, onChanged } = context;

  async function changeScope(next: Scope): Promise<Result<Scope, SyncFailure>> {
    const changed = await keeper.changeScope(next);
    if (!changed.ok) return changed;
    const narrowed = await guarded(dropOutside);
    onChanged();
    return narrowed.ok ? changed : narrowed;
  }

  async function dropOutside(): Promise<Result<undefined, SyncFailure>> {
    const snapshot = held.current();
    if (!snapshot || coversScope(keeper.scope.value, held.scope())) return ok(undefined);
    const scope = overlapOf(held.scope(), keeper.scope.value);
    await held.narrow(scope, await pagesInScope(snapshot.manifest, scope));
    return ok(undefined);
  }

  function sizeOf(scope: Scope): Promise<Result<ScopeSize, SyncFailure | 'no-data'>> {
    return guarded(async () => {
      const snapshot = held.current();
      if (!snapshot) return err('no-data');
      // Of products whose keys the device does not hold yet, too.
      const pages = await pagesInScope(snapshot.manifest, scope, await keeper.reach(scope ?? [], []));
      const { bytes, packs } = sizesOf(pages);
      return ok({ bytes, bytesToLoad: bytes - (await held.sizeOn(pages)).bytes, packs });
    });
  }

  return { scope: keeper.scope, changeScope, sizeOf };
}
