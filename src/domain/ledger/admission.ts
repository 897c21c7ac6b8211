// Whether a correctly signed event may enter the log at all: it must follow its device's chain, come from where the
// device is enrolled, and do what the market allows there. What it then does to packs is the fold's business.
import type { PackEvent } from '../event.ts';
import type { MarketRules, Role } from '../market.ts';
import type { Rejection } from '../receipt.ts';

/** Where a device's chain of events stands: what its next one has to be. */
export type DeviceChain = { readonly nextSequence: number; readonly previous: string };

export type EnrolledAt = { readonly organisation: string; readonly site: string; readonly role: Role };

/**
 * - `next`: follows the chain. One whose predecessor is lost for good, as its device says, does so past the gap.
 * - `late`: nothing holds its place, since it was once given up for lost.
 * - `broken`: another event holds this place already, or one before it: a cloned or restored device.
 */
export type ChainStep = 'next' | 'late' | 'gap' | 'broken';

export type ChainView = {
  /** Whether an event of the device's chain holds this place. */
  holds(sequence: number): boolean;
  /** Whether the event of this id is kept beside the chain. */
  isAside(id: string): boolean;
};

export function chainStepOf(
  { sequence, previous }: Pick<PackEvent, 'sequence' | 'previous'>,
  chain: DeviceChain,
  view: ChainView,
  isAfterLoss = false,
): ChainStep {
  if (sequence === chain.nextSequence && previous === chain.previous) return 'next';
  if (sequence < chain.nextSequence) return view.holds(sequence) ? 'broken' : 'late';
  if (sequence === chain.nextSequence || view.isAside(previous)) return 'broken';
  return isAfterLoss ? 'next' : 'gap';
}

/** `placed`: the event of this id, where the log holds it. */
export function refusalOf(
  event: PackEvent,
  device: EnrolledAt,
  rules: MarketRules,
  placed: (id: string) => Pick<PackEvent, 'opened'> | undefined,
): Rejection | undefined {
  if (event.market !== rules.market) return 'wrong-market';
  if (event.organisation !== device.organisation || event.site !== device.site) return 'not-your-site';
  if (!rules.allowed[device.role].includes(event.operation)) return 'operation-not-allowed';
  if (event.undoes === null) return undefined;
  const target = placed(event.undoes);
  if (!target) return 'unknown-undo-target';
  // What is left of an opened pack must not be supplied as a whole one. The log cannot know it, so the door does.
  return target.opened ? 'undo-of-opened' : undefined;
}

/** Whether all that the event names by product is among these; null: every product is. */
export function isWithin({ packs, batches }: PackEvent, products: ReadonlySet<string> | null): boolean {
  return products === null || [...packs, ...batches].every(({ productCode }) => products.has(productCode));
}
