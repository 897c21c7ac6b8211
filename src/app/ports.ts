// What the use cases need from the platform. Adapters implement these, tests bring fakes; each port that can fail has
// one error class, so that a screen switches over a code and never reads a message.

import type {
  AlertResponse,
  AlertStepRequest,
  AlertStepResponse,
  AlertsResponse,
} from '../domain/alerts/alert-wire.ts';
import type { BlindId, BlindPack } from '../domain/blinding.ts';
import type { EpochKeys } from '../domain/epoch-keys.ts';
import type { Algorithm } from '../domain/event.ts';
import type { TrustText } from '../domain/ledger/trust.ts';
import type { Pack } from '../domain/pack.ts';
import type { Receipt } from '../domain/receipt.ts';
import type { Finding } from '../domain/snapshot/lookup.ts';
import type { Scope } from '../domain/snapshot/scope.ts';
import type {
  ApiError,
  Catalogue,
  EnrolRequest,
  EnrolResponse,
  KeysRequest,
  KeysResponse,
  SignedEvent,
  TighteningsResponse,
  TrailResponse,
} from '../domain/wire.ts';
import type { BackgroundSync, Locks, OutboxStore } from './outbox-ports.ts';
import type { Camera, PhotoReader, Signals, Wedge } from './ports-scan.ts';
import type { SnapshotStore } from './ports-snapshot.ts';
import type { TighteningStore } from './ports-tightening.ts';

// --- Time and chance -------------------------------------------------------------------------------------------

export interface Clock {
  nowMs(): number;
  /** Calls the task again and again until the returned function is called. */
  every(periodMs: number, task: () => void): () => void;
}

export interface RandomSource {
  bytes(length: number): Uint8Array;
}

/** Hashes what is too long to hash while a screen waits. */
export type Sha256 = (bytes: Uint8Array) => Promise<Uint8Array>;

/** What the browser tells of the network and of the page; hints only, never proof that a request will pass. */
export interface Surroundings {
  online(): boolean;
  visible(): boolean;
  onOnline(listener: () => void): () => void;
  onVisible(listener: () => void): () => void;
}

// --- Keys ------------------------------------------------------------------------------------------------------

export class KeyError extends Error {
  override readonly name = 'KeyError';
  readonly code: 'unsupported' | 'lost' | 'failed';
  constructor(code: KeyError['code'], cause?: unknown) {
    super(`key: ${code}`, { cause });
    this.code = code;
  }
}

/** The device's key; the private half cannot be exported. Throws KeyError. */
export interface DeviceKey {
  readonly alg: Algorithm;
  /** Raw: 32 bytes, or a P-256 point of 65. */
  readonly publicKey: Uint8Array;
  /** 64 bytes: Ed25519 (RFC 8032), or ECDSA over SHA-256 as r and s (IEEE P1363). */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/**
 * Computes blinded ids under the keys of the device's scope, which cannot be exported. Undefined: the product lies
 * outside the scope. Throws KeyError.
 */
export interface Blinder {
  /** Epochs that the device has keys of, newest first. */
  readonly keyIds: readonly number[];
  /** The id under which every page keeps the product. */
  blindProduct(keyId: number, productCode: string): Promise<BlindId | undefined>;
  blindPack(keyId: number, pack: Omit<Pack, 'expiry'>): Promise<BlindPack | undefined>;
  blindContainer(keyId: number, sscc: string): Promise<BlindId>;
}

// --- What the device keeps ---------------------------------------------------------------------------------------

export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** `replaced`: the device has been enrolled anew since this tab was opened. */
  readonly code: 'full' | 'refused' | 'damaged' | 'failed' | 'replaced';
  constructor(code: StoreError['code'], cause?: unknown) {
    super(`store: ${code}`, { cause });
    this.code = code;
  }
}

/** Who this device is and what it trusts. The blinding keys are held by the Blinder, never here. */
export type Enrolment = Omit<EnrolResponse, 'keys'> & {
  readonly enrolledMs: number;
  /** Verifier keys of the logs that no longer sign: good for what the device took in while they did. */
  readonly retiredKeys: readonly string[];
};

/** `blinder` is over the keys of `scope`: what the device handles, of what it may have. */
export type Identity = {
  readonly enrolment: Enrolment;
  readonly key: DeviceKey;
  readonly scope: Scope;
  readonly blinder: Blinder;
};

/** Keys are kept as ones that cannot be exported. Throws StoreError and KeyError. */
export interface EnrolmentStore {
  load(): Promise<Identity | undefined>;
  /** Makes the device's key; kept only once `save` has been called for it. */
  createKey(): Promise<DeviceKey>;
  /**
   * Stores enrolment, key and blinding keys together; the scope is all that the device may have. Of the same logs, keys
   * that have signed them before stay known as retired.
   */
  save(key: DeviceKey, response: EnrolResponse, nowMs: number): Promise<void>;
  /** The logs' keys have changed. Another tab may have been faster: a lower number changes nothing. */
  changeTrust(trust: TrustText, retiredKeys: readonly string[]): Promise<void>;
  /**
   * Changes the scope, drops the keys of what it leaves out and adds these, all at once. Undefined, with nothing
   * changed: another tab has changed the scope since it was as expected.
   */
  keepKeys(expected: Scope, scope: Scope, added: readonly EpochKeys[]): Promise<Blinder | undefined>;
  /** A blinder over keys that are not stored. */
  borrow(keys: readonly EpochKeys[]): Promise<Blinder>;
}

export type LogName = 'ledger' | 'snapshot';

/** Both signed heads of a log that showed two histories: the evidence. */
export type ForkEvidence = {
  readonly log: LogName;
  readonly seen: string;
  readonly offered: string;
  readonly foundMs: number;
};

