// The invented packs of the demo market: some hundred batches, their expiry dates spread around today, their serials
// by chance. The shelf's packs are part of it, with the batches, dates and serials that are printed on them.
import type { Pack } from '../pack.ts';
import { assert } from '../result.ts';
import { type Chance, createChance } from './chance.ts';
import { DEMO_PRODUCTS, type DemoProduct } from './products.ts';
import { SHELF } from './shelf.ts';

export type DemoBatch = {
  readonly productCode: string;
  readonly batch: string;
  /** ISO date. */
  readonly expiry: string;
  readonly isRecalled: boolean;
  readonly packs: readonly Pack[];
};

export type DemoStock = {
  /** What stands on the shelf, each pack under its own batch. */
  readonly shelf: readonly Pack[];
  readonly batches: readonly DemoBatch[];
  /** Product codes. */
  readonly withdrawn: readonly string[];
};

export const DEMO_PACKS = 100_000;
const SEED = 950_600;
const BATCH_PACKS = 300;
const SERIAL_LENGTH = 12;
// No letters that read like digits.
const SERIAL_ALPHABET = '0123456789ABCDEFGHJKLMNPRSTUVWXYZ';

/** `packs` is the total, the shelf's included; all but the dates is the same on every day. */
export function planStock(packs: number, nowMs: number): DemoStock {
  const shelf = SHELF.flatMap(({ issued }) => issued ?? []);
  const rest = packs - shelf.length;
  const withdrawn = SHELF.filter((item) => item.withdrawn).map((item) => item.printed.productCode);
  const count = Math.max(DEMO_PRODUCTS.length, Math.round(rest / BATCH_PACKS));
  assert(rest >= count, `a market of at least ${count + shelf.length} packs`);
  const chance = createChance(SEED);
  const weights = Array.from({ length: count }, () => 50 + chance.below(101));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const batches: DemoBatch[] = [];
  let sharedOut = 0;
  let weightSeen = 0;
  for (const [i, weight] of weights.entries()) {
    weightSeen += weight;
    // At least one pack for each batch still to come.
    const upTo = Math.max(
      sharedOut + 1,
      Math.min(rest - (count - 1 - i), Math.floor((rest * weightSeen) / total)),
    );
    const product = DEMO_PRODUCTS[i % DEMO_PRODUCTS.length] as DemoProduct;
    batches.push(planBatch(product, i, upTo - sharedOut, nowMs, chance));
    sharedOut = upTo;
  }
  return { shelf, batches, withdrawn };
}

function planBatch(
  { productCode, name }: DemoProduct,
  number: number,
  size: number,
  nowMs: number,
  chance: Chance,
): DemoBatch {
  const expiry = planExpiry(nowMs, chance);
  const batch = `${name.slice(0, 3).toUpperCase()}${String(number).padStart(4, '0')}`;
  const serials = new Set<string>();
  while (serials.size < size) serials.add(chance.text(SERIAL_LENGTH, SERIAL_ALPHABET));
  return {
    ...{ productCode, batch, expiry, isRecalled: number % 60 === 20 },
    packs: [...serials].map((serial) => ({ productCode, serial, batch, expiry })),
  };
}

/** One batch in nine has expired; the others last from two months to three and a half years. */
function planExpiry(nowMs: number, chance: Chance): string {
  const months = chance.below(9) === 0 ? -1 - chance.below(18) : 2 + chance.below(40);
  const now = new Date(nowMs);
  // Day 0 of a month is the last day of the month before.
  const day = chance.below(2) === 0 ? 0 : 1 + chance.below(28);
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, day)).toISOString().slice(0, 10);
}
