// The fold turns the log into the state of every pack. It is pure and versioned: an auditor who replays the entries
// must get the same states to the byte. Order decides: the lowest index wins, a later attempt on the same pack is a
// conflict that is kept and shown, never an overwrite.
import type { BlindId } from '../blinding.ts';
import type { MarketRules } from '../market.ts';
import { DECOMMISSIONED_STATE, isDecommission, isExpired, type PackState } from '../pack.ts';
import { assert } from '../result.ts';
import {
  type Circumstances,
  type ConflictReason,
  type Kept,
  transitionOf,
  type UndoTarget,
} from '../transition.ts';
import type { Entry } from './entry.ts';

export const FOLD_VERSION = 3;

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

/** What the event did to one pack. `applied`: its state now, undefined where none is changed. `repeat`: the same site had already brought the pack into that state. */
export type PackOutcome =
  | { readonly kind: 'applied'; readonly state: PackState | undefined }
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

function foldPack(entry: Entry, key: string, firstIndex: number, view: FoldView, rules: MarketRules): Step {
  const record = view.pack(key);
  const named = view.batch(batchKey(entry.productId, entry.batchId));
  const circumstances = circumstancesOf(entry, record, named, view, rules);
  const transition = transitionOf(entry.operation, circumstances);
  switch (transition.kind) {
    case 'unchanged':
      return { outcome: { kind: 'applied', state: undefined } };
    case 'repeat':
      assert(record, 'only a known pack is met again');
      return { outcome: { kind: 'repeat', winnerIndex: record.winnerIndex } };
    case 'refused': {
      const { why, opensConflict } = transition;
      const { state, winnerIndex } = record ?? { state: undefined, winnerIndex: undefined };
      const outcome = { kind: 'conflict', why, state, winnerIndex } as const;
      return record && opensConflict ? { outcome, record: { ...record, conflictOpen: true } } : { outcome };
    }
    case 'applied': {
      const { state, isConflictOpen } = transition;
      const made = {
        ...{ state, winnerIndex: firstIndex, winnerSiteId: entry.actor.siteId },
        conflictOpen: isConflictOpen,
      };
      const outcome = { kind: 'applied', state } as const;
      if (record) return { outcome, record: { ...record, ...made } };
      const { keyId, productId, batchId } = entry;
      return { outcome, record: { keyId, productId, batchId, ...made }, batch: joined(entry, named) };
    }
  }
}

/** The batch with one pack more. */
function joined({ keyId, productId, batchId, expiry }: Entry, known: BatchRecord | undefined): BatchRecord {
  const packs = (known?.packs ?? 0) + 1;
  return { keyId, productId, batchId, recalled: false, ...known, expiry, packs };
}

function circumstancesOf(
  entry: Entry,
  record: PackRecord | undefined,
  named: BatchRecord | undefined,
  view: FoldView,
  rules: MarketRules,
): Circumstances {
  return {
    state: record?.state,
    identity: identityOf(entry, record, named),
    kept: record && keptBy(record, entry, named, view),
    isOwnState: record?.winnerSiteId === entry.actor.siteId,
    isConflictOpen: record?.conflictOpen ?? false,
    undoTarget: record && undoTargetOf(entry, record, view, rules),
  };
}

/** A recall may have named a batch of which no pack was ever commissioned. */
function identityOf(
  entry: Entry,
  record: PackRecord | undefined,
  named: BatchRecord | undefined,
): Circumstances['identity'] {
  if (!named || named.packs === 0) return 'no-such-batch';
  if (record && record.batchId !== entry.batchId) return 'other-batch';
  return named.expiry === entry.expiry ? 'same' : 'other-expiry';
}

function keptBy(
  { productId, batchId }: PackRecord,
  entry: Entry,
  named: BatchRecord | undefined,
  view: FoldView,
): Kept | undefined {
  if (view.withdrawn(productId)) return 'withdrawn';
  const batch = batchId === entry.batchId ? named : view.batch(batchKey(productId, batchId));
  if (batch?.recalled) return 'recalled';
  return batch && isExpired(batch.expiry, entry.receiptTimeMs) ? 'expired' : undefined;
}

function undoTargetOf(
  { undoesIndex, actor, receiptTimeMs }: Entry,
  record: PackRecord,
  view: FoldView,
  rules: MarketRules,
): UndoTarget | undefined {
  const target = undoesIndex === undefined ? undefined : view.entry(undoesIndex);
  if (undoesIndex === undefined || !target) return undefined;
  return {
    operation: target.operation,
    bearing: bearingOf(target, undoesIndex, record, view),
    isOwnSite: target.actor.siteId === actor.siteId,
    isInTime: receiptTimeMs - target.receiptTimeMs <= rules.undoWindowMs,
  };
}

/**
 * A repeat comes behind the act that made the state, or that the last undo has reversed since, and is of the same site
 * and operation. It matters for the answer alone: neither a repeat's undo nor a refused one changes anything.
 */
function bearingOf(
  { operation, actor }: Entry,
  index: number,
  { winnerIndex, winnerSiteId, state }: PackRecord,
  view: FoldView,
): UndoTarget['bearing'] {
  if (index === winnerIndex) return 'made';
  if (index > winnerIndex) {
    const isSame = isDecommission(operation) && DECOMMISSIONED_STATE[operation] === state;
    return isSame && winnerSiteId === actor.siteId ? 'repeated' : 'none';
  }
  const reversedIndex = view.entry(winnerIndex)?.undoesIndex;
  if (reversedIndex === undefined || reversedIndex >= index) return 'none';
  const reversed = view.entry(reversedIndex);
  return reversed?.operation === operation && reversed.actor.siteId === actor.siteId ? 'repeated' : 'none';
}
