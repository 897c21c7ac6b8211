// Judges one event by the domain's rules and gives it its place. Runs inside a transaction of the sequencer, one event
// after the other, on events whose signatures have been checked before.
import { namedAlerts } from '../../domain/alerts/raising.ts';
import { type PackEvent, parseEvent } from '../../domain/event.ts';
import { type ChainView, chainStepOf, isWithin, refusalOf } from '../../domain/ledger/admission.ts';
import { encodeEntry, entriesOf, mentionsOf } from '../../domain/ledger/entry.ts';
import { foldEvent } from '../../domain/ledger/fold.ts';
import { leafHash } from '../../domain/ledger/merkle.ts';
import { receiptOf, rejectionOf, repeatOf } from '../../domain/ledger/receipts.ts';
import type { MarketRules } from '../../domain/market.ts';
import type { HELD_REJECTIONS, PlacedReceipt, Receipt, Rejection } from '../../domain/receipt.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { errorTrace } from '../log.ts';
import { createAlertRaising } from './alert-raising.ts';
import { blindEventOf } from './blind-event.ts';
import type { CheckedEvent } from './event-signature.ts';
import type { DeviceRecord, SignedBytes } from './ledger.ts';
import { entryAt, foldViewOf } from './logged-entries.ts';
import { isOfStore } from './refusal.ts';
import type { ServerBlinder } from './server-blinder.ts';
import type { Store, StoredEvent } from './store.ts';

export type Intake = {
  /** Throws HalfWritten: the transaction has to be taken back; the next one refuses the event. */
  take(checked: CheckedEvent): Receipt;
  /** Places an event that was held, on an administrator's word: it counts from now on. Why not, where it cannot. */
  release(held: StoredEvent): Result<PlacedReceipt, Rejection>;
};

/** A bug of ours was met while an event was being written, and what it wrote before must not be kept without the rest. */
export class HalfWritten extends Error {
  override readonly name = 'HalfWritten';
}

