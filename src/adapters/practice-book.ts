// The book-keeping behind the practice ledger: takes events in, folds them into the states of packs, and remembers
// who did what. The rules are the domain's, those of every ledger; only the memory is practice's own.
import { ed25519 } from '@noble/curves/ed25519.js';
import type { BlindId } from '../domain/blinding.ts';
import type { EpochBlinder } from '../domain/epoch-blinder.ts';
import { eventId, NO_PREVIOUS, type PackEvent, parseEvent } from '../domain/event.ts';
import { chainStepOf, type DeviceChain, type EnrolledAt, refusalOf } from '../domain/ledger/admission.ts';
import { encodeEntry, entriesOf, mentionsOf, parseEntry } from '../domain/ledger/entry.ts';
import { type BatchRecord, type FoldView, foldEvent, type PackRecord } from '../domain/ledger/fold.ts';
import { type PlacedEvent, receiptOf, rejectionOf, repeatOf } from '../domain/ledger/receipts.ts';
import { isTightening, tighteningsFrom } from '../domain/ledger/tightening.ts';
import type { LoggedEntry } from '../domain/ledger/trail.ts';
import type { MarketRules } from '../domain/market.ts';
import type { PlacedReceipt, Receipt } from '../domain/receipt.ts';
import { assert, ok } from '../domain/result.ts';
import type { BatchPacks } from '../domain/snapshot/build.ts';
import type { TighteningsResponse } from '../domain/wire.ts';
import type { PracticeLog } from './practice-log.ts';

export type PracticeDevice = EnrolledAt & { readonly device: string; readonly publicKey: Uint8Array };
export type BookedEvent = PlacedEvent & { readonly bytes: Uint8Array };

export type PracticeBook = {
  readonly states: FoldView;
  /** Takes in what the practising device sends. */
  take(bytes: Uint8Array, signature: Uint8Array): Receipt;
  /** Books an act of the invented market, of which nobody has to be convinced. */
  book(event: PackEvent, bytes: Uint8Array, receiptTimeMs: number): PlacedReceipt;
  eventAt(index: number): BookedEvent | undefined;
  entriesAbout(id: BlindId): readonly LoggedEntry[];
  /** Undefined: the answer is still the one with this tag. */
  tightenings(from: number, tag: string | undefined): TighteningsResponse | undefined;
  /** In the order of a snapshot's keys. */
  batches(): readonly BatchPacks[];
  lastReceiptMs(): number;
};

export type PracticeBookParts = {
  readonly log: PracticeLog;
  readonly blinder: EpochBlinder;
  readonly rules: MarketRules;
  readonly device: PracticeDevice;
  readonly nowMs: () => number;
};

