// What screens see of alerts: the list, one case, and the step that is being taken on it.
import type { ReadonlySignal } from '@preact/signals-core';
import type { AlertLine, AlertResponse } from '../domain/alerts/alert-wire.ts';
import type { AlertAction, StepRefusal } from '../domain/alerts/workflow.ts';
import type { Pack } from '../domain/pack.ts';
import type { SyncFailure } from './sync-model.ts';

export type AlertList = {
  readonly lines: readonly AlertLine[];
  /** When the server last said so; undefined: it has not been heard yet. */
  readonly asOfMs: number | undefined;
  readonly failure: SyncFailure | undefined;
  readonly isLoading: boolean;
  readonly hasMore: boolean;
};

export type AlertDetail =
  | { readonly kind: 'none' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly why: SyncFailure }
  | {
      readonly kind: 'shown';
      readonly response: AlertResponse;
      readonly isSending: boolean;
      /** Why the last step was not recorded. */
      readonly refused: StepRefusal | undefined;
      readonly failure: SyncFailure | undefined;
    };

export type AlertsModel = {
  readonly open: ReadonlySignal<AlertList>;
  readonly closed: ReadonlySignal<AlertList>;
  /** How many of the open ones wait for a word from whoever uses this device. */
  readonly waiting: ReadonlySignal<number>;
  readonly detail: ReadonlySignal<AlertDetail>;
  /** Asks for the newest open ones; those that are held stay until there is an answer. */
  refresh(): Promise<void>;
  refreshClosed(): Promise<void>;
  more(closed: boolean): Promise<void>;
  read(id: string): Promise<void>;
  leave(): void;
  /** On the case that is shown. */
  take(action: AlertAction): Promise<void>;
  /** The newest open alert on the pack that this device knows of. */
  openOn(pack: Pick<Pack, 'productCode' | 'serial'>): AlertLine | undefined;
};

/** Comes when it is first asked for: the first screen does without. */
export type LaterAlerts = {
  readonly model: ReadonlySignal<AlertsModel | undefined>;
  /** Undefined: practice has none, or their part of the app is not on this device yet. */
  load(): Promise<AlertsModel | undefined>;
};
