// What this device trusts, as it stands now. The keys of the logs may change while it is enrolled: it then asks for the
// announcements that it has not heard yet, and takes each only by a key that it trusts already. The step is stored
// before it counts, so that a restart does not fall back behind it.
import {
  openTrust,
  retiredKeysShape,
  type Trust,
  type TrustText,
  trustTextShape,
} from '../domain/ledger/trust.ts';
import { ok, type Result } from '../domain/result.ts';
import { guarded } from './failure.ts';
import { type Enrolment, type Ports, StoreError } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';

export type TrustKeeper = {
  readonly current: () => Trust;
  /** As it is stored and named in invitations. */
  readonly text: () => TrustText;
  /** True where keys were learned that the device did not know. Fails without throwing. */
  learnKeys(): Promise<Result<boolean, SyncFailure>>;
};

/** Changes that a device may have slept through; more are taken the next time. */
const ANNOUNCEMENTS_MAX = 16;

/** Throws StoreError `damaged` where the enrolment holds no trust that can be read. */
export function createTrustKeeper(
  { ledger, enrolments }: Pick<Ports, 'ledger' | 'enrolments'>,
  enrolment: Pick<Enrolment, 'trust' | 'retiredKeys'>,
): TrustKeeper {
  let text = enrolment.trust;
  let retired = enrolment.retiredKeys;
  const opened = openTrust(text, retired);
  if (!opened.ok) throw new StoreError('damaged', opened.detail);
  let trust = opened.value;
  let learning: Promise<Result<boolean, SyncFailure>> | undefined;

  function learnKeys(): Promise<Result<boolean, SyncFailure>> {
    learning ??= guarded(learnAll).finally(() => {
      learning = undefined;
    });
    return learning;
  }

  async function learnAll(): Promise<Result<boolean, SyncFailure>> {
    const { openLogKeys } = await import('../domain/ledger/log-keys.ts');
    for (let taken = 0; taken < ANNOUNCEMENTS_MAX; taken++) {
      const note = await ledger.logKeys(trust.number + 1);
      if (note === undefined) return ok(taken > 0);
      const next = openLogKeys(note, trust);
      if (!next.ok) return next;
      const everRetired = [...new Set([...retired, ...next.value.retired])];
      // Longer than what the store takes back would be lost with all else that the enrolment holds.
      const shaped = [trustTextShape(next.value.trust, 'trust'), retiredKeysShape(everRetired, 'retired')];
      for (const each of shaped) if (!each.ok) return each;
      const reopened = openTrust(next.value.trust, everRetired);
      if (!reopened.ok) return reopened;
      await enrolments.changeTrust(next.value.trust, everRetired);
      text = next.value.trust;
      retired = everRetired;
      trust = reopened.value;
    }
    return ok(true);
  }

  return { current: () => trust, text: () => text, learnKeys };
}
