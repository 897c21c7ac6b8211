// The fold turns the log into the state of every pack. It is pure and versioned: an auditor who replays the entries
// must get the same states to the byte. Order decides: the lowest index wins, a later attempt on the same pack is a
// conflict that is kept and shown, never an overwrite.
import type { BlindId } from '../blinding.ts';
import type { MarketRules } from '../market.ts';
import { DECOMMISSIONED_STATE, isDecommission, isExpired, isUndoable, type PackState } from '../pack.ts';
import { assert } from '../result.ts';
import type { Entry } from './entry.ts';

export const FOLD_VERSION = 1;

export type PackRecord = {
  readonly state: PackState;
  readonly keyId: number;
  readonly productId: BlindId;
  readonly batchId: BlindId;
  /** First index of the event that put the pack into this state. */
  readonly winnerIndex: number;
  readonly winnerSiteId: BlindId;
  /** A later attempt met this decommission; an undo then locks the pack instead of reactivating it. */
  readonly conflictOpen: boolean;
};

export type BatchRecord = {
  readonly keyId: number;
  readonly productId: BlindId;
  readonly batchId: BlindId;
  /** yyyymmdd */
  readonly expiry: number;
  readonly packs: number;
  readonly recalled: boolean;
};

/** What the fold may look at: the states before the event. Keys are `packKey` and `batchKey`. */
export type FoldView = {
  pack(key: string): PackRecord | undefined;
  batch(key: string): BatchRecord | undefined;
  withdrawn(productId: BlindId): boolean;
  /** The first part of the event at this index, for the rules of undo. */
  entry(index: number): Entry | undefined;
};

export type ConflictReason =
  | 'unknown-pack'
  | 'already-commissioned'
  | 'not-active'
  | 'batch-mismatch'
  | 'expiry-mismatch'
  | 'recalled'
  | 'withdrawn'
  | 'expired'
  | 'undo-not-possible'
  | 'undo-elsewhere'
  | 'undo-too-late';

/** What the event did to one pack. `repeat`: the same site had already brought the pack into that state. */
export type PackOutcome =
  | { readonly kind: 'applied' }
  | { readonly kind: 'repeat'; readonly winnerIndex: number }
  | {
      readonly kind: 'conflict';
      readonly why: ConflictReason;
      readonly state: PackState | undefined;
      readonly winnerIndex: number | undefined;
    };

export type FoldChanges = {
  readonly packs: ReadonlyMap<string, PackRecord>;
  readonly batches: ReadonlyMap<string, BatchRecord>;
  readonly withdrawn: ReadonlySet<BlindId>;
  /** One for each pack of the event, in the order in which its entries carry them. */
  readonly outcomes: readonly PackOutcome[];
};

export const packKey = (productId: BlindId, packId: BlindId): string => productId + packId;
export const batchKey = (productId: BlindId, batchId: BlindId): string => productId + batchId;

/** Folds one whole event (all its parts, in order; it counts at its last part). Pure: returns what changes. */
export function foldEvent(
  parts: readonly Entry[],
  firstIndex: number,
  view: FoldView,
  rules: MarketRules,
): FoldChanges {
  assert(
    parts.length > 0 && parts.every((p, i) => p.part === i + 1 && p.parts === parts.length),
    'a whole event',
  );
  const packs = new Map<string, PackRecord>();
  const batches = new Map<string, BatchRecord>();
  const withdrawn = new Set<BlindId>();
  const overlay: FoldView = {
    pack: (key) => packs.get(key) ?? view.pack(key),
    batch: (key) => batches.get(key) ?? view.batch(key),
    withdrawn: (productId) => withdrawn.has(productId) || view.withdrawn(productId),
    entry: view.entry,
  };
  const outcomes: PackOutcome[] = [];
  for (const entry of parts) {
    if (entry.operation === 'withdraw') withdrawn.add(entry.productId);
    if (entry.operation === 'recall') recall(entry, overlay, batches);
    for (const packId of entry.packIds) {
      const key = packKey(entry.productId, packId);
      const step = foldPack(entry, key, firstIndex, overlay, rules);
      if (step.record) packs.set(key, step.record);
      if (step.batch) batches.set(batchKey(entry.productId, entry.batchId), step.batch);
      outcomes.push(step.outcome);
    }
  }
  return { packs, batches, withdrawn, outcomes };
}

// A recall may name a batch of which no pack was commissioned here yet; the record then waits for its packs.
function recall(entry: Entry, view: FoldView, batches: Map<string, BatchRecord>): void {
  const key = batchKey(entry.productId, entry.batchId);
  const { keyId, productId, batchId } = entry;
  const known = view.batch(key) ?? {
    keyId,
    productId,
    batchId,
    expiry: 0,
    packs: 0,
    recalled: false,
  };
  batches.set(key, { ...known, recalled: true });
}

