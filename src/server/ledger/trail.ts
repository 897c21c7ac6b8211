// A pack's journey for one reader: the entries that concern it, each with the proof that it stands in the published
// log. What moves a pack or warns of it is open to every enrolled reader; any other act of another site is withheld:
// that it happened can be seen and proven, but neither who did it nor when. Inspectors and the authority see all.

import type { BlindId } from '../../domain/blinding.ts';
import { encodeBase64 } from '../../domain/bytes.ts';
import { parseEvent } from '../../domain/event.ts';
import type { Entry } from '../../domain/ledger/entry.ts';
import { packKey } from '../../domain/ledger/fold.ts';
import { tilePath } from '../../domain/ledger/tile.ts';
import { proveInclusion, type TileReader } from '../../domain/ledger/tile-proof.ts';
import type { Operation, Pack } from '../../domain/pack.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { TrailResponse, TrailStep } from '../../domain/wire.ts';
import { blindPackOf } from './blind-event.ts';
import type { TrailReader } from './ledger.ts';
import { openEntry } from './logged-entries.ts';
import type { Publisher } from './publisher.ts';
import type { ServerBlinder } from './server-blinder.ts';
import type { Store, StoredEvent } from './store.ts';

const STEPS_MAX = 500;

const OPEN_TO_ALL: readonly Operation[] = ['commission', 'pack', 'ship', 'receive', 'recall', 'withdraw'];
const SEE_ALL: readonly TrailReader['role'][] = ['inspector', 'authority'];

export type TrailParts = {
  readonly store: Store;
  readonly blinder: ServerBlinder;
  readonly publisher: Publisher;
};

/** An entry that concerns the pack, and the container through which it does. */
type Mention = {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly entry: Entry;
  readonly container: string | null;
};

/** `unavailable`: the published files could not be read. */
export function trailOf(
  { store, blinder, publisher }: TrailParts,
  pack: Pack,
  reader: TrailReader,
): Result<TrailResponse, 'unavailable'> {
  const { size, note } = publisher.published();
  const read = remember(publisher.readTile);
  const steps: TrailStep[] = [];
  for (const mention of mentionsOfPack(store, blinder, pack, size)) {
    const proof = proveInclusion(mention.index, size, read);
    if (!proof.ok) return err('unavailable', `entry ${mention.index}: ${proof.error}`);
    steps.push(stepOf(store, mention, proof.value.map(encodeBase64), reader));
  }
  return ok({ checkpoint: note, steps });
}

/** In log order, the newest where there are too many. */
function mentionsOfPack(
  store: Store,
  blinder: ServerBlinder,
  pack: Pack,
  logSize: number,
): readonly Mention[] {
  const { productId, packId, batchId } = blindPackOf(pack, blinder, store);
  const record = store.pack(packKey(productId, packId));
  const about = (id: BlindId) => entriesAbout(store, id, logSize);
  const own = about(packId);
  const found = new Map<number, Mention>();
  for (const mention of about(record?.batchId ?? batchId)) found.set(mention.index, mention);
  for (const mention of about(productId)) found.set(mention.index, mention);
  for (const mention of inContainers(store, own, logSize)) found.set(mention.index, mention);
  for (const mention of own) found.set(mention.index, mention);
  return [...found.values()].sort((a, b) => a.index - b.index).slice(-STEPS_MAX);
}

function entriesAbout(store: Store, id: BlindId, logSize: number): readonly Mention[] {
  return store.mentions(id, STEPS_MAX).flatMap((index) => {
    const bytes = index < logSize ? store.ledgerLog.entry(index) : undefined;
    return bytes ? [{ index, bytes, entry: openEntry(bytes, index), container: null }] : [];
  });
}

/** What happened to the containers that the pack was in, each from its packing to the next. */
function inContainers(store: Store, own: readonly Mention[], logSize: number): readonly Mention[] {
  const packings = own.filter(({ entry }) => entry.operation === 'pack');
  return packings.flatMap(({ index, entry }, i) => {
    const until = packings[i + 1]?.index ?? logSize;
    const [containerId] = entry.containerIds;
    const container = ssccOf(store, index, entry);
    if (containerId === undefined || container === undefined) return [];
    return entriesAbout(store, containerId, logSize)
      .filter(
        (mention) => mention.index > index && mention.index < until && mention.entry.operation !== 'pack',
      )
      .map((mention) => ({ ...mention, container }));
  });
}

function ssccOf(store: Store, index: number, entry: Entry): string | undefined {
  const stored = eventOf(store, index, entry);
  const event = stored && parseEvent(stored.bytes);
  return event?.ok ? event.value.containers[0] : undefined;
}

/** The event behind an entry, which may be any of its parts. */
function eventOf(store: Store, index: number, entry: Entry): StoredEvent | undefined {
  return store.eventAt(index - (entry.part - 1));
}

function stepOf(
  store: Store,
  { index, bytes, entry, container }: Mention,
  proof: readonly string[],
  reader: TrailReader,
): TrailStep {
  const event = eventOf(store, index, entry);
  const isOwn = event?.organisation === reader.organisation && event.site === reader.site;
  const { operation } = entry;
  if (!isOwn && !OPEN_TO_ALL.includes(operation) && !SEE_ALL.includes(reader.role)) {
    const leaf = encodeBase64(store.ledgerLog.leafHash(index) ?? new Uint8Array(0));
    return { kind: 'withheld', index, operation, leaf, proof };
  }
  const site = event && store.site(event.organisation, event.site);
  return {
    ...{ kind: 'open', index, entry: encodeBase64(bytes), proof, container },
    where: site ? { organisation: site.organisationName, site: site.siteName, role: site.role } : null,
    event: event && isOwn ? encodeBase64(event.bytes) : null,
  };
}

/** Proofs of one answer share most of their tiles. */
export function remember(read: TileReader): TileReader {
  const tiles = new Map<string, Uint8Array | undefined>();
  return (tile) => {
    const path = tilePath(tile);
    if (!tiles.has(path)) tiles.set(path, read(tile));
    return tiles.get(path);
  };
}
