// Names for product codes. Labels only: nothing is decided by them, so trouble with them is no trouble.
import { parseJson } from '../domain/shape.ts';
import { type Catalogue, catalogueShape } from '../domain/wire.ts';
import { failureOf } from './failure.ts';
import type { Ports } from './ports.ts';

const REFRESH_MS = 3_600_000;

export type NamedProduct = Catalogue['products'][number];

/** Letters that narrow a country's products down to a few. */
const TEXT_LENGTH_MIN = 2;
const FOUND_MAX = 20;

export type ProductNames = {
  nameOf(productCode: string): string | undefined;
  /** Those whose name or code has the text in it, by name; none for next to no text. */
  findProducts(text: string): readonly NamedProduct[];
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

  function findProducts(text: string): readonly NamedProduct[] {
    const sought = text.trim().toLowerCase();
    if (sought.length < TEXT_LENGTH_MIN) return [];
    const found: NamedProduct[] = [];
    for (const [productCode, name] of names)
      if (name.toLowerCase().includes(sought) || productCode.toLowerCase().includes(sought))
        found.push({ productCode, name });
    return found.sort((a, b) => a.name.localeCompare(b.name)).slice(0, FOUND_MAX);
  }

  return { nameOf: (productCode) => names.get(productCode), findProducts, load, refresh };
}

/** A pack without its name shows its code. */
async function withoutNames(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (failureOf(error) === undefined) throw error;
  }
}
