// Asks witnesses and auditors for their cosignatures of a log's checkpoint, each by itself and in the background.
// Publishing never waits for one. All are asked for the same checkpoint until enough of them have cosigned it, and for
// the newest after that; a cosignature that comes later is dropped. An idle log's cosignatures are made anew, since
// readers look at their age.
import { parseCosignature } from '../../domain/ledger/cosignature.ts';
import { isSameKey } from '../../domain/ledger/note.ts';
import type { Policy, PolicyPeer } from '../../domain/ledger/policy.ts';
import { proveConsistency } from '../../domain/ledger/tile-proof.ts';
import type { collectCosignatures, fetchLastWitnessed } from '../witness/witness-client.ts';
import type { Publisher } from './publisher.ts';
import type { SignedHead } from './recovery.ts';
import { LedgerRefusal } from './refusal.ts';

/** Who is asked, and how; the functions are those of witness-client.ts. */
export type Witnessing = {
  /** Whose cosignatures both logs get and readers demand. */
  readonly policy: Policy;
  /** Those of the snapshot log beside them. */
  readonly auditors?: Policy | undefined;
  readonly collect: typeof collectCosignatures;
  readonly lastWitnessed: typeof fetchLastWitnessed;
  /** Oldest that a cosignature of an idle log gets; 12 hours. */
  readonly refreshMs?: number;
  /** How long all are asked for one checkpoint while newer ones are published; 1 hour. */
  readonly patienceMs?: number;
};

export type Cosigning = { stop(): void };

export type CosigningParts = {
  readonly publisher: Publisher;
  readonly witnessing: Pick<Witnessing, 'collect' | 'refreshMs' | 'patienceMs'>;
  /** Who is asked. */
  readonly policy: Policy;
  /** What a witness remembers of the log, by the log's own signature. */
  readonly remembered: (peer: PolicyPeer) => Promise<readonly SignedHead[]>;
  /** The log has forgotten what it had published: whatever it publishes now is a fork. */
  readonly onForgotten: (refusal: LedgerRefusal) => void;
  /** There is a new cosignature. */
  readonly onCosigned: () => Promise<void>;
  readonly clock: () => number;
  readonly log: (event: Record<string, unknown>) => void;
  /** How often to look whether there is something to ask for. */
  readonly periodMs: number;
};

export const WITNESS_TIMEOUT_MS = 5_000;
const REFRESH_MS = 12 * 3_600_000;
/** What was missed is done for a later checkpoint too, so whoever is slow loses nothing by it. */
const PATIENCE_MS = 3_600_000;
/** After a failure; twice as long after each further one, up to the last. */
const RETRY_MS = { first: 2_000, last: 300_000 };

type Asked = {
  readonly peer: PolicyPeer;
  /** What it is thought to have cosigned last, and when. */
  size: number;
  cosignedMs: number;
  isBusy: boolean;
  retryMs: number;
  failures: number;
};

export function startCosigning(parts: CosigningParts): Cosigning {
  const { publisher, witnessing, policy, clock, log, periodMs } = parts;
  const { collect, refreshMs = REFRESH_MS, patienceMs = PATIENCE_MS } = witnessing;
  const asked = policy.witnesses.map((peer) => startingPoint(peer, publisher));
  let stopped = false;
  let target = { size: publisher.toCosign().size, sinceMs: performance.now() };

  function isDue(witness: Asked): boolean {
    if (witness.isBusy || performance.now() < witness.retryMs) return false;
    const { size } = publisher.toCosign();
    return size !== witness.size || clock() - witness.cosignedMs >= refreshMs;
  }

  async function ask(witness: Asked): Promise<void> {
    const { peer } = witness;
    const { size, note } = publisher.toCosign();
    const { reports } = await collect({
      checkpointNote: note,
      policy: { ...policy, witnesses: [peer] },
      oldSizeOf: () => witness.size,
      proofFor,
      timeoutMs: WITNESS_TIMEOUT_MS,
    });
    const [report] = reports;
    if (stopped || !report) return;
    if (report.kind === 'failed') {
      // Not a failure: it needs time. Nor is one that has seen what the log published since.
      if (report.why === 'not-yet') witness.retryMs = performance.now() + RETRY_MS.first;
      else if (report.why === 'ahead' && size < publisher.published().size) publisher.moveOn();
      else {
        fail(witness, report.why, report.detail);
        if (report.why === 'ahead' || report.why === 'refused') await holdToMemoryOf(peer);
      }
      return;
    }
    const outcome = await publisher.cosign(size, [report.cosignature]);
    if (outcome === 'refused') return fail(witness, 'bad-answer', 'the cosignature does not verify');
    if (witness.failures > 0) log({ event: 'witness-back', witness: peer.key.name, log: publisher.origin });
    Object.assign(witness, { size, cosignedMs: clock(), failures: 0 });
    if (outcome === 'published') await parts.onCosigned();
  }

  /** One that was down when the log was opened may know that its store is a restored one. */
  async function holdToMemoryOf(peer: PolicyPeer): Promise<void> {
    const seen = await parts.remembered(peer);
    try {
      publisher.holdTo(seen);
    } catch (error) {
      if (!(error instanceof LedgerRefusal) || stopped) throw error;
      log({ event: 'log-forgot', log: publisher.origin, code: error.code, words: error.message });
      parts.onForgotten(error);
    }
  }

  function proofFor(oldSize: number, size: number): readonly Uint8Array[] {
    const proof = proveConsistency(oldSize, size, publisher.readTile);
    if (!proof.ok) throw new Error(`no proof from ${oldSize} to ${size}: ${proof.error}`);
    return proof.value;
  }

  function fail(witness: Asked, why: string, detail: string): void {
    // `ahead` is what a witness says of a log that forgot: an alarm each time, where others are told once.
    if (witness.failures === 0 || why === 'ahead')
      log({
        ...{ event: 'witness-failed', witness: witness.peer.key.name, log: publisher.origin, why, detail },
      });
    witness.retryMs = performance.now() + Math.min(RETRY_MS.last, RETRY_MS.first * 2 ** witness.failures);
    witness.failures += 1;
  }

  /** One that nobody can cosign, or not before its files are gone, must not hold up all that come after. */
  function moveOnInTime(): void {
    const { size } = publisher.toCosign();
    const nowMs = performance.now();
    if (size !== target.size) target = { size, sinceMs: nowMs };
    else if (size < publisher.published().size && nowMs - target.sinceMs >= patienceMs) publisher.moveOn();
  }

  function round(): void {
    moveOnInTime();
    for (const witness of asked.filter(isDue)) {
      witness.isBusy = true;
      ask(witness)
        .catch((error: unknown) => fail(witness, 'failed', String(error)))
        .finally(() => {
          witness.isBusy = false;
        });
    }
  }

  const timer = setInterval(round, periodMs);
  timer.unref();
  return {
    stop() {
      stopped = true;
      clearInterval(timer);
    },
  };
}

/** What a witness has cosigned of the checkpoint that stands need not be asked for again. */
function startingPoint(peer: PolicyPeer, publisher: Publisher): Asked {
  const { size, cosignatures } = publisher.published();
  const line = cosignatures.find((cosignature) => isSameKey(cosignature, peer.key));
  const made = line && parseCosignature(line.signature);
  const known = made?.ok ? { size, cosignedMs: 1_000 * made.value.timeSeconds } : { size: 0, cosignedMs: 0 };
  return { peer, ...known, isBusy: false, retryMs: 0, failures: 0 };
}
