// What screens start from: the app that is open or why none is, and how this device comes to belong to a site.
import type { ReadonlySignal } from '@preact/signals-core';
import type { AppModel } from './app-model.ts';
import type { ExportedFile } from './outbox-model.ts';
import type { KeyError, StoreError } from './ports.ts';

/** Why what this device holds could not be opened. Nothing of it has been changed. */
export type StartFailure =
  | { readonly kind: 'store'; readonly code: StoreError['code'] }
  | { readonly kind: 'key'; readonly code: KeyError['code'] }
  /** A part of the app itself, which the network did not bring. */
  | { readonly kind: 'practice'; readonly code: 'not-loaded' };

/** `code` is that of the link: what became of one says nothing about the next. */
export type EnrolState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'working'; readonly code: string }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly why:
        | 'code-not-valid'
        | 'wrong-key'
        | 'offline'
        | 'server'
        | 'unsupported'
        | 'storage-full'
        | 'storage-failed';
    }
  | { readonly kind: 'done'; readonly code: string };

/** The root that screens render. */
export type RootModel = {
  /** Undefined while the stored enrolment is being read, and where that failed. */
  readonly app: ReadonlySignal<AppModel | undefined>;
  readonly startFailure: ReadonlySignal<StartFailure | undefined>;
  /** Reads the stored enrolment and opens the app; again after a failure. */
  start(): Promise<void>;
  /** Opens practice, which needs nothing stored, where the device cannot be opened. */
  practise(): Promise<void>;
  readonly enrol: ReadonlySignal<EnrolState>;
  /** `code` from the link's fragment; `keyHash` pins the ledger's keys that the link named. */
  enrolWith(code: string, keyHash: string): Promise<void>;
  /** What waits on a device that could not be opened, as files to be carried to the ledger by hand. */
  exportOutbox(): Promise<readonly ExportedFile[] | undefined>;
  readonly updateWaiting: ReadonlySignal<boolean>;
  acceptUpdate(): void;
};
