// What must hold from one entry to the next: each is an entry, receipt times never fall, and an event's parts stand
// together, in order and complete. Words say what is wrong; the caller says where.
import { type Entry, parseEntry } from '../../domain/ledger/entry.ts';
import { parseSnapshotLeaf } from '../../domain/snapshot/manifest.ts';

export type LeafCheck = {
  /** Undefined: nothing is wrong with it. */
  check(index: number, bytes: Uint8Array): string | undefined;
  /** After the last one. */
  end(): string | undefined;
};

export function createEntryCheck(): LeafCheck {
  let last: Entry | undefined;
  let firstIndex = 0;

  function check(index: number, bytes: Uint8Array): string | undefined {
    const parsed = parseEntry(bytes);
    if (!parsed.ok) return `it is not an entry (${parsed.detail})`;
    const entry = parsed.value;
    if (entry.part === 1) firstIndex = index;
    const fault = faultAfter(last, entry) ?? faultIn(entry, firstIndex);
    last = entry;
    return fault;
  }

  return { check, end: () => (last && last.part < last.parts ? lacking(last) : undefined) };
}

function faultAfter(last: Entry | undefined, entry: Entry): string | undefined {
  if (last && entry.receiptTimeMs < last.receiptTimeMs)
    return `it was received at ${entry.receiptTimeMs}, before the entry above it at ${last.receiptTimeMs}`;
  const isNext = last !== undefined && last.part < last.parts;
  if (!isNext)
    return entry.part === 1 ? undefined : `it is part ${entry.part} of an event that does not begin`;
  const continues = entry.part === last.part + 1 && entry.parts === last.parts && isSameEvent(last, entry);
  return continues ? undefined : `${lacking(last)}, where this one stands`;
}

function faultIn(entry: Entry, firstIndex: number): string | undefined {
  return entry.undoesIndex !== undefined && entry.undoesIndex >= firstIndex
    ? `it undoes entry ${entry.undoesIndex}, which does not stand above it`
    : undefined;
}

/** All that an event's parts share; packs, batch and expiry may differ. */
function isSameEvent(a: Entry, b: Entry): boolean {
  return (
    a.eventId === b.eventId &&
    a.market === b.market &&
    a.operation === b.operation &&
    a.undoesIndex === b.undoesIndex &&
    a.receiptTimeMs === b.receiptTimeMs &&
    a.actor.organisationId === b.actor.organisationId &&
    a.actor.siteId === b.actor.siteId &&
    a.actor.deviceId === b.actor.deviceId
  );
}

function lacking({ part, parts, eventId }: Entry): string {
  return `event ${eventId} lacks part ${part + 1} of ${parts}`;
}

/** The snapshot log's leaves; tells of each manifest that no later leaf has voided. */
export function createLeafCheck(): LeafCheck & {
  /** Manifest ids by the index of their leaf. */
  manifests(): ReadonlyMap<number, string>;
} {
  const manifests = new Map<number, string>();
  return {
    check(index, bytes) {
      const leaf = parseSnapshotLeaf(bytes);
      if (!leaf.ok) return 'it is neither a manifest nor a void leaf';
      if (leaf.value.kind === 'manifest') manifests.set(index, leaf.value.id);
      else if (leaf.value.index >= index)
        return `it voids leaf ${leaf.value.index}, which does not stand above it`;
      else manifests.delete(leaf.value.index);
      return undefined;
    },
    end: () => undefined,
    manifests: () => manifests,
  };
}
