// What screens see of a list of packs on which one act is recorded: a pallet, a delivery, a shelf.
import type { ReadonlySignal } from '@preact/signals-core';
import type { BulkOutcome, BulkRequest, RecordRequest } from './outbox-model.ts';
import type { JudgedScan } from './scan-model.ts';

export type PalletLine = {
  readonly scan: JudgedScan;
  /** Its one code was seen on two packs at once. */
  readonly isTwin: boolean;
  /** Of the last act on the list; undefined until there is one. */
  readonly outcome: BulkOutcome | undefined;
  /** What that act was. */
  readonly act: RecordRequest['operation'] | 'undo' | undefined;
};

export type PalletContainer = {
  readonly sscc: string;
  /** Of its coming in; undefined until that is recorded. */
  readonly outcome: BulkOutcome | undefined;
};

export type PalletState =
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'open';
      /** Newest first, each pack once. */
      readonly lines: readonly PalletLine[];
      /** What the packs came in, by its own code. */
      readonly containers: readonly PalletContainer[];
      /** What became of the last code: a pack that is on the list already is not listed twice. */
      readonly last: 'added' | 'repeat' | 'full' | 'container' | undefined;
      readonly isRecording: boolean;
    };

/** How many packs of the list an act would be possible on, and how many pallets or boxes come in by it. */
export type PalletOffer = {
  readonly operation: RecordRequest['operation'];
  readonly packs: number;
  readonly containers: number;
};

export type PalletModel = {
  /** While it is open, what is scanned is listed instead of shown. */
  readonly state: ReadonlySignal<PalletState>;
  open(): void;
  /** The same, with all packs of the photo whose first is on screen. */
  openWithPhoto(): void;
  close(): void;
  remove(line: PalletLine): void;
  removeContainer(sscc: string): void;
  offers(): readonly PalletOffer[];
  /**
   * One act on those that have none yet; each has an outcome of its own. `asked`: the lines that stood there when the
   * user was asked. What a handheld scanner has added behind the question is not among them.
   */
  record(request: Omit<BulkRequest, 'scans' | 'containers'>, asked: readonly PalletLine[]): Promise<void>;
  /** Lines whose act can be taken back: recorded on this list, or by this device before the pack was listed. */
  undoable(): number;
  /** One undo of all those among `asked`; each has an outcome of its own. */
  undo(handedOver: boolean, asked: readonly PalletLine[]): Promise<void>;
};
