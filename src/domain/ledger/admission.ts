// Whether a correctly signed event may enter the log at all: it must follow its device's chain, come from where the
// device is enrolled, and do what the market allows there. What it then does to packs is the fold's business.
import type { PackEvent } from '../event.ts';
import type { MarketRules, Role } from '../market.ts';
import type { Rejection } from '../receipt.ts';

/** Where a device's chain of events stands: what its next one has to be. */
export type DeviceChain = { readonly nextSequence: number; readonly previous: string };

export type EnrolledAt = { readonly organisation: string; readonly site: string; readonly role: Role };

/** `broken`: another event holds this place already; a cloned or restored device. */
export function chainStepOf(event: PackEvent, chain: DeviceChain): 'next' | 'gap' | 'broken' {
  if (event.sequence > chain.nextSequence) return 'gap';
  return event.sequence === chain.nextSequence && event.previous === chain.previous ? 'next' : 'broken';
}

/** `isPlaced`: whether the log holds the event of this id. */
export function refusalOf(
  event: PackEvent,
  device: EnrolledAt,
  rules: MarketRules,
  isPlaced: (id: string) => boolean,
): Rejection | undefined {
  if (event.market !== rules.market) return 'wrong-market';
  if (event.organisation !== device.organisation || event.site !== device.site) return 'not-your-site';
  if (!rules.allowed[device.role].includes(event.operation)) return 'operation-not-allowed';
  return event.undoes !== null && !isPlaced(event.undoes) ? 'unknown-undo-target' : undefined;
}