type Step = {
  readonly outcome: PackOutcome;
  readonly record?: PackRecord;
  readonly batch?: BatchRecord;
};

function conflict(why: ConflictReason, record?: PackRecord): Step {
  const outcome = {
    kind: 'conflict',
    why,
    state: record?.state,
    winnerIndex: record?.winnerIndex,
  } as const;
  return record && !record.conflictOpen
    ? { outcome, record: { ...record, conflictOpen: true } }
    : { outcome };
}

/** A refusal that says nothing against the pack: it opens no conflict. */
function refusal(why: ConflictReason, record: PackRecord): Step {
  return {
    outcome: {
      kind: 'conflict',
      why,
      state: record.state,
      winnerIndex: record.winnerIndex,
    },
  };
}

function foldPack(entry: Entry, key: string, firstIndex: number, view: FoldView, rules: MarketRules): Step {
  const record = view.pack(key);
  if (entry.operation === 'commission') return commission(entry, firstIndex, record, view);
  if (!record) return conflict('unknown-pack');
  if (entry.operation === 'undo') return undo(entry, firstIndex, record, view, rules);
  if (isDecommission(entry.operation)) return decommission(entry, firstIndex, record, view);
  return { outcome: { kind: 'applied' } };
}

function commission(entry: Entry, firstIndex: number, record: PackRecord | undefined, view: FoldView): Step {
  if (record) return conflict('already-commissioned', record);
  const { keyId, productId, batchId, expiry } = entry;
  const known = view.batch(batchKey(productId, batchId));
  // Expiry is a property of the batch; the first commissioning fixes it.
  if (known && known.packs > 0 && known.expiry !== expiry) return conflict('expiry-mismatch');
  const fresh = {
    keyId,
    productId,
    batchId,
    recalled: false,
    ...known,
    expiry,
    packs: (known?.packs ?? 0) + 1,
  };
  return {
    outcome: { kind: 'applied' },
    batch: fresh,
    record: {
      ...{
        state: 'active',
        keyId,
        productId,
        batchId,
        winnerIndex: firstIndex,
        conflictOpen: false,
      },
      winnerSiteId: entry.actor.siteId,
    },
  };
}

function decommission(entry: Entry, firstIndex: number, record: PackRecord, view: FoldView): Step {
  assert(isDecommission(entry.operation), 'a decommission');
  const state = DECOMMISSIONED_STATE[entry.operation];
  if (record.batchId !== entry.batchId) return refusal('batch-mismatch', record);
  const batch = view.batch(batchKey(record.productId, record.batchId));
  if (batch && batch.expiry !== entry.expiry) return refusal('expiry-mismatch', record);
  if (record.state !== 'active') {
    const own = record.state === state && record.winnerSiteId === entry.actor.siteId;
    return own
      ? { outcome: { kind: 'repeat', winnerIndex: record.winnerIndex } }
      : conflict('not-active', record);
  }
  // What must not reach a patient cannot be handed out; it can still be destroyed, locked, sampled or stolen.
  if (state === 'supplied' || state === 'free-sample' || state === 'exported') {
    if (view.withdrawn(record.productId)) return refusal('withdrawn', record);
    if (batch?.recalled) return refusal('recalled', record);
    if (batch && isExpired(batch.expiry, entry.receiptTimeMs)) return refusal('expired', record);
  }
  return {
    outcome: { kind: 'applied' },
    record: {
      ...record,
      state,
      winnerIndex: firstIndex,
      winnerSiteId: entry.actor.siteId,
    },
  };
}

/** Delegated Regulation (EU) 2016/161 Art. 13. "Never handed over" is asked on the screen; the log cannot know it. */
function undo(
  entry: Entry,
  firstIndex: number,
  record: PackRecord,
  view: FoldView,
  rules: MarketRules,
): Step {
  const target = entry.undoesIndex === undefined ? undefined : view.entry(entry.undoesIndex);
  if (!target || record.winnerIndex !== entry.undoesIndex) return refusal('undo-not-possible', record);
  if (!isUndoable(target.operation)) return refusal('undo-not-possible', record);
  if (target.actor.siteId !== entry.actor.siteId) return refusal('undo-elsewhere', record);
  if (entry.receiptTimeMs - target.receiptTimeMs > rules.undoWindowMs)
    return refusal('undo-too-late', record);
  const batch = view.batch(batchKey(record.productId, record.batchId));
  if (view.withdrawn(record.productId)) return refusal('withdrawn', record);
  if (batch?.recalled) return refusal('recalled', record);
  if (batch && isExpired(batch.expiry, entry.receiptTimeMs)) return refusal('expired', record);
  const state = record.conflictOpen ? 'locked' : 'active';
  return {
    outcome: { kind: 'applied' },
    record: {
      ...record,
      state,
      winnerIndex: firstIndex,
      winnerSiteId: entry.actor.siteId,
    },
  };
}
