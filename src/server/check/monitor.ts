// Follows a log as its readers should: every checkpoint must be signed by keys that the follower trusts and must have
// grown from the last one that stood. A checkpoint that does not stand is an alert with its evidence, and never
// replaces the one that did.
import type { CheckpointError, VerifiedCheckpoint } from '../../domain/ledger/checkpoint.ts';
import { checkSuccessor, type StepRefusal } from '../../domain/ledger/follow.ts';
import type { Policy } from '../../domain/ledger/policy.ts';
import { TILE_BYTES, TILE_WIDTH, type TileId, tilePath } from '../../domain/ledger/tile.ts';
import { planConsistency, proveConsistency } from '../../domain/ledger/tile-proof.ts';
import { CHECKPOINT_BYTES_MAX } from '../../domain/limits.ts';
import { type LogSource, SourceError } from './log-source.ts';
import { checkpointWords, openUnder } from './log-trust.ts';
import type { MonitorMemory } from './monitor-state.ts';
import { findSplitViews, type SplitView } from './split-view.ts';

export type AlertKind =
  /** It has neither grown nor been cosigned anew for too long, or could not be read for as long. */
  | 'stall'
  /** Two signed roots for one size, or a witness that was shown another history. */
  | 'fork'
  /** Smaller than what was seen. */
  | 'rollback'
  /** Signed by no key that is trusted, or as another log. */
  | 'unknown-key'
  /** Nothing shows that it grew from what was seen. */
  | 'bad-consistency'
  /** Not a checkpoint, or a signature that does not fit. */
  | 'bad-checkpoint'
  | 'quorum-missed';

export type Alert = {
  readonly kind: AlertKind;
  readonly words: string;
  /** Signed notes: what was seen, and what came after. */
  readonly evidence: readonly string[];
};

export type Round = {
  /** Undefined: nothing has stood yet. */
  readonly memory: MonitorMemory | undefined;
  readonly alerts: readonly Alert[];
  /** Why the log could not be read. */
  readonly unread: string | undefined;
};

export type MonitorParts = {
  readonly source: LogSource;
  readonly policy: Policy;
  readonly clock: () => number;
  readonly stallMs: number;
};

/** One look at the log. `sinceMs`: when this monitor began, for a log of which nothing has ever stood. */
export async function lookOnce(
  parts: MonitorParts,
  memory: MonitorMemory | undefined,
  sinceMs: number,
): Promise<Round> {
  const { source, policy, clock, stallMs } = parts;
  try {
    const bytes = await source.read('checkpoint', CHECKPOINT_BYTES_MAX);
    if (!bytes) return withStall({ memory, alerts: [], unread: `${source.place} has no checkpoint.` });
    const opened = await openFollowed(source, bytes, policy);
    if (!opened.ok) {
      const note = Buffer.from(bytes).toString('utf8');
      return withStall({ memory, alerts: [refusedCheckpoint(opened, note, memory)], unread: undefined });
    }
    const round = await follow(source, memory, opened.value, clock());
    if (round.alerts.length > 0) return withStall(round);
    const views = await findSplitViews(policy, opened.value, (from, to) => readProof(source, from, to));
    return withStall({ ...round, alerts: views.map(splitAlert) });
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return withStall({ memory, alerts: [], unread: error.message });
  }

  function withStall(round: Round): Round {
    const movedMs = round.memory?.movedMs ?? sinceMs;
    const stillMs = clock() - movedMs;
    if (stillMs < stallMs) return round;
    const words = `Nothing has moved for ${Math.floor(stillMs / 60_000)} minutes.`;
    const evidence = round.memory ? [round.memory.checkpoint.note] : [];
    return { ...round, alerts: [...round.alerts, { kind: 'stall', words, evidence }] };
  }
}

