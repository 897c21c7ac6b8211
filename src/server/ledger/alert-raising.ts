// Raises an event's alerts in the transaction that takes the event in, so that neither is ever there without the other.
// What is looked up for it is bounded, since a sender chooses how many packs to repeat.
import { alertsOf, type Raised, type RaisingEvent, type RaisingView } from '../../domain/alerts/raising.ts';
import type { Entry } from '../../domain/ledger/entry.ts';
import type { MarketRules } from '../../domain/market.ts';
import { distanceKm } from '../../domain/position.ts';
import { assert } from '../../domain/result.ts';
import { keptUntil } from '../../domain/retention.ts';
import type { Place } from './alert-store.ts';
import { entryAt } from './logged-entries.ts';
import type { Store } from './store.ts';

export type AlertRaising = {
  /** Works out what the event raises, before anything of it is written. */
  raisedBy(raising: RaisingEvent): Raised;
  /** Writes it. */
  keep(raising: RaisingEvent, raised: Raised): void;
};

/** Of one pack: journeys are shorter, and one that is not has been looked at. */
const ENTRIES_MAX = 64;
/** Sightings past the market's hours go now and then. */
const SIGHTINGS_BETWEEN_SWEEPS = 1_000;

export function createAlertRaising(store: Store, rules: MarketRules): AlertRaising {
  let sightings = 0;

  function viewOf(attempt: Place): RaisingView {
    // Packs of one event have mostly met the same few others.
    const entries = new Map<number, Entry | undefined>();
    const entry = (index: number) => {
      if (!entries.has(index)) entries.set(index, entryAt(store.ledgerLog, index));
      return entries.get(index);
    };
    const since = (index: number, id: string) =>
      store
        .mentions(id, ENTRIES_MAX)
        .filter((at) => at > index)
        .flatMap((at) => entry(at) ?? []);
    return {
      entry,
      pack: store.pack,
      sighting: store.sighting,
      hasSightings: store.hasSightings,
      repeatsSince: (index, { operation, actor }, packId, max) => {
        const isRepeat = (made: Entry) => made.operation === operation && made.actor.siteId === actor.siteId;
        return Math.min(max, since(index, packId).filter(isRepeat).length);
      },
      distanceKm: (index) => distanceBetween(store, attempt, store.eventAt(index)),
      hasMovedSince(index, packId) {
        const isTravel = ({ operation }: Entry) => operation === 'ship' || operation === 'receive';
        if (since(index, packId).some(isTravel)) return true;
        const containers = since(-1, packId).findLast(({ operation }) => operation === 'pack')?.containerIds;
        return containers?.some((id) => since(index, id).some(isTravel)) ?? false;
      },
    };
  }

  function keep({ id, event, index, parts }: RaisingEvent, { alerts, sightings: seen }: Raised): void {
    if (alerts.length === 0 && seen.size === 0) return;
    const raisedMs = parts[0]?.receiptTimeMs;
    assert(raisedMs !== undefined, 'an event has an entry');
    const attempt = { organisation: event.organisation, site: event.site };
    const places = new Map<number, Place | undefined>();
    for (const { pack: position, state, earlierIndex, ...alert } of alerts) {
      const pack = event.packs[position];
      assert(pack, 'an alert is about a pack of its event');
      if (earlierIndex !== undefined && !places.has(earlierIndex))
        places.set(earlierIndex, otherPlace(attempt, store.eventAt(earlierIndex)));
      const { productCode, serial, batch, expiry } = pack;
      store.addAlert({
        ...{ ...alert, raisedMs, eventId: id, index, earlierIndex, operation: event.operation },
        ...{ packState: state, pack: { productCode, serial, batch, expiry }, attempt },
        earlier: earlierIndex === undefined ? undefined : places.get(earlierIndex),
        keptUntil: keptUntil(raisedMs, [expiry], rules),
      });
    }
    for (const [key, sighting] of seen) store.putSighting(key, sighting);
    sightings += seen.size;
    if (sightings < SIGHTINGS_BETWEEN_SWEEPS) return;
    sightings = 0;
    store.forgetSightingsBefore(raisedMs - rules.copiedSerial.withinMs);
  }

  return { raisedBy: (raising) => alertsOf(raising, viewOf(raising.event), rules), keep };
}

/** Undefined: one of the two places is not known. */
export function distanceBetween(
  { site }: Pick<Store, 'site'>,
  one: Place,
  other: Place | undefined,
): number | undefined {
  const here = site(one.organisation, one.site)?.position;
  const there = other && site(other.organisation, other.site)?.position;
  return here && there && distanceKm(here, there);
}

/** Undefined: the same site's own act, or one of this very event. */
function otherPlace(attempt: Place, met: Place | undefined): Place | undefined {
  if (!met || (met.organisation === attempt.organisation && met.site === attempt.site)) return undefined;
  return { organisation: met.organisation, site: met.site };
}
