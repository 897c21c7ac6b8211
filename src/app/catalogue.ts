// Names for product codes. Labels only: nothing is decided by them, so trouble with them is no trouble.
import { parseJson } from '../domain/shape.ts';
import { type Catalogue, catalogueShape } from '../domain/wire.ts';
import { failureOf } from './failure.ts';
import type { Ports } from './ports.ts';

const REFRESH_MS = 3_600_000;

export type ProductNames = {
  nameOf(productCode: string): string | undefined;
  load(): Promise<void>;
  /** Asks the ledger at most once an hour. */
  refresh(): Promise<void>;
};

export function createProductNames({
  ledger,
  settings,
  clock,
}: Pick<Ports, 'ledger' | 'settings' | 'clock'>): ProductNames {
  let names: ReadonlyMap<string, string> = new Map();
  let refreshedMs: number | undefined;

  function use({ products }: Catalogue): void {
    names = new Map(products.map(({ productCode, name }) => [productCode, name]));
  }

  async function load(): Promise<void> {
    await withoutNames(async () => {
      const stored = parseJson((await settings.get('catalogue')) ?? '', catalogueShape);
      if (stored.ok) use(stored.value);
    });
  }

  async function refresh(): Promise<void> {
    const nowMs = clock.nowMs();
    if (refreshedMs !== undefined && Math.abs(nowMs - refreshedMs) < REFRESH_MS) return;
    await withoutNames(async () => {
      const catalogue = await ledger.catalogue();
      refreshedMs = nowMs;
      use(catalogue);
      await settings.set('catalogue', JSON.stringify(catalogue));
    });
  }

  return { nameOf: (productCode) => names.get(productCode), load, refresh };
}

/** A pack without its name shows its code. */
async function withoutNames(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (failureOf(error) === undefined) throw error;
  }
}
