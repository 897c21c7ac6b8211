// What of a country a device holds: the products that its site handles, or everything. Pages of a snapshot are in the
// order of their products, so a scope is the pages whose ranges its products lie in.
import type { BlindId } from '../blinding.ts';
import { productCodeShape } from '../event.ts';
import { SCOPE_PRODUCTS_MAX } from '../limits.ts';
import { list, nullable } from '../shape.ts';
import { type Manifest, type PageRef, pagesForProduct } from './manifest.ts';

/** Product codes; null: every product. */
export type Scope = readonly string[] | null;

export const scopeShape = nullable(list(productCodeShape, SCOPE_PRODUCTS_MAX));

export function coversProduct(scope: Scope, productCode: string): boolean {
  return scope === null || scope.includes(productCode);
}

export function coversScope(wide: Scope, narrow: Scope): boolean {
  if (wide === null) return true;
  const codes = new Set(wide);
  return narrow?.every((each) => codes.has(each)) ?? false;
}

export function isSameScope(a: Scope, b: Scope): boolean {
  return coversScope(a, b) && coversScope(b, a);
}

/** What both cover. */
export function overlapOf(a: Scope, b: Scope): Scope {
  if (a === null || b === null) return a ?? b;
  const codes = new Set(b);
  return a.filter((each) => codes.has(each));
}

/** The pages of every layer that answer for these products, each once. */
export function pagesForProducts(
  manifest: Pick<Manifest, 'layers'>,
  productIds: readonly BlindId[],
): readonly PageRef[] {
  return [...new Set(productIds.flatMap((each) => pagesForProduct(manifest, each)))];
}

export function allPages({ layers }: Pick<Manifest, 'layers'>): readonly PageRef[] {
  return layers.flatMap(({ pages }) => pages);
}
