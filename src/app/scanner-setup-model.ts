// What the scanner screen sees: the scanners that this device has learnt, and how learning one more goes.
import type { ReadonlySignal } from '@preact/signals-core';
import type { CalibrationRefusal } from '../domain/keyboard/calibration.ts';
import type { KeyedScan } from '../domain/keyboard/keyed-scan.ts';
import type { KeyedReading, LearntScanner } from '../domain/keyboard/learnt-scanner.ts';

export type ShownCode = {
  readonly code: string;
  /** Undefined where the code is shown as one symbol. */
  readonly part: { readonly number: number; readonly of: number } | undefined;
  /** What arrived last was not this part. */
  readonly isWrong: boolean;
};

export type SetupStep =
  | { readonly kind: 'idle' }
  /** Show this code and wait for its scan. */
  | ({ readonly kind: 'baseline' } & ShownCode)
  /** The code of a dead key, the `number`th that proved to be needed. */
  | ({ readonly kind: 'dead-key'; readonly deadKey: string; readonly number: number } & ShownCode)
  | {
      readonly kind: 'learnt';
      readonly scanner: Omit<LearntScanner, 'name' | 'learntMs'>;
      /** Every character arrives as it is. */
      readonly isPlain: boolean;
      readonly endsByKey: boolean;
    }
  | { readonly kind: 'kept'; readonly name: string }
  | {
      readonly kind: 'refused';
      readonly why: CalibrationRefusal | 'caps-lock';
      readonly characters: readonly string[];
    }
  /** A scan while nothing is being learnt: shown as it was read, and judged by nobody. */
  | { readonly kind: 'tested'; readonly reading: KeyedReading; readonly scan: KeyedScan };

export type ScannerSetupModel = {
  /** The newest first. */
  readonly scanners: ReadonlySignal<readonly LearntScanner[]>;
  readonly step: ReadonlySignal<SetupStep>;
  begin(): void;
  /** From the code on screen on, each is shown as several smaller ones. */
  showParts(): void;
  cancel(): void;
  /** Remembers what was learnt under a name that the user gives; one of the same name is replaced. */
  keep(name: string): Promise<void>;
  forget(name: string): Promise<void>;
  /** A scan while the screen is open. */
  take(scan: KeyedScan): void;
};
