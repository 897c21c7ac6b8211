// Follows both logs: whatever checkpoint arrives, from the log, in a manifest or in an answer, must be signed and must
// agree with the newest one that this device has seen. What was seen is remembered durably, and two signed histories
// are kept as evidence. Seeing a checkpoint takes the log's signature alone; building on one takes whom the policy
// names, and where the newest has not met them yet, the log keeps the last one that had.
import { type ReadonlySignal, signal } from '@preact/signals-core';
import { utf8ToBytes } from '../domain/bytes.ts';
import {
  type CheckpointTrust,
  openCheckpoint,
  type VerifiedCheckpoint,
} from '../domain/ledger/checkpoint.ts';
import { isAuditor } from '../domain/ledger/cosignature.ts';
import { checkSuccessor } from '../domain/ledger/follow.ts';
import { checkConsistency, HASH_BYTES } from '../domain/ledger/merkle.ts';
import { isSameKey, type KeyName, parseNote } from '../domain/ledger/note.ts';
import { meetsQuorum, shortfallsOf } from '../domain/ledger/quorum.ts';
import { type TileId, tileInTree } from '../domain/ledger/tile.ts';
import { planConsistency, planRoot, proveConsistency, rootFromTiles } from '../domain/ledger/tile-proof.ts';
import type { Trust } from '../domain/ledger/trust.ts';
import { type Err, err, ok, type Result } from '../domain/result.ts';
import { snapshotError } from '../domain/snapshot/open.ts';
import { guarded } from './failure.ts';
import { createTileSource, type TileSource } from './log-tiles.ts';
import type { ForkEvidence, LogName, Ports } from './ports.ts';
import type { MissingCosigners, SyncFailure } from './sync-model.ts';
import type { TrustKeeper } from './trust-keeper.ts';

export type LogFollower = {
  /** The newest checkpoint of the log that the policy accepts. Fails without throwing, as all here do. */
  followLog(log: LogName): Promise<Result<VerifiedCheckpoint, SyncFailure>>;
  /** The log's newest, by its own signature: enough for what only tightens. */
  newest(log: LogName): Promise<Result<VerifiedCheckpoint, SyncFailure>>;
  /** A checkpoint that came another way: accepted when newer, proven to lie in the same history when older. */
  reconcile(log: LogName, offered: VerifiedCheckpoint): Promise<Result<undefined, SyncFailure>>;
  /** By the log's own signature; keys that the device has not heard of are asked for. */
  openNote(log: LogName, note: string): Promise<Result<VerifiedCheckpoint, SyncFailure>>;
  isAccepted(log: LogName, checkpoint: VerifiedCheckpoint): boolean;
  /** Notes whom this checkpoint still lacks, for the screen. */
  tellMissing(log: LogName, checkpoint: VerifiedCheckpoint): Err<SyncFailure>;
  /** Nobody is, any more. */
  forgetMissing(log: LogName): void;
  /** Whom a snapshot has to be confirmed by; the ledger's witnesses are among them. */
  readonly demands: readonly MissingCosigners[];
  readonly missing: ReadonlySignal<readonly MissingCosigners[]>;
  readonly evidence: ReadonlySignal<readonly ForkEvidence[]>;
  loadEvidence(): Promise<void>;
};

/** Other tabs may accept a checkpoint in between; each race means that one of them has moved on. */
const RACES_MAX = 8;

type Seen = { readonly note: string | undefined; readonly checkpoint: VerifiedCheckpoint | undefined };