/** As devices do: where the newest lacks cosigners, the one that the log keeps for those who wait for them. */
async function openFollowed(source: LogSource, newest: Uint8Array, policy: Policy) {
  const opened = openUnder(newest, policy);
  if (opened.ok || opened.error !== 'quorum-missed') return opened;
  const kept = await source.read('checkpoint.cosigned', CHECKPOINT_BYTES_MAX);
  const cosigned = kept && openUnder(kept, policy);
  return cosigned?.ok ? cosigned : opened;
}

async function follow(
  source: LogSource,
  memory: MonitorMemory | undefined,
  next: VerifiedCheckpoint,
  nowMs: number,
): Promise<Round> {
  const seen = memory?.checkpoint;
  if (seen && seen.origin !== next.origin) {
    const words = `This is ${next.origin}; what was followed so far is ${seen.origin}.`;
    return {
      memory,
      alerts: [{ kind: 'unknown-key', words, evidence: [seen.note, next.note] }],
      unread: undefined,
    };
  }
  const proof = seen ? await readProof(source, seen.size, next.size) : [];
  const step = checkSuccessor(seen, next, proof);
  if (!step.ok) return { memory, alerts: [refusedStep(step)], unread: undefined };
  const moved = !seen || step.value.kind !== 'same' || lastCosigned(next) > lastCosigned(seen);
  return {
    memory: { checkpoint: next, movedMs: moved ? nowMs : (memory?.movedMs ?? nowMs) },
    alerts: [],
    unread: undefined,
  };
}

/** Tiles that are missing or wrong give a proof that does not hold, and the check says so. */
async function readProof(
  source: LogSource,
  oldSize: number,
  newSize: number,
): Promise<readonly Uint8Array[]> {
  const tiles = new Map<string, Uint8Array>();
  const plan = planConsistency(oldSize, newSize);
  for (const [path, bytes] of await Promise.all(plan.map((tile) => readTile(source, tile))))
    if (bytes) tiles.set(path, bytes);
  const proof = proveConsistency(oldSize, newSize, (tile) => tiles.get(tilePath(tile)));
  return proof.ok ? proof.value : [];
}

async function readTile(source: LogSource, tile: TileId): Promise<readonly [string, Uint8Array | undefined]> {
  const path = tilePath(tile);
  const bytes = await source.read(path, TILE_BYTES);
  // C2SP tlog-tiles: a partial tile may be gone once the full one is there.
  return [path, bytes ?? (await source.read(tilePath({ ...tile, width: TILE_WIDTH }), TILE_BYTES))];
}

function lastCosigned({ cosigners }: VerifiedCheckpoint): number {
  return Math.max(0, ...cosigners.map(({ timeSeconds }) => timeSeconds));
}

function refusedStep({ error, detail, evidence }: StepRefusal): Alert {
  switch (error) {
    case 'forked':
      return { kind: 'fork', words: `Two roots for one size: ${detail}.`, evidence };
    case 'rolled-back':
      return { kind: 'rollback', words: `Smaller than before: ${detail}.`, evidence };
    case 'bad-proof':
      return { kind: 'bad-consistency', words: `Nothing shows that it only grew: ${detail}.`, evidence };
  }
}

function splitAlert({ witness, refusal }: SplitView): Alert {
  const alert = refusedStep(refusal);
  return { ...alert, words: `${witness} was shown another history. ${alert.words}` };
}

function refusedCheckpoint(
  { error, detail }: { readonly error: CheckpointError | 'unknown-log'; readonly detail: string },
  note: string,
  memory: MonitorMemory | undefined,
): Alert {
  const words = `The checkpoint does not stand: ${checkpointWords(error, detail)}.`;
  const evidence = [...(memory ? [memory.checkpoint.note] : []), note];
  return { kind: alertOf(error), words, evidence };
}

function alertOf(error: CheckpointError | 'unknown-log'): AlertKind {
  switch (error) {
    case 'no-known-key':
    case 'not-signed-by-log':
    case 'ambiguous-key':
    case 'wrong-origin':
    case 'unknown-log':
      return 'unknown-key';
    case 'malformed':
    case 'bad-signature':
      return 'bad-checkpoint';
    case 'quorum-missed':
      return 'quorum-missed';
  }
}
