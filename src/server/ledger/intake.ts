// Judges one event and gives it its place: whether it follows its device's chain, what the fold makes of it, and the
// answer. Runs inside a transaction of the sequencer, one event after the other, on events whose signatures have been
// checked before.
import type { PackEvent } from '../../domain/event.ts';
import { encodeEntry, entriesOf } from '../../domain/ledger/entry.ts';
import { foldEvent } from '../../domain/ledger/fold.ts';
import { leafHash } from '../../domain/ledger/merkle.ts';
import type { MarketRules } from '../../domain/market.ts';
import type { Receipt, Rejection } from '../../domain/receipt.ts';
import { blindEventOf } from './blind-event.ts';
import { conflictsOf } from './conflicts.ts';
import type { CheckedEvent } from './event-signature.ts';
import type { DeviceRecord, SignedBytes } from './ledger.ts';
import { entryAt, foldViewOf, mentionsOf } from './logged-entries.ts';
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
    const isNext = chain && event?.sequence === chain.nextSequence && event.previous === chain.previous;
    const held = isNext ? undefined : store.event(id);
    if (held) return repeatAnswer(held.receipt);
    if (refusal) return reject(id, refusal);
    const device = event && store.device(event.device);
    if (!event || !chain || !device) return reject(id, 'unknown-device');
    if (device.revoked) return reject(id, 'device-revoked');
    if (event.sequence > chain.nextSequence) return { kind: 'gap', id, expected: chain.nextSequence };
    return isNext ? takeNext({ event, id, signed, device }) : keepBroken({ event, id, signed, device });
  }

  /** Another event holds this place already: a cloned or restored device. Kept, since the act may be genuine. */
  function keepBroken(signed: Signed): Receipt {
    const { event, id } = signed;
    log({ event: 'chain-broken', device: event.device, sequence: event.sequence, id });
    return keepRejected(signed, 'broken-chain', false);
  }

  function takeNext(signed: Signed): Receipt {
    const refusal = refusalOf(signed);
    return refusal ? keepRejected(signed, refusal, true) : place(signed);
  }

  function refusalOf({ event, device }: Signed): Rejection | undefined {
    if (event.market !== rules.market) return 'wrong-market';
    if (event.organisation !== device.organisation || event.site !== device.site) return 'not-your-site';
    if (!rules.allowed[device.role].includes(event.operation)) return 'operation-not-allowed';
    const targetMissing = event.undoes !== null && store.event(event.undoes)?.index === undefined;
    return targetMissing ? 'unknown-undo-target' : undefined;
  }

  /** A rejected event with a valid signature keeps its place in the chain, so that later ones still follow. */
  function keepRejected(signed: Signed, reason: Rejection, inChain: boolean): Receipt {
    const receipt = reject(signed.id, reason);
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
    const entries = entriesOf(event, id, blind, { receiptTimeMs, undoesIndex });
    const index = store.ledgerLog.size();
    const changes = foldEvent(entries, index, foldViewOf(store), rules);

    // Everything is worked out before anything is written, so that an event which trips a bug leaves no half.
    const placed = {
      ...{ id, index, parts: entries.length, receiptTimeMs, undoesIndex: undoesIndex ?? null },
      keyIds: blind.packs.map((pack) => pack.keyId),
    };
    const conflicts = conflictsOf(event, blind, changes.outcomes, { index, receiptTimeMs }, store);
    const receipt: Receipt =
      conflicts.length > 0 ? { kind: 'conflict', ...placed, conflicts } : { kind: 'accepted', ...placed };

    entries.forEach((entry, i) => {
      const bytes = encodeEntry(entry);
      store.ledgerLog.append(bytes, leafHash(bytes));
      store.addMentions(index + i, mentionsOf(entry));
    });
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

export function reject(id: string, reason: Rejection): Receipt {
  return { kind: 'rejected', id, reason };
}

/** The first answer again; one that placed the event says so. */
function repeatAnswer(receipt: Receipt): Receipt {
  switch (receipt.kind) {
    case 'accepted':
      return { ...receipt, kind: 'duplicate', conflicts: [] };
    case 'conflict':
      return { ...receipt, kind: 'duplicate' };
    default:
      return receipt;
  }
}