export function createLogFollower(
  { ledger, checkpoints, clock }: Pick<Ports, 'ledger' | 'checkpoints' | 'clock'>,
  trust: TrustKeeper,
): LogFollower {
  const evidence = signal<readonly ForkEvidence[]>([]);
  const missing = signal<readonly MissingCosigners[]>([]);

  async function openNote(log: LogName, note: string): Promise<Result<VerifiedCheckpoint, SyncFailure>> {
    const opened = openUnder(note, trust.current()[log].byLog);
    const isStrange = opened.ok
      ? isByOtherKeys(note, trust.current()[log].full)
      : opened.error === 'unknown-key';
    if (!isStrange) return opened;
    const learned = await trust.learnKeys();
    if (opened.ok) return opened;
    return learned.ok && learned.value ? openUnder(note, trust.current()[log].byLog) : opened;
  }

  // A stored note that no longer verifies (damaged, or of a ledger enrolled with before) is as good as none.
  async function readSeen(log: LogName): Promise<Seen> {
    const note = await checkpoints.latest(log);
    const opened = note === undefined ? undefined : openUnder(note, trust.current()[log].kept.byLog);
    return { note, checkpoint: opened?.ok ? opened.value : undefined };
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

  async function accept(
    log: LogName,
    seen: Seen,
    next: VerifiedCheckpoint,
  ): Promise<Result<'accepted' | 'raced', SyncFailure>> {
    const isOneHistory = await checkOneHistory(log, seen.checkpoint, next);
    if (!isOneHistory.ok) return isOneHistory;
    if (seen.checkpoint && seen.checkpoint.size === next.size) return ok('accepted');
    return ok((await checkpoints.replace(log, seen.note, next.note)) ? 'accepted' : 'raced');
  }

  async function checkOneHistory(
    log: LogName,
    older: VerifiedCheckpoint | undefined,
    newer: VerifiedCheckpoint,
  ): Promise<Result<undefined, SyncFailure>> {
    const tiles = createTileSource(ledger, log);
    const oldSize = older && older.size <= newer.size ? older.size : 0;
    const read = await tiles.load(planConsistency(oldSize, newer.size));
    const proof = proveConsistency(oldSize, newer.size, read);
    if (!proof.ok) return err(proof.error === 'malformed' ? 'malformed' : 'bad-proof', proof.detail);
    const step = checkSuccessor(older, newer, proof.value);
    if (step.ok) return ok(undefined);
    const isFork =
      step.error === 'forked' ||
      (step.error === 'bad-proof' && older && (await isOtherHistory(tiles, older, newer, proof.value)));
    if (!isFork) return err(step.error, step.detail);
    await keepEvidence({ log, seen: step.evidence[0], offered: step.evidence[1], foundMs: clock.nowMs() });
    return err('forked', step.detail);
  }

  async function keepEvidence(found: ForkEvidence): Promise<void> {
    await checkpoints.keepEvidence(found);
    await loadEvidence();
  }

  async function loadEvidence(): Promise<void> {
    evidence.value = await checkpoints.evidence();
  }

  const signals: Pick<LogFollower, 'evidence' | 'missing'> = { evidence, missing };
  const demands = lackingOf('snapshot', trust.current(), []);
  return {
    ...signals,
    demands,
    followLog,
    newest,
    reconcile,
    openNote,
    isAccepted,
    tellMissing,
    forgetMissing,
    loadEvidence,
  };
}

function lackingOf(log: LogName, trust: Trust, cosigners: readonly KeyName[]): readonly MissingCosigners[] {
  return shortfallsOf(trust[log].full.quorum, cosigners).map(({ have, need, missing: keys }) => ({
    ...{ log, have, need, names: keys.map(({ name }) => name) },
    who: keys.some(isAuditor) ? 'auditor' : 'witness',
  }));
}

function openUnder(note: string, trust: CheckpointTrust): Result<VerifiedCheckpoint, SyncFailure> {
  const opened = openCheckpoint(utf8ToBytes(note), trust);
  if (opened.ok) return opened;
  const { error, detail } = snapshotError(opened.error, opened.detail);
  return err(error === 'quorum-missed' ? 'missing-witnesses' : error, detail);
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

/**
 * A consistency proof fails when the history differs, but also when the tiles are wrong. Here the newer tree's own
 * tiles give the root that it had at the older size; when the same proof leads from that root to the signed one, the
 * tiles are the newer tree's and it is the history that differs.
 */
async function isOtherHistory(
  tiles: TileSource,
  older: VerifiedCheckpoint,
  newer: VerifiedCheckpoint,
  proof: readonly Uint8Array[],
): Promise<boolean> {
  const asNewer = (tile: TileId) => tileInTree(tile.level, tile.index, newer.size);
  const planned = planRoot(older.size).flatMap((tile) => asNewer(tile) ?? []);
  const read = await tiles.load(planned);
  const oldRoot = rootFromTiles(older.size, (tile) => {
    const wider = asNewer(tile);
    return wider && read(wider)?.subarray(0, tile.width * HASH_BYTES);
  });
  if (!oldRoot.ok) return false;
  const claim = { oldSize: older.size, oldRoot: oldRoot.value, newSize: newer.size, newRoot: newer.root };
  return checkConsistency({ ...claim, proof }).ok;
}
