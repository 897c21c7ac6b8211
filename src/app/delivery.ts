// Carries events from the outbox to the ledger: posts what waits, then proves what was answered. A row leaves only
// when its receipt has parsed, its leaves have been recomputed from the event itself, and their inclusion is proven
// under a checkpoint that continues what this device saw. Whatever goes wrong in between, the row stays.
import type { PackEvent } from '../domain/event.ts';
import type { VerifiedCheckpoint } from '../domain/ledger/checkpoint.ts';
import { encodeEntry, entriesOf } from '../domain/ledger/entry.ts';
import { leafHash } from '../domain/ledger/merkle.ts';
import type { PlacedReceipt } from '../domain/receipt.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { LogFollower } from './checkpoint-follower.ts';
import { guarded } from './failure.ts';
import { conflictsOf, openOwnEvent } from './journal.ts';
import { createTileSource, proveLeaf, type TileSource } from './log-tiles.ts';
import type { Blinder, Enrolment, OutboxRow, Ports } from './ports.ts';
import { createPosting } from './posting.ts';
import type { SyncFailure } from './sync-model.ts';

export type DeliveryOutcome = {
  /** Events that the ledger has now been proven to hold. */
  readonly proven: number;
  /** Answered, but not under the newest checkpoint yet: ask again soon. */
  readonly pending: boolean;
  readonly failure: SyncFailure | undefined;
};

export type DeliveryContext = {
  readonly ports: Pick<Ports, 'outbox' | 'ledger'>;
  readonly enrolment: Pick<Enrolment, 'actor'>;
  readonly blinder: Blinder;
  readonly follower: LogFollower;
};

/** Fails without throwing. */
export function createDelivery(context: DeliveryContext): { deliver(): Promise<DeliveryOutcome> } {
  const { outbox, ledger } = context.ports;
  const { post } = createPosting(context.ports);

  async function deliver(): Promise<DeliveryOutcome> {
    const posted = await post();
    // Inclusion is proven from static files, which may be there when the server is not.
    const settled = await guarded(proveAll);
    const { proven, pending } = settled.ok ? settled.value : { proven: 0, pending: false };
    const unproven = settled.ok ? settled.value.failure : settled.error;
    return { proven, pending, failure: posted.ok ? unproven : posted.error };
  }

  type Settled = Pick<DeliveryOutcome, 'proven' | 'pending' | 'failure'>;

  async function proveAll(): Promise<Result<Settled, SyncFailure>> {
    const placed = (await outbox.rows()).flatMap((row) =>
      row.progress.kind === 'placed' ? [{ row, receipt: row.progress.receipt }] : [],
    );
    if (placed.length === 0) return ok({ proven: 0, pending: false, failure: undefined });
    const followed = await context.follower.followLog('ledger');
    if (!followed.ok) return followed;
    const tiles = createTileSource(ledger, 'ledger');
    let [proven, pending] = [0, false];
    let failure: SyncFailure | undefined;
    for (const { row, receipt } of placed) {
      if (receipt.index + receipt.parts > followed.value.size) {
        pending = true;
        continue;
      }
      const checked = await guarded(() => prove(row, receipt, followed.value, tiles));
      if (checked.ok) proven += 1;
      else failure ??= checked.error;
      if (checked.ok) await settle(row, receipt);
      // A receipt that does not prove is worth nothing; the ledger answers the same event again.
      else if (checked.error === 'bad-proof') await outbox.setProgress(row.sequence, { kind: 'waiting' });
      else if (checked.error !== 'malformed') break;
    }
    return ok({ proven, pending, failure });
  }

  async function prove(
    row: OutboxRow,
    receipt: PlacedReceipt,
    tree: VerifiedCheckpoint,
    tiles: TileSource,
  ): Promise<Result<undefined, SyncFailure>> {
    const event = openOwnEvent(row.id, row.bytes);
    if (!event) return err('storage-failed', 'an event is damaged');
    const leaves = await leavesOf(event, row.id, receipt);
    if (!leaves) return err('bad-proof', 'the receipt does not fit the event');
    for (const [i, leaf] of leaves.entries()) {
      const proven = await proveLeaf(tiles, tree, receipt.index + i, leaf);
      if (!proven.ok) return proven;
    }
    return ok(undefined);
  }

  /** Recomputed from the event, so that the log is proven to hold this event and no other. */
  async function leavesOf(
    event: PackEvent,
    id: string,
    receipt: PlacedReceipt,
  ): Promise<readonly Uint8Array[] | undefined> {
    const { blinder, enrolment } = context;
    if (receipt.keyIds.some((keyId) => !blinder.keyIds.includes(keyId))) return undefined;
    const newest = blinder.keyIds[0] ?? 0;
    const packs = await Promise.all(
      event.packs.map((pack, i) => blinder.blindPack(receipt.keyIds[i] ?? newest, pack)),
    );
    if (!packs.every((pack) => pack !== undefined)) return undefined;
    const blind = {
      keyId: newest,
      actor: enrolment.actor,
      packs,
      containerIds: await Promise.all(event.containers.map((sscc) => blinder.blindContainer(newest, sscc))),
      batches: [],
    };
    const sequenced = {
      receiptTimeMs: receipt.receiptTimeMs,
      undoesIndex: receipt.undoesIndex ?? undefined,
    };
    const entries = entriesOf(event, id, blind, sequenced);
    return entries.length === receipt.parts ? entries.map((e) => leafHash(encodeEntry(e))) : undefined;
  }

  async function settle({ sequence, id, bytes }: OutboxRow, receipt: PlacedReceipt): Promise<void> {
    if (conflictsOf(receipt).length > 0) await outbox.setProgress(sequence, { kind: 'conflict', receipt });
    else await outbox.settle(sequence, { id, bytes, receipt });
  }

  return { deliver };
}
