// The operator's side of a bad manifest: a leaf in the snapshot log that retracts it. The server has to be stopped,
// since a log has one writer. Where no later manifest stands, a new snapshot is built and published first, so that
// what devices fetch is never the retracted one, wherever this is cut short.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { leafHash } from '../../domain/ledger/merkle.ts';
import { findMarket, type MarketRules } from '../../domain/market.ts';
import { encodeSnapshotLeaf, parseSnapshotLeaf, type SnapshotLeaf } from '../../domain/snapshot/manifest.ts';
import { openLedger } from '../ledger/ledger.ts';
import { LedgerRefusal } from '../ledger/refusal.ts';
import { openSqliteStore } from '../ledger/sqlite/sqlite-store.ts';
import { takeWriterLock } from '../ledger/writer-lock.ts';

export type VoidRequest = {
  /** A server's data folder. */
  readonly folder: string;
  readonly clock: () => number;
  /** Leaves of the snapshot log; or every manifest that is not published any more. */
  readonly leaves: readonly number[] | 'gone';
};

export class VoidError extends Error {
  override readonly name = 'VoidError';
}

/** Which were voided. Throws VoidError where one cannot be, LedgerRefusal. */
export async function voidLeaves(request: VoidRequest): Promise<readonly number[]> {
  const { folder, leaves } = request;
  if (!existsSync(join(folder, 'ledger.sqlite'))) throw new VoidError(`${folder} holds no ledger.`);
  const before = withSnapshotLog(folder, (log) => {
    const all = log.all();
    const chosen = leaves === 'gone' ? goneIn(folder, all) : [...new Set(leaves)].sort((a, b) => a - b);
    for (const index of chosen) checkVoidable(all, index);
    return { chosen, standing: standing(all).filter((index) => !chosen.includes(index)), rules: log.rules };
  });
  const { chosen, standing: rest, rules } = before;
  if (chosen.length === 0) return [];
  const isLatestVoided = chosen.some((index) => rest.every((other) => other < index));
  if (isLatestVoided) await publish(request, rules, true);
  withSnapshotLog(folder, (log) => log.append(chosen.map((index) => ({ kind: 'void', index }))));
  await publish(request, rules, false);
  return chosen;
}

/** Opening a ledger publishes what stands in its snapshot log, and a proof of its last manifest under that. */
async function publish(
  { folder, clock }: VoidRequest,
  rules: MarketRules,
  withSnapshot: boolean,
): Promise<void> {
  const idleMs = 3_600_000;
  const ledger = await openLedger({
    ...{ folder, rules, clock, log: () => undefined },
    ...{ checkpointPeriodMs: idleMs, snapshotPeriodMs: idleMs },
  });
  try {
    if (withSnapshot) await ledger.buildSnapshotNow();
  } finally {
    await ledger.close();
  }
}

type SnapshotLog = {
  readonly rules: MarketRules;
  all(): readonly SnapshotLeaf[];
  append(leaves: readonly SnapshotLeaf[]): void;
};

/** Under the writer's lock: `locked` while a server runs. */
function withSnapshotLog<T>(folder: string, work: (log: SnapshotLog) => T): T {
  const lock = takeWriterLock(folder);
  try {
    const store = openSqliteStore(join(folder, 'ledger.sqlite'));
    const { snapshotLog } = store;
    try {
      const rules = findMarket(store.meta('market') ?? '');
      if (!rules) throw new LedgerRefusal('damaged', `${folder} does not say which market it is of.`);
      return work({
        rules,
        all: () => snapshotLog.entries(0, snapshotLog.size()).map(openLeaf),
        append: (leaves) =>
          store.transaction(() => {
            for (const bytes of leaves.map(encodeSnapshotLeaf)) snapshotLog.append(bytes, leafHash(bytes));
          }),
      });
    } finally {
      store.close();
    }
  } finally {
    lock.release();
  }
}

function openLeaf(bytes: Uint8Array): SnapshotLeaf {
  const leaf = parseSnapshotLeaf(bytes);
  if (!leaf.ok) throw new LedgerRefusal('damaged', 'The snapshot log holds something unreadable.');
  return leaf.value;
}

/** Manifests that no later leaf voids. */
function standing(all: readonly SnapshotLeaf[]): readonly number[] {
  const voided = new Set(all.map((leaf) => (leaf.kind === 'void' ? leaf.index : undefined)));
  return [...all.keys()].filter((index) => all[index]?.kind === 'manifest' && !voided.has(index));
}

function goneIn(folder: string, all: readonly SnapshotLeaf[]): readonly number[] {
  return standing(all).filter((index) => {
    const leaf = all[index];
    return leaf?.kind === 'manifest' && !existsSync(join(folder, 'snapshots', 'manifest', leaf.id));
  });
}

function checkVoidable(all: readonly SnapshotLeaf[], index: number): void {
  if (all[index] === undefined)
    throw new VoidError(`There is no leaf ${index}: the snapshot log has ${all.length}.`);
  if (all[index].kind !== 'manifest') throw new VoidError(`Leaf ${index} is no manifest: it voids another.`);
  if (!standing(all).includes(index)) throw new VoidError(`Leaf ${index} is voided already.`);
}
