// The operator's side of a bad manifest: a leaf in the snapshot log that retracts it, and with it those that rest on its
// layer. The server has to be stopped, since a log has one writer. Where no later manifest stands, the ledger builds a
// new snapshot as soon as it is opened, and publishes both together: wherever this is cut short, the next start does.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { leafHash } from '../../domain/ledger/merkle.ts';
import { findMarket, type MarketRules } from '../../domain/market.ts';
import {
  encodeSnapshotLeaf,
  type Manifest,
  parseManifest,
  type SnapshotLeaf,
} from '../../domain/snapshot/manifest.ts';
import { openLedger } from '../ledger/ledger.ts';
import { LedgerRefusal } from '../ledger/refusal.ts';
import { openSqliteStore } from '../ledger/sqlite/sqlite-store.ts';
import { openSnapshotLeaf, standingBelow } from '../ledger/standing-leaf.ts';
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
  const { voided, rules } = withSnapshotLog(folder, (log) => {
    const all = log.all();
    const chosen = leaves === 'gone' ? goneIn(folder, all) : [...new Set(leaves)];
    for (const index of chosen) checkVoidable(all, index);
    const withRest = [...new Set([...chosen, ...restingOn(folder, all, chosen)])].sort((a, b) => a - b);
    log.append(withRest.map((index) => ({ kind: 'void', index })));
    return { voided: withRest, rules: log.rules };
  });
  if (voided.length > 0) await publish(request, rules);
  return voided;
}

/** Opening a ledger publishes what stands in its snapshot log, and a proof of the last manifest that stands. */
async function publish({ folder, clock }: VoidRequest, rules: MarketRules): Promise<void> {
  const idleMs = 3_600_000;
  const ledger = await openLedger({
    ...{ folder, rules, clock, log: () => undefined },
    ...{ checkpointPeriodMs: idleMs, snapshotPeriodMs: idleMs },
  });
  await ledger.close();
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
        all: () => snapshotLog.entries(0, snapshotLog.size()).map(openSnapshotLeaf),
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

/** Ascending. */
function standing(all: readonly SnapshotLeaf[]): readonly number[] {
  return [...standingBelow((index) => all[index], all.length)].reverse();
}

function goneIn(folder: string, all: readonly SnapshotLeaf[]): readonly number[] {
  return standing(all).filter((index) => !existsSync(manifestFile(folder, all[index])));
}

/** Manifests that stand on the layer which one of the chosen was the first to have. */
function restingOn(
  folder: string,
  all: readonly SnapshotLeaf[],
  chosen: readonly number[],
): readonly number[] {
  const layersOf = (index: number) =>
    (readManifest(folder, all[index])?.layers ?? []).map((layer) => JSON.stringify(layer));
  const stand = standing(all);
  // An idle one has no layer of its own: then it is bad in something else, and those after it may be right.
  const ownLayer = (index: number) => {
    const before = stand.findLast((other) => other < index);
    const top = layersOf(index).at(-1);
    return top === undefined || (before !== undefined && layersOf(before).includes(top)) ? [] : [top];
  };
  const bad = new Set(chosen.flatMap(ownLayer));
  const later = stand.filter((index) => chosen.some((other) => other < index));
  return later.filter((index) => layersOf(index).some((layer) => bad.has(layer)));
}

function readManifest(folder: string, leaf: SnapshotLeaf | undefined): Manifest | undefined {
  const path = manifestFile(folder, leaf);
  const manifest = existsSync(path) ? parseManifest(readFileSync(path)) : undefined;
  return manifest?.ok ? manifest.value : undefined;
}

function manifestFile(folder: string, leaf: SnapshotLeaf | undefined): string {
  return join(folder, 'snapshots', 'manifest', leaf?.kind === 'manifest' ? leaf.id : '');
}

function checkVoidable(all: readonly SnapshotLeaf[], index: number): void {
  if (all[index] === undefined)
    throw new VoidError(`There is no leaf ${index}: the snapshot log has ${all.length}.`);
  if (all[index].kind !== 'manifest') throw new VoidError(`Leaf ${index} is no manifest: it voids another.`);
  if (!standing(all).includes(index)) throw new VoidError(`Leaf ${index} is voided already.`);
}
