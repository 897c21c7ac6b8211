// What the ledger asks of its database: events with the answers they got, the entries of both logs, the state that the
// fold left, and who may write. Reads outside a transaction see what is committed; the one writer is this process.
import type { BlindId } from '../../domain/blinding.ts';
import type { DeviceChain } from '../../domain/ledger/admission.ts';
import type { BatchRecord, FoldView, PackRecord } from '../../domain/ledger/fold.ts';
import type { Operation } from '../../domain/pack.ts';
import type { Receipt } from '../../domain/receipt.ts';
import type { Catalogue } from '../../domain/wire.ts';
import type { AlertStore } from './alert-store.ts';
import type { DeviceRecord, SiteRecord } from './ledger.ts';

/** An event with a valid signature, and the answer that it got. */
export type StoredEvent = {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly device: string;
  readonly sequence: number;
  readonly organisation: string;
  readonly site: string;
  readonly user: string;
  readonly operation: Operation;
  readonly receiptTimeMs: number;
  /** Log index of its first entry; undefined where it was rejected. */
  readonly index: number | undefined;
  readonly receipt: Receipt;
};

export type SnapshotRecord = {
  readonly number: number;
  /** SHA-256 of the manifest, in hex. */
  readonly manifest: string;
  readonly leafIndex: number;
  readonly publishedMs: number;
  /** Entries of the ledger that it holds. */
  readonly logSize: number;
};

/** Entries by index, append only. */
export type StoredLog = {
  size(): number;
  append(entry: Uint8Array, leafHash: Uint8Array): void;
  entry(index: number): Uint8Array | undefined;
  leafHash(index: number): Uint8Array | undefined;
  /** In order, from `start` up to and without `end`. */
  entries(start: number, end: number): readonly Uint8Array[];
  leafHashes(start: number, end: number): readonly Uint8Array[];
};

export type Store = Omit<FoldView, 'entry'> &
  AlertStore & {
    /** All or nothing, and durable when it returns. */
    transaction<T>(work: () => T): T;
    readonly ledgerLog: StoredLog;
    readonly snapshotLog: StoredLog;

    event(id: string): StoredEvent | undefined;
    eventAt(index: number): StoredEvent | undefined;
    /** `inChain`: the event takes its place in its device's chain. One that does not is kept for an administrator. */
    addEvent(event: StoredEvent, inChain: boolean): void;
    /** Whether an event of the device's chain has this sequence. */
    holdsPlace(device: string, sequence: number): boolean;
    /** Events of a device that wait for an administrator. */
    heldCount(device: string): number;
    /** Of all devices where none is named; oldest first, the first `max`. */
    heldEvents(device: string | undefined, max: number): readonly StoredEvent[];
    /** What an administrator decided: another answer, with a place in the log where it was released. */
    settleHeld(id: string, receipt: Receipt, index: number | undefined, receiptTimeMs: number): void;
    /** By the store's numbers, in the order in which they came: those after the last that was `lookedAt`. */
    eventsToLookAt(max: number): readonly { readonly number: number; readonly receiptTimeMs: number }[];
    lookedAt(number: number): void;
    eventOf(number: number): StoredEvent;
    /** yyyy-mm-dd. */
    keepEventUntil(number: number, day: string): void;
    /** Those that were to be kept until before this day. */
    eventsKeptUntil(day: string, max: number): readonly number[];
    /** Leaves its id, its place and its answer: neither bytes nor signature, and nobody's name. */
    forgetEvent(number: number): void;
    putPack(key: string, record: PackRecord): void;
    putBatch(key: string, record: BatchRecord): void;
    putWithdrawn(productId: BlindId): void;
    /** Notes that an entry concerns these packs, containers, batches or products. */
    addMentions(index: number, ids: Iterable<BlindId>): void;
    /** Indexes of the entries that concern this id, ascending: the newest `max` of them. */
    mentions(id: BlindId, max: number): readonly number[];
    /** Indexes of recalls, withdrawals and locks, from `start` up to and without `end`: the first `max` of them. */
    tightenings(start: number, end: number, max: number): readonly number[];

    device(id: string): DeviceRecord | undefined;
    putDevice(device: DeviceRecord): void;
    /** In the order of their ids. */
    devices(after: string, max: number): readonly DeviceRecord[];
    chain(device: string): DeviceChain;
    site(organisation: string, site: string): SiteRecord | undefined;
    /** In the order of their names, the first `max`. */
    sites(max: number): readonly SiteRecord[];
    putSite(site: SiteRecord): void;
    catalogue(): Catalogue;
    setCatalogue(products: Catalogue['products']): void;

    /** The newest first. */
    lastSnapshots(count: number): readonly SnapshotRecord[];
    snapshotAt(leafIndex: number): SnapshotRecord | undefined;
    addSnapshot(snapshot: SnapshotRecord): void;
    meta(name: string): string | undefined;
    setMeta(name: string, value: string): void;
    close(): void;
  };
