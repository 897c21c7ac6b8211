// What screens see of outages (Delegated Regulation (EU) 2016/161 Art. 29): the declared ones, what was supplied
// meanwhile, and which of those packs need somebody's attention now that they could be checked.
import type { ReadonlySignal } from '@preact/signals-core';
import type { EventPack } from '../domain/event.ts';
import type { PackConflict } from '../domain/receipt.ts';
import type { Judgment } from '../domain/verdict.ts';
import type { RecordFailure } from './outbox-model.ts';

export const OUTAGE_REASONS = [
  'no-network',
  'ledger-down',
  'national-system-down',
  'device-failure',
] as const;
export type OutageReason = (typeof OUTAGE_REASONS)[number];

export type Outage = {
  /** One of OUTAGE_REASONS, or another software's. */
  readonly reason: string;
  readonly startMs: number;
  /** Undefined while it lasts. */
  readonly endMs: number | undefined;
};

/** A pack handed out during an outage. */
export type OutageSupply = {
  readonly eventId: string;
  readonly claimedTimeMs: number;
  readonly pack: EventPack;
  readonly productName: string | undefined;
  readonly reference: string | null;
  readonly user: string;
  readonly opened: boolean;
};

/** What the ledger says of it that speaks against having supplied it. */
export type OutageAttention = {
  readonly supply: OutageSupply;
  readonly judgment: Judgment;
  readonly conflict: PackConflict | undefined;
};

/** The one that has not ended. */
export function lastingOutage(outages: readonly Outage[]): Outage | undefined {
  return outages.find(({ endMs }) => endMs === undefined);
}

export type OutageModel = {
  /** False: the market keeps it from this role. */
  readonly mayDeclare: boolean;
  /** Newest first; one without an end still lasts. */
  readonly outages: ReadonlySignal<readonly Outage[]>;
  /** Supplied without a check and not checked since. */
  readonly uncheckedCount: ReadonlySignal<number>;
  readonly attention: ReadonlySignal<readonly OutageAttention[]>;
  declare(reason: OutageReason, startMs: number): Promise<RecordFailure | undefined>;
  /** Ends the one that lasts. */
  end(): Promise<RecordFailure | undefined>;
  /** What this device handed out in that time, oldest first; it keeps that for the days of an undo at least. */
  suppliesIn(outage: Outage): Promise<readonly OutageSupply[]>;
};
