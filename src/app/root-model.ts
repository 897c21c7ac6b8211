// What screens start from: the app that is open, and how this device comes to belong to a site.
import type { ReadonlySignal } from '@preact/signals-core';
import type { AppModel } from './app-model.ts';

export type EnrolState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'working' }
  | {
      readonly kind: 'failed';
      readonly why: 'code-not-valid' | 'wrong-key' | 'offline' | 'server' | 'unsupported' | 'storage-full';
    }
  | { readonly kind: 'done' };

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
