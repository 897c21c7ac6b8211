// What screens see of recording: what may be asked for, why nothing was recorded, and how far each event has come.
import type { ReadonlySignal } from '@preact/signals-core';
import type { PackEvent } from '../domain/event.ts';
import type { Decommission, Operation, Pack, Seal } from '../domain/pack.ts';
import type { Reason } from '../domain/reason.ts';
import type { NamedAlert, PackConflict, Rejection } from '../domain/receipt.ts';
import type { ConflictReason } from '../domain/transition.ts';
import type { KeyError, StoreError } from './ports.ts';
import type { JudgedScan } from './scan-model.ts';

export type RecordRequest = {
  readonly scan: JudgedScan;
  readonly operation: Decommission | 'inspect' | 'receive' | 'verify' | 'unlock';
  readonly seal: Seal;
  readonly reason: Reason | undefined;
  readonly reference: string | undefined;
  /** Supplied at its first opening: what is left of it is never checked again. */
  readonly opened?: true | undefined;
};

/** One act on a list of packs. */
export type BulkRequest = Omit<RecordRequest, 'scan' | 'opened'> & {
  /** At most BULK_PACKS_MAX, each pack once. */
  readonly scans: readonly JudgedScan[];
  /**
   * Of goods received, what they came in: at most ENTRY_CONTAINERS_MAX SSCCs, which every event of the act names, or
   * one of their own where no pack is recorded. They have one outcome together, behind those of the packs.
   */
  readonly containers?: readonly string[];
};

/** `at`: the pack's place in the event that holds it. */
export type BulkOutcome =
  | { readonly ok: true; readonly eventId: string; readonly at: number }
  | { readonly ok: false; readonly failure: RecordFailure };

/** Art. 29: when checking was technically impossible; no end while it lasts. */
export type OutageRequest = {
  readonly reason: string;
  readonly startMs: number;
  readonly endMs: number | undefined;
};

/** An act of this site on a pack, whichever of its devices recorded it, as the ledger was proven to hold it. */
export type SiteAct = {
  readonly id: string;
  readonly event: PackEvent;
  readonly receiptTimeMs: number;
};

export type UndoRequest = {
  readonly scan: JudgedScan;
  /** What to reverse, from the pack's journey; otherwise this device's own last act on the pack. */
  readonly act?: SiteAct | undefined;
  /** The user's answer; an undo needs a plain "no" (Art. 13: never handed over). */
  readonly handedOver: boolean;
};

/** One undo of what was recorded on a list of packs; each is reversed by itself. */
export type BulkUndoRequest = Omit<UndoRequest, 'scan'> & {
  /** At most BULK_PACKS_MAX, each pack once. */
  readonly scans: readonly JudgedScan[];
};

/** Why nothing was recorded. */
export type RecordFailure =
  | { readonly kind: 'store'; readonly code: StoreError['code'] }
  | { readonly kind: 'key'; readonly code: KeyError['code'] }
  | {
      readonly kind: 'not-allowed';
      readonly why:
        | 'role'
        | 'product'
        | 'state'
        | ConflictReason
        | 'handed-over'
        | 'opened'
        | 'misread'
        | 'alert-open';
    };

/** What the ledger said of an event that it took; packs by their positions in it. */
export type Said = {
  readonly index: number;
  readonly conflicts: readonly PackConflict[];
  /** Locked by an undo instead of made active, since a conflict was open. */
  readonly locked: readonly number[];
  /** Left by an undo as they were: it named a repeat of what this site had recorded before. */
  readonly unchanged: readonly number[];
  readonly alerts: readonly NamedAlert[];
  /** This site had recorded the same before. */
  readonly repeats: readonly number[];
};

export type OutboxItem = {
  readonly place: number;
  readonly sequence: number;
  /** Signed under a former enrolment of this browser. */
  readonly isFormer: boolean;
  readonly eventId: string;
  readonly operation: Operation;
  readonly claimedTimeMs: number;
  readonly packs: readonly Pack[];
  readonly containers: readonly string[];
  readonly productName: string | undefined;
  readonly progress:
    | { readonly kind: 'waiting' }
    | { readonly kind: 'proving'; readonly index: number }
    /** The ledger has it and said something of it: named after the gravest. */
    | ({ readonly kind: 'conflict' | 'locked' | 'unchanged' | 'alerted' | 'repeated' } & Said)
    | { readonly kind: 'rejected'; readonly reason: Rejection };
};

/** How far an event has come; `proven`: it has left the outbox, because the ledger was proven to hold it. */
export type EventProgress = OutboxItem['progress'] | { readonly kind: 'proven' };

export type FlushState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'sending' }
  /** Another tab of this browser, or its service worker, is at it. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'offline' }
  | {
      readonly kind: 'failed';
      readonly why: 'server' | 'malformed' | 'proof' | 'store' | 'not-enrolled';
      /** Until when the server asked to be left alone, on the device's clock: nothing is sent before. */
      readonly untilMs?: number | undefined;
    };

export type ExportedFile = { readonly name: string; readonly text: string };

/** The ledger holds more of this device's events than the device itself: its storage was lost or put back. */
export type MissingEvents = { readonly known: number; readonly held: number };

export type OutboxModel = {
  /** Events that the ledger has not yet proven it holds. */
  readonly unsentCount: ReadonlySignal<number>;
  readonly items: ReadonlySignal<readonly OutboxItem[]>;
  /** Reads signals. What is not known to have left still waits. */
  progressOf(eventId: string): EventProgress;
  readonly flushState: ReadonlySignal<FlushState>;
  /** Rows that can no longer be read; what they held is lost unless another copy is found. */
  readonly damagedCount: ReadonlySignal<number>;
  /** Undefined: the device knows all that the ledger holds of it. */
  readonly missing: ReadonlySignal<MissingEvents | undefined>;
  /** True once the browser promised to keep the storage. */
  readonly persisted: ReadonlySignal<boolean>;
  /** Records durably on this device; resolves only when the event is on disk. */
  record(request: RecordRequest): Promise<RecordFailure | undefined>;
  undo(request: UndoRequest): Promise<RecordFailure | undefined>;
  /** Each pack's outcome, in the order of the request. */
  recordAll(request: BulkRequest): Promise<readonly BulkOutcome[]>;
  undoAll(request: BulkUndoRequest): Promise<readonly BulkOutcome[]>;
  recordOutage(request: OutageRequest): Promise<RecordFailure | undefined>;
  /** Does nothing while the server has asked to be left alone. */
  flush(): Promise<void>;
  /** A person has seen the rejected or conflicting event; removes it from the list. */
  acknowledge(place: number): Promise<void>;
  /** What waits, as files to be carried to the ledger by hand; undefined where they could not be made. */
  exportFiles(): Promise<readonly ExportedFile[] | undefined>;
  /** A person has seen that some can no longer be read; removes those. */
  acknowledgeDamaged(): Promise<void>;
};