export function createPracticeBook({ log, blinder, rules, device, nowMs }: PracticeBookParts): PracticeBook {
  const packs = new Map<string, PackRecord>();
  const batches = new Map<string, BatchRecord>();
  const withdrawn = new Set<BlindId>();
  const receipts = new Map<string, Receipt>();
  const events = new Map<number, BookedEvent>();
  const mentions = new Map<BlindId, LoggedEntry[]>();
  let chain: DeviceChain = { nextSequence: 1, previous: NO_PREVIOUS };
  let lastMs = 0;

  const states: FoldView = {
    pack: (key) => packs.get(key),
    batch: (key) => batches.get(key),
    withdrawn: (productId) => withdrawn.has(productId),
    entry: (index) => {
      const entry = parseEntry(log.entry(index) ?? new Uint8Array(0));
      return entry.ok ? entry.value : undefined;
    },
  };

  function take(bytes: Uint8Array, signature: Uint8Array): Receipt {
    const id = eventId(bytes);
    const held = receipts.get(id);
    if (held) return repeatOf(held);
    const parsed = parseEvent(bytes);
    if (!parsed.ok) return rejectionOf(id, 'malformed');
    const event = parsed.value;
    if (event.device !== device.device || !isSigned(bytes, signature))
      return rejectionOf(id, 'bad-signature');
    const step = chainStepOf(event, chain, WHOLE_CHAIN);
    if (step === 'gap') return { kind: 'gap', id, expected: chain.nextSequence };
    if (step !== 'next') return rejectionOf(id, 'broken-chain');
    // A rejected event keeps its place in the chain, so that later ones still follow.
    chain = { nextSequence: event.sequence + 1, previous: id };
    const refusal = refusalOf(event, device, rules, placed);
    const receipt = refusal ? rejectionOf(id, refusal) : book(event, bytes, nowMs());
    receipts.set(id, receipt);
    return receipt;
  }

  function isSigned(bytes: Uint8Array, signature: Uint8Array): boolean {
    return signature.length === 64 && ed25519.verify(signature, bytes, device.publicKey, { zip215: false });
  }

  function placed(id: string): PackEvent | undefined {
    const booked = events.get(indexOf(id) ?? -1);
    const event = booked && parseEvent(booked.bytes);
    return event?.ok ? event.value : undefined;
  }

  function indexOf(id: string): number | undefined {
    const receipt = receipts.get(id);
    return receipt && 'index' in receipt ? receipt.index : undefined;
  }

  function book(event: PackEvent, bytes: Uint8Array, timeMs: number): PlacedReceipt {
    const id = eventId(bytes);
    lastMs = Math.max(lastMs, timeMs);
    const undoesIndex = event.undoes === null ? undefined : indexOf(event.undoes);
    const sequenced = { receiptTimeMs: lastMs, undoesIndex };
    const blind = blinder.blindEvent(event);
    const entries = entriesOf(event, id, blind, sequenced);
    const index = log.size();
    const changes = foldEvent(entries, index, states, rules);
    const place = { ...sequenced, index, parts: entries.length };
    const receipt = receiptOf(id, event, blind, place, changes.outcomes, eventAt);
    for (const entry of entries) {
      const encoded = encodeEntry(entry);
      const logged = { index: log.append(encoded), bytes: encoded, entry };
      for (const about of mentionsOf(entry)) mentions.set(about, [...(mentions.get(about) ?? []), logged]);
    }
    for (const [key, record] of changes.packs) packs.set(key, record);
    for (const [key, record] of changes.batches) batches.set(key, record);
    for (const productId of changes.withdrawn) withdrawn.add(productId);
    const { organisation, site, user, operation } = event;
    events.set(index, { organisation, site, user, operation, receiptTimeMs: lastMs, bytes });
    receipts.set(id, receipt);
    return receipt;
  }

  function eventAt(index: number): BookedEvent | undefined {
    return events.get(index);
  }

  function* tighteningEntries(from: number) {
    for (let index = from; index < log.size(); index++) {
      const bytes = log.entry(index);
      if (bytes && isTightening(bytes)) yield { index, bytes };
    }
  }

  function tightenings(from: number, tag: string | undefined): TighteningsResponse | undefined {
    const entries = tighteningEntries(from);
    const prove = (index: number) => ok(log.prove(index));
    const answer = tighteningsFrom(from, { checkpoint: log.checkpoint(), entries, prove });
    assert(answer.ok, 'what is in the log is proven');
    return answer.value.tag === tag ? undefined : answer.value;
  }

  function batchesInOrder(): readonly BatchPacks[] {
    const inBatch = (batch: BatchRecord) =>
      inOrder(packs)
        .filter(([, each]) => each.productId === batch.productId && each.batchId === batch.batchId)
        .map(([key, { state }]) => ({ packId: key.slice(batch.productId.length), state }));
    return inOrder(batches).map(([, batch]) => ({
      ...batch,
      withdrawn: withdrawn.has(batch.productId),
      states: inBatch(batch),
    }));
  }

  return {
    ...{ states, take, book, eventAt, batches: batchesInOrder, lastReceiptMs: () => lastMs },
    entriesAbout: (id) => mentions.get(id) ?? [],
    tightenings,
  };
}

/** In memory nothing of a chain is ever lost or cloned. */
const WHOLE_CHAIN = { holds: () => true, isAside: () => false };

/** Hex sorts as its bytes do. */
function inOrder<T>(records: ReadonlyMap<string, T>): [string, T][] {
  return [...records].sort(([a], [b]) => (a < b ? -1 : 1));
}
