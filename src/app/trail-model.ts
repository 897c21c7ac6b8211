// What screens see of a pack's journey, each step with what this device has proven about it.
import type { ReadonlySignal } from '@preact/signals-core';
import type { Role } from '../domain/market.ts';
import type { Operation, Pack } from '../domain/pack.ts';
import type { Result } from '../domain/result.ts';
import type { SiteAct } from './outbox-model.ts';
import type { SyncFailure } from './sync-model.ts';

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
  /** RFC 6962 hash of the entry, and the entry itself where the reader may know it. */
  readonly leaf: Uint8Array;
  readonly entry: Uint8Array | undefined;
  /** What this device itself has proven about the step. */
  readonly evidence: 'proven' | 'leaf-proven';
};

export type TrailState =
  | { readonly kind: 'closed' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly why: SyncFailure | 'not-about-this-pack' | 'outside-scope' }
  | {
      readonly kind: 'shown';
      readonly pack: Pack;
      readonly productName: string | undefined;
      readonly steps: readonly TrailStepView[];
      /** This site's act that made the pack's state, where it is of a kind that can be undone. */
      readonly undoable: SiteAct | undefined;
      readonly logSize: number;
      /** The signed checkpoint that every step was checked against. */
      readonly checkpoint: string;
    };

export type TrailModel = {
  readonly state: ReadonlySignal<TrailState>;
  open(pack: Pack): Promise<void>;
  /** A step as a C2SP tlog-proof. Fails without throwing. */
  exportProof(step: TrailStepView): Promise<Result<string, SyncFailure>>;
  close(): void;
};
