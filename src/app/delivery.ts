// Carries events from the outbox to the ledger: posts what waits, then proves what was answered. A row leaves only
// when its receipt has parsed, its leaves have been recomputed from the event itself, and their inclusion is proven
// under a checkpoint that continues what this device saw. Whatever goes wrong in between, the row stays.
import { equalBytes } from '../domain/bytes.ts';
import { parseEvent } from '../domain/event.ts';
import type { VerifiedCheckpoint } from '../domain/ledger/checkpoint.ts';
import { encodeEntry, entriesOf } from '../domain/ledger/entry.ts';
import { leafHash } from '../domain/ledger/merkle.ts';
import type { PlacedReceipt } from '../domain/receipt.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { LogFollower } from './checkpoint-follower.ts';
import { guarded, retryAfterOf } from './failure.ts';
import type { Keyring } from './keyring.ts';
import { createLeafProver, type LeafProver } from './leaf-prover.ts';
import { createTileSource } from './log-tiles.ts';
import { saidOf } from './outbox-item.ts';
import type { OutboxRow, OutboxStep } from './outbox-ports.ts';
import { blindOwnEvent, createReach, type Reach } from './own-event.ts';
import type { Blinder, DeviceKey, Enrolment, Ports } from './ports.ts';
import { createPosting, type Resigned } from './posting.ts';
import type { SyncFailure } from './sync-model.ts';

export type DeliveryOutcome = {
  /** Events that the ledger has now been proven to hold. */
  readonly proven: number;
  /** Answered, but not under the newest checkpoint yet: ask again soon. */
  readonly pending: boolean;
  readonly failure: SyncFailure | undefined;
  /** How long the server asked to be left alone. */
  readonly retryAfterMs: number | undefined;
  /** Another tab or the service worker is delivering. */
  readonly isElsewhere: boolean;
};

export type DeliveryContext = {
  readonly ports: Pick<Ports, 'outbox' | 'settings' | 'clock' | 'ledger' | 'locks'>;
  readonly enrolment: Pick<Enrolment, 'device'>;
  readonly key: DeviceKey;
  readonly keyring: Pick<Keyring, 'blinder' | 'reach'>;
  readonly follower: LogFollower;
};

export type Delivery = {
  /** `isAskingHeld`: also about those that wait for an administrator. Fails without throwing. */
  deliver(isAskingHeld: boolean): Promise<DeliveryOutcome>;
};

/** Rows read, proven and settled in one go. */
const SLICE_ROWS = 500;

type Settled = Omit<DeliveryOutcome, 'isElsewhere'>;
type Placed = { readonly row: OutboxRow; readonly receipt: PlacedReceipt };

const NOTHING: Settled = { proven: 0, pending: false, failure: undefined, retryAfterMs: undefined };
const ELSEWHERE: DeliveryOutcome = { ...NOTHING, pending: true, isElsewhere: true };

