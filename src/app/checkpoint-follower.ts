// Follows both logs: whatever checkpoint arrives, from the log, in a manifest or in an answer, must be signed and must
// agree with the newest one that this device has seen. Seeing a checkpoint takes the log's signature alone; building on
// one takes whom the policy names, and where the newest has not met them yet, the log keeps the last one that had.
import { utf8ToBytes } from '../domain/bytes.ts';
import type { CheckpointTrust, VerifiedCheckpoint } from '../domain/ledger/checkpoint.ts';
import { isSameKey, parseNote } from '../domain/ledger/note.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { type CosignerDemands, createCosignerDemands } from './cosigner-demands.ts';
import { guarded } from './failure.ts';
import { createLogHistory, type LogHistory, openUnder } from './log-history.ts';
import type { LogName, Ports } from './ports.ts';
import type { SyncFailure } from './sync-model.ts';
import type { TrustKeeper } from './trust-keeper.ts';

export type LogFollower = CosignerDemands &
  Pick<LogHistory, 'evidence' | 'loadEvidence'> & {
    /** The newest checkpoint of the log that the policy accepts. Fails without throwing, as all here do. */
    followLog(log: LogName): Promise<Result<VerifiedCheckpoint, SyncFailure>>;
    /** The log's newest, by its own signature: enough for what only tightens. */
    newest(log: LogName): Promise<Result<VerifiedCheckpoint, SyncFailure>>;
    /** A checkpoint that came another way: accepted when newer, proven to lie in the same history when older. */
    reconcile(log: LogName, offered: VerifiedCheckpoint): Promise<Result<undefined, SyncFailure>>;
    /** By the log's own signature; keys that the device has not heard of are asked for. */
    openNote(log: LogName, note: string): Promise<Result<VerifiedCheckpoint, SyncFailure>>;
  };

/** Other tabs may accept a checkpoint in between; each race means that one of them has moved on. */
const RACES_MAX = 8;

export function createLogFollower(
  ports: Pick<Ports, 'ledger' | 'checkpoints' | 'clock'>,
  trust: TrustKeeper,
): LogFollower {
  const { ledger } = ports;
  const history = createLogHistory(ports, trust);
  const { readSeen, accept, checkOneHistory } = history;
  const demands = createCosignerDemands(trust);
  const { isAccepted, tellMissing, forgetMissing } = demands;

  async function openNote(log: LogName, note: string): Promise<Result<VerifiedCheckpoint, SyncFailure>> {
    const opened = openUnder(note, trust.current()[log].byLog);
    const isStrange = opened.ok
      ? isByOtherKeys(note, trust.current()[log].full)
      : opened.error === 'unknown-key';
    if (!isStrange) return opened;
    const learned = await trust.learnKeys();
    // What was learnt may be that the key which signed this has been retired.
    return learned.ok && learned.value ? openUnder(note, trust.current()[log].byLog) : opened;
  }

  function newest(log: LogName): Promise<Result<VerifiedCheckpoint, SyncFailure>> {
    return guarded(async () => {
      for (let race = 0; race < RACES_MAX; race++) {
        // Read before asking, so that what another tab accepts meanwhile is a race and not a rollback.
        const seen = await readSeen(log);
        const offered = await openNote(log, await ledger.checkpoint(log));
        if (!offered.ok) return offered;
        const accepted = await accept(log, seen, offered.value);
        if (!accepted.ok) return accepted;
        if (accepted.value === 'accepted') return offered;
      }
      return err('storage-failed', 'the stored checkpoint keeps changing');
    });
  }

  function followLog(log: LogName): Promise<Result<VerifiedCheckpoint, SyncFailure>> {
    return guarded(async () => {
      const offered = await newest(log);
      if (!offered.ok) return offered;
      if (isAccepted(log, offered.value)) {
        forgetMissing(log);
        return offered;
      }
      const note = await ledger.cosignedCheckpoint(log);
      const cosigned = note === undefined ? undefined : await openNote(log, note);
      if (cosigned?.ok === false) return cosigned;
      if (!cosigned || !isAccepted(log, cosigned.value)) return tellMissing(log, offered.value);
      forgetMissing(log);
      const reconciled = await reconcile(log, cosigned.value);
      return reconciled.ok ? cosigned : reconciled;
    });
  }

  function reconcile(log: LogName, offered: VerifiedCheckpoint): Promise<Result<undefined, SyncFailure>> {
    return guarded(async () => {
      for (let race = 0; race < RACES_MAX; race++) {
        const seen = await readSeen(log);
        if (seen.checkpoint && offered.size < seen.checkpoint.size)
          return checkOneHistory(log, offered, seen.checkpoint);
        const accepted = await accept(log, seen, offered);
        if (!accepted.ok) return accepted;
        if (accepted.value === 'accepted') return ok(undefined);
      }
      return err('storage-failed', 'the stored checkpoint keeps changing');
    });
  }

  const { evidence, loadEvidence } = history;
  return { ...demands, evidence, loadEvidence, followLog, newest, reconcile, openNote };
}

/**
 * Whether other keys of the log have signed than those that the device knows. All of a log's keys sign whatever it
 * publishes: one that is new is joining them, one that did not sign has left.
 */
function isByOtherKeys(note: string, { origin, logKeys }: CheckpointTrust): boolean {
  const parsed = parseNote(utf8ToBytes(note));
  if (!parsed.ok) return false;
  const lines = parsed.value.signatures.filter(({ name }) => name === origin);
  const hasJoined = lines.some((line) => !logKeys.some((key) => isSameKey(key, line)));
  return hasJoined || !logKeys.every((key) => lines.some((line) => isSameKey(key, line)));
}
