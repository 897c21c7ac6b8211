// What screens see of the data that verdicts rest on, and of its being kept fresh.
import type { ReadonlySignal } from '@preact/signals-core';
import type { Result } from '../domain/result.ts';
import type { Scope } from '../domain/snapshot/scope.ts';
import type { ForkEvidence, LogName } from './ports.ts';

/** Why the newest data was refused; the last good snapshot stays in use. */
export type SyncFailure =
  | 'offline'
  | 'timeout'
  | 'server'
  | 'malformed'
  | 'bad-signature'
  | 'unknown-key'
  /** Too few of those whom the policy names have cosigned what the log shows. */
  | 'missing-witnesses'
  | 'missing-auditors'
  /** The newest snapshot was withdrawn by a leaf of the snapshot log. */
  | 'voided'
  | 'rolled-back'
  | 'forked'
  | 'bad-proof'
  | 'stale'
  | 'wrong-hash'
  | 'storage-full'
  | 'storage-failed'
  | 'not-enrolled';

/** Whose cosignatures a log's newest checkpoint lacks: some of `names`, so that there are `need` and not `have`. */
export type MissingCosigners = {
  readonly log: LogName;
  readonly who: 'witness' | 'auditor';
  readonly have: number;
  readonly need: number;
  readonly names: readonly string[];
};

export type SyncState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'checking' }
  | {
      readonly kind: 'loading';
      readonly bytesDone: number;
      readonly bytesTotal: number;
      /** Undefined while nothing is known of how fast it goes. */
      readonly msLeft: number | undefined;
    }
  | { readonly kind: 'failed'; readonly why: SyncFailure };

/** The data that verdicts rest on. */
export type DataState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'none' }
  | { readonly kind: 'damaged'; readonly publishedMs: number }
  | {
      readonly kind: 'held';
      readonly publishedMs: number;
      readonly expiresMs: number;
      /** Of the products held, and the bytes that they take. */
      readonly packs: number;
      readonly bytes: number;
      /** The products held. */
      readonly scope: Scope;
      readonly logSize: number;
      readonly manifestId: string;
      /** Voided in the snapshot log: it may still warn, but it vouches for nothing. */
      readonly isWithdrawn: boolean;
    };

export type ScopeSize = { readonly bytes: number; readonly bytesToLoad: number; readonly packs: number };

export type SyncModel = {
  readonly data: ReadonlySignal<DataState>;
  readonly state: ReadonlySignal<SyncState>;
  /** Whom the policy has confirm what this device builds on; empty: the logs' own signatures are enough. */
  readonly demands: readonly MissingCosigners[];
  /** Who has not, of the newest that was seen. */
  readonly missing: ReadonlySignal<readonly MissingCosigners[]>;
  readonly evidence: ReadonlySignal<readonly ForkEvidence[]>;
  /** The products that this device is to hold data of; while they are being loaded, it holds fewer. */
  readonly scope: ReadonlySignal<Scope>;
  /** What is left out is dropped at once, what is new is then loaded. */
  changeScope(next: Scope): Promise<Result<Scope, SyncFailure>>;
  /** Fails where this device holds no data to tell it from. */
  sizeOf(scope: Scope): Promise<Result<ScopeSize, SyncFailure | 'no-data'>>;
  syncNow(): Promise<void>;
};
