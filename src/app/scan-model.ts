// What screens see of scanning and judging: the camera's state, the pack on screen and what is held of it. Every model
// here is one union in a read-only signal with the actions that a screen may call; words come from the catalogue.
import type { ReadonlySignal } from '@preact/signals-core';
import type { NoPackProblem, ScanNote } from '../domain/codes/scan.ts';
import type { KeyedProblem } from '../domain/keyboard/keyed-scan.ts';
import type { Cause } from '../domain/misread.ts';
import type { EntryMode, Operation, Pack } from '../domain/pack.ts';
import type { HandAdvice } from '../domain/picture/hand-advice.ts';
import type { Motion } from '../domain/picture/picture-motion.ts';
import type { NamedAlert, PackConflict } from '../domain/receipt.ts';
import type { Judgment } from '../domain/verdict.ts';
import type { ReadPack } from './code-reading.ts';
import type { StoreError } from './ports.ts';
import type { CameraChoice, CameraError, DecoderError, PicturePoint, ZoomRange } from './ports-scan.ts';
import type { ScannerSetupModel } from './scanner-setup-model.ts';

/** The ledger's own word on a pack, asked live after the device's verdict is on screen. */
export type LedgerOpinion =
  | { readonly kind: 'asking' }
  | { readonly kind: 'offline' }
  | { readonly kind: 'no-answer' }
  /** With what the device shows. `awaitsUndo`: once the ledger has this device's unsent undo of its own act. */
  | { readonly kind: 'agrees'; readonly judgment: Judgment; readonly awaitsUndo?: true }
  | { readonly kind: 'disagrees'; readonly judgment: Judgment };

/** What the user has just done to the pack on screen. */
export type Recorded = {
  readonly eventId: string;
  readonly operation: Operation;
  readonly claimedTimeMs: number;
};

/** The same, with the verdict that it was done on. */
export type Done = Recorded & { readonly before: Judgment };

/** An act of this device on the pack that the ledger kept but did not apply. */
export type Contested = {
  readonly operation: Operation;
  readonly claimedTimeMs: number;
  readonly conflict: PackConflict;
  /** What it raised. */
  readonly alerts: readonly NamedAlert[];
};

export type JudgedScan = {
  readonly pack: Pack;
  /** True when the code gave only year and month, and the date shown is the month's last day. */
  readonly expiryDayUnspecified: boolean;
  readonly productName: string | undefined;
  readonly entryMode: EntryMode;
  readonly notes: readonly ScanNote[];
  /** What a handheld scanner's keys hold if another one has pressed them than the one that was learnt. */
  readonly rival?: Pack;
  readonly judgment: Judgment;
  readonly opinion: LedgerOpinion;
  readonly recorded: Done | undefined;
  /** Why the verdict may be a false alarm. */
  readonly cause: Cause | undefined;
  /** Until the data in use knows of it. */
  readonly contested: Contested | undefined;
  /** This device's last event on the pack, while it can still be undone; undefined where the rules forbid it. */
  readonly undoable: Recorded | undefined;
};

/** A handheld scanner's keys that do not tell for sure what the code holds. */
export type KeyedFailure = {
  readonly kind: 'keyed';
  /** `not-loaded`: the part of the app that knows scanners could not be loaded. */
  readonly problem: KeyedProblem | 'not-loaded';
  readonly text: string;
};

export type ScanFailure =
  | KeyedFailure
  | {
      readonly kind: 'unreadable';
      readonly problem: NoPackProblem;
      readonly text: string;
    }
  /** A pallet's or box's code: well read, but no pack's. A list takes it. */
  | { readonly kind: 'container'; readonly sscc: string }
  /** Product and serial are there, but batch or expiry are not: type them in. */
  | { readonly kind: 'incomplete'; readonly pack: Partial<Pack> & Pick<Pack, 'productCode' | 'serial'> }
  | { readonly kind: 'photo'; readonly code: DecoderError['code'] }
  | { readonly kind: 'no-code-in-photo' }
  | { readonly kind: 'store'; readonly code: StoreError['code'] };

/** Why a code in view of the camera was left out: what it is, or that a person has just taken its pack off the list. */
export type PassedOver = ScanFailure | { readonly kind: 'taken-off' };

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
      readonly canFocus: boolean;
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

/** A code in view of the camera while many are scanned. */
export type ScanMark = {
  /** The same from frame to frame. */
  readonly id: string;
  /** As the decoder gives them. */
  readonly corners: readonly PicturePoint[];
  /** Undefined until its pack has been judged. */
  readonly scan: JudgedScan | undefined;
  /** Another symbol beside it bears the same code. */
  readonly isTwin: boolean;
};

/** How what the marks lie on moves, and the time (the video's own, as of `Camera`) of the picture that they are of. */
export type MarksMotion = Motion & { readonly frameMs: number };

export type ScannerModel = {
  /** While `scanMany`: what is in view, each code once. */
  readonly marks: ReadonlySignal<readonly ScanMark[]>;
  readonly marksMotion: ReadonlySignal<MarksMotion>;
  /** Why the code seen last was left out; undefined once a pack has come after it. */
  readonly passedOver: ReadonlySignal<PassedOver | undefined>;
  /** While `scanMany`: the packs whose one code stands on two packs in view. */
  readonly twins: ReadonlySignal<readonly Pack[]>;
  /** The packs in the photo whose first is on screen; empty where it shows no more than one. */
  readonly photoPacks: ReadonlySignal<readonly ReadPack[]>;
  readonly camera: ReadonlySignal<CameraState>;
  /** What would help the hand, once the camera has read nothing for a while. */
  readonly advice: ReadonlySignal<HandAdvice | undefined>;
  readonly state: ReadonlySignal<ScanState>;
  /** The packs judged since the app was opened, newest first, at most 200. */
  readonly history: ReadonlySignal<readonly JudgedScan[]>;
  /** `preview` is the screen's video element. Asks for the camera: call after a tap only. */
  openCamera(preview: object): Promise<void>;
  closeCamera(): void;
  chooseCamera(id: string, preview: object): Promise<void>;
  setTorch(on: boolean): Promise<void>;
  setZoom(factor: number): Promise<void>;
  focusAt(point: PicturePoint): Promise<void>;
  /**
   * The camera's picture as a JPEG (a Blob, opaque to this layer): the one in which a code was read that is no pack's,
   * else as it is now. Undefined where there is none.
   */
  takeStill(): Promise<object | undefined>;
  readPhoto(file: object): Promise<void>;
  /**
   * While a screen holds it, handheld scanners' codes go there and not to a verdict. `release` gives them back. Rejects
   * where that part of the app cannot be loaded.
   */
  openSetup(): Promise<{ readonly setup: ScannerSetupModel; release(): void }>;
  /** What a demo pack delivers. */
  readText(text: string, entryMode: EntryMode): Promise<void>;
  readTyped(code: TypedCode): Promise<void>;
  /** Judges the pack on screen again and asks the ledger once more. */
  recheck(): Promise<void>;
  /** Judges a pack of the history anew. */
  reopen(scan: JudgedScan): Promise<void>;
  /** Tells at length about the code that was passed over. */
  explain(): void;
  /** Back to scanning. */
  dismiss(): void;
};
