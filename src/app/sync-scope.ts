// Which pages of a snapshot the device needs for the products that it handles.
import type { ReadonlySignal } from '@preact/signals-core';
import type { BlindId } from '../domain/blinding.ts';
import type { Result } from '../domain/result.ts';
import type { Manifest, PageRef } from '../domain/snapshot/manifest.ts';
import { allPages, pagesForProducts, type Scope } from '../domain/snapshot/scope.ts';
import type { Blinder } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';

/** Holds the scope, and keeps it over restarts. */
export type ScopeKeeper = {
  readonly scope: ReadonlySignal<Scope>;
  /** Asks for epochs that the device does not know yet. Fails without throwing. */
  refresh(): Promise<void>;
  /** The scope that the device then has: as much of this one as it may have. */
  changeScope(next: Scope): Promise<Result<Scope, SyncFailure>>;
  /** A blinder that reaches these products too, as far as the server lets it. Throws as ports do. */
  reach(productCodes: readonly string[], keyIds: readonly number[]): Promise<ProductBlinder>;
};

export type ProductBlinder = Pick<Blinder, 'keyIds' | 'blindProduct'>;

/** The pages that the scope needs; `reaching` where it reaches beyond the device's own keys. Throws as ports do. */
export type PageChooser = (
  manifest: Manifest,
  scope: Scope,
  reaching?: ProductBlinder,
) => Promise<readonly PageRef[]>;

export function createPageChooser(own: ProductBlinder): PageChooser {
  // Thousands of products take a second to blind; what a product's id is never changes.
  const known = new Map<string, BlindId>();

  async function idOf(
    blinder: ProductBlinder,
    keyId: number,
    productCode: string,
  ): Promise<BlindId | undefined> {
    const name = `${keyId} ${productCode}`;
    const id = known.get(name) ?? (await blinder.blindProduct(keyId, productCode));
    if (id !== undefined) known.set(name, id);
    return id;
  }

  return async (manifest, scope, blinder = own) => {
    if (scope === null) return allPages(manifest);
    const ids: BlindId[] = [];
    for (const keyId of blinder.keyIds)
      for (const productCode of scope) {
        const id = await idOf(blinder, keyId, productCode);
        if (id !== undefined) ids.push(id);
      }
    return pagesForProducts(manifest, ids);
  };
}
