// Folds the ledger's entries up to a size, as the sequencer folded them. What is stored is always a proven beginning
// of the signed log: a stretch of entries is committed only when the root that they give leads, through the log's
// tiles, to the signed one. A process killed anywhere goes on from the last stretch.
import { encodeBase64, equalBytes } from '../../domain/bytes.ts';
import type { VerifiedCheckpoint } from '../../domain/ledger/checkpoint.ts';
import { type Entry, parseEntry } from '../../domain/ledger/entry.ts';
import { foldEvent } from '../../domain/ledger/fold.ts';
import { leafHash } from '../../domain/ledger/merkle.ts';
import { EVENT_BATCHES_MAX, EVENT_PACKS_MAX } from '../../domain/limits.ts';
import { findMarket } from '../../domain/market.ts';
import { createEntryCheck } from '../check/entry-order.ts';
import type { LogSource } from '../check/log-source.ts';
import type { AuditFault } from './audit-fault.ts';
import type { AuditStore } from './audit-store.ts';
import { findStrangeEntry, isBeginning, readEntries } from './log-reading.ts';

/** Entries and the packs in them: about a second's work, which a crash can cost. */
const STRETCH_WORK = 32_768;
/** Each pack in a batch of its own, and the batches that it names beside. */
const EVENT_PARTS_MAX = EVENT_PACKS_MAX + EVENT_BATCHES_MAX;

export type ReplayParts = {
  readonly source: LogSource;
  readonly store: AuditStore;
  readonly ledger: VerifiedCheckpoint;
  readonly progress?: ((size: number) => void) | undefined;
  readonly stretchWork?: number | undefined;
};

/** From where the store stands to `size`. Throws SourceError; a stretch that was not proven is forgotten. */
export async function replayTo(parts: ReplayParts, size: number): Promise<AuditFault | undefined> {
  const { store, progress } = parts;
  if (store.head('ledger').size() === size) return undefined;
  store.begin();
  try {
    const fault = await replay(parts, size);
    if (fault) store.rollback();
    else store.commit();
    if (!fault) progress?.(size);
    return fault;
  } catch (error) {
    store.rollback();
    throw error;
  }
}

async function replay(parts: ReplayParts, size: number): Promise<AuditFault | undefined> {
  const { source, store, ledger, progress, stretchWork = STRETCH_WORK } = parts;
  const head = store.head('ledger');
  const order = createEntryCheck();
  let last = store.lastEntry();
  // Only so that what follows is compared with it; it has been checked itself before.
  if (last) order.check(head.size() - 1, last);
  let market = marketOf(last);
  let event: Entry[] = [];
  let proven = head.size();
  let work = 0;

  async function prove(): Promise<AuditFault | undefined> {
    const reached = { size: head.size(), root: head.root() };
    if (!(await isBeginning(source, reached, ledger))) return strange(parts, proven, reached.size);
    store.putHead('ledger', head);
    if (last) store.putLastEntry(last);
    proven = reached.size;
    return undefined;
  }

  for await (const { first, entries } of readEntries(source, proven, size, ledger.size)) {
    for (const [i, bytes] of entries.entries()) {
      const index = first + i;
      const parsed = parseEntry(bytes);
      const entry = parsed.ok ? parsed.value : undefined;
      const wrong = order.check(index, bytes) ?? (entry && refusalOf(entry, market));
      if (wrong !== undefined || !entry)
        return (await strangeBefore(parts, proven, index)) ?? badEntry(index, wrong ?? 'it is not an entry');
      head.append(leafHash(bytes));
      last = bytes;
      market = entry.market;
      event.push(entry);
      work += 1 + entry.packIds.length;
      if (entry.part < entry.parts) continue;
      const fault = foldInto(store, event, index + 1 - event.length);
      if (fault) return fault;
      event = [];
      if (work < stretchWork || head.size() === size) continue;
      const unproven = await prove();
      if (unproven) return unproven;
      store.commit();
      progress?.(proven);
      work = 0;
      store.begin();
    }
  }
  const lacking = order.end();
  if (lacking !== undefined) return badEntry(size - 1, `at the end, ${lacking}`);
  return prove();
}

function foldInto(store: AuditStore, event: readonly Entry[], firstIndex: number): AuditFault | undefined {
  const [first] = event;
  const rules = first && findMarket(first.market);
  if (!rules) {
    const words = `Entry ${firstIndex} is of market "${first?.market}", whose rules this software does not know.`;
    return { code: 'unsupported', words, entry: firstIndex };
  }
  const changes = foldEvent(event, firstIndex, store.state, rules);
  store.state.apply(first, firstIndex, changes, rules.undoWindowMs);
  return undefined;
}

/** Beside their order: one log, one market; and no more parts than an event may have, since they are held. */
function refusalOf(entry: Entry, market: string | undefined): string | undefined {
  if (entry.parts > EVENT_PARTS_MAX) return `its event has ${entry.parts} parts`;
  return market !== undefined && market !== entry.market
    ? `it is of market "${entry.market}", those above it are of "${market}"`
    : undefined;
}

/** Receipt time of the last entry that the state holds; 0 where it holds none. */
export function asOf(store: AuditStore): number {
  const last = store.lastEntry();
  const entry = last && parseEntry(last);
  return entry?.ok ? entry.value.receiptTimeMs : 0;
}

export function marketOf(lastEntry: Uint8Array | undefined): string | undefined {
  const entry = lastEntry && parseEntry(lastEntry);
  return entry?.ok ? entry.value.market : undefined;
}

function badEntry(entry: number, words: string): AuditFault {
  return { code: 'bad-entry', entry, words: `Entry ${entry}: ${words}.` };
}

/** Where an entry makes no sense, it may not be the logged one at all. */
async function strangeBefore(
  { source, ledger }: ReplayParts,
  from: number,
  index: number,
): Promise<AuditFault | undefined> {
  const entry = await findStrangeEntry(source, from, index + 1, ledger.size);
  return entry === undefined ? undefined : badEntry(entry, 'it is not the one that was logged');
}

async function strange({ source, ledger }: ReplayParts, from: number, to: number): Promise<AuditFault> {
  const entry = await findStrangeEntry(source, from, to, ledger.size);
  if (entry !== undefined) return badEntry(entry, 'it is not the one that was logged');
  const words = `Entries ${from} to ${to - 1} do not lead to the signed root of ${ledger.origin} over ${ledger.size}.`;
  return { code: 'bad-log', words: `${words} "packtrail log fsck" tells which file is wrong.` };
}

/** Whether the state stands where this signed checkpoint does. */
export function standsAt(store: AuditStore, { size, root }: VerifiedCheckpoint): AuditFault | undefined {
  const head = store.head('ledger');
  if (head.size() === size && equalBytes(head.root(), root)) return undefined;
  const words = `${size} entries have the root ${encodeBase64(head.root())}, but a checkpoint signed by the ledger says ${encodeBase64(root)}.`;
  return { code: 'bad-log', words };
}
