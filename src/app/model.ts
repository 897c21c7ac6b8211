// What screens see: the state of each use case as one union in a read-only signal, and the actions that they may call.
// Screens render this and hold no rule of their own; every string for people comes from the message catalogue.
import type { ReadonlySignal } from '@preact/signals-core';
import type { ScanNote, ScanProblem } from '../domain/codes/scan.ts';
import type { ConflictReason } from '../domain/ledger/fold.ts';
import type { Role } from '../domain/market.ts';
import type { Decommission, EntryMode, Operation, Pack, PackState, Seal } from '../domain/pack.ts';
import type { PackConflict, Rejection } from '../domain/receipt.ts';
import type { Judgment } from '../domain/verdict.ts';
import type {
  CameraChoice,
  CameraError,
  DecoderError,
  ForkEvidence,
  KeyError,
  StoreError,
  ZoomRange,
} from './ports.ts';

/** Where one works; decides which actions a screen offers first. */
export const WORKPLACES = ['counter', 'warehouse', 'inspection'] as const;
export type Workplace = (typeof WORKPLACES)[number];

// --- Scanning and judging ----------------------------------------------------------------------------------------

/** The ledger's own word on a pack, asked live after the device's verdict is on screen. */
export type LedgerOpinion =
  | { readonly kind: 'asking' }
  | { readonly kind: 'offline' }
  | { readonly kind: 'no-answer' }
  | { readonly kind: 'agrees'; readonly judgment: Judgment }
  | { readonly kind: 'disagrees'; readonly judgment: Judgment };

/** What the user has just done to the pack on screen. */
export type Recorded = {
  readonly eventId: string;
  readonly operation: Operation;
  readonly claimedTimeMs: number;
};

export type JudgedScan = {
  readonly pack: Pack;
  /** True when the code gave only year and month, and the date shown is the month's last day. */
  readonly expiryDayUnspecified: boolean;
  readonly productName: string | undefined;
  readonly entryMode: EntryMode;
  readonly notes: readonly ScanNote[];
  readonly judgment: Judgment;
  readonly opinion: LedgerOpinion;
  readonly recorded: Recorded | undefined;
  /** This device's last event on the pack, while it can still be undone; undefined where the rules forbid it. */
  readonly undoable: Recorded | undefined;
};

export type ScanFailure =
  | {
      readonly kind: 'unreadable';
      readonly problem: ScanProblem | 'no-product-code' | 'no-serial';
      readonly text: string;
    }
  /** Product and serial are there, but batch or expiry are not: type them in. */
  | { readonly kind: 'incomplete'; readonly pack: Partial<Pack> & Pick<Pack, 'productCode' | 'serial'> }
  | { readonly kind: 'photo'; readonly code: DecoderError['code'] }
  | { readonly kind: 'no-code-in-photo' }
  | { readonly kind: 'store'; readonly code: StoreError['code'] };

export type ScanState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'reading-photo' }
  | { readonly kind: 'checking' }
  | { readonly kind: 'failed'; readonly failure: ScanFailure }
  | { readonly kind: 'judged'; readonly scan: JudgedScan };

export type CameraState =
  | { readonly kind: 'off' }
  | { readonly kind: 'starting' }
  | {
      readonly kind: 'on';
      readonly cameraId: string;
      readonly cameras: readonly CameraChoice[];
      readonly hasTorch: boolean;
      readonly torchOn: boolean;
      readonly zoom: ZoomRange | undefined;
      readonly zoomFactor: number;
    }
  | { readonly kind: 'failed'; readonly code: CameraError['code'] };

export type TypedCode = {
  /** GTIN-14, GTIN-13, PPN or PZN as printed. */
  readonly productCode: string;
  readonly serial: string;
  readonly batch: string;
  /** ISO date, or ISO month `YYYY-MM`. */
  readonly expiry: string;
};

export type ScannerModel = {
  readonly camera: ReadonlySignal<CameraState>;
  readonly state: ReadonlySignal<ScanState>;
  /** The packs judged since the app was opened, newest first, at most 200. */
  readonly history: ReadonlySignal<readonly JudgedScan[]>;
  /** `preview` is the screen's video element. Asks for the camera: call after a tap only. */
  openCamera(preview: object): Promise<void>;
  closeCamera(): void;
  chooseCamera(id: string, preview: object): Promise<void>;
  setTorch(on: boolean): Promise<void>;
  setZoom(factor: number): Promise<void>;
  readPhoto(file: object): Promise<void>;
  /** What a wedge scanner or a demo pack delivers. */
  readText(text: string, entryMode: EntryMode): Promise<void>;
  readTyped(code: TypedCode): Promise<void>;
  /** Back to scanning. */
  dismiss(): void;
};

// --- Recording -----------------------------------------------------------------------------------------------------

export type RecordRequest = {
  readonly scan: JudgedScan;
  readonly operation: Decommission | 'inspect' | 'receive';
  readonly seal: Seal;
  readonly reason: string | undefined;
  readonly reference: string | undefined;
};

export type UndoRequest = {
  readonly scan: JudgedScan;
  /** The user's answer; an undo needs a plain "no" (Art. 13: never handed over). */
  readonly handedOver: boolean;
};

/** Why nothing was recorded. */
export type RecordFailure =
  | { readonly kind: 'store'; readonly code: StoreError['code'] }
  | { readonly kind: 'key'; readonly code: KeyError['code'] }
  | { readonly kind: 'not-allowed'; readonly why: 'role' | 'state' | ConflictReason | 'handed-over' };