export interface CheckpointStore {
  /** The newest checkpoint note that this device has accepted. */
  latest(log: LogName): Promise<string | undefined>;
  /** Compare-and-swap: false if the stored note is no longer the expected one. */
  replace(log: LogName, expected: string | undefined, next: string): Promise<boolean>;
  keepEvidence(evidence: ForkEvidence): Promise<void>;
  evidence(): Promise<readonly ForkEvidence[]>;
}

export interface SettingsStore {
  get(name: SettingName): Promise<string | undefined>;
  set(name: SettingName, value: string): Promise<void>;
}
export type SettingName =
  | 'workplace'
  | 'camera'
  | 'catalogue'
  | 'user'
  | 'scanners'
  | 'signals'
  | 'checked-supplies'
  | 'withdrawn-snapshot'
  | 'left-alone'
  | 'alerts'
  | 'open-list';

/** Whether the browser promises to keep what is stored. */
export interface StoragePromise {
  persisted(): Promise<boolean>;
  ask(): Promise<boolean>;
  /** Bytes that it will still store, by its own estimate; undefined: it does not say. */
  spaceLeft(): Promise<number | undefined>;
}

// --- The ledger's server -------------------------------------------------------------------------------------------

export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  /** `refused` carries the server's own code; `malformed`: its answer is not what the interface promises. */
  readonly code: 'offline' | 'timeout' | 'refused' | 'malformed';
  readonly refusal: ApiError | undefined;
  /** How long the server asked to be left alone (Retry-After, RFC 9110 s10.2.3). */
  readonly retryAfterMs: number | undefined;
  constructor(
    code: LedgerError['code'],
    options: { refusal?: ApiError | undefined; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(`ledger: ${code}${options.refusal ? ` (${options.refusal})` : ''}`, { cause: options.cause });
    this.code = code;
    this.refusal = options.refusal;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export type LatestSnapshot = { readonly manifest: Uint8Array; readonly proof: string };

/** How the device's clock stands to the server's, from the latest answer. */
export type ClockSkew = {
  /** Above zero: the device's clock is ahead. */
  readonly aheadMs: number;
  /** Either way; the time on the way, and that the header counts seconds. */
  readonly uncertainMs: number;
};

/** What the server holds of a device. */
export type HeldByLedger = { readonly device: string; readonly sequence: number };

/** Cases that people work on. Throws LedgerError. */
export interface AlertClient {
  /** The newest first; undefined: the answer is still the one with this tag. */
  list(
    isClosed: boolean,
    before: number | undefined,
    tag: string | undefined,
  ): Promise<AlertsResponse | undefined>;
  read(id: string): Promise<AlertResponse>;
  /** The same step sent again is recorded once. */
  step(step: AlertStepRequest): Promise<AlertStepResponse>;
}

/** Answers are parsed, not believed: what can be proven, the use cases prove. Throws LedgerError. */
export interface LedgerClient {
  enrol(request: EnrolRequest): Promise<EnrolResponse>;
  keys(request: KeysRequest): Promise<KeysResponse>;
  /** A one-time code for another device of the same site. */
  invite(): Promise<{ readonly code: string; readonly expiresMs: number }>;
  /** `afterLoss`: ids of those whose predecessor in the chain is lost for good. */
  postEvents(events: readonly SignedEvent[], afterLoss?: readonly string[]): Promise<readonly Receipt[]>;
  verify(
    pack: Pack,
  ): Promise<{ readonly finding: Finding; readonly asOfMs: number; readonly logSize: number }>;
  trail(pack: Pack): Promise<TrailResponse>;
  /** Undefined: the answer is still the one with this tag. */
  tightenings(from: number, tag: string | undefined): Promise<TighteningsResponse | undefined>;
  catalogue(): Promise<Catalogue>;
  alerts(): Promise<AlertClient>;
  checkpoint(log: LogName): Promise<string>;
  /** The newest that met its cosigners' quorum; undefined: none is kept. */
  cosignedCheckpoint(log: LogName): Promise<string | undefined>;
  /** The announcement of the logs' keys with this number; undefined: there has been none yet. */
  logKeys(number: number): Promise<string | undefined>;
  /** `path` as in C2SP tlog-tiles, e.g. `tile/0/000.p/5`. */
  tile(log: LogName, path: string): Promise<Uint8Array>;
  latestSnapshot(): Promise<LatestSnapshot>;
  /**
   * Bytes of a bundle of pages as they arrive, unchecked; they may end early. Throws LedgerError, also while they are
   * read.
   */
  bundle(id: string, from: number, length: number): Promise<AsyncIterable<Uint8Array>>;
  /** Undefined until the server has answered. */
  clockSkew(): ClockSkew | undefined;
  /** Whether anybody answered the last request; true before the first. */
  isReached(): boolean;
  /** Undefined until a session was opened. */
  heldOfDevice(): HeldByLedger | undefined;
}

/** Everything that the use cases of one workplace stand on: the enrolled device's, or practice's. */
export type Ports = {
  readonly sha256: Sha256;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly surroundings: Surroundings;
  readonly camera: Camera;
  readonly photoReader: PhotoReader;
  readonly wedge: Wedge;
  readonly signals: Signals;
  readonly enrolments: EnrolmentStore;
  readonly outbox: OutboxStore;
  readonly checkpoints: CheckpointStore;
  readonly snapshots: SnapshotStore;
  readonly tightenings: TighteningStore;
  readonly settings: SettingsStore;
  readonly storagePromise: StoragePromise;
  readonly locks: Locks;
  readonly backgroundSync: BackgroundSync;
  readonly ledger: LedgerClient;
};
