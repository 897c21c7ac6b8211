// Whom the policy names, and who of them has not cosigned what the logs show: what the device builds on, and what its
// screens say is missing.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import type { VerifiedCheckpoint } from '../domain/ledger/checkpoint.ts';
import { isAuditor } from '../domain/ledger/cosignature.ts';
import type { KeyName } from '../domain/ledger/note.ts';
import { meetsQuorum, shortfallsOf } from '../domain/ledger/quorum.ts';
import type { Trust } from '../domain/ledger/trust.ts';
import type { Err } from '../domain/result.ts';
import type { LogName } from './ports.ts';
import type { MissingCosigners, SyncFailure } from './sync-model.ts';
import type { TrustKeeper } from './trust-keeper.ts';

export type CosignerDemands = {
  isAccepted(log: LogName, checkpoint: VerifiedCheckpoint): boolean;
  /** Notes whom this checkpoint still lacks, for the screen. */
  tellMissing(log: LogName, checkpoint: VerifiedCheckpoint): Err<SyncFailure>;
  /** Nobody is, any more. */
  forgetMissing(log: LogName): void;
  /** Whom a snapshot has to be confirmed by; the ledger's witnesses are among them. */
  readonly demands: readonly MissingCosigners[];
  readonly missing: ReadonlySignal<readonly MissingCosigners[]>;
};

export function createCosignerDemands(trust: TrustKeeper): CosignerDemands {
  const missing = signal<readonly MissingCosigners[]>([]);

  function isAccepted(log: LogName, { cosigners }: VerifiedCheckpoint): boolean {
    return meetsQuorum(trust.current()[log].full.quorum, cosigners);
  }

  function forgetMissing(log: LogName): void {
    if (missing.value.some((each) => each.log === log))
      missing.value = missing.value.filter((each) => each.log !== log);
  }

  function tellMissing(log: LogName, { cosigners }: VerifiedCheckpoint): Err<SyncFailure> {
    const lacking = lackingOf(log, trust.current(), cosigners);
    missing.value = [...missing.value.filter((each) => each.log !== log), ...lacking];
    const isAudit = lacking.some(({ who }) => who === 'auditor');
    const error = isAudit ? 'missing-auditors' : 'missing-witnesses';
    return { ok: false, error, detail: lacking.flatMap(({ names }) => names).join(', ') };
  }

  const demands = lackingOf('snapshot', trust.current(), []);
  return { isAccepted, tellMissing, forgetMissing, demands, missing };
}

function lackingOf(log: LogName, trust: Trust, cosigners: readonly KeyName[]): readonly MissingCosigners[] {
  return shortfallsOf(trust[log].full.quorum, cosigners).map(({ have, need, missing: keys }) => ({
    ...{ log, have, need, names: keys.map(({ name }) => name) },
    who: keys.some(isAuditor) ? 'auditor' : 'witness',
  }));
}
