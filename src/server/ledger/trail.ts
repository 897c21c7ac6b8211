// A pack's journey for one reader, by the domain's rules: the entries come from the store, their proofs from the
// published files.
import type { EnrolledAt } from '../../domain/ledger/admission.ts';
import { tilePath } from '../../domain/ledger/tile.ts';
import { proveInclusion, type TileReader } from '../../domain/ledger/tile-proof.ts';
import { type LoggedEntry, TRAIL_STEPS_MAX, type TrailView, trailOf } from '../../domain/ledger/trail.ts';
import type { Pack } from '../../domain/pack.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { TrailResponse } from '../../domain/wire.ts';
import { blindPackOf } from './blind-event.ts';
import { openEntry } from './logged-entries.ts';
import type { Publisher } from './publisher.ts';
import type { ServerBlinder } from './server-blinder.ts';
import type { Store } from './store.ts';

export type TrailParts = {
  readonly store: Store;
  readonly blinder: ServerBlinder;
  readonly publisher: Publisher;
};

/** `unavailable`: the published files could not be read. */
export function publishedTrail(
  { store, blinder, publisher }: TrailParts,
  pack: Pack,
  reader: EnrolledAt,
): Result<TrailResponse, 'unavailable'> {
  const { note } = publisher.published();
  const steps = trailOf(viewOf(store, publisher), blindPackOf(pack, blinder, store), reader);
  return steps.ok ? ok({ checkpoint: note, steps: steps.value }) : steps;
}

function viewOf(store: Store, publisher: Publisher): TrailView<'unavailable'> {
  const { size } = publisher.published();
  return {
    pack: store.pack,
    eventAt: store.eventAt,
    entriesAbout: (id) =>
      store.mentions(id, TRAIL_STEPS_MAX).flatMap((index): readonly LoggedEntry[] => {
        const bytes = index < size ? store.ledgerLog.entry(index) : undefined;
        return bytes ? [{ index, bytes, entry: openEntry(bytes, index) }] : [];
      }),
    site({ organisation, site }) {
      const known = store.site(organisation, site);
      return known ? { organisation: known.organisationName, site: known.siteName, role: known.role } : null;
    },
    prove: publishedProofs(publisher),
  };
}

/** Proofs of one answer share most of their tiles, so each tile is read once. */
export function publishedProofs({ published, readTile }: Publisher): TrailView<'unavailable'>['prove'] {
  const { size } = published();
  const read = remember(readTile);
  return (index) => {
    const proof = proveInclusion(index, size, read);
    return proof.ok ? proof : err('unavailable', `entry ${index}: ${proof.error}`);
  };
}

function remember(read: TileReader): TileReader {
  const tiles = new Map<string, Uint8Array | undefined>();
  return (tile) => {
    const path = tilePath(tile);
    if (!tiles.has(path)) tiles.set(path, read(tile));
    return tiles.get(path);
  };
}
