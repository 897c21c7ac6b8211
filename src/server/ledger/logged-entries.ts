// Entries as the store holds them, read back for the fold and for trails.
import { type Entry, parseEntry } from '../../domain/ledger/entry.ts';
import type { FoldView } from '../../domain/ledger/fold.ts';
import { LedgerRefusal } from './refusal.ts';
import type { Store, StoredLog } from './store.ts';

/** Throws LedgerRefusal `damaged`: what stands in our own log has been encoded by us. */
export function openEntry(bytes: Uint8Array, index: number): Entry {
  const entry = parseEntry(bytes);
  if (!entry.ok) throw new LedgerRefusal('damaged', `Entry ${index} is unreadable: ${entry.detail}.`);
  return entry.value;
}

export function entryAt(log: StoredLog, index: number): Entry | undefined {
  const bytes = log.entry(index);
  return bytes && openEntry(bytes, index);
}

export function foldViewOf(store: Store): FoldView {
  return {
    pack: store.pack,
    batch: store.batch,
    withdrawn: store.withdrawn,
    entry: (index) => entryAt(store.ledgerLog, index),
  };
}
