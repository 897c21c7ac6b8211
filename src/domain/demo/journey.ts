// What happens to the demo market's packs, in the order of the trade: made, packed on pallets, shipped to two
// wholesalers, repacked for three pharmacies, handed out or lost on the way, and at last the recalls. Pure: who signs
// and sends the acts is the server's business.
import { gs1CheckDigit } from '../codes/check-digit.ts';
import { type Decommission, expiryNumber, isExpired, type Operation, type Pack } from '../pack.ts';
import { type Chance, createChance } from './chance.ts';
import type { DemoActor } from './places.ts';
import { SHELF } from './shelf.ts';
import { type DemoStock, planStock } from './stock.ts';

export type DemoAct = {
  readonly actor: DemoActor;
  readonly operation: Operation;
  readonly packs: readonly Pack[];
  readonly containers: readonly string[];
  /** Batch null: the whole product. */
  readonly batches: readonly { readonly productCode: string; readonly batch: string | null }[];
  readonly reason: string | null;
};

const SEED = 161;
const COMMISSION_PACKS = 2_500;
const PALLET_PACKS = 1_000;
const TOTE_PACKS = 250;
const SUPPLY_PACKS = 1_500;
const SHIPMENT_CONTAINERS = 20;

const WHOLESALERS = ['north', 'south'] as const;
const PHARMACIES = ['linden', 'harbour', 'station'] as const;

/** Every act of a market with that many packs, in an order in which the ledger accepts each of them. */
export function* demoActs(packs: number, nowMs: number): Generator<DemoAct> {
  const stock = planStock(packs, nowMs);
  const chance = createChance(SEED);
  const sscc = createSsccs();
  yield* shelfActs(stock.shelf, sscc);
  const all = stock.batches.flatMap((batch) => batch.packs);
  yield* inPieces(all, COMMISSION_PACKS, (piece) => act('maker', 'commission', piece));
  const sellable = (pack: Pack) =>
    !isExpired(expiryNumber(pack.expiry), nowMs) && !stock.withdrawn.includes(pack.productCode);
  // A seventh is still at the maker's.
  const keptCount = Math.floor(all.length / 7);
  const kept = spread(all, keptCount, chance);
  yield* lose('maker', kept, ['sample', 'free-sample', 'lock', 'destroy'], 0.06, sellable, chance);
  const keptSet = new Set(kept);
  const shipped = all.filter((pack) => !keptSet.has(pack));
  const half = Math.ceil(shipped.length / 2);
  yield* delivery('maker', 'north', shipped.slice(0, half), PALLET_PACKS, sscc);
  yield* delivery('maker', 'south', shipped.slice(half), PALLET_PACKS, sscc);
  for (const [i, wholesaler] of WHOLESALERS.entries())
    yield* onward(wholesaler, i === 0 ? shipped.slice(0, half) : shipped.slice(half), sellable, chance, sscc);
  yield* recalls(stock);
}

/** From a wholesaler to the pharmacies, and to those who buy there. */
function* onward(
  wholesaler: DemoActor,
  received: readonly Pack[],
  sellable: (pack: Pack) => boolean,
  chance: Chance,
  sscc: () => string,
): Generator<DemoAct> {
  const sold = spread(received, Math.floor(received.length * 0.5), chance);
  const soldSet = new Set(sold);
  const left = received.filter((pack) => !soldSet.has(pack));
  yield* lose(wholesaler, left, ['export', 'export', 'destroy', 'stolen', 'lock'], 0.12, sellable, chance);
  const share = Math.ceil(sold.length / PHARMACIES.length);
  for (const [i, pharmacy] of PHARMACIES.entries()) {
    const delivered = sold.slice(i * share, (i + 1) * share);
    if (delivered.length === 0) continue;
    yield* delivery(wholesaler, pharmacy, delivered, TOTE_PACKS, sscc);
    const supplied = spread(delivered, Math.floor(delivered.length * 0.6), chance).filter(sellable);
    yield* inPieces(supplied, SUPPLY_PACKS, (piece) => act(pharmacy, 'supply', piece));
    const suppliedSet = new Set(supplied);
    const remaining = delivered.filter((pack) => !suppliedSet.has(pack));
    // What pharmacies may do in every market.
    yield* lose(pharmacy, remaining, ['destroy', 'sample'], 0.08, sellable, chance);
  }
}

