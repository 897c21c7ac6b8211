// What the outbox needs from the platform: a store whose every write is durable, and ways for the tabs of one browser
// and its service worker to work on it without getting in each other's way.
import type { BlindActor } from '../domain/blinding.ts';
import type { PlacedReceipt, Rejection } from '../domain/receipt.ts';

/** Who signed a row: kept with it, since the device may have enrolled anew since. */
export type Signer = {
  readonly device: string;
  /** Raw; empty where it is not known. */
  readonly publicKey: Uint8Array;
  /** How the ledger's entries name it. */
  readonly actor: BlindActor;
};

/** An event that the ledger has not yet proven it holds. */
export type OutboxRow = {
  /** Counts what was recorded in this browser, whoever signed it; a chain's rows have places that follow one another. */
  readonly place: number;
  readonly signer: Signer;
  readonly sequence: number;
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly progress:
    | { readonly kind: 'waiting' }
    /** Answered, but its inclusion is not yet proven. */
    | { readonly kind: 'placed'; readonly receipt: PlacedReceipt }
    /** Proven; stays until a person has seen what the ledger said of it. */
    | { readonly kind: 'unseen'; readonly receipt: PlacedReceipt }
    /** Stays until a person has seen it. */
    | { readonly kind: 'rejected'; readonly reason: Rejection };
};

/** A delivered event that still overrides look-ups, until a snapshot that contains its index is in use. */
export type Tombstone = { readonly id: string; readonly bytes: Uint8Array; readonly receipt: PlacedReceipt };

/** Where the device's chain of events stands, and the last place that was given. */
export type ChainHead = { readonly place: number; readonly sequence: number; readonly id: string };

/** Rows by place. */
export type OutboxPage = {
  readonly rows: readonly OutboxRow[];
  /** Places whose rows can no longer be read. They stay until a person has seen them. */
  readonly damaged: readonly number[];
  /** Where the next page begins; undefined: this was the last one. */
  readonly next: number | undefined;
};

/** What was added or changed after a stamp, oldest change first. */
export type OutboxChanges = {
  readonly head: ChainHead;
  readonly rows: readonly OutboxRow[];
  readonly tombstones: readonly Tombstone[];
  /** Up to here these are all changes. */
  readonly stamp: number;
  readonly isMore: boolean;
  /** Another number than before: rows have gone without a tombstone, so everything is to be read again. */
  readonly removals: number;
  /** Rows in the store, the damaged ones included. */
  readonly rowCount: number;
};

/** `row` as it was read; a change of one that is no longer there does nothing. */
export type OutboxStep =
  | { readonly row: OutboxRow; readonly progress: OutboxRow['progress'] }
  | { readonly row: OutboxRow; readonly settled: Tombstone };

/** Every write is durable (`strict`) when its promise resolves, and made whole or not at all. Throws StoreError. */
export interface OutboxStore {
  head(): Promise<ChainHead>;
  changes(since: number, max: number): Promise<OutboxChanges>;
  /** From this place on, in the order in which they were recorded. */
  page(from: number, max: number): Promise<OutboxPage>;
  /**
   * Adds a row and moves the head in one transaction; false if another tab has moved the head since. Throws StoreError
   * `replaced` for a row of another device than the one that is enrolled now.
   */
  append(expected: ChainHead, row: OutboxRow): Promise<boolean>;
  /** All steps in one transaction; each is to another row. */
  advance(steps: readonly OutboxStep[]): Promise<void>;
  /**
   * Removes a row that was rejected or cannot be read, once a person has seen it. One that the ledger has taken in
   * meanwhile, because an administrator released it, stays.
   */
  remove(place: number): Promise<void>;
  /** Places removed so: the chain has a gap there that nothing can fill. */
  removed(): Promise<readonly number[]>;
  /** Drops tombstones of events below this log size. */
  sweep(logSize: number): Promise<void>;
}

/** Work that only one of this browser's tabs and its service worker may be at. */
export type LockName = 'record' | 'drain' | 'sync';

/** Spares work and keeps the order; it guards nothing that the stores do not guard themselves by compare-and-swap. */
export interface Locks {
  /** Waits for its turn, but only as long as a user would; then works without it. */
  hold<T>(name: LockName, work: () => Promise<T>): Promise<T>;
  /** Undefined, without having worked: somebody else is at it. */
  tryHold<T>(name: LockName, work: () => Promise<T>): Promise<{ readonly value: T } | undefined>;
  /** Waits for its turn, which it takes from a holder that seems dead. */
  inTurn<T>(name: LockName, work: () => Promise<T>): Promise<T>;
}

/** The browser's promise to wake the app's service worker once there is a network, where it gives one. */
export interface BackgroundSync {
  ask(): Promise<void>;
  /** The service worker has sent what waited. */
  onSent(listener: () => void): () => void;
}
