// Judges one event by the domain's rules and gives it its place. Runs inside a transaction of the sequencer, one event
// after the other, on events whose signatures have been checked before.
import type { PackEvent } from '../../domain/event.ts';
import { chainStepOf, refusalOf } from '../../domain/ledger/admission.ts';
import { encodeEntry, entriesOf } from '../../domain/ledger/entry.ts';
import { foldEvent } from '../../domain/ledger/fold.ts';
import { leafHash } from '../../domain/ledger/merkle.ts';
import { receiptOf, rejectionOf, repeatOf } from '../../domain/ledger/receipts.ts';
import { mentionsOf } from '../../domain/ledger/trail.ts';
import type { MarketRules } from '../../domain/market.ts';
import type { Receipt, Rejection } from '../../domain/receipt.ts';
import { errorTrace } from '../log.ts';
import { blindEventOf } from './blind-event.ts';
import type { CheckedEvent } from './event-signature.ts';
import type { DeviceRecord, SignedBytes } from './ledger.ts';
import { entryAt, foldViewOf } from './logged-entries.ts';
import { isOfStore } from './refusal.ts';
import type { ServerBlinder } from './server-blinder.ts';
import type { Store } from './store.ts';

export type Intake = { take(checked: CheckedEvent): Receipt };

export type IntakeParts = {
  readonly store: Store;
  readonly blinder: ServerBlinder;
  readonly rules: MarketRules;
  readonly clock: () => number;
  readonly log: (event: Record<string, unknown>) => void;
};

/** An event with a valid signature. */
type Signed = {
  readonly event: PackEvent;
  readonly id: string;
  readonly signed: SignedBytes;
  readonly device: DeviceRecord;
};

export function createIntake({ store, blinder, rules, clock, log }: IntakeParts): Intake {
  let lastReceiptMs = entryAt(store.ledgerLog, store.ledgerLog.size() - 1)?.receiptTimeMs ?? 0;

  function take({ signed, id, event, refusal }: CheckedEvent): Receipt {
    const chain = event && !refusal ? store.chain(event.device) : undefined;
    // What comes next in its chain has no place in it yet; everything else may be an event that is sent again.
    const step = event && chain && chainStepOf(event, chain);
    const held = step === 'next' ? undefined : store.event(id);
    if (held) return repeatOf(held.receipt);
    if (refusal) return rejectionOf(id, refusal);
    const device = event && store.device(event.device);
    if (!event || !chain || !device) return rejectionOf(id, 'unknown-device');
    if (device.revoked) return rejectionOf(id, 'device-revoked');
    if (step === 'gap') return { kind: 'gap', id, expected: chain.nextSequence };
    const own = { event, id, signed, device };
    return step === 'next' ? takeNext(own) : keepBroken(own);
  }

  /** Another event holds this place already: a cloned or restored device. Kept, since the act may be genuine. */
  function keepBroken(signed: Signed): Receipt {
    const { event, id } = signed;
    log({ event: 'chain-broken', device: event.device, sequence: event.sequence, id });
    return keepRejected(signed, 'broken-chain', false);
  }

  function takeNext(signed: Signed): Receipt {
    const isPlaced = (id: string) => store.event(id)?.index !== undefined;
    const refusal = refusalOf(signed.event, signed.device, rules, isPlaced);
    if (refusal) return keepRejected(signed, refusal, true);
    try {
      return place(signed);
    } catch (error) {
      if (isOfStore(error)) throw error;
      // A bug of ours: the event is refused and kept, and those behind it in its chain still have a place.
      log({ event: 'intake-failed', id: signed.id, ...errorTrace(error) });
      return keepRejected(signed, 'malformed', true);
    }
  }

  /** A rejected event with a valid signature keeps its place in the chain, so that later ones still follow. */
  function keepRejected(signed: Signed, reason: Rejection, inChain: boolean): Receipt {
    const receipt = rejectionOf(signed.id, reason);
    keep(signed, receipt, undefined, clock(), inChain);
    return receipt;
  }

  function place(signed: Signed): Receipt {
    const { event, id } = signed;
    lastReceiptMs = Math.max(lastReceiptMs, clock());
    const receiptTimeMs = lastReceiptMs;
    const undoesIndex = event.undoes === null ? undefined : store.event(event.undoes)?.index;
    const actor = blinder.actor(event.organisation, event.site, event.device);
    const blind = blindEventOf(event, actor, blinder, store);
    const sequenced = { receiptTimeMs, undoesIndex };
    const entries = entriesOf(event, id, blind, sequenced);
    const index = store.ledgerLog.size();
    const changes = foldEvent(entries, index, foldViewOf(store), rules);

    // Everything is worked out before anything is written, so that an event which trips a bug leaves no half.
    const place = { ...sequenced, index, parts: entries.length };
    const receipt = receiptOf(id, event, blind, place, changes.outcomes, store.eventAt);
    const encoded = entries.map((entry) => {
      const bytes = encodeEntry(entry);
      return { bytes, leaf: leafHash(bytes) };
    });
    const mentions = entries.map(mentionsOf);

    for (const { bytes, leaf } of encoded) store.ledgerLog.append(bytes, leaf);
    mentions.forEach((mention, i) => void store.addMentions(index + i, mention));
    for (const [key, record] of changes.packs) store.putPack(key, record);
    for (const [key, record] of changes.batches) store.putBatch(key, record);
    for (const productId of changes.withdrawn) store.putWithdrawn(productId);
    keep(signed, receipt, index, receiptTimeMs, true);
    return receipt;
  }

  function keep(
    { event, id, signed }: Signed,
    receipt: Receipt,
    index: number | undefined,
    receiptTimeMs: number,
    inChain: boolean,
  ): void {
    const { device, sequence, organisation, site, user, operation } = event;
    store.addEvent(
      {
        ...{ id, bytes: signed.bytes, signature: signed.signature, device, sequence, organisation, site },
        ...{ user, operation, receiptTimeMs, index, receipt },
      },
      inChain,
    );
  }

  return { take };
}
