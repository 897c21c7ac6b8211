// A pack's journey for one reader: the entries that concern it, each with the proof that it stands in the log. What
// moves a pack or warns of it is open to every enrolled reader; any other act of another site is withheld: that it
// happened can be seen and proven, but neither who did it nor when. Inspectors and the authority see all.
import type { BlindId, BlindPack } from '../blinding.ts';
import { encodeBase64 } from '../bytes.ts';
import { parseEvent } from '../event.ts';
import type { Operation } from '../pack.ts';
import { ok, type Result } from '../result.ts';
import type { TrailStep } from '../wire.ts';
import type { EnrolledAt } from './admission.ts';
import type { Entry } from './entry.ts';
import { type FoldView, packKey } from './fold.ts';
import { leafHash } from './merkle.ts';

/** As many as one answer holds: the newest. */
export const TRAIL_STEPS_MAX = 500;

const OPEN_TO_ALL: readonly Operation[] = ['commission', 'pack', 'ship', 'receive', 'recall', 'withdraw'];
const SEE_ALL: readonly EnrolledAt['role'][] = ['inspector', 'authority'];

export type LoggedEntry = { readonly index: number; readonly bytes: Uint8Array; readonly entry: Entry };
type LoggedEvent = { readonly organisation: string; readonly site: string; readonly bytes: Uint8Array };

/** The log as it stands under one checkpoint; `Why`: what keeps an entry from being proven. */
export type TrailView<Why extends string> = {
  /** Entries that concern this id, ascending, the newest where there are too many. */
  entriesAbout(id: BlindId): readonly LoggedEntry[];
  /** The event whose first entry has this index. */
  eventAt(index: number): LoggedEvent | undefined;
  site(event: LoggedEvent): Extract<TrailStep, { kind: 'open' }>['where'];
  pack: FoldView['pack'];
  /** The path from the entry to the checkpoint's root. */
  prove(index: number): Result<readonly Uint8Array[], Why>;
};

/** In log order. */
export function trailOf<Why extends string>(
  view: TrailView<Why>,
  pack: BlindPack,
  reader: EnrolledAt,
): Result<readonly TrailStep[], Why> {
  const own = view.entriesAbout(pack.packId);
  const record = view.pack(packKey(pack.productId, pack.packId));
  const found = new Map<number, Mention>();
  const around = [
    ...view.entriesAbout(record?.batchId ?? pack.batchId),
    ...view.entriesAbout(pack.productId),
  ];
  const mentions = [...around.map(named), ...inContainers(view, own), ...own.map(named)];
  for (const mention of mentions) found.set(mention.index, mention);
  const steps: TrailStep[] = [];
  for (const mention of [...found.values()].sort((a, b) => a.index - b.index).slice(-TRAIL_STEPS_MAX)) {
    const proof = view.prove(mention.index);
    if (!proof.ok) return proof;
    steps.push(stepOf(view, mention, proof.value.map(encodeBase64), reader));
  }
  return ok(steps);
}

/** What a trail reads, without the proofs. */
type Entries = Omit<TrailView<string>, 'prove'>;
type Mention = LoggedEntry & { readonly container: string | null };

function named(entry: LoggedEntry): Mention {
  return { ...entry, container: null };
}

/** What happened to the containers that the pack was in, each from its packing to the next. */
function inContainers(view: Entries, own: readonly LoggedEntry[]): readonly Mention[] {
  const packings = own.filter(({ entry }) => entry.operation === 'pack');
  return packings.flatMap((packing, i) => {
    const until = packings[i + 1]?.index ?? Number.POSITIVE_INFINITY;
    const [containerId] = packing.entry.containerIds;
    const container = ssccOf(view, packing);
    if (containerId === undefined || container === undefined) return [];
    return view
      .entriesAbout(containerId)
      .filter(({ index, entry }) => index > packing.index && index < until && entry.operation !== 'pack')
      .map((entry) => ({ ...entry, container }));
  });
}

function ssccOf(view: Entries, packing: LoggedEntry): string | undefined {
  const logged = eventOf(view, packing);
  const event = logged && parseEvent(logged.bytes);
  return event?.ok ? event.value.containers[0] : undefined;
}

/** The event behind an entry, which may be any of its parts. */
function eventOf(view: Entries, { index, entry }: LoggedEntry): LoggedEvent | undefined {
  return view.eventAt(index - (entry.part - 1));
}

function stepOf(view: Entries, mention: Mention, proof: readonly string[], reader: EnrolledAt): TrailStep {
  const { index, bytes, entry, container } = mention;
  const event = eventOf(view, mention);
  const isOwn = event?.organisation === reader.organisation && event.site === reader.site;
  const { operation } = entry;
  if (!isOwn && !OPEN_TO_ALL.includes(operation) && !SEE_ALL.includes(reader.role))
    return { kind: 'withheld', index, operation, leaf: encodeBase64(leafHash(bytes)), proof };
  return {
    ...{ kind: 'open', index, entry: encodeBase64(bytes), proof, container },
    where: event ? view.site(event) : null,
    // One that has passed its time is forgotten but for its place.
    event: event && isOwn && event.bytes.length > 0 ? encodeBase64(event.bytes) : null,
  };
}