export type OutboxItem = {
  readonly sequence: number;
  readonly eventId: string;
  readonly operation: Operation;
  readonly claimedTimeMs: number;
  readonly packs: readonly Pack[];
  readonly productName: string | undefined;
  readonly progress:
    | { readonly kind: 'waiting' }
    | { readonly kind: 'proving'; readonly index: number }
    | { readonly kind: 'conflict'; readonly index: number; readonly conflicts: readonly PackConflict[] }
    | { readonly kind: 'rejected'; readonly reason: Rejection };
};

export type FlushState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'sending' }
  | { readonly kind: 'offline' }
  | { readonly kind: 'failed'; readonly why: 'server' | 'malformed' | 'proof' | 'store' | 'not-enrolled' };

export type OutboxModel = {
  /** Events that the ledger has not yet proven it holds. */
  readonly unsentCount: ReadonlySignal<number>;
  readonly items: ReadonlySignal<readonly OutboxItem[]>;
  readonly flushState: ReadonlySignal<FlushState>;
  /** True once the browser promised to keep the storage. */
  readonly persisted: ReadonlySignal<boolean>;
  /** Records durably on this device; resolves only when the event is on disk. */
  record(request: RecordRequest): Promise<RecordFailure | undefined>;
  undo(request: UndoRequest): Promise<RecordFailure | undefined>;
  flush(): Promise<void>;
  /** A person has seen the rejected or conflicting event; removes it from the list. */
  acknowledge(sequence: number): Promise<void>;
};

// --- Data on the device ----------------------------------------------------------------------------------------------

/** Why the newest data was refused; the last good snapshot stays in use. */
export type SyncFailure =
  | 'offline'
  | 'timeout'
  | 'server'
  | 'malformed'
  | 'bad-signature'
  | 'unknown-key'
  | 'rolled-back'
  | 'forked'
  | 'bad-proof'
  | 'stale'
  | 'wrong-hash'
  | 'storage-full'
  | 'storage-failed'
  | 'not-enrolled';

export type SyncState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'checking' }
  | { readonly kind: 'loading'; readonly bytesDone: number; readonly bytesTotal: number }
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
      readonly packs: number;
      readonly logSize: number;
      readonly manifestId: string;
    };

export type SyncModel = {
  readonly data: ReadonlySignal<DataState>;
  readonly state: ReadonlySignal<SyncState>;
  readonly evidence: ReadonlySignal<readonly ForkEvidence[]>;
  syncNow(): Promise<void>;
};

// --- Trail -------------------------------------------------------------------------------------------------------------

export type TrailStepView = {
  readonly index: number;
  readonly operation: Operation;
  /** Undefined where the reader may not know. */
  readonly receiptTimeMs: number | undefined;
  readonly where:
    | { readonly organisation: string; readonly site: string; readonly role: Role; readonly own: boolean }
    | undefined;
  readonly user: string | undefined;
  /** SSCC, where the step happened to the container that held the pack. */
  readonly container: string | undefined;
  /** What this device itself has proven about the step. */
  readonly evidence: 'proven' | 'leaf-proven';
};

export type TrailState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly why: SyncFailure | 'not-about-this-pack' }
  | {
      readonly kind: 'shown';
      readonly pack: Pack;
      readonly productName: string | undefined;
      readonly steps: readonly TrailStepView[];
      readonly logSize: number;
      /** The signed checkpoint that every step was checked against. */
      readonly checkpoint: string;
    };

export type TrailModel = {
  readonly state: ReadonlySignal<TrailState>;
  open(pack: Pack): Promise<void>;
  close(): void;
};

// --- The whole -----------------------------------------------------------------------------------------------------------

export type DemoPack = { readonly id: string; readonly title: string; readonly text: string };

export type EnrolState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'working' }
  | {
      readonly kind: 'failed';
      readonly why: 'code-not-valid' | 'wrong-key' | 'offline' | 'server' | 'unsupported' | 'storage-full';
    }
  | { readonly kind: 'done' };

export type InviteState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly why: 'offline' | 'server' }
  | { readonly kind: 'shown'; readonly link: string; readonly expiresMs: number };

export type AppMode =
  /** Sample packs that live in this browser alone. */
  | { readonly kind: 'practice' }
  | {
      readonly kind: 'enrolled';
      readonly market: string;
      readonly marketName: string;
      readonly siteName: string;
      readonly role: Role;
      /** Undefined: none is connected, so nothing here is a legal verification. */
      readonly nationalSystem: string | undefined;
    };

/** One running app: practice, or the enrolled device. Changing from one to the other builds a new one. */
export type AppModel = {
  readonly mode: AppMode;
  readonly workplace: ReadonlySignal<Workplace | undefined>;
  readonly online: ReadonlySignal<boolean>;
  readonly nowMs: ReadonlySignal<number>;
  readonly scanner: ScannerModel;
  readonly outbox: OutboxModel;
  readonly sync: SyncModel;
  readonly trail: TrailModel;
  /** Operations that this mode and workplace offer for a scan, the main one first. */
  offers(scan: JudgedScan): readonly RecordRequest['operation'][];
  chooseWorkplace(workplace: Workplace): Promise<void>;
  /** Sample packs to try without any pack at hand; empty unless in practice. */
  readonly demoPacks: readonly DemoPack[];
  readonly invite: ReadonlySignal<InviteState>;
  openInvite(): Promise<void>;
  closeInvite(): void;
  start(): Promise<void>;
  stop(): void;
};

/** The root that screens render. */
export type RootModel = {
  /** Undefined while the stored enrolment is being read. */
  readonly app: ReadonlySignal<AppModel | undefined>;
  readonly enrol: ReadonlySignal<EnrolState>;
  /** `code` from the link's fragment; `keyHash` pins the ledger's keys that the link named. */
  enrolWith(code: string, keyHash: string): Promise<void>;
  readonly updateWaiting: ReadonlySignal<boolean>;
  acceptUpdate(): void;
};

export type { PackState };