export function createDelivery({ ports, enrolment, key, keyring, follower }: DeliveryContext): Delivery {
  const { outbox, ledger, locks } = ports;
  const { post } = createPosting({ ...ports, resign });
  /** Something waits for another page of this browser: to ask again at once would get the same answer. */
  let isLeftToOthers = false;

  async function deliver(isAskingHeld: boolean): Promise<DeliveryOutcome> {
    const turn = await locks.tryHold('drain', async () => {
      isLeftToOthers = false;
      const posted = await post(isAskingHeld);
      // Inclusion is proven from static files, which may be there when the server is not.
      const proved = await guarded(proveAll);
      const settled = proved.ok
        ? proved.value
        : { ...NOTHING, failure: proved.error, retryAfterMs: retryAfterOf(proved) };
      const failure = posted.failure ?? settled.failure;
      const retryAfterMs = Math.max(posted.retryAfterMs ?? 0, settled.retryAfterMs ?? 0) || undefined;
      const pending = settled.pending || isLeftToOthers;
      return { ...settled, pending, failure, retryAfterMs, isElsewhere: false };
    });
    return turn?.value ?? ELSEWHERE;
  }

  async function resign(row: OutboxRow): Promise<Resigned> {
    if (row.signer.device !== enrolment.device) {
      // A page of before an enrolment does not have the key of after it. Places go on there, and sequences begin anew.
      const head = await outbox.head();
      if (row.place - row.sequence !== head.place - head.sequence) return undefined;
      isLeftToOthers = true;
      return 'elsewhere';
    }
    const signature = await key.sign(row.bytes);
    return equalBytes(signature, row.signature) ? undefined : signature;
  }

  async function proveAll(): Promise<Result<Settled, SyncFailure>> {
    let tree: VerifiedCheckpoint | undefined;
    let prover: LeafProver | undefined;
    let sum = NOTHING;
    const reach = createReach(keyring);
    for (let from: number | undefined = 1; from !== undefined; ) {
      const { rows, next } = await outbox.page(from, SLICE_ROWS);
      from = next;
      const placed = rows.flatMap((row) =>
        row.progress.kind === 'placed' ? [{ row, receipt: row.progress.receipt }] : [],
      );
      if (placed.length === 0) continue;
      if (!tree || !prover) {
        const followed = await follower.followLog('ledger');
        if (!followed.ok) return followed;
        tree = followed.value;
        prover = createLeafProver(createTileSource(ledger, 'ledger'), tree);
      }
      const { size } = tree;
      const covered = placed.filter(({ receipt }) => receipt.index + receipt.parts <= size);
      const slice = await proveSlice(covered, prover, reach);
      sum = {
        proven: sum.proven + slice.proven,
        pending: sum.pending || covered.length < placed.length,
        failure: sum.failure ?? slice.failure,
        retryAfterMs: sum.retryAfterMs ?? slice.retryAfterMs,
      };
      if (slice.isBrokenOff) break;
    }
    return ok(sum);
  }

  async function proveSlice(placed: readonly Placed[], prover: LeafProver, reach: Reach) {
    const steps: OutboxStep[] = [];
    let proven = 0;
    let failure: SyncFailure | undefined;
    let retryAfterMs: number | undefined;
    let isBrokenOff = false;
    const opened = placed.map((each) => ({ ...each, event: parseEvent(each.row.bytes) }));
    const reached = await reach(
      opened.flatMap(({ event, receipt }) => (event.ok ? [{ event: event.value, receipt }] : [])),
    );
    const withLeaves = await Promise.all(
      opened.map(async (each) => ({ ...each, leaves: await guarded(() => leavesOf(each, reached)) })),
    );
    for (const { row, receipt, leaves } of withLeaves) {
      const checked = leaves.ok ? await guarded(() => prove(leaves.value, receipt, prover)) : leaves;
      if (checked.ok) {
        proven += 1;
        steps.push(settledStep(row, receipt));
        continue;
      }
      failure ??= checked.error;
      retryAfterMs ??= retryAfterOf(checked);
      // A receipt that does not prove is worth nothing; the ledger answers the same event again.
      if (checked.error === 'bad-proof') steps.push({ row, progress: { kind: 'waiting' } });
      // Where its keys cannot be had, those behind it may need none.
      else if (leaves.ok && checked.error !== 'malformed') isBrokenOff = true;
      if (isBrokenOff) break;
    }
    await outbox.advance(steps);
    return { proven, failure, retryAfterMs, isBrokenOff };
  }

  /** Recomputed from the event, so that the log is proven to hold this event and no other. */
  async function leavesOf(
    { row, receipt, event }: Placed & { readonly event: ReturnType<typeof parseEvent> },
    reached: Result<Blinder, SyncFailure>,
  ): Promise<Result<readonly Uint8Array[], SyncFailure>> {
    if (!event.ok) return err('storage-failed', 'an event is damaged');
    const answered = { event: event.value, receipt };
    const blinder = reached.ok ? reached.value : keyring.blinder;
    const blind = await blindOwnEvent(answered, row.signer.actor, blinder);
    if (!blind.ok)
      return reached.ok || blind.error === 'bad-proof' ? err('bad-proof', blind.detail) : reached;
    const sequenced = {
      receiptTimeMs: receipt.receiptTimeMs,
      undoesIndex: receipt.undoesIndex ?? undefined,
    };
    const entries = entriesOf(event.value, row.id, blind.value, sequenced);
    return entries.length === receipt.parts
      ? ok(entries.map((entry) => leafHash(encodeEntry(entry))))
      : err('bad-proof', 'the receipt does not fit the event');
  }

  return { deliver };
}

async function prove(
  leaves: readonly Uint8Array[],
  receipt: PlacedReceipt,
  prover: LeafProver,
): Promise<Result<undefined, SyncFailure>> {
  for (const [i, leaf] of leaves.entries()) {
    const proven = await prover.prove(receipt.index + i, leaf);
    if (!proven.ok) return proven;
  }
  return ok(undefined);
}

/** What the ledger said of it stays on screen until a person has seen it. */
function settledStep(row: OutboxRow, receipt: PlacedReceipt): OutboxStep {
  const { id, bytes } = row;
  return saidOf(receipt)
    ? { row, progress: { kind: 'unseen', receipt } }
    : { row, settled: { id, bytes, receipt } };
}