/** Packs go into containers, the containers on their way and into the other's hands. */
function* delivery(
  from: DemoActor,
  to: DemoActor,
  packs: readonly Pack[],
  containerPacks: number,
  sscc: () => string,
): Generator<DemoAct> {
  const containers: string[] = [];
  for (let at = 0; at < packs.length; at += containerPacks) {
    const container = sscc();
    containers.push(container);
    yield { ...act(from, 'pack', packs.slice(at, at + containerPacks)), containers: [container] };
  }
  for (const operation of ['ship', 'receive'] as const)
    for (let at = 0; at < containers.length; at += SHIPMENT_CONTAINERS)
      yield {
        ...act(operation === 'ship' ? from : to, operation, []),
        containers: containers.slice(at, at + SHIPMENT_CONTAINERS),
      };
}

const REASONS: Partial<Record<Operation, string>> = {
  destroy: 'damaged in storage',
  stolen: 'missing from a delivery',
  lock: 'under investigation',
};

/** A part of the packs leaves the trade in one of the ways given, in equal shares. */
function* lose(
  actor: DemoActor,
  packs: readonly Pack[],
  ways: readonly Decommission[],
  part: number,
  sellable: (pack: Pack) => boolean,
  chance: Chance,
): Generator<DemoAct> {
  const lost = spread(packs, Math.max(ways.length, Math.floor(packs.length * part)), chance);
  const share = Math.ceil(lost.length / ways.length);
  for (const [i, way] of ways.entries()) {
    const some = lost.slice(i * share, (i + 1) * share);
    const may = way === 'free-sample' || way === 'export' ? some.filter(sellable) : some;
    if (may.length > 0) yield act(actor, way, may);
  }
}

/** Where the packs of the shelf have been; each ends in the state that its title promises. */
function* shelfActs(shelf: readonly Pack[], sscc: () => string): Generator<DemoAct> {
  yield act('maker', 'commission', shelf);
  const endings = SHELF.flatMap(({ issued, decommission }) =>
    issued && decommission ? [{ pack: issued, way: decommission, actor: SHELF_ENDINGS[decommission] }] : [],
  );
  const endAt = (actor: DemoActor) => endings.filter((ending) => ending.actor === actor);
  const staysAt = (actor: DemoActor) => new Set(endAt(actor).map(({ pack }) => pack));
  const atNorth = shelf.filter((pack) => !staysAt('maker').has(pack));
  yield* delivery('maker', 'north', atNorth, PALLET_PACKS, sscc);
  const atLinden = atNorth.filter((pack) => !staysAt('north').has(pack));
  yield* delivery('north', 'linden', atLinden, TOTE_PACKS, sscc);
  for (const { pack, way, actor } of endings) yield act(actor, way, [pack]);
}

const SHELF_ENDINGS: Readonly<Record<Decommission, DemoActor>> = {
  supply: 'linden',
  destroy: 'linden',
  sample: 'linden',
  lock: 'north',
  export: 'north',
  stolen: 'north',
  'free-sample': 'maker',
};

function* recalls(stock: DemoStock): Generator<DemoAct> {
  const recalled = [
    ...SHELF.filter((item) => item.recalled).map((item) => item.printed),
    ...stock.batches.filter((batch) => batch.isRecalled),
  ];
  for (const { productCode, batch } of recalled)
    yield {
      ...act('authority', 'recall', []),
      batches: [{ productCode, batch }],
      reason: 'impurity above the limit',
    };
  for (const productCode of stock.withdrawn)
    yield {
      ...act('authority', 'withdraw', []),
      batches: [{ productCode, batch: null }],
      reason: 'marketing authorisation suspended',
    };
}

function act(actor: DemoActor, operation: Operation, packs: readonly Pack[]): DemoAct {
  return { actor, operation, packs, containers: [], batches: [], reason: REASONS[operation] ?? null };
}

function* inPieces(
  packs: readonly Pack[],
  size: number,
  make: (piece: readonly Pack[]) => DemoAct,
): Generator<DemoAct> {
  for (let at = 0; at < packs.length; at += size) yield make(packs.slice(at, at + size));
}

/** `count` of the packs, taken from everywhere, in their order. */
function spread(packs: readonly Pack[], count: number, chance: Chance): readonly Pack[] {
  const chosen: Pack[] = [];
  packs.forEach((pack, i) => {
    // Selection sampling: each pack with the chance that still fills the count.
    if (chance.below(packs.length - i) < count - chosen.length) chosen.push(pack);
  });
  return chosen;
}

/** SSCCs on GS1's demo prefix. */
function createSsccs(): () => string {
  let number = 0;
  return () => {
    const body = `09506000${String(++number).padStart(9, '0')}`;
    return body + gs1CheckDigit(body);
  };
}