/** Of one device: more is a stolen key at work, not a pharmacy. */
const HELD_EVENTS_MAX = 10_000;

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
  const alerts = createAlertRaising(store, rules);
  const spoilt = new Set<string>();
  let lastReceiptMs = entryAt(store.ledgerLog, store.ledgerLog.size() - 1)?.receiptTimeMs ?? 0;

  function take({ signed, id, event, refusal }: CheckedEvent): Receipt {
    const chain = event && !refusal ? store.chain(event.device) : undefined;
    // What comes next in its chain has no place in it yet; everything else may be an event that is sent again.
    const step = event && chain && chainStepOf(event, chain, viewOf(event), signed.isAfterLoss);
    const held = step === 'next' ? undefined : store.event(id);
    if (held) return repeatOf(held.receipt);
    if (refusal) return rejectionOf(id, refusal);
    const device = event && store.device(event.device);
    if (!event || !chain || !device) return rejectionOf(id, 'bad-signature');
    if (step === 'gap') return { kind: 'gap', id, expected: chain.nextSequence };
    const own = { event, id, signed, device };
    if (step === 'broken') return hold(own, 'broken-chain', false);
    // It keeps its place, as every rejected event does, so that those behind it are kept as well.
    return device.revoked ? hold(own, 'device-revoked', true) : takeNext(own);
  }

  function viewOf({ device, sequence }: PackEvent): ChainView {
    return {
      holds: (at) => store.holdsPlace(device, at),
      isAside: (id) => {
        const before = store.event(id);
        return before?.device === device && before.sequence === sequence - 1;
      },
    };
  }

  /** Kept for an administrator, since the act may be genuine: a cloned, restored or lost device. */
  function hold(signed: Signed, reason: (typeof HELD_REJECTIONS)[number], inChain: boolean): Receipt {
    const { event, id } = signed;
    const isKept = store.heldCount(event.device) < HELD_EVENTS_MAX;
    log({ event: 'event-held', device: event.device, sequence: event.sequence, id, reason, isKept });
    return isKept ? keepRejected(signed, reason, inChain) : rejectionOf(id, reason);
  }

  function release(held: StoredEvent): Result<PlacedReceipt, Rejection> {
    const event = parseEvent(held.bytes);
    const device = store.device(held.device);
    if (!event.ok || !device) return err('malformed');
    const refusal = refusalFor(event.value, device);
    if (refusal) return err(refusal);
    const receipt = place(
      { event: event.value, id: held.id, signed: held, device },
      (made, index, receiptTimeMs) => store.settleHeld(held.id, made, index, receiptTimeMs),
    );
    return ok(receipt);
  }

  function placed(id: string): PackEvent | undefined {
    const stored = store.event(id);
    const event = stored?.index === undefined ? undefined : parseEvent(stored.bytes);
    return event?.ok ? event.value : undefined;
  }

  function refusalFor(event: PackEvent, device: DeviceRecord): Rejection | undefined {
    const refusal = refusalOf(event, device, rules, placed);
    return refusal ?? (isWithin(event, device.products) ? undefined : 'product-not-allowed');
  }

  function takeNext(signed: Signed): Receipt {
    const refusal = refusalFor(signed.event, signed.device);
    if (refusal) return keepRejected(signed, refusal, true);
    if (spoilt.delete(signed.id)) return keepRejected(signed, 'malformed', true);
    try {
      return place(signed, (receipt, index, receiptTimeMs) =>
        keep(signed, receipt, index, receiptTimeMs, true),
      );
    } catch (error) {
      if (isOfStore(error)) throw error;
      // A bug of ours: the event is refused and kept, and those behind it in its chain still have a place.
      const isHalf = error instanceof HalfWritten;
      log({ event: 'intake-failed', id: signed.id, ...errorTrace(isHalf ? error.cause : error) });
      if (isHalf) {
        spoilt.add(signed.id);
        throw error;
      }
      return keepRejected(signed, 'malformed', true);
    }
  }

  /** A rejected event with a valid signature keeps its place in the chain, so that later ones still follow. */
  function keepRejected(signed: Signed, reason: Rejection, inChain: boolean): Receipt {
    const receipt = rejectionOf(signed.id, reason);
    keep(signed, receipt, undefined, clock(), inChain);
    return receipt;
  }

  type Keep = (receipt: PlacedReceipt, index: number, receiptTimeMs: number) => void;

  function place({ event, id, device: { role } }: Signed, keepPlaced: Keep): PlacedReceipt {
    lastReceiptMs = Math.max(lastReceiptMs, clock());
    const receiptTimeMs = lastReceiptMs;
    const undoesIndex = event.undoes === null ? undefined : store.event(event.undoes)?.index;
    const actor = blinder.actor(event.organisation, event.site, event.device);
    const blind = blindEventOf(event, actor, blinder, store);
    const sequenced = { receiptTimeMs, undoesIndex };
    const entries = entriesOf(event, id, blind, sequenced);
    const index = store.ledgerLog.size();
    const changes = foldEvent(entries, index, foldViewOf(store), rules);

    // Worked out before anything is written, so that an event which trips a bug seldom costs others their turn.
    const place = { ...sequenced, index, parts: entries.length };
    const encoded = entries.map((entry) => {
      const bytes = encodeEntry(entry);
      return { bytes, leaf: leafHash(bytes) };
    });
    const mentions = entries.map(mentionsOf);
    const raising = { id, event, blind, parts: entries, index, outcomes: changes.outcomes, role };
    const raised = alerts.raisedBy(raising);
    const answer = receiptOf(id, event, blind, place, changes.outcomes, store.eventAt);
    const receipt = { ...answer, alerts: namedAlerts(raised) };

    try {
      for (const { bytes, leaf } of encoded) store.ledgerLog.append(bytes, leaf);
      mentions.forEach((mention, i) => void store.addMentions(index + i, mention));
      for (const [key, record] of changes.packs) store.putPack(key, record);
      for (const [key, record] of changes.batches) store.putBatch(key, record);
      for (const productId of changes.withdrawn) store.putWithdrawn(productId);
      keepPlaced(receipt, index, receiptTimeMs);
      alerts.keep(raising, raised);
    } catch (error) {
      throw isOfStore(error) ? error : new HalfWritten('an event is half written', { cause: error });
    }
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

  return { take, release };
}
