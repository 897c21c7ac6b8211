// What an administrator decides about devices and about the events that the ledger kept for a person to look at: a
// lost device is revoked, the events of a cloned, restored or lost one are released into the log or refused.
import { type PackEvent, parseEvent } from '../../domain/event.ts';
import { rejectionOf } from '../../domain/ledger/receipts.ts';
import type { Position } from '../../domain/position.ts';
import { isHeldReason, type PlacedReceipt, type Rejection } from '../../domain/receipt.ts';
import { err, type Result } from '../../domain/result.ts';
import type { Intake } from './intake.ts';
import type { DeviceRecord } from './ledger.ts';
import type { Store, StoredEvent } from './store.ts';

export type DeviceSummary = Omit<DeviceRecord, 'publicKey'> & {
  /** The last sequence of its chain. */
  readonly events: number;
  readonly held: number;
};

export type HeldEvent = {
  readonly id: string;
  readonly receivedMs: number;
  readonly why: Rejection;
  readonly event: PackEvent;
};

export type Decided = Result<PlacedReceipt, 'not-held' | Rejection>;

export type Review = {
  /** In the order of their ids, from the one after the given id on. */
  devices(after: string, max: number): readonly DeviceSummary[];
  readonly sites: Store['sites'];
  /** Where a site is, for the alerts on copied serials. False: no such site. */
  setPosition(organisation: string, site: string, position: Position | undefined): boolean;
  /** False: no such device. What it sends from now on is kept, but counts only when released. */
  setRevoked(device: string, revoked: boolean): boolean;
  /** Oldest first; of all devices where none is named. */
  held(device: string | undefined, max: number): readonly HeldEvent[];
  /** The event counts from now on: its place in the log is the next one. */
  release(id: string): Decided;
  /** The event stays as evidence; its device is told. */
  refuse(id: string): Result<undefined, 'not-held'>;
};

export type ReviewParts = {
  readonly store: Store;
  readonly intake: Pick<Intake, 'release'>;
  readonly clock: () => number;
  readonly log: (event: Record<string, unknown>) => void;
};

export function createReview({ store, intake, clock, log }: ReviewParts): Review {
  function findHeld(id: string): StoredEvent | undefined {
    const found = store.event(id);
    const reason = found?.receipt.kind === 'rejected' ? found.receipt.reason : undefined;
    return isHeldReason(reason) ? found : undefined;
  }

  return {
    devices: (after, max) =>
      store.devices(after, max).map(({ publicKey: _, ...record }) => ({
        ...record,
        events: store.chain(record.device).nextSequence - 1,
        held: store.heldCount(record.device),
      })),

    sites: store.sites,

    setPosition(organisation, site, position) {
      const known = store.site(organisation, site);
      if (!known) return false;
      store.putSite({ ...known, position });
      log({ event: 'site-placed', organisation, site });
      return true;
    },

    setRevoked(device, revoked) {
      const known = store.device(device);
      if (!known) return false;
      store.putDevice({ ...known, revoked });
      log({ event: revoked ? 'device-revoked' : 'device-reinstated', device });
      return true;
    },

    held: (device, max) => store.heldEvents(device, max).flatMap(heldOf),

    release: (id) =>
      store.transaction(() => {
        const held = findHeld(id);
        const decided = held ? intake.release(held) : err('not-held' as const);
        log({ event: 'held-released', id, answer: decided.ok ? decided.value.kind : decided.error });
        return decided;
      }),

    refuse: (id) =>
      store.transaction(() => {
        const held = findHeld(id);
        if (!held) return err('not-held');
        store.settleHeld(id, rejectionOf(id, 'refused'), undefined, clock());
        log({ event: 'held-refused', id });
        return { ok: true, value: undefined };
      }),
  };
}

function heldOf({ id, bytes, receiptTimeMs, receipt }: StoredEvent): readonly HeldEvent[] {
  const event = parseEvent(bytes);
  if (!event.ok || receipt.kind !== 'rejected') return [];
  return [{ id, receivedMs: receiptTimeMs, why: receipt.reason, event: event.value }];
}
